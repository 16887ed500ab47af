package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/internal/auth"
	"hutong/internal/remote"
)

// keyVariable has the key that commands send.
const keyVariable = "HUTONG_KEY"

// refusedPage is how many refused records are asked for at once.
const refusedPage = 500

func newIngest(env lookup) *cobra.Command {
	return group("ingest", "See and replay what a running server has refused", "say what to do: ingest refused or ingest replay", newIngestRefused(env), newIngestReplay(env))
}

// target holds the flags that name a source of a server.
type target struct {
	server, source, keyFile string
	asJSON                  bool
}

func (t *target) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.source, "source", "", "`name` of the source")
	t.addServer(cmd)
}

// addServer adds the flags that are about no source.
func (t *target) addServer(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.server, "server", "http://127.0.0.1:8080", "`URL` of the server")
	cmd.Flags().StringVar(&t.keyFile, "key-file", "", "`file` with the key; without it "+keyVariable+" has it")
	cmd.Flags().BoolVar(&t.asJSON, "json", false, "as JSON")
}

// open returns the server with the key, for a source.
func (t *target) open(env lookup) (*remote.Server, error) {
	if !keyName.MatchString(t.source) { // which is how sources are called, too
		return nil, usageError{fmt.Errorf("--source %q is no name of a source", t.source)}
	}
	return t.connect(env)
}

// connect returns the server with the key.
func (t *target) connect(env lookup) (*remote.Server, error) {
	key, err := t.key(env)
	if err != nil {
		return nil, err
	}
	s, err := remote.New(t.server, key)
	if err != nil {
		return nil, usageError{fmt.Errorf("--server: %w", err)}
	}
	return s, nil
}

// key reads the key: never from a flag, which others on the machine can see.
func (t *target) key(env lookup) (auth.Secret, error) {
	if t.keyFile != "" {
		file, err := os.Open(t.keyFile)
		if err != nil {
			return auth.Secret{}, err
		}
		key, err := readKey(file)
		if err = errors.Join(err, file.Close()); err != nil {
			return auth.Secret{}, fmt.Errorf("%s: %w", t.keyFile, err)
		}
		return key, nil
	}
	text, ok := env(keyVariable)
	if !ok || text == "" {
		return auth.Secret{}, usageError{errors.New("a key is needed: put it into " + keyVariable + ", or into a file for --key-file")}
	}
	key, err := readKey(strings.NewReader(text))
	if err != nil {
		return auth.Secret{}, fmt.Errorf("%s: %w", keyVariable, err)
	}
	return key, nil
}

func newIngestRefused(env lookup) *cobra.Command {
	var t target
	var after uint64
	var limit int
	cmd := &cobra.Command{
		Use:   "refused --server URL --source NAME",
		Short: "Show records that a source has refused, with the reasons",
		Long: "Show records that a source of a running server has refused, oldest first, with what was wrong with each. They\n" +
			"may hold private values. The key (HUTONG_KEY or --key-file) needs the scope ingest or refused of the source.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usageError{fmt.Errorf("--limit %d is not 1 or more", limit)}
			}
			s, err := t.open(env)
			if err != nil {
				return err
			}
			defer s.Close()
			list, err := refused(cmd.Context(), s, t.source, after, limit)
			if err != nil {
				return err
			}
			if t.asJSON {
				return writeJSON(cmd.OutOrStdout(), struct {
					Source  string          `json:"source"`
					Letters []remote.Letter `json:"letters"`
				}{t.source, list})
			}
			for i := range list {
				printLetter(cmd.OutOrStdout(), &list[i])
			}
			return nil
		},
	}
	t.addFlags(cmd)
	cmd.Flags().Uint64Var(&after, "after", 0, "only records with `numbers` above this one")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most this `number` of records")
	return cmd
}

// refused asks for pages of refused records until there are limit or no more.
func refused(ctx context.Context, s *remote.Server, source string, after uint64, limit int) ([]remote.Letter, error) {
	list := []remote.Letter{}
	for {
		page, err := s.Refused(ctx, source, after, min(limit-len(list), refusedPage))
		if err != nil {
			return nil, err
		}
		list = append(list, page.Letters...)
		if page.Next <= after || len(list) >= limit {
			return list, nil
		}
		after = page.Next
	}
}

// printLetter writes a refused record for people: when, why, and the record in quotes where a terminal could
// not show it or would obey it.
func printLetter(w io.Writer, l *remote.Letter) {
	raw := l.Raw
	switch {
	case l.Base64 != "":
		raw = "base64 " + l.Base64
	case strings.ContainsFunc(raw, func(r rune) bool { return r != '\n' && !strconv.IsPrint(r) }):
		raw = strconv.Quote(raw)
	}
	if l.Cut {
		raw += " …"
	}
	_, _ = fmt.Fprintf(w, "%d %s %s %s\n", l.ID, l.Received.Format(time.RFC3339), l.Refusal.Reason, l.Refusal)
	for line := range strings.Lines(raw + "\n") {
		_, _ = fmt.Fprintf(w, "    %s", line)
	}
}

func newIngestReplay(env lookup) *cobra.Command {
	var t target
	var ids []uint
	cmd := &cobra.Command{
		Use:   "replay --server URL --source NAME",
		Short: "Make a source take again what it has refused",
		Long: "Make a source of a running server take refused records again, all or those of --ids, by the config as it is now.\n" +
			"Those accepted are gone from the list; others stay, with the new reason. Records that are refused again are no\n" +
			"failure. The key (HUTONG_KEY or --key-file) needs the scope ingest or refused of the source.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(ids) > push.MaxReplayIDs {
				return usageError{fmt.Errorf("%d ids are more than %d; without --ids all are taken", len(ids), push.MaxReplayIDs)}
			}
			s, err := t.open(env)
			if err != nil {
				return err
			}
			defer s.Close()
			numbers := make([]uint64, len(ids))
			for i, id := range ids {
				numbers[i] = uint64(id)
			}
			result, err := s.Replay(cmd.Context(), t.source, numbers)
			if err != nil {
				return err
			}
			if t.asJSON {
				return writeJSON(cmd.OutOrStdout(), result)
			}
			printReplay(cmd.OutOrStdout(), &result)
			return nil
		},
	}
	t.addFlags(cmd)
	cmd.Flags().UintSliceVar(&ids, "ids", nil, "only the records with these `numbers`")
	return cmd
}

// printReplay writes what a replay did for people: the counts, and a line for each record that stays.
func printReplay(w io.Writer, r *push.ReplayResult) {
	_, _ = fmt.Fprintf(w, "%s: %d replayed, %d accepted, %d refused\n", r.Source, r.Letters, r.Accepted, r.Refused)
	for i := range r.Answers {
		a := &r.Answers[i]
		if a.Reason == "" {
			continue
		}
		id := a.Letter
		if a.New != 0 {
			id = a.New
		}
		why := ingest.Refusal{Reason: a.Reason, Field: a.Field, Value: a.Value, Want: a.Want}
		_, _ = fmt.Fprintf(w, "  %d %s %s\n", id, a.Reason, why)
	}
	for _, id := range r.Missing {
		_, _ = fmt.Fprintf(w, "  %d is not there\n", id)
	}
	if r.Omitted > 0 {
		_, _ = fmt.Fprintf(w, "  and %d more\n", r.Omitted)
	}
}
