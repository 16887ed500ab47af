package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hutong/internal/load"
)

// freshness holds the flags of bench freshness.
type freshness struct {
	server               benchServer
	changes              benchChanges
	layer, zooms         string
	walk                 int
	seconds, idle, pause float64
	tiles                float64
	tileConnections      int
	zoom                 uint8
	warm                 bool
}

func newBenchFreshness(env lookup) *cobra.Command {
	var b freshness
	cmd := &cobra.Command{
		Use:   "freshness URL --source NAME | freshness --config FILE --source NAME",
		Short: "Measure how long a change takes to the bytes of a tile that shows it",
		Long: "Send changes, and follow the first of each request: acknowledged, told of by an event that makes the tile around it\n" +
			"stale, fetched as the bytes of that tile with the change in them. Beside, ask for --tiles tiles a second, and before\n" +
			"anything changes for as many. With --rate 0 changes come alone, one after the other, with pauses. An interrupt ends\n" +
			"the run early with what it has.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return b.run(cmd, env, args) },
	}
	b.server.addFlags(cmd)
	b.changes.addFlags(cmd, 0)
	f := cmd.Flags()
	f.Lookup("batch").Usage = "`number` of changes of a request; 0 stands for 20 requests a second"
	f.StringVar(&b.changes.options.Source, "source", "", "`name` of the source")
	f.StringVar(&b.layer, "layer", "", "`name` of the layer that the source feeds; the only one otherwise")
	f.IntVar(&b.changes.options.Connections, "connections", 2, "`number` of connections for changes")
	f.Float64Var(&b.changes.options.Rate, "rate", 2000, "`number` of changes that are due a second; 0 sends lone ones")
	f.Float64Var(&b.seconds, "seconds", 10, "how many `seconds` to send")
	f.Float64Var(&b.pause, "pause", 0.5, "`seconds` between lone changes")
	f.Uint8Var(&b.zoom, "zoom", 14, "`zoom` of the tiles in which changes are looked for")
	f.Float64Var(&b.tiles, "tiles", 200, "`number` of tiles that are due a second beside; 0 for none")
	f.IntVar(&b.tileConnections, "tile-connections", 8, "`number` of connections for them")
	f.Float64Var(&b.idle, "idle-seconds", 10, "how many `seconds` to ask for tiles before anything changes")
	f.StringVar(&b.zooms, "zooms", "10-14", "lowest and highest `zoom` of the tiles beside")
	f.IntVar(&b.walk, "walk", 2000, "`number` of tiles of the walk beside")
	f.BoolVar(&b.warm, "warm", false, "ask for all tiles of the walk once before, so that those at rest come from the cache")
	return cmd
}

func (b *freshness) run(cmd *cobra.Command, env lookup, args []string) error {
	c := &b.changes.options
	if c.Source == "" {
		return usageError{errors.New("bench freshness needs --source NAME")}
	}
	length, err := duration(cmd, b.seconds, 0)
	if err != nil {
		return err
	}
	idle, err := duration(cmd, b.idle, 0)
	if err != nil {
		return err
	}
	if !(b.pause >= 0 && b.pause <= 3600) {
		return usageError{fmt.Errorf("a pause of %v seconds is not 0 to an hour", b.pause)}
	}
	if c.Batch == 0 {
		c.Batch = min(max(int(c.Rate/20), 1), load.MaxBatch)
	}
	// Requests at once are bounded by connections and changes followed.
	server, client, stop, err := b.server.open(cmd, args, load.MaxConnections)
	if err != nil {
		return err
	}
	defer stop()
	if b.layer, err = onlyLayer(cmd.Context(), client, server, b.layer); err != nil {
		return err
	}
	c.Duration, c.Remote = length, b.server.remote
	if _, err := b.changes.complete(cmd, env, client, server, b.layer); err != nil {
		return err
	}
	o := load.FreshnessOptions{
		Changes: *c, Layer: b.layer, Pause: time.Duration(b.pause * float64(time.Second)), Zoom: b.zoom, Idle: idle,
		Tiles: load.Options{Connections: b.tileConnections, Rate: b.tiles, Encoding: "gzip", Duration: length, Remote: b.server.remote},
	}
	if b.tiles > 0 {
		low, high, err := parseWalk(b.walk, b.zooms)
		if err != nil {
			return usageError{err}
		}
		if o.Tiles.Targets, err = load.LayerWalk(server, b.layer, low, high, c.Changes.Bounds, b.walk, c.Changes.Seed); err != nil {
			return err
		}
	}
	if err := o.Validate(); err != nil {
		return remoteError(err)
	}
	if b.warm && b.tiles > 0 {
		warm := o.Tiles
		warm.Rate, warm.Duration, warm.Count = 0, 0, int64(len(warm.Targets))
		if _, err := load.Run(cmd.Context(), client, warm); err != nil {
			return err
		}
	}
	result, err := load.Freshness(cmd.Context(), client, o)
	if err != nil {
		return err
	}
	heading := fmt.Sprintf("%s: layer %s, %g changes/s to source %s in batches of %d, %g tiles/s", server, b.layer, c.Rate, c.Source, c.Batch, b.tiles)
	if err := b.server.printed(cmd.OutOrStdout(), heading, result); err != nil {
		return err
	}
	if err := acknowledged(result.Changes); err != nil {
		return err
	}
	if result.Fresh.Count == 0 && !result.Stopped {
		return fmt.Errorf("no change was seen in a tile: %s", orNothing(result.FirstError))
	}
	return nil
}
