package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hutong/internal/load"
)

func newBenchLive(env lookup) *cobra.Command {
	var s benchServer
	var c benchChanges
	var names string
	var clients int
	var seconds float64
	cmd := &cobra.Command{
		Use:   "live URL | live --config FILE",
		Short: "Open live streams of a server and measure how soon events arrive",
		Long: "Open live streams of a server, and measure events and the server's memory for each stream; with --ingest-source send\n" +
			"changes meanwhile, and measure how long events take from the acknowledgement of the oldest change that they tell of.\n" +
			"Each stream has a connection of its own. An interrupt ends the run early with what it has.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			length, err := duration(cmd, seconds, 0)
			if err != nil {
				return err
			}
			for _, name := range changeFlags {
				if c.options.Source == "" && cmd.Flags().Changed(name) {
					return usageError{fmt.Errorf("--%s is about the changes that --ingest-source NAME sends", name)}
				}
			}
			server, client, stop, err := s.open(cmd, args, c.options.Connections)
			if err != nil {
				return err
			}
			defer stop()
			o := load.LiveOptions{Server: server, Clients: clients, Duration: length, Remote: s.remote}
			if names == "" {
				if names, err = onlyLayer(cmd.Context(), client, server, ""); err != nil {
					return err
				}
			}
			o.Layers = strings.Split(names, ",")
			heading := fmt.Sprintf("%s: layers %s", server, names)
			if c.options.Source != "" {
				c.options.Duration, c.options.Remote = length, s.remote
				if o.Changes, err = c.complete(cmd, env, client, server, o.Layers[0]); err != nil {
					return err
				}
				heading += fmt.Sprintf(", %g changes/s to source %s", c.options.Rate, c.options.Source)
			}
			if err := o.Validate(); err != nil {
				return remoteError(err)
			}
			result, err := load.Live(cmd.Context(), client, o)
			if err != nil {
				return err
			}
			if err := s.printed(cmd.OutOrStdout(), heading, result); err != nil {
				return err
			}
			if result.Changes != nil {
				return acknowledged(result.Changes)
			}
			return nil
		},
	}
	s.addFlags(cmd)
	c.addFlags(cmd, 1)
	f := cmd.Flags()
	f.StringVar(&names, "layers", "", "`names` of the layers to listen to, with commas between them; the only one otherwise")
	f.IntVar(&clients, "clients", 100, "`number` of streams")
	f.Float64Var(&seconds, "seconds", 10, "how many `seconds` to listen")
	f.StringVar(&c.options.Source, "ingest-source", "", "`name` of a source that feeds the first of the layers, to send changes to")
	f.IntVar(&c.options.Connections, "connections", 2, "`number` of connections for changes")
	f.Float64Var(&c.options.Rate, "rate", 1, "`number` of changes that are due a second")
	return cmd
}
