package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
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

// choosing are parameters by which some doors choose features of a layer, or a state of it.
var choosing = append(FilterNames(), "filter-crs", "asof", "datum")

// RefuseChoice answers a request that chooses features or a state of a layer, where there is one and whole, and reports
// whether it did: who is answered with more than was asked for, or with another time, takes it for what was asked for.
// instead says what there is here and which door accepts such parameters, as the rest of a sentence for the client. What
// other parameters there are counts for nothing.
func RefuseChoice(w http.ResponseWriter, r *http.Request, instead string) bool {
	if r.URL.RawQuery == "" {
		return false
	}
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(key); err == nil && slices.Contains(choosing, name) {
			Refuse(w, r, CodeParameterInvalid, sentence(fmt.Sprintf("there is no parameter %q here: %s", name, instead)))
			return true
		}
	}
	return false
}
