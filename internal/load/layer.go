package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Layer is what a server's catalogue tells of a layer (docs/formats/catalogue.md).
type Layer struct {
	Name string
	// Bounds are those of its features, west, south, east, north in degrees; [World] when it has none.
	Bounds [4]float64
	// TimeField names the field that says when a feature was observed, "" if it has none.
	TimeField string
	// Fields are its public fields.
	Fields []Field
}

// Field is a property of the records that are sent.
type Field struct {
	Name string
	// Kind is string, int, float, bool or time.
	Kind string
	// Values are texts to draw from; without any, texts are short and made up.
	Values []string
}

// kinds are what a field may be.
var kinds = []string{"string", "int", "float", "bool", "time"}

// maxCatalogue is the most bytes of a layer's description.
const maxCatalogue = 16 << 20

// maxFields bounds the fields of a record.
const maxFields = 256

// ParseField reads NAME=KIND.
func ParseField(s string) (Field, error) {
	name, kind, found := strings.Cut(s, "=")
	if !found || name == "" || !slices.Contains(kinds, kind) {
		return Field{}, fmt.Errorf("load: %q is no field: want name=kind with a kind of %s", s, strings.Join(kinds, ", "))
	}
	return Field{Name: name, Kind: kind}, nil
}

// CheckServer says what is wrong with the URL of a server's root, or nil, and is [CheckTarget] otherwise.
func CheckServer(server string, remote bool) error {
	if err := CheckTarget(server, remote); err != nil {
		return err
	}
	if u, err := url.Parse(server); err != nil || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("load: %q is no URL of a server, such as http://127.0.0.1:8080", server)
	}
	return nil
}

// below returns the URL of a route of a server; segments are escaped.
func below(server string, segments ...string) string {
	for _, s := range segments {
		server = strings.TrimSuffix(server, "/") + "/" + url.PathEscape(s)
	}
	return server
}

// DescribeLayer asks a server for a layer. Without a name it is the only layer that the server has.
func DescribeLayer(ctx context.Context, client *http.Client, server, name string) (*Layer, error) {
	if name == "" {
		var list struct{ Layers []struct{ Name string } }
		if err := getJSON(ctx, client, below(server, "layers")+"?detail=brief", &list); err != nil {
			return nil, err
		}
		if len(list.Layers) != 1 {
			names := make([]string, 0, len(list.Layers))
			for _, l := range list.Layers {
				names = append(names, l.Name)
			}
			return nil, fmt.Errorf("load: say which layer: the server has %d: %.400s", len(names), strings.Join(names, ", "))
		}
		name = list.Layers[0].Name
	}
	var d struct {
		Name      string
		Extent    []float64
		TimeField string `json:"time_field"`
		Fields    []struct {
			Name, Type string
			Common     []struct{ Value any }
		}
	}
	if err := getJSON(ctx, client, below(server, "layers", name), &d); err != nil {
		return nil, err
	}
	l := &Layer{Name: name, Bounds: World, TimeField: d.TimeField}
	if len(d.Extent) == 4 {
		l.Bounds = [4]float64(d.Extent)
	}
	if len(d.Fields) > maxFields {
		return nil, fmt.Errorf("load: layer %s has %d fields, more than %d", name, len(d.Fields), maxFields)
	}
	for _, f := range d.Fields {
		if !slices.Contains(kinds, f.Type) {
			return nil, fmt.Errorf("load: layer %s: field %s is a %.40q: the kinds are %s", name, f.Name, f.Type, strings.Join(kinds, ", "))
		}
		field := Field{Name: f.Name, Kind: f.Type}
		for _, c := range f.Common {
			if text, ok := c.Value.(string); ok {
				field.Values = append(field.Values, text)
			}
		}
		l.Fields = append(l.Fields, field)
	}
	return l, nil
}

// getJSON reads a document of a server into v.
func getJSON(ctx context.Context, client *http.Client, address string, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxCatalogue+1))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("load: %s: %w", address, err)
	}
	switch {
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("load: %s answers %s", address, problemOf(res, body))
	case len(body) > maxCatalogue:
		return fmt.Errorf("load: %s answers with more than %d bytes", address, maxCatalogue)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("load: %s: %w", address, err)
	}
	return nil
}

// problemOf says what an answer refuses (RFC 9457).
func problemOf(res *http.Response, body []byte) string {
	var p struct{ Title, Detail string }
	if json.Unmarshal(body, &p) != nil || p.Title == "" {
		return res.Status
	}
	if p.Detail != "" {
		p.Title += ": " + p.Detail
	}
	return fmt.Sprintf("%d: %.300s", res.StatusCode, p.Title)
}
