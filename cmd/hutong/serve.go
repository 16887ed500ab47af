package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"hutong/ingest/synthetic"
	"hutong/internal/app"
	"hutong/internal/config"
	"hutong/internal/sdnotify"
	"hutong/internal/telemetry"
	"hutong/journal"
)

// service holds the flags of the commands that serve.
type service struct {
	listen    string
	logLevel  string
	logFormat string
	systemd   sdnotify.Socket
}

func (s *service) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.listen, "listen", "", "`host:port` to listen on; port 0 takes a free one (default "+config.DefaultListen+")")
	cmd.Flags().StringVar(&s.logLevel, "log-level", "info", "lowest `level` to log: debug, info, warn or error")
	cmd.Flags().StringVar(&s.logFormat, "log-format", "auto", "`format` of the log: text, json, or auto for text on a terminal")
}

// logger returns the log that the flags ask for, and the screen that it writes to.
func (s *service) logger(cmd *cobra.Command) (*screen, *slog.Logger, error) {
	level, err := telemetry.ParseLevel(s.logLevel)
	if err != nil {
		return nil, nil, usageError{err}
	}
	out, format := newScreen(cmd.ErrOrStderr()), telemetry.LogFormat(s.logFormat)
	if format == telemetry.LogAuto && out.terminal {
		format = telemetry.LogText // the logger sees no terminal behind out
	}
	log, err := telemetry.NewLogger(out, telemetry.LogOptions{Level: level, Format: format})
	if err != nil {
		return nil, nil, usageError{err}
	}
	return out, log, nil
}

// run serves city until the command's context is done. more are lines below the ready line, of which %s
// is the server's URL.
func (s *service) run(cmd *cobra.Command, city *app.City, out *screen, log *slog.Logger, watch *app.Watch, more ...string) error {
	a, err := app.New(city, app.Options{Listen: s.listen, Log: log, Metrics: telemetry.NewMetrics(), Watch: watch})
	if err != nil {
		return err
	}
	stop := func() {}
	if out.terminal && city.Progress != nil { // a log that a program reads takes no other lines
		stop = out.follow(city.Progress)
	}
	told := make(chan struct{})
	release := context.AfterFunc(cmd.Context(), func() {
		defer close(told)
		s.tell(log, s.systemd.Stopping())
	})
	defer func() {
		if !release() {
			<-told
		}
	}()
	err = a.Run(cmd.Context(), func(url string) {
		stop()
		s.tell(log, s.systemd.Ready("Serving "+url))
		var lines strings.Builder
		fmt.Fprintln(&lines, "ready", url)
		for _, line := range more {
			fmt.Fprintf(&lines, line+"\n", url)
		}
		_, _ = io.WriteString(cmd.OutOrStdout(), lines.String())
	})
	stop()
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use: stop what listens there, or choose another address with --listen, such as --listen 127.0.0.1:0", s.listen)
	}
	if loss := (*journal.LossError)(nil); errors.As(err, &loss) {
		return fmt.Errorf("%w: serve --accept-loss", err)
	}
	return err
}

// tell logs that systemd could not be told something. It will take the service for one that does not
// start, so the log has to say why.
func (s *service) tell(log *slog.Logger, err error) {
	if err != nil {
		log.Error("systemd could not be told", slog.String("error", err.Error()))
	}
}

func newServe(env lookup) *cobra.Command {
	var s service
	var file, written string
	var force, acceptLoss bool
	cmd := &cobra.Command{
		Use:   "serve --config FILE | serve FILE...",
		Short: "Serve the city that a config describes, or data files as they are",
		Long: "Serve the city that a config describes. Prints one line \"ready http://HOST:PORT\" on stdout once it answers.\n" +
			"State is in memory, and in the data folder if the config has a journal. A log of which something is lost is refused;\n" +
			"--accept-loss goes on without what the refusal named, and the start after it does not need the flag.\n\n" +
			"With data files (CSV, GeoJSON, GeoJSON lines) in the place of a config, each becomes a layer: where its records\n" +
			"are, the types of its fields and its id are guessed, and the log says how. --write-config writes the guess down.",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 0 && cmd.Flags().Changed("config"):
				return usageError{errors.New("serve takes --config FILE or data files, not both")}
			case len(args) == 0 && file == "":
				return usageError{errors.New("serve needs --config FILE, or data files")}
			case len(args) == 0 && written != "":
				return usageError{errors.New("--write-config is for data files, whose config is guessed")}
			case force && written == "":
				return usageError{errors.New("--force is for --write-config")}
			case acceptLoss && len(args) > 0:
				return usageError{errors.New("--accept-loss is for --config with a journal")}
			}
			out, log, err := s.logger(cmd)
			if err != nil {
				return err
			}
			socket, _ := env("NOTIFY_SOCKET")
			s.systemd = sdnotify.Socket(socket)
			var c *config.Config
			watch := &app.Watch{}
			if len(args) > 0 {
				var text []byte
				if c, text, err = app.Guess(args, env, log); err == nil && written != "" {
					err = writeConfig(written, text, force)
				}
			} else {
				c, err = config.Load(file, env)
				watch = &app.Watch{Config: file, Old: c, Read: func() (*config.Config, error) { return config.Load(file, env) }}
			}
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
			if acceptLoss {
				if city.Data == nil {
					return usageError{fmt.Errorf("--accept-loss is for a config with a journal, and %s has none", file)}
				}
				city.Data.AcceptLoss = true
			}
			return s.run(cmd, city, out, log, watch)
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "the config `file`")
	cmd.Flags().StringVar(&written, "write-config", "", "`file` to write the guessed config to before serving")
	cmd.Flags().BoolVar(&force, "force", false, "let --write-config replace a file")
	cmd.Flags().BoolVar(&acceptLoss, "accept-loss", false, "go on without messages of the log that are lost")
	s.addFlags(cmd)
	return cmd
}

// writeConfig writes a config to a file that does not exist yet, unless force is set: then it takes its
// place as a whole.
func writeConfig(path string, text []byte, force bool) error {
	if !force {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // for others to read
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s is there already; --force replaces it", path)
		}
		if err != nil {
			return err
		}
		_, err = file.Write(text)
		return errors.Join(err, file.Close())
	}
	next := path + ".new"
	if err := os.WriteFile(next, text, 0o644); err != nil { //nolint:gosec // for others to read
		return err
	}
	return os.Rename(next, path)
}

// demoLines say where to look at the demo, from one of its parts to all of it.
var demoLines = []string{
	"viewer   %s/",
	"tilejson %s/tiles/complaints.json",
	"style    %s/styles/default.json",
}

func newDemo() *cobra.Command {
	var s service
	var features, speed int
	var seed uint64
	var live bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Serve a synthetic city: no files, no network",
		Long: "Serve a synthetic city: its ground, complaints over a year, vendors, markets and sensors, the same for the same seed.\n" +
			"It lives: complaints come, change and close, stalls and markets open and shut, sensors read, all by a clock that\n" +
			"starts at nine in the morning of 6 January 2026 and runs --speed times as fast as ours. It keeps its size: old\n" +
			"complaints leave as new ones come, and there are at most a tenth more than --features.\n\n" +
			"Prints one line \"ready http://HOST:PORT\" on stdout once it answers, and then where to look.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.listen == "" {
				s.listen = config.DefaultListen
			}
			switch {
			case features < 1 || features > synthetic.MaxComplaints:
				return usageError{fmt.Errorf("--features %d is not 1 to %d", features, synthetic.MaxComplaints)}
			case speed < 1 || speed > synthetic.MaxSpeed:
				return usageError{fmt.Errorf("--speed %d is not 1 to %d", speed, synthetic.MaxSpeed)}
			case !live && cmd.Flags().Changed("speed"):
				return usageError{errors.New("--speed is for a city that lives, without --live=false")}
			case !live:
				speed = 0
			}
			out, log, err := s.logger(cmd)
			if err != nil {
				return err
			}
			city, err := app.Demo(features, seed, speed)
			if err != nil {
				return err
			}
			return s.run(cmd, city, out, log, nil, demoLines...)
		},
	}
	cmd.Flags().IntVar(&features, "features", synthetic.DefaultComplaints,
		fmt.Sprintf("`number` of complaints, 1 to %d", synthetic.MaxComplaints))
	cmd.Flags().Uint64Var(&seed, "seed", 1, "`number` that all the randomness comes from")
	cmd.Flags().BoolVar(&live, "live", true, "let the city live; --live=false is the same city at rest")
	cmd.Flags().IntVar(&speed, "speed", synthetic.DefaultSpeed,
		fmt.Sprintf("`times` that the city's clock is as fast as ours, 1 to %d", synthetic.MaxSpeed))
	s.addFlags(cmd)
	return cmd
}
