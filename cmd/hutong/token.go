package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hutong/internal/app"
	"hutong/internal/auth"
	"hutong/internal/config"
)

func newToken(env lookup) *cobra.Command {
	var file, view, audience, lasts string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "token --config FILE {--view NAME | --audience NAME} --for DURATION",
		Short: "Make a token that opens a view that is not public",
		Long: "Make a token that opens one view, or every view for an audience, until a moment, and print it. Whoever has it sees\n" +
			"what it opens: it is sent as Authorization: Bearer, as X-Api-Key, or behind an address as ?token=, which is where\n" +
			"maps, GDAL and QGIS can have it. It is signed with the secret of tokens: {secret_file: …}; nothing is kept of it, so\n" +
			"that it cannot be taken back by itself. It lasts for 366 days at most.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scope := auth.Scope{Action: auth.View, Name: view}
			if audience != "" {
				scope = auth.Scope{Action: auth.Audience, Name: audience}
			}
			d, err := config.ParseDuration(lasts)
			switch {
			case file == "":
				return usageError{errors.New("token needs --config FILE: it has where the secret is")}
			case (view == "") == (audience == ""):
				return usageError{errors.New("token needs one of --view and --audience: what it opens")}
			case lasts == "":
				return usageError{errors.New("token needs --for, such as --for 24h: how long it lasts")}
			case err != nil:
				return usageError{fmt.Errorf("--for: %w", err)}
			case d < time.Second || d > auth.MaxLifetime:
				return usageError{fmt.Errorf("--for %s: a token lasts from 1s to %dd", lasts, auth.MaxLifetime/(24*time.Hour))}
			}
			c, err := config.Load(file, env)
			if err != nil {
				return err
			}
			now := time.Now()
			expires := now.Add(d).UTC()
			text, err := app.SignToken(c, scope, expires, now)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), struct {
					Token   string `json:"token"`
					Scope   string `json:"scope"`
					Expires string `json:"expires"`
				}{text, scope.String(), expires.Format(time.RFC3339)})
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "It opens %s until %s, for whoever has it.\n", scope, expires.Format(time.RFC3339))
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "the config `file`")
	cmd.Flags().StringVar(&view, "view", "", "`name` of the view that it opens")
	cmd.Flags().StringVar(&audience, "audience", "", "`name` of the audience of which it opens every view")
	cmd.Flags().StringVar(&lasts, "for", "", "how long it lasts, such as 24h or 30d")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
