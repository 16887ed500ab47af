package main

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"hutong/ingest/synthetic"
	"hutong/internal/app"
	"hutong/internal/config"
	"hutong/internal/telemetry"
)

// service holds the flags of the commands that serve.
type service struct {
	listen    string
	logLevel  string
	logFormat string
}

func (s *service) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.listen, "listen", "", "`host:port` to listen on; port 0 takes a free one (default "+config.DefaultListen+")")
	cmd.Flags().StringVar(&s.logLevel, "log-level", "info", "lowest `level` to log: debug, info, warn or error")
	cmd.Flags().StringVar(&s.logFormat, "log-format", "auto", "`format` of the log: text, json, or auto for text on a terminal")
}

// run serves city until the command's context is done.
func (s *service) run(cmd *cobra.Command, city *app.City) error {
	level, err := telemetry.ParseLevel(s.logLevel)
	if err != nil {
		return usageError{err}
	}
	out, format := newScreen(cmd.ErrOrStderr()), telemetry.LogFormat(s.logFormat)
	if format == telemetry.LogAuto && out.terminal {
		format = telemetry.LogText // the logger sees no terminal behind out
	}
	log, err := telemetry.NewLogger(out, telemetry.LogOptions{Level: level, Format: format})
	if err != nil {
		return usageError{err}
	}
	a, err := app.New(city, app.Options{Listen: s.listen, Log: log, Metrics: telemetry.NewMetrics()})
	if err != nil {
		return err
	}
	stop := func() {}
	if out.terminal && city.Progress != nil { // a log that a program reads takes no other lines
		stop = out.follow(city.Progress)
	}
	err = a.Run(cmd.Context(), func(url string) {
		stop()
		_, _ = fmt.Fprintln(cmd.OutOrStdout(), "ready", url)
	})
	stop()
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use: stop what listens there, or choose another address with --listen, such as --listen 127.0.0.1:0", s.listen)
	}
	return err
}

func newServe(env lookup) *cobra.Command {
	var s service
	var file string
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Serve the city that a config describes",
		Long: "Serve the city that a config describes. Prints one line \"ready http://HOST:PORT\" on stdout once it answers.\n" +
			"State is in memory: it is read from the config's files at each start.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usageError{errors.New("serve needs --config FILE")}
			}
			c, err := config.Load(file, env)
			if err != nil {
				return err
			}
			if s.listen == "" {
				s.listen = c.Listen
			}
			city, err := app.FromConfig(c)
			if err != nil {
				return err
			}
			return s.run(cmd, city)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "the config `file`")
	s.addFlags(cmd)
	return cmd
}

func newDemo() *cobra.Command {
	var s service
	var features int
	var seed uint64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Serve a synthetic city: no files, no network",
		Long: "Serve a synthetic city: complaints over a year, vendors and sensors, the same for the same seed.\n" +
			"Prints one line \"ready http://HOST:PORT\" on stdout once it answers.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.listen == "" {
				s.listen = config.DefaultListen
			}
			city, err := app.Demo(features, seed)
			if err != nil {
				return usageError{err}
			}
			return s.run(cmd, city)
		},
	}
	cmd.Flags().IntVar(&features, "features", synthetic.DefaultComplaints, "`number` of complaints")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "`number` that all the randomness comes from")
	s.addFlags(cmd)
	return cmd
}
