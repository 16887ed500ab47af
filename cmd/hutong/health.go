package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hutong/internal/config"
	"hutong/internal/load"
)

// maxHealthSeconds is the longest that health waits.
const maxHealthSeconds = 600

func newHealth() *cobra.Command {
	var listen string
	var seconds float64
	cmd := &cobra.Command{
		Use:   "health [URL]",
		Short: "Ask a server whether it is ready for traffic",
		Long: "Ask the server at URL, or the one that listens on this machine, for /readyz: the exit status is 0 when it\n" +
			"answers 200, and 1 when it answers anything else or not at all. This is for the health checks of containers,\n" +
			"which may have no other program. A server on this machine with TLS is https://127.0.0.1:8080; its\n" +
			"certificate, which names the public host, is not checked.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if seconds <= 0 || seconds > maxHealthSeconds {
				return usageError{fmt.Errorf("--seconds %v is not more than 0 and up to %d", seconds, maxHealthSeconds)}
			}
			if len(args) == 1 && cmd.Flags().Changed("listen") {
				return usageError{errors.New("health takes a URL or --listen, not both")}
			}
			url := ""
			if len(args) == 1 {
				url = args[0]
				if err := load.CheckTarget(url, true); err != nil {
					return usageError{err}
				}
			} else {
				var err error
				if url, err = load.BaseURL(listen); err != nil {
					return usageError{fmt.Errorf("--listen: %w", err)}
				}
			}
			if err := load.Ready(cmd.Context(), url, time.Duration(seconds*float64(time.Second))); err != nil {
				return err
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "ready", url)
			return err
		},
	}
	cmd.Flags().StringVar(&listen, "listen", config.DefaultListen, "`host:port` that the server of this machine listens on")
	cmd.Flags().Float64Var(&seconds, "seconds", 5, "how many `seconds` to wait for the answer")
	return cmd
}
