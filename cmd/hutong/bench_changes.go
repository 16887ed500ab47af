package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"hutong/internal/load"
)

// maxKeyFile is the most bytes of a file with a key.
const maxKeyFile = 4096

// benchServer holds the flags that name a server.
type benchServer struct {
	config, logLevel string
	remote, asJSON   bool
}

func (b *benchServer) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&b.config, "config", "c", "", "start a server with this config `file`, on a folder of its own")
	f.StringVar(&b.logLevel, "log-level", "warn", "lowest `level` that the server of --config logs")
	f.BoolVar(&b.remote, "allow-remote", false, "let the server be on another machine")
	f.BoolVar(&b.asJSON, "json", false, "as JSON")
}

// open returns the URL of the server, a client of at most so many connections, and what ends both.
func (b *benchServer) open(cmd *cobra.Command, args []string, connections int) (server string, client *http.Client, stop func(), err error) {
	if (len(args) == 1) == (b.config != "") {
		return "", nil, nil, usageError{fmt.Errorf("%s needs either the URL of a server or --config FILE", cmd.CommandPath())}
	}
	// The options refuse later too few or too many.
	client = load.NewClient(min(max(connections, 1), load.MaxConnections))
	if len(args) == 1 {
		if err := load.CheckServer(args[0], b.remote); err != nil {
			return "", nil, nil, remoteError(err)
		}
		return args[0], client, client.CloseIdleConnections, nil
	}
	own, err := serveOwn(cmd, b.config, b.logLevel)
	if err != nil {
		return "", nil, nil, err
	}
	return own.url, client, func() { client.CloseIdleConnections(); own.stop() }, nil
}

// benchChanges holds the flags that say what changes are sent.
type benchChanges struct {
	options                   load.IngestOptions
	keyFile, bounds, position string
	observed                  string
	fields                    []string
}

// changeFlags are the flags that mean nothing where no changes are sent.
var changeFlags = []string{
	"key-file", "batch", "format", "features", "first-id", "id", "id-property", "position", "observed", "field", "bounds", "seed", "connections", "rate",
}

func (b *benchChanges) addFlags(cmd *cobra.Command, batch int) {
	f := cmd.Flags()
	c := &b.options.Changes
	f.StringVar(&b.keyFile, "key-file", "", "`file` with the key; without it "+keyVariable+" has it")
	f.IntVar(&b.options.Batch, "batch", batch, "`number` of changes of a request")
	f.StringVar(&c.Format, "format", load.FormatNDJSON, "`format` of a request: geojson, ndjson or json")
	f.IntVar(&c.Features, "features", 10_000, "`number` of ids that changes are of")
	f.Uint64Var(&c.First, "first-id", 9_000_000_000_000, "least `number` of an id")
	f.StringVar(&c.ID, "id", "{n}", "`text` of an id, with {n} for its number, or {n:7} for seven digits")
	f.StringVar(&c.IDProperty, "id-property", "id", "`name` of the property with the id")
	f.StringVar(&b.position, "position", "", "`names` of the properties with longitude and latitude, such as lon,lat; else records are GeoJSON")
	f.StringVar(&b.observed, "observed", "", "`name` of the property with the time now; the layer's time field unless set")
	f.StringArrayVar(&b.fields, "field", nil, "another property, as `name=kind`: string, int, float, bool or time; may be repeated. Without any, the layer's")
	f.StringVar(&b.bounds, "bounds", "", "`box` of the points: west,south,east,north in degrees; the layer's unless set")
	f.Uint64Var(&c.Seed, "seed", 1, "`number` that ids, places and values come from")
}

// complete fills in what flags say, and what the layer does where they do not. layer may be "" for the only one.
func (b *benchChanges) complete(cmd *cobra.Command, env lookup, client *http.Client, server, layer string) (*load.IngestOptions, error) {
	o := &b.options
	c := &o.Changes
	o.Server = server
	var err error
	if o.Key, err = b.key(env); err != nil {
		return nil, err
	}
	if b.position != "" {
		lon, lat, found := strings.Cut(b.position, ",")
		if !found || lon == "" || lat == "" {
			return nil, usageError{fmt.Errorf("--position %s: want two names, such as lon,lat", b.position)}
		}
		c.Lon, c.Lat = lon, lat
	}
	for _, text := range b.fields {
		field, err := load.ParseField(text)
		if err != nil {
			return nil, usageError{err}
		}
		c.Fields = append(c.Fields, field)
	}
	if c.Bounds, err = parseBounds(b.bounds); err != nil {
		return nil, usageError{err}
	}
	c.Observed = b.observed
	if len(b.fields) == 0 || b.bounds == "" || !cmd.Flags().Changed("observed") {
		d, err := load.DescribeLayer(cmd.Context(), client, server, layer)
		if err != nil {
			return nil, err
		}
		if len(b.fields) == 0 {
			c.Fields = d.Fields
		}
		if b.bounds == "" {
			c.Bounds = d.Bounds
		}
		if !cmd.Flags().Changed("observed") {
			c.Observed = d.TimeField
		}
	}
	if err := o.Validate(); err != nil {
		return nil, remoteError(err)
	}
	return o, nil
}

// key reads the key, "" when there is none.
func (b *benchChanges) key(env lookup) (string, error) {
	key, from := "", keyVariable
	if b.keyFile != "" {
		from = b.keyFile
		file, err := os.Open(b.keyFile)
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
		if err = errors.Join(err, file.Close()); err != nil {
			return "", err
		}
		key = strings.TrimSpace(string(text))
	} else if text, ok := env(keyVariable); ok {
		key = strings.TrimSpace(text)
	}
	if len(key) > maxKeyFile || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("%s has no key: want one word such as hk_…", from)
	}
	return key, nil
}

// printed writes a result as JSON, or below a heading for people.
func (b *benchServer) printed(w io.Writer, heading string, r interface{ Write(io.Writer) error }) error {
	if b.asJSON {
		return writeJSON(w, r)
	}
	_, err := fmt.Fprintln(w, heading)
	return errors.Join(err, r.Write(w))
}

// acknowledged fails when none of the changes got through.
func acknowledged(r *load.IngestResult) error {
	if r.Acknowledged > 0 {
		return nil
	}
	why := r.FirstError
	if why == "" {
		why = r.Refusal
	}
	return fmt.Errorf("no change was acknowledged: %s", orNothing(why))
}

// onlyLayer returns the name of the layer that was asked for, or that of the only one.
func onlyLayer(ctx context.Context, client *http.Client, server, layer string) (string, error) {
	if layer != "" {
		return layer, nil
	}
	d, err := load.DescribeLayer(ctx, client, server, "")
	if err != nil {
		return "", err
	}
	return d.Name, nil
}
