package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hutong/internal/app"
	"hutong/internal/config"
	"hutong/internal/erasure"
	"hutong/internal/telemetry"
	"hutong/layers"
)

// eraseFlags are those of erase.
type eraseFlags struct {
	target
	config, folder string
	log            service
}

func newErase(env lookup) *cobra.Command {
	var f eraseFlags
	cmd := &cobra.Command{
		Use:   "erase LAYER ID [--server URL | --config FILE]",
		Short: "Remove a feature from all that is kept, and prove it",
		Long: "Remove a feature from its layer, the log, the checkpoints and the refused records, and look everywhere for its id.\n" +
			"The server does it: the key (HUTONG_KEY or --key-file) needs the scope erase of the layer. With --config the data\n" +
			"folder of a server that does not run is opened instead, without a key; --folder stands for the config's.\n\n" +
			"Log and checkpoints then begin behind the erasure, whatever retention the config asks for. Reports from before it\n" +
			"stay out in layers with a time. Without an answer, or when it fails, the same command finishes the work.",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(2)(cmd, args); err != nil {
				return errors.New("say what to erase: erase LAYER ID")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			layer, id := layers.Name(args[0]), layers.FeatureID(args[1])
			switch {
			case layer.Validate() != nil:
				return usageError{fmt.Errorf("%q is no name of a layer", args[0])}
			case id == "" || len(id) > layers.MaxID:
				return usageError{fmt.Errorf("an id has 1 to %d bytes", layers.MaxID)}
			case f.folder != "" && f.config == "":
				return usageError{errors.New("--folder needs --config, which says what the layers are")}
			}
			erase := f.atServer
			if cmd.Flags().Changed("config") || f.folder != "" { // not with HUTONG_CONFIG alone, beside a server
				if cmd.Flags().Changed("server") || f.keyFile != "" {
					return usageError{errors.New("erase takes --server, with a key, or a data folder with --config, not both")}
				}
				erase = f.inFolder
			}
			report, err := erase(cmd, env, layer, id)
			if report == nil {
				return err
			}
			if f.asJSON {
				return errors.Join(writeJSON(cmd.OutOrStdout(), report), err)
			}
			if err == nil {
				printErasure(cmd.OutOrStdout(), report)
			}
			return err
		},
	}
	f.addServer(cmd)
	cmd.Flags().StringVarP(&f.config, "config", "c", "", "the config `file` of a server that does not run")
	cmd.Flags().StringVar(&f.folder, "folder", "", "the data `folder`, if not the config's")
	cmd.Flags().StringVar(&f.log.logLevel, "log-level", "warn", "lowest `level` to log with --config: debug, info, warn or error")
	cmd.Flags().StringVar(&f.log.logFormat, "log-format", "auto", "`format` of the log: text, json, or auto for text on a terminal")
	return cmd
}

// atServer has a server erase.
func (f *eraseFlags) atServer(cmd *cobra.Command, env lookup, layer layers.Name, id layers.FeatureID) (*erasure.Report, error) {
	s, err := f.connect(env)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	report, err := s.Erase(cmd.Context(), layer, id)
	if err != nil {
		return nil, err
	}
	return report, nil
}

// inFolder erases in a data folder that no server has open.
func (f *eraseFlags) inFolder(cmd *cobra.Command, env lookup, layer layers.Name, id layers.FeatureID) (*erasure.Report, error) {
	_, log, err := f.log.logger(cmd)
	if err != nil {
		return nil, err
	}
	c, err := config.Load(f.config, env)
	if err != nil {
		return nil, err
	}
	city, err := app.FromConfig(c)
	if err != nil {
		return nil, err
	}
	if f.folder != "" && city.Data != nil {
		city.Data.Folder = f.folder
	}
	report, err := app.Erase(cmd.Context(), city, app.Options{Log: log, Metrics: telemetry.NewMetrics()}, layer, id)
	if errors.Is(err, context.Canceled) && cmd.Context().Err() != nil {
		return nil, errors.New("stopped: the same command finishes the work")
	}
	return report, err
}

// printErasure writes a report for people: what was removed, where was looked, and what was left.
func printErasure(w io.Writer, r *erasure.Report) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("erased from %s at %s, as %s", r.Layer, r.At.Format("2006-01-02T15:04:05Z"), r.Hash)
	if r.Feature {
		line("  layer        removed, state %d", r.Seq)
	} else {
		line("  layer        had no such feature, state %d", r.Seq)
	}
	for _, l := range r.Letters {
		line("  refused      %d records of %s removed", l.Count, l.Source)
	}
	for _, name := range r.Snapshots {
		line("  snapshot     %s had it and is gone", name)
	}
	if r.Checkpoint > 0 {
		line("  checkpoints  %d written, %d older ones removed", r.Checkpoint, len(r.Removed))
		line("  log          removed up to message %d", r.Truncated)
	}
	if r.Remembered {
		line("  reports      from before that time are refused as late")
	} else {
		line("  reports      bring it back if they are sent again: the layer does not go by their times")
	}
	p := &r.Proof
	line("  searched     the layer, %d messages of the log, %d rows of %d checkpoint files, %d refused records", p.Messages, p.Rows, p.Checkpoints, p.Letters)
	if p.Plain && p.Files > 0 {
		line("               and all %d bytes of %d files: not found", p.Bytes, p.Files)
	} else {
		line("               not found")
	}
	for _, what := range p.Unsearched {
		line("  not searched %s", what)
	}
	if p.Mentions.Count > 0 {
		line("  left         %d texts of other features that have the id in them:", p.Mentions.Count)
		for _, place := range p.Mentions.Places {
			line("               %s", place)
		}
	}
}
