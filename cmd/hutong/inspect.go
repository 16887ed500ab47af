package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hutong/internal/app"
)

func newInspect() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Say what is in a vector tile, an archive of tiles or a data file",
		Long: "Say what is in a file; - is standard input.\n" +
			"A vector tile (plain, gzip or zstd): its layers, geometries, keys with examples, bytes by part, and everything\n" +
			"that MVT 2.1 forbids. The exit status is 1 when there is something.\n" +
			"A PMTiles archive (a file, https:// or s3://): its header, tiles by zoom, layers, and what is wrong with its\n" +
			"directories.\n" +
			"A data file (CSV, GeoJSON, GeoJSON lines, Shapefile, GeoPackage, GeoParquet): the format, where its records\n" +
			"are, its fields with type, nulls, distinct values and examples, what cannot be read, and the layer that it\n" +
			"could be served as.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := app.Inspect(cmd.Context(), args[0], cmd.InOrStdin())
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(cmd.OutOrStdout(), found)
			} else {
				err = found.Write(cmd.OutOrStdout())
			}
			if n := found.Problems(); n > 0 {
				err = errors.Join(err, fmt.Errorf("%s: %s", args[0], count(n, "problem")))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
