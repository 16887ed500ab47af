package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hutong/journal/snapshot"
)

func newPin(env lookup) *cobra.Command {
	var t target
	var list, asof string
	cmd := &cobra.Command{
		Use:   "pin NAME [--layers LIST] [--asof MOMENT] [--server URL]",
		Short: "Keep layers as they are, or were, under a name that can be cited",
		Long: "Have the server keep what everybody may see of layers, now or as of a moment, as a snapshot. It is served under\n" +
			"/snapshots/NAME, the same bytes whatever becomes of the layers, until it is unpinned, or a feature that it has is\n" +
			"erased; what the config hides later it hides, too. The key (HUTONG_KEY or --key-file) needs the scope pin.",
		Args: oneName("pin"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := snapshot.ValidName(args[0]); err != nil {
				return usageError{err}
			}
			s, err := t.connect(env)
			if err != nil {
				return err
			}
			defer s.Close()
			made, err := s.Pin(cmd.Context(), args[0], list, asof)
			if err != nil {
				return err
			}
			if t.asJSON {
				return writeJSON(cmd.OutOrStdout(), made)
			}
			features, bytes := 0, int64(0)
			for i := range made.Layers {
				features += made.Layers[i].Features
				bytes += made.Layers[i].Bytes
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: state %d of %s, %s, %s, %s\n%s\n", made.Name, made.Sequence, made.Time.Format("2006-01-02 15:04:05Z07:00"),
				count(len(made.Layers), "layer"), count(features, "feature"), megabytes(float64(bytes)), made.Cite)
			return err
		},
	}
	t.addServer(cmd)
	cmd.Flags().StringVar(&list, "layers", "", "layers to keep, as a `list` with commas; all if it is not given")
	cmd.Flags().StringVar(&asof, "asof", "", "the `moment`: a time such as 2026-07-01T12:00:00Z or a sequence number; now if it is not given")
	return cmd
}

func newUnpin(env lookup) *cobra.Command {
	var t target
	cmd := &cobra.Command{
		Use:   "unpin NAME [--server URL]",
		Short: "Remove a snapshot",
		Long:  "Have the server remove a snapshot, also one that is gone after an erasure. Whoever has cited it gets 404 from then on.\nThe key (HUTONG_KEY or --key-file) needs the scope pin.",
		Args:  oneName("unpin"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := snapshot.ValidName(args[0]); err != nil {
				return usageError{err}
			}
			s, err := t.connect(env)
			if err != nil {
				return err
			}
			defer s.Close()
			if err := s.Unpin(cmd.Context(), args[0]); err != nil {
				return err
			}
			if t.asJSON {
				return writeJSON(cmd.OutOrStdout(), struct {
					Unpinned string `json:"unpinned"`
				}{args[0]})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: removed\n", args[0])
			return err
		},
	}
	t.addServer(cmd)
	return cmd
}

// oneName wants the name of a snapshot, and nothing else.
func oneName(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(1)(cmd, args); err != nil {
			return errors.New("say which snapshot: " + what + " NAME")
		}
		return nil
	}
}
