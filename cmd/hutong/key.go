package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hutong/internal/auth"
)

// maxKeyText is the most bytes that are read for a key or hash.
const maxKeyText = 4 << 10

// keyName is what a config calls a key.
var keyName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

func newKey() *cobra.Command {
	return group("key", "Make keys for those who push, import and erase, or see what is not public", "say what to do: key new or key hash", newKeyNew(), newKeyHash())
}

func newKeyNew() *cobra.Command {
	var name string
	var scopes []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "new --name NAME --scope SCOPE...",
		Short: "Make a key, and show it once",
		Long: "Make a key and print it, once, and below it the lines for the config, which have its hash only. A scope is\n" +
			"ingest:SOURCE (push to a source, see and replay what it refuses), refused:SOURCE (only see and replay),\n" +
			"erase:LAYER, view:VIEW or audience:AUDIENCE (see what is not public); * stands for all. backup is to read all\n" +
			"that the server keeps, pin to pin snapshots and to remove them. hutong import --server sends files to a source, so its key is for ingest:SOURCE.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case !keyName.MatchString(name):
				return usageError{fmt.Errorf("--name %q: want a-z, 0-9, '_' and '-', starting with a letter, at most 64 characters", name)}
			case len(scopes) == 0:
				return usageError{errors.New("key new needs --scope, such as --scope ingest:hotline")}
			}
			for _, text := range scopes {
				if _, err := auth.ParseScope(text); err != nil {
					return usageError{fmt.Errorf("--scope: %w", err)}
				}
			}
			key := auth.NewSecret()
			out := cmd.OutOrStdout()
			if asJSON {
				return writeJSON(out, struct {
					Name   string   `json:"name"`
					Key    string   `json:"key"`
					Hash   string   `json:"hash"`
					Scopes []string `json:"scopes"`
				}{name, key.Reveal(), key.Hash().String(), scopes})
			}
			quoted := make([]string, len(scopes))
			for i, text := range scopes {
				quoted[i] = strconv.Quote(text)
			}
			_, err := fmt.Fprintf(out, "%s\n\nkeys:\n  %s:\n    hash: %q\n    scopes: [%s]\n",
				key.Reveal(), name, key.Hash(), strings.Join(quoted, ", "))
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "The first line is the key, which is shown only now; the others go into the config.")
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what the config calls the key")
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "what the key is for; may be given several times")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

func newKeyHash() *cobra.Command {
	return &cobra.Command{
		Use:   "hash",
		Short: "Print the hash of a key that standard input has",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := readKey(cmd.InOrStdin())
			if err != nil {
				return fmt.Errorf("standard input: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), key.Hash())
			return err
		},
	}
}

// readKey reads a key. The error shows nothing of what was read.
func readKey(r io.Reader) (auth.Secret, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxKeyText))
	if err != nil {
		return auth.Secret{}, err
	}
	key, err := auth.ParseSecret(string(text))
	if err != nil {
		return auth.Secret{}, errors.New(strings.TrimPrefix(err.Error(), "auth: "))
	}
	return key, nil
}
