package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"hutong/ingest/push"
	"hutong/internal/app"
	"hutong/internal/config"
	"hutong/internal/remote"
)

// importing holds the flags of import.
type importing struct {
	target
	file      string
	sources   []string
	dryRun    bool
	format    string
	delimiter string
	refused   int
}

func newImport(env lookup) *cobra.Command {
	var i importing
	cmd := &cobra.Command{
		Use:   "import --config FILE | import --server URL --source NAME FILE...",
		Short: "Read files into a data folder, or send them to a running server",
		Long: "With --config, read the files of the config's sources into its data folder, which no server may have open, and write\n" +
			"a checkpoint: records that are new or changed are applied, and those that are in no file any more deleted unless\n" +
			"the layer has others, too. --source reads only some. Refused records are no failure; a source that cannot be read\n" +
			"to its end is, and leaves its layer as it was. With --dry-run nothing is kept.\n\n" +
			"With --server, send files (CSV, GeoJSON, lines of JSON, lists of JSON; as they are, gzip or Zstandard; - is standard\n" +
			"input) to a source with push, in requests that end where records do. A busy server is asked again. Sending the same\n" +
			"again is safe. The key (HUTONG_KEY or --key-file) needs the scope ingest of the source.",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case i.server == "" && len(args) > 0:
				return usageError{errors.New("import takes files with --server; those of --config are in the config")}
			case i.server == "" && (i.keyFile != "" || i.format != "" || i.delimiter != "" || cmd.Flags().Changed("refused")):
				return usageError{errors.New("--key-file, --format, --delimiter and --refused are for import --server")}
			case i.server == "" && i.file == "":
				return usageError{errors.New("import needs --config FILE, or --server URL --source NAME and files")}
			case i.server != "" && (cmd.Flags().Changed("config") || i.dryRun):
				return usageError{errors.New("import takes --config or --server, not both, and tries only a config with --dry-run")}
			case i.server != "":
				return i.send(cmd, env, args)
			case i.dryRun:
				return i.try(cmd, env)
			default:
				return i.intoFolder(cmd, env)
			}
		},
	}
	cmd.Flags().BoolVar(&i.dryRun, "dry-run", false, "keep nothing, and say what would become of the records")
	cmd.Flags().StringVarP(&i.file, "config", "c", "", "the config `file`")
	cmd.Flags().StringSliceVar(&i.sources, "source", nil, "only the source of this `name`; may be given several times")
	cmd.Flags().StringVar(&i.server, "server", "", "`URL` of a server to send files to")
	cmd.Flags().StringVar(&i.keyFile, "key-file", "", "`file` with the key; without it "+keyVariable+" has it")
	cmd.Flags().StringVar(&i.format, "format", "", "`format` of the files: csv, geojson, ndjson or json (default: by their names)")
	cmd.Flags().StringVar(&i.delimiter, "delimiter", "", "`character` between the cells of CSV (default: a comma, or a tab in .tsv)")
	cmd.Flags().IntVar(&i.refused, "refused", 20, "list at most this `number` of the records that the server refused")
	cmd.Flags().BoolVar(&i.asJSON, "json", false, "as JSON")
	return cmd
}

// try runs the sources and keeps nothing.
func (i *importing) try(cmd *cobra.Command, env lookup) error {
	c, err := config.Load(i.file, env)
	if err != nil {
		return err
	}
	if err := only(c, i.sources); err != nil {
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
	if i.asJSON {
		return errors.Join(err, writeJSON(cmd.OutOrStdout(), struct {
			Sources []app.SourceReport `json:"sources"`
			Pushed  []string           `json:"pushed,omitempty"`
		}{reports, pushed(c)}))
	}
	for k := range reports {
		printReport(cmd.OutOrStdout(), &reports[k])
	}
	printPushed(cmd.OutOrStdout(), c)
	return err
}

// twice is the progress of files that are read two times.
type twice struct {
	read  atomic.Int64
	total int64
}

// Read returns the bytes that were read.
func (t *twice) Read() int64 { return t.read.Load() }

// Total returns the bytes of two runs.
func (t *twice) Total() int64 { return t.total }

// intoFolder reads the sources into the data folder.
func (i *importing) intoFolder(cmd *cobra.Command, env lookup) error {
	c, err := config.Load(i.file, env)
	if err != nil {
		return err
	}
	if c.Journal == nil {
		return usageError{fmt.Errorf("%s: %w", i.file, app.ErrNoJournal)}
	}
	reduced := *c
	reduced.Sources = slices.Clone(c.Sources)
	if err := only(&reduced, i.sources); err != nil {
		return usageError{err}
	}
	size, err := app.FromConfig(&reduced)
	if err != nil {
		return err
	}
	city, err := app.FromConfig(c)
	if err != nil {
		return err
	}
	quiet := service{logLevel: "warn", logFormat: "auto"}
	screen, log, err := quiet.logger(cmd)
	if err != nil {
		return err
	}
	progress := &twice{total: 2 * size.Progress.Total()}
	stop := screen.follow(progress)
	done, err := app.Import(cmd.Context(), city, app.ImportOptions{Config: i.file, Only: i.sources, Log: log, Read: &progress.read})
	stop()
	if err != nil {
		return err
	}
	for k := range done.Layers {
		if l := &done.Layers[k]; l.Error != "" {
			err = errors.Join(err, fmt.Errorf("layer %s: %s", l.Layer, l.Error))
		}
	}
	if i.asJSON {
		return errors.Join(err, writeJSON(cmd.OutOrStdout(), struct {
			app.Imported
			Pushed []string `json:"pushed,omitempty"`
		}{done, pushed(&reduced)}))
	}
	printImported(cmd.OutOrStdout(), &done)
	printPushed(cmd.OutOrStdout(), &reduced)
	return err
}

// printImported writes what an import did for people.
func printImported(w io.Writer, done *app.Imported) {
	for k := range done.Sources {
		s := &done.Sources[k]
		_, _ = fmt.Fprintf(w, "%s → %s: %s  %d applied, %d duplicate, %d late, %d too late\n", s.Source, s.Layer, s.String(),
			s.Applied, s.Duplicate, s.Late, s.TooLate)
	}
	for k := range done.Layers {
		l := &done.Layers[k]
		kept := ""
		if l.Added {
			kept = "; those in no file stay, since the layer has other sources"
		}
		_, _ = fmt.Fprintf(w, "%s: %s, %d deleted%s\n", l.Layer, count(l.Features, "feature"), l.Deleted, kept)
	}
	_, _ = fmt.Fprintf(w, "checkpoint %d written\n", done.Seq)
}

// send sends files to a server.
func (i *importing) send(cmd *cobra.Command, env lookup, paths []string) error {
	switch {
	case len(i.sources) != 1:
		return usageError{errors.New("import --server needs one --source NAME, a source with push")}
	case len(paths) == 0:
		return usageError{errors.New("import --server needs files to send, or - for standard input")}
	case i.refused < 0:
		return usageError{fmt.Errorf("--refused %d is below 0", i.refused)}
	case i.format != "" && !slices.Contains(push.Formats(), push.Format(i.format)):
		return usageError{fmt.Errorf("--format %q is none of csv, geojson, ndjson and json", i.format)}
	case len(i.delimiter) > 1 || strings.ContainsAny(i.delimiter, "\"\r\n"):
		return usageError{fmt.Errorf("--delimiter %q is no single ASCII character that may stand between cells", i.delimiter)}
	}
	files := remote.Files{Paths: paths, In: cmd.InOrStdin(), Format: push.Format(i.format), Refused: i.refused, Progress: remote.NewProgress(paths)}
	if i.delimiter != "" {
		files.Delimiter = i.delimiter[0]
	}
	i.source = i.sources[0]
	s, err := i.open(env)
	if err != nil {
		return err
	}
	defer s.Close()
	out := newScreen(cmd.ErrOrStderr())
	files.Waiting = func(why error, in time.Duration) {
		_, _ = fmt.Fprintf(out, "%v; again in %s\n", why, in)
	}
	stop := out.follow(files.Progress)
	sent, err := s.Send(cmd.Context(), i.source, files)
	stop()
	if i.asJSON {
		return errors.Join(err, writeJSON(cmd.OutOrStdout(), sent))
	}
	printSent(cmd.OutOrStdout(), &sent)
	return err
}

// printSent writes what became of files that were sent for people.
func printSent(w io.Writer, s *remote.Sent) {
	_, _ = fmt.Fprintf(w, "%s: %d sent, %d applied, %d duplicate, %d late, %d too late, %d refused\n",
		s.Source, s.Records, s.Applied, s.Duplicate, s.Late, s.TooLate, s.Refused)
	for k := range s.Listed {
		_, _ = fmt.Fprintf(w, "  %-8s %s\n", s.Listed[k].Reason, s.Listed[k].String())
	}
	if more := s.Refused - len(s.Listed); more > 0 && len(s.Listed) > 0 {
		_, _ = fmt.Fprintf(w, "  and %d more; hutong ingest refused --source %s shows them\n", more, s.Source)
	}
}

// printPushed names the sources that have nothing to read.
func printPushed(w io.Writer, c *config.Config) {
	for _, name := range pushed(c) {
		_, _ = fmt.Fprintf(w, "%s: records are pushed to it, so there is nothing to read\n", name)
	}
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
