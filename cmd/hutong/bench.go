package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hutong/internal/load"
	"hutong/tiles/grid"
)

// bench holds the flags of bench tiles.
type bench struct {
	config, layer, logLevel string
	list                    string
	zooms, bounds           string
	walk                    int
	seed                    uint64
	seconds                 float64
	options                 load.Options
	asJSON                  bool
}

func newBench(env lookup) *cobra.Command {
	return group("bench", "Measure a server", "say what to measure: bench tiles, ingest, live or freshness", newBenchTiles(), newBenchIngest(env), newBenchLive(env), newBenchFreshness(env))
}

func newBenchTiles() *cobra.Command {
	var b bench
	cmd := &cobra.Command{
		Use:   "tiles URL | tiles --config FILE",
		Short: "Ask a server for tiles and measure what comes back",
		Long: "Ask a server for tiles and measure requests a second, latencies, bytes, statuses and the server's processor\n" +
			"time. URL is a TileJSON, or a template with {z}, {x} and {y}; with --config a server of its own is started on a\n" +
			"free port. The tiles are a walk over zooms and bounds, the same for the same seed, or a list with one z/x/y, or\n" +
			"URL, a line. An interrupt ends the run early with what it has.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == (b.config != "") {
				return usageError{errors.New("bench tiles needs either a URL or --config FILE")}
			}
			address := ""
			if len(args) == 1 {
				address = args[0]
			} else {
				own, err := serveOwn(cmd, b.config, b.logLevel)
				if err != nil {
					return err
				}
				defer own.stop()
				if address, err = own.tileJSON(cmd.Context(), b.layer); err != nil {
					return err
				}
			}
			return b.run(cmd, address)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&b.config, "config", "c", "", "start a server with this config `file`")
	f.StringVar(&b.layer, "layer", "", "the `name` of the config's layer to ask for; the first one otherwise")
	f.StringVar(&b.logLevel, "log-level", "warn", "lowest `level` that the server of --config logs")
	f.StringVar(&b.list, "list", "", "`file` with the tiles, one a line; - is standard input")
	f.IntVar(&b.walk, "walk", 300, "`number` of tiles of the walk")
	f.Uint64Var(&b.seed, "seed", 1, "`number` that the walk comes from")
	f.StringVar(&b.zooms, "zooms", "", "lowest and highest `zoom` of the walk, such as 10-13")
	f.StringVar(&b.bounds, "bounds", "", "`box` of the walk: west,south,east,north in degrees")
	f.IntVar(&b.options.Connections, "connections", 8, "`number` of connections")
	f.Float64Var(&b.seconds, "seconds", 10, "how many `seconds` to ask; 0 with --count asks until that is reached")
	f.Int64Var(&b.options.Count, "count", 0, "`number` of requests to end after")
	f.Float64Var(&b.options.Rate, "rate", 0, "`number` of requests that are due a second; 0 asks as fast as answers come")
	f.BoolVar(&b.options.Conditional, "conditional", false, "send the ETag back that a tile had, as a browser does")
	f.StringVar(&b.options.Encoding, "accept", "gzip", "`encoding` to accept: gzip, zstd, br, or none")
	f.BoolVar(&b.options.Remote, "allow-remote", false, "let the server be on another machine")
	f.BoolVar(&b.asJSON, "json", false, "as JSON")
	return cmd
}

// run measures the tiles at an address.
func (b *bench) run(cmd *cobra.Command, address string) error {
	o := b.options
	if o.Encoding == "none" {
		o.Encoding = ""
	}
	var err error
	if o.Duration, err = duration(cmd, b.seconds, o.Count); err != nil {
		return err
	}
	if err := load.CheckTarget(address, o.Remote); err != nil {
		return remoteError(err)
	}
	if o.Connections < 1 || o.Connections > load.MaxConnections {
		return usageError{fmt.Errorf("%d connections are not 1 to %d", o.Connections, load.MaxConnections)}
	}
	client := load.NewClient(o.Connections)
	defer client.CloseIdleConnections()
	set, err := load.Describe(cmd.Context(), client, address)
	if err != nil {
		return err
	}
	what := ""
	if o.Targets, what, err = b.targets(cmd.InOrStdin(), set); err != nil {
		return err
	}
	if err := o.Validate(); err != nil {
		return remoteError(err)
	}
	result, err := load.Run(cmd.Context(), client, o)
	if err != nil {
		return err
	}
	if err := b.write(cmd.OutOrStdout(), set, what, o, result); err != nil {
		return err
	}
	if result.Requests == 0 {
		return fmt.Errorf("no answer: %s", orNothing(result.FirstError))
	}
	return nil
}

// duration returns --seconds: nothing with a count, unless they were given.
func duration(cmd *cobra.Command, seconds float64, count int64) (time.Duration, error) {
	if !(seconds >= 0 && seconds <= float64(24*time.Hour/time.Second)) {
		return 0, usageError{fmt.Errorf("%v seconds are not 0 to a day", seconds)}
	}
	if count > 0 && !cmd.Flags().Changed("seconds") {
		return 0, nil
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// write writes the result.
func (b *bench) write(w io.Writer, set *load.Tileset, what string, o load.Options, result *load.Result) error {
	if b.asJSON {
		return writeJSON(w, struct {
			Tiles       string `json:"tiles"`
			What        string `json:"what"`
			Connections int    `json:"connections"`
			Conditional bool   `json:"conditional"`
			Accept      string `json:"accept"`
			*load.Result
		}{set.Template, what, o.Connections, o.Conditional, o.Encoding, result})
	}
	_, err := fmt.Fprintf(w, "%s: %s, %s\n", set.Template, what, count(o.Connections, "connection"))
	return errors.Join(err, result.Write(w))
}

// targets returns what to ask for, and says what that is.
func (b *bench) targets(stdin io.Reader, set *load.Tileset) (targets []string, what string, err error) {
	if b.list != "" {
		r := stdin
		if b.list != "-" {
			file, err := os.Open(b.list)
			if err != nil {
				return nil, "", err
			}
			defer func() { _ = file.Close() }()
			r = file
		}
		targets, err = load.ReadList(r, set)
		if err == nil && len(targets) == 0 {
			err = fmt.Errorf("%s has no tiles", b.list)
		}
		return targets, count(len(targets), "tile") + " of a list", err
	}
	low, high, err := parseWalk(b.walk, b.zooms)
	if err != nil {
		return nil, "", usageError{err}
	}
	box, err := parseBounds(b.bounds)
	if err != nil {
		return nil, "", usageError{err}
	}
	narrow, err := set.Narrow(low, high, box)
	if err != nil {
		return nil, "", err
	}
	for _, tile := range narrow.Walk(b.walk, b.seed) {
		targets = append(targets, narrow.URL(tile))
	}
	what = fmt.Sprintf("a walk of %s, seed %d, zooms %d to %d", count(b.walk, "tile"), b.seed, narrow.MinZoom, narrow.MaxZoom)
	return targets, what, nil
}

// parseWalk checks how many tiles a walk has and reads its zooms.
func parseWalk(tiles int, zooms string) (low, high uint8, err error) {
	if tiles < 1 || tiles > load.MaxTargets {
		return 0, 0, fmt.Errorf("a walk of %d tiles is not 1 to %d", tiles, load.MaxTargets)
	}
	return parseZooms(zooms)
}

// parseZooms reads one zoom or two with a dash; "" is all.
func parseZooms(s string) (low, high uint8, err error) {
	if s == "" {
		return 0, grid.MaxZoom, nil
	}
	first, second, two := strings.Cut(s, "-")
	if !two {
		second = first
	}
	a, errA := strconv.ParseUint(first, 10, 8)
	b, errB := strconv.ParseUint(second, 10, 8)
	if errA != nil || errB != nil || a > b || b > grid.MaxZoom {
		return 0, 0, fmt.Errorf("--zooms %s: want a zoom, or the lowest and the highest such as 10-13, up to %d", s, grid.MaxZoom)
	}
	return uint8(a), uint8(b), nil
}

// parseBounds reads four degrees; "" is the world.
func parseBounds(s string) ([4]float64, error) {
	if s == "" {
		return load.World, nil
	}
	var box [4]float64
	parts := strings.Split(s, ",")
	ok := len(parts) == len(box)
	for i := range box {
		if ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
			ok, box[i] = err == nil && v >= -180 && v <= 180, v
		}
	}
	if !ok || box[0] > box[2] || box[1] > box[3] {
		return box, fmt.Errorf("--bounds %s: want west,south,east,north in degrees, such as -77.2,38.7,-76.8,39.1", s)
	}
	return box, nil
}

// remoteError tells how a server elsewhere can be asked.
func remoteError(err error) error {
	if errors.Is(err, load.ErrRemote) {
		return usageError{fmt.Errorf("%w; --allow-remote asks it all the same: only do that to a server of yours", err)}
	}
	return usageError{err}
}

func orNothing(s string) string {
	if s == "" {
		return "the run was over before the first one"
	}
	return s
}

// tileJSON returns the address of the TileJSON of a layer, or of the first one that a server lists.
func (o *ownServer) tileJSON(ctx context.Context, layer string) (string, error) {
	if layer == "" {
		var err error
		if layer, err = o.firstLayer(ctx); err != nil {
			return "", err
		}
	}
	return o.url + "/tiles/" + layer + ".json", nil
}
