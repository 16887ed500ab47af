package api

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// ParseQuery reads a query as it stands in a URL. Unlike [url.URL.Query] it leaves nothing out: what
// cannot be read is an error. As of all functions here, the error is a sentence for the client.
func ParseQuery(raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, errors.New("the query is not made of name=value with & between, escaped as in a URL")
	}
	return query, nil
}

// Single returns the only value of a parameter.
func Single(name string, values []string) (string, error) {
	if len(values) != 1 {
		return "", fmt.Errorf("%s stands %d times; once is accepted", name, len(values))
	}
	return values[0], nil
}

// Accept returns an error when a query has a parameter that is not one of names.
func Accept(query url.Values, names ...string) error {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(names, name) {
			return UnknownParameter(name, names...)
		}
	}
	return nil
}

// UnknownParameter returns the error of a parameter that there is not, where some, at least one, are
// accepted.
func UnknownParameter(name string, accepted ...string) error {
	are := "are"
	if len(accepted) == 1 {
		are = "is"
	}
	return fmt.Errorf("there is no parameter %.64q; accepted %s %s", name, are, strings.Join(accepted, ", "))
}
