package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hutong/internal/load"
)

func newBenchIngest(env lookup) *cobra.Command {
	var s benchServer
	var c benchChanges
	var layer string
	var seconds float64
	cmd := &cobra.Command{
		Use:   "ingest URL --source NAME | ingest --config FILE --source NAME",
		Short: "Send changes to a source of a server and measure how they are acknowledged",
		Long: "Send changes to a source of a server that takes what is pushed, and measure changes a second, how long they take\n" +
			"to be acknowledged, what became of them, and the server's processor time. URL is the server's root; with --config\n" +
			"a server of its own is started. Records are points that move among --features ids, with the fields of the layer.\n" +
			"They stay in the layer. The key is read from HUTONG_KEY or --key-file. Requests that are answered 429 or 503 are\n" +
			"sent again when the server says so. An interrupt ends the run early with what it has.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.options.Source == "" {
				return usageError{errors.New("bench ingest needs --source NAME")}
			}
			length, err := duration(cmd, seconds, c.options.Count)
			if err != nil {
				return err
			}
			server, client, stop, err := s.open(cmd, args, c.options.Connections)
			if err != nil {
				return err
			}
			defer stop()
			c.options.Duration, c.options.Remote = length, s.remote
			o, err := c.complete(cmd, env, client, server, layer)
			if err != nil {
				return err
			}
			result, err := load.Ingest(cmd.Context(), client, *o)
			if err != nil {
				return remoteError(err)
			}
			heading := fmt.Sprintf("%s: source %s, batches of %d as %s, %s", server, o.Source, o.Batch, o.Changes.Format, count(o.Connections, "connection"))
			if err := s.printed(cmd.OutOrStdout(), heading, result); err != nil {
				return err
			}
			return acknowledged(result)
		},
	}
	s.addFlags(cmd)
	c.addFlags(cmd, 1000)
	f := cmd.Flags()
	f.StringVar(&c.options.Source, "source", "", "`name` of the source")
	f.StringVar(&layer, "layer", "", "`name` of the layer that the source feeds; the only one otherwise")
	f.IntVar(&c.options.Connections, "connections", 2, "`number` of connections")
	f.Float64Var(&seconds, "seconds", 10, "how many `seconds` to send; 0 with --count sends until that is reached")
	f.Int64Var(&c.options.Count, "count", 0, "`number` of changes to end after")
	f.Float64Var(&c.options.Rate, "rate", 0, "`number` of changes that are due a second; 0 sends as fast as they are acknowledged")
	return cmd
}
