package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hutong/internal/app"
	"hutong/internal/config"
)

func newImport(env lookup) *cobra.Command {
	var file string
	var sources []string
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use:   "import --dry-run --config FILE",
		Short: "Try what becomes of the records of a config's sources",
		Long: "Run the sources of a config through mapping and gate, keep nothing, and say what became of their records:\n" +
			"read, accepted and refused, by reason, with examples. Refused records are no failure; a source that\n" +
			"cannot be read to its end is.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !dryRun:
				return usageError{errors.New("only import --dry-run is there: state is kept in memory, and serve reads the config's files at each start")}
			case file == "":
				return usageError{errors.New("import needs --config FILE")}
			}
			c, err := config.Load(file, env)
			if err != nil {
				return err
			}
			if err := only(c, sources); err != nil {
				return usageError{err}
			}
			city, err := app.FromConfig(c)
			if err != nil {
				return err
			}
			stop := newScreen(cmd.ErrOrStderr()).follow(city.Progress)
			reports, err := app.DryRun(cmd.Context(), city)
			stop()
			if err == nil {
				err = stopped(reports)
			}
			if asJSON {
				return errors.Join(err, writeJSON(cmd.OutOrStdout(), struct {
					Sources []app.SourceReport `json:"sources"`
					Pushed  []string           `json:"pushed,omitempty"`
				}{reports, pushed(c)}))
			}
			for i := range reports {
				printReport(cmd.OutOrStdout(), &reports[i])
			}
			for _, name := range pushed(c) {
				_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s: records are pushed to it, so there is nothing to read\n", name)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "keep nothing")
	cmd.Flags().StringVarP(&file, "config", "c", "", "the config `file`")
	cmd.Flags().StringSliceVar(&sources, "source", nil, "only the source of this `name`; may be given several times")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// pushed returns the names of the sources that records are pushed to.
func pushed(c *config.Config) []string {
	var names []string
	for i := range c.Sources {
		if c.Sources[i].Push != nil {
			names = append(names, c.Sources[i].Name)
		}
	}
	return names
}

// only leaves out the sources of c that are not among names; no names leave all.
func only(c *config.Config, names []string) error {
	if len(names) == 0 {
		return nil
	}
	all := make([]string, len(c.Sources))
	for i := range c.Sources {
		all[i] = c.Sources[i].Name
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("there is no source %q; the sources are %s", name, strings.Join(all, ", "))
		}
	}
	c.Sources = slices.DeleteFunc(c.Sources, func(s config.Source) bool { return !slices.Contains(names, s.Name) })
	return nil
}

// stopped returns an error that names the sources which could not be read to their end, or nil.
func stopped(reports []app.SourceReport) error {
	var errs []error
	for i := range reports {
		if r := &reports[i]; r.Error != "" {
			errs = append(errs, fmt.Errorf("source %s: %s", r.Source, r.Error))
		}
	}
	return errors.Join(errs...)
}

// printReport writes a report for people.
func printReport(w io.Writer, r *app.SourceReport) {
	_, _ = fmt.Fprintf(w, "%s → %s: %s", r.Source, r.Layer, r.String())
	features := "too many features to count"
	if r.Features != nil {
		features = fmt.Sprintf("%d features", *r.Features)
	}
	if r.Unlocated > 0 {
		features += fmt.Sprintf(", of the records %d without a place", r.Unlocated)
	}
	_, _ = fmt.Fprintf(w, "  %s\n", features)
}

// writeJSON writes v for programs, and readably.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
