package journal

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"hutong/ingest"
)

// LetterLimits bounds the dead letters. When one is reached the oldest letters go.
type LetterLimits struct {
	// PerSource is the most letters of one source; 0 means 10,000.
	PerSource int
	// Bytes is the most that all letters take; 0 means 256 MiB.
	Bytes int64
	// Age is how long a letter is kept; 0 means 30 days.
	Age time.Duration
}

// maxLetters bounds one list.
const maxLetters = 1000

// lettersInFlight is how many letters are on their way to the log at once.
const lettersInFlight = 32

// letters is a stream beside that of the log, with a subject for each source. A letter's ID is its
// sequence there: it rises with each letter of whatever source.
type letters struct {
	j      *Journal
	name   string
	blocks *blocks

	renew  sync.RWMutex     // held for writing while letters get new IDs
	stream jetstream.Stream // guarded by renew
}

var _ ingest.DeadLetters = (*letters)(nil)

// DeadLetters returns the refused records, kept beside the log with the same durability. The stream is
// made if it is not there; limits that have changed hold from now on. It also has a method Renew, which
// takes the bytes of letters that are gone off the disk, and Each, which reads all.
func (j *Journal) DeadLetters(ctx context.Context, limits LetterLimits) (ingest.DeadLetters, error) {
	if limits.PerSource < 0 || limits.Bytes < 0 || limits.Age < 0 {
		return nil, errors.New("journal: a limit of dead letters is below 0")
	}
	l := &letters{j: j, name: j.lettersName()}
	var err error
	if l.stream, err = j.js.CreateOrUpdateStream(ctx, j.lettersConfig(limits)); err != nil {
		return nil, fmt.Errorf("journal: stream %q of refused records: %w", l.name, err)
	}
	if l.blocks, err = j.blocksOf(l.name); err != nil {
		return nil, err
	}
	return l, nil
}

// lettersConfig is that of the stream.
func (j *Journal) lettersConfig(limits LetterLimits) jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name:              j.lettersName(),
		Description:       "What Hutong refused, for the holders of the sources' keys.",
		Subjects:          []string{j.name + ".refused.*"},
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardOld,
		Storage:           jetstream.FileStorage,
		Replicas:          1,
		MaxMsgsPerSubject: 10_000,
		MaxBytes:          256 << 20,
		MaxAge:            30 * 24 * time.Hour,
		AllowDirect:       true,
	}
	if limits.PerSource > 0 {
		c.MaxMsgsPerSubject = int64(limits.PerSource)
	}
	if limits.Bytes > 0 {
		c.MaxBytes = limits.Bytes
	}
	if limits.Age > 0 {
		c.MaxAge = limits.Age
	}
	if j.o.Remote != nil {
		c.Replicas = max(j.o.Remote.Replicas, 1)
	}
	return c
}

// subject is where a source's letters are: its name as one token of a subject.
func (l *letters) subject(source string) string {
	return l.j.name + ".refused.s" + base64.RawURLEncoding.EncodeToString([]byte(source))
}

// source is the reverse of subject.
func (l *letters) source(subject string) (string, bool) {
	token, ok := strings.CutPrefix(subject, l.j.name+".refused.s")
	b, err := base64.RawURLEncoding.DecodeString(token)
	return string(b), ok && err == nil
}

// Put keeps letters of a source and gives them their IDs. When it fails, some may be kept.
func (l *letters) Put(ctx context.Context, source string, all []ingest.Letter) error {
	if err := l.j.writable(); err != nil {
		return err
	}
	var under []jetstream.PubAckFuture
	landed := 0
	land := func() error {
		select {
		case ack := <-under[0].Ok():
			all[landed].ID = ack.Sequence
			under, landed = under[1:], landed+1
			l.j.metrics.letters.Add(1)
			return nil
		case err := <-under[0].Err():
			return fmt.Errorf("journal: keep a refused record: %w", err)
		case <-l.j.broken:
			return fmt.Errorf("%w: %w", ErrUnknown, ErrFailing)
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrUnknown, ctx.Err())
		}
	}
	for i := range all {
		if len(all[i].Raw) > ingest.MaxLetterRaw {
			all[i].Raw, all[i].Cut = all[i].Raw[:ingest.MaxLetterRaw], true
		}
		b, err := json.Marshal(&all[i])
		if err != nil {
			return fmt.Errorf("journal: keep a refused record: %w", err)
		}
		future, err := l.j.js.PublishMsgAsync(&nats.Msg{Subject: l.subject(source), Data: b},
			jetstream.WithExpectStream(l.name), jetstream.WithStallWait(l.j.o.ackWait))
		if err != nil {
			return fmt.Errorf("journal: keep a refused record: %w", err)
		}
		if under = append(under, future); len(under) >= lettersInFlight {
			if err := land(); err != nil {
				return err
			}
		}
	}
	for len(under) > 0 {
		if err := land(); err != nil {
			return err
		}
	}
	if err := l.blocks.sync(); err != nil || len(all) == 0 || l.j.lettersHigh == nil {
		return err
	}
	return l.j.lettersHigh.raise(all[len(all)-1].ID)
}

// List returns letters of a source with an ID above after, oldest first, at most limit of them and at most
// 1,000.
func (l *letters) List(ctx context.Context, source string, after uint64, limit int) ([]ingest.Letter, error) {
	l.renew.RLock()
	defer l.renew.RUnlock()
	var all []ingest.Letter
	for len(all) < min(limit, maxLetters) {
		m, err := l.stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(l.subject(source)))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("journal: list refused records: %w", err)
		}
		after = m.Sequence
		if letter, ok := l.decode(m); ok {
			all = append(all, letter)
		}
	}
	return all, nil
}

// decode returns the letter of a message. What is none, as somebody may have put into the stream of a cluster, is passed
// over: it keeps nobody from the others.
func (l *letters) decode(m *jetstream.RawStreamMsg) (letter ingest.Letter, ok bool) {
	if err := json.Unmarshal(m.Data, &letter); err != nil {
		l.j.log.Warn("a refused record cannot be read and is passed over", slog.Uint64("id", m.Sequence), slog.Any("error", err))
		return ingest.Letter{}, false
	}
	letter.ID = m.Sequence
	return letter, true
}

// Each calls fn with the letters of all sources by rising ID, until it returns an error. Letters that come meanwhile may
// be among them, and Renew waits.
func (l *letters) Each(ctx context.Context, fn func(source string, letter *ingest.Letter) error) error {
	l.renew.RLock()
	defer l.renew.RUnlock()
	for after := uint64(0); ; {
		m, err := l.stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(l.j.name+".refused.*"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("journal: list refused records: %w", err)
		}
		after = m.Sequence
		source, ok := l.source(m.Subject)
		if !ok {
			continue // a filler
		}
		letter, ok := l.decode(m)
		if !ok {
			continue
		}
		if err := fn(source, &letter); err != nil {
			return err
		}
	}
}

// Remove forgets letters of a source and overwrites them on the disk; those that are not there, or are
// another source's, are passed over.
func (l *letters) Remove(ctx context.Context, source string, ids []uint64) error {
	l.renew.RLock()
	defer l.renew.RUnlock()
	for _, id := range ids {
		if id == 0 {
			continue
		}
		m, err := l.stream.GetMsg(ctx, id)
		if err == nil && m.Subject == l.subject(source) {
			err = l.stream.SecureDeleteMsg(ctx, id)
		}
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return fmt.Errorf("journal: forget refused record %d: %w", id, err)
		}
	}
	return nil
}
