package journal

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"hutong/ingest"
	"hutong/internal/erasure"
	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
)

const secretID = "13800138000"

// secretly is a batch of a feature with the id that is to be forgotten, and one that talks of it.
func secretly(text string) record.Batch {
	b := numbered(1)
	b.Changes[0].Feature.ID = secretID
	b.Changes[0].Feature.Values[0] = column.StringOf(text)
	return b
}

// searchFiles searches the folder of a journal as it is.
func searchFiles(t *testing.T, j *Journal) []string {
	t.Helper()
	var proof erasure.Proof
	none := func(string) bool { return false }
	if err := erasure.NewPattern(secretID).Folder(t.Context(), j.o.Folder, &proof, none); err != nil {
		t.Fatal(err)
	}
	return proof.Found.Places
}

// TestRollover: what is truncated behind a rollover is off the disk, and what came later is there.
func TestRollover(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	put(t, j, 5)
	if _, _, err := j.Append(t.Context(), secretly("noise")); err != nil {
		t.Fatal(err)
	}
	before := put(t, j, 7)
	if err := j.Truncate(t.Context(), before-1); err != nil {
		t.Fatal(err)
	}
	if len(searchFiles(t, j)) == 0 {
		t.Fatal("JetStream takes bytes away by itself now: Rollover is not needed any more")
	}
	begun, err := j.Rollover(t.Context(), "reports")
	if err != nil {
		t.Fatal(err)
	}
	last := put(t, j, 9)
	if err := j.Truncate(t.Context(), begun-1); err != nil {
		t.Fatal(err)
	}
	if found := searchFiles(t, j); len(found) > 0 {
		t.Errorf("the id is in %v", found)
	}
	if j.First() != begun || j.Last() != last {
		t.Errorf("got messages %d to %d, want %d to %d", j.First(), j.Last(), begun, last)
	}
	shut(t, j)
	if found := searchFiles(t, j); len(found) > 0 {
		t.Errorf("after a stop the id is in %v", found)
	}
	j = open(t, options(folder))
	var got []int64
	done := context.Canceled
	ctx, cancel := context.WithCancelCause(t.Context())
	_ = j.Follow(ctx, begun-1, func(e Entry) error {
		for _, b := range e.Batches {
			for _, c := range b.Changes {
				got = append(got, c.Feature.Values[1].Int())
			}
		}
		return nil
	}, func() { cancel(done) })
	if len(got) != 1 || got[0] != 9 {
		t.Errorf("after a start: got %v, want 9", got)
	}
}

// TestSearch tells the feature from what talks of it, whole and cut into parts.
func TestSearch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		batch            func() record.Batch
		layer            layers.Name
		found, mentioned int
	}{
		{"the feature", func() record.Batch { return secretly("noise") }, "reports", 1, 0},
		{"another layer's", func() record.Batch { return secretly("noise") }, "elsewhere", 0, 1},
		{"in parts", func() record.Batch { return secretly(string(make([]byte, 1<<20))) }, "reports", 1, 0},
		{"in a text", func() record.Batch {
			b := numbered(4)
			b.Changes[0].Feature.Values[0] = column.StringOf("call 13800138000 back")
			return b
		}, "reports", 0, 1},
		{"not at all", func() record.Batch { return numbered(4) }, "reports", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := open(t, options(t.TempDir()))
			if _, _, err := j.Append(t.Context(), c.batch()); err != nil {
				t.Fatal(err)
			}
			var proof erasure.Proof
			mentioned, err := j.Search(t.Context(), c.layer, secretID, erasure.NewPattern(secretID), &proof)
			if err != nil || proof.Messages != 1 || proof.Found.Count != c.found || proof.Mentions.Count != c.mentioned || mentioned != (c.mentioned > 0) {
				t.Errorf("got %+v, mentioned %v, %v", proof, mentioned, err)
			}
		})
	}
}

// TestRenewLetters: letters that made room leave their bytes until the others are written anew.
func TestRenewLetters(t *testing.T) {
	t.Parallel()
	j := open(t, options(t.TempDir()))
	kept, err := j.DeadLetters(t.Context(), LetterLimits{PerSource: 2})
	if err != nil {
		t.Fatal(err)
	}
	letter := func(text string) ingest.Letter {
		return ingest.Letter{Received: time.Unix(1, 0).UTC(), Refusal: ingest.Refusal{Reason: ingest.ReasonID, Value: text}, Raw: []byte(text)}
	}
	for _, text := range []string{secretID, "one", "two"} {
		if err := kept.Put(t.Context(), "hotline", []ingest.Letter{letter(text)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(searchFiles(t, j)) == 0 {
		t.Fatal("JetStream takes bytes away by itself now: Renew is not needed any more")
	}
	renewing, ok := kept.(interface{ Renew(context.Context) error })
	if !ok {
		t.Fatal("the letters cannot be renewed")
	}
	if err := renewing.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := searchFiles(t, j); len(found) > 0 {
		t.Errorf("the id is in %v", found)
	}
	list, err := kept.List(t.Context(), "hotline", 0, 10)
	if err != nil || len(list) != 2 || string(list[0].Raw) != "one" || string(list[1].Raw) != "two" {
		t.Errorf("got %v, %v, want one and two", list, err)
	}
	// The limits hold again, and the next renewal keeps the rest.
	if err := kept.Put(t.Context(), "hotline", []ingest.Letter{letter("three")}); err != nil {
		t.Fatal(err)
	}
	if err := renewing.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, err = kept.List(t.Context(), "hotline", 0, 10); err != nil || len(list) != 2 || string(list[1].Raw) != "three" {
		t.Errorf("got %v, %v, want two and three", list, err)
	}
	if blocks, err := filepath.Glob(filepath.Join(j.o.Folder, "log", "jetstream", "$G", "streams", "hutong-refused", "msgs", "*.blk")); err != nil || len(blocks) > 2 {
		t.Errorf("got %v, %v, want the old files gone", blocks, err)
	}
}

// TestRenewNoLetters: where nothing was ever refused there is nothing to renew, and no error.
func TestRenewNoLetters(t *testing.T) {
	t.Parallel()
	kept := lettersOf(t, open(t, options(t.TempDir())), LetterLimits{})
	for range 2 {
		if err := kept.(*letters).Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if all := putLetters(t, kept, "s", "a"); len(list(t, kept, "s", 0, 9)) != len(all) {
		t.Error("a letter is not kept")
	}
}
