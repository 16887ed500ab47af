package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"hutong/internal/app"
	"hutong/internal/config"
)

func newCheck(env lookup) *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Report everything that is wrong with a config, and look into its files",
		Long: "Report every problem of a config at once, with file, line, what would be accepted and the nearest right\n" +
			"name. If the config can be read, look into the files of its sources too: paths that match nothing, columns\n" +
			"and properties that are not there. Warnings are about what nobody uses. The exit status is 0 when there are\n" +
			"no problems, warnings or not, and 1 otherwise.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usageError{errors.New("check needs --config FILE")}
			}
			found := app.Findings{Problems: config.Problems{}, Warnings: config.Problems{}}
			c, err := config.Load(file, env)
			var problems config.Problems
			switch {
			case errors.As(err, &problems):
				found.Problems = problems
			case err != nil:
				return err
			default:
				found = app.Check(c)
			}
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), found)
			} else {
				printFindings(cmd, c, &found)
			}
			if n := len(found.Problems); n > 0 {
				err = errors.Join(err, fmt.Errorf("%s: %s", file, count(n, "problem")))
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "the config `file`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// printFindings writes findings for people; c is nil when it could not be read.
func printFindings(cmd *cobra.Command, c *config.Config, found *app.Findings) {
	out := cmd.OutOrStdout()
	for _, p := range found.Problems {
		_, _ = fmt.Fprintln(out, p)
	}
	for _, p := range found.Warnings {
		_, _ = fmt.Fprintln(out, "warning:", p)
	}
	if len(found.Problems) == 0 && c != nil {
		_, _ = fmt.Fprintf(out, "%s: no problems, %s: %s, %s\n", c.File(), count(len(found.Warnings), "warning"),
			count(len(c.Layers), "layer"), count(len(c.Sources), "source"))
	}
}

// count returns a number of things in words.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
