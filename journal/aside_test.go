package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// numbersOf opens a log and returns the numbers that it has.
func numbersOf(t *testing.T, folder string) ([]int64, error) {
	t.Helper()
	j, err := Open(t.Context(), options(folder))
	if err != nil {
		return nil, err
	}
	defer shut(t, j)
	g, err := read(t, j, 0)
	return g.numbers, err
}

// asides returns what is left of damaged files.
func asides(t *testing.T, folder string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "log.[ad]*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// killed returns a log whose process was killed, its file and what that has.
func killed(t *testing.T) (folder, block string, b []byte) {
	t.Helper()
	folder = t.TempDir()
	copyFolder(t, templates(t)["killed"], folder)
	block = files(t, folder)[0]
	b, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	return folder, block, b
}

// oneBit returns a log with one flipped bit at a share of its file, the file, and how it was before the flip.
func oneBit(t *testing.T, at float64) (folder, block string, before []byte) {
	t.Helper()
	folder, block, before = killed(t)
	rewrite(t, block, func(b []byte) []byte { b[int(at*float64(len(b)))] ^= 8; return b })
	return folder, block, before
}

// rewrite writes a file as change leaves what it has.
func rewrite(t *testing.T, path string, change func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A start that is refused leaves a damaged file as it is, with all that stands behind the damage: once the bit is
// flipped back, all is there.
func TestRefusalChangesNothing(t *testing.T) {
	t.Parallel()
	for _, at := range []float64{0.1, 0.5, 0.9} {
		folder, block, before := oneBit(t, at)
		damaged, err := os.ReadFile(block)
		if err != nil {
			t.Fatal(err)
		}
		var loss *LossError
		if _, err := numbersOf(t, folder); !errors.As(err, &loss) || loss.First != loss.Last {
			t.Fatalf("got %v, want the loss of one message", err)
		}
		if after, err := os.ReadFile(block); err != nil || !bytes.Equal(after, damaged) {
			t.Errorf("at %v: the refusal has changed the file: %d bytes, %v, want %d", at, len(after), err, len(damaged))
		}
		if left := asides(t, folder); len(left) > 0 {
			t.Errorf("at %v: %v are left", at, left)
		}
		if err := os.WriteFile(block, before, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := numbersOf(t, folder); err != nil || len(got) != damageSize {
			t.Errorf("at %v: mended: got %d numbers, %v, want %d", at, len(got), err, damageSize)
		}
	}
}

// A file whose loss was accepted is kept as it was, and of the log only what was damaged is lost.
func TestAcceptedDamageIsKept(t *testing.T) {
	t.Parallel()
	folder, block, _ := oneBit(t, 0.5)
	damaged, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	o := options(folder)
	o.AcceptLoss = true
	shut(t, open(t, o))
	all := asides(t, folder)
	if len(all) != 1 {
		t.Fatalf("got %v, want one folder", all)
	}
	if kept, err := os.ReadFile(filepath.Join(all[0], DefaultStream, filepath.Base(block))); err != nil || !bytes.Equal(kept, damaged) {
		t.Errorf("got %d bytes, %v, want the damaged file", len(kept), err)
	}
	if got, err := numbersOf(t, folder); err != nil || len(got) != damageSize-1 {
		t.Errorf("once accepted: got %d numbers, %v, want all but one of %d", len(got), err, damageSize)
	}
}

// What a kill has cut off before anybody was told of it is no loss, and leaves nothing.
func TestTailThatWasNeverAcknowledged(t *testing.T) {
	t.Parallel()
	folder, block, _ := killed(t)
	rewrite(t, block, func(b []byte) []byte { return append(b, b[len(b)/damageSize:len(b)/damageSize+50]...) })
	if got, err := numbersOf(t, folder); err != nil || len(got) != damageSize {
		t.Errorf("got %d numbers, %v, want %d", len(got), err, damageSize)
	}
	if left := asides(t, folder); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// A start that is cut off when the server has cut a file already is the same for the next one.
func TestStartCutOffWithFilesAside(t *testing.T) {
	t.Parallel()
	folder, block, b := killed(t)
	aside := filepath.Join(folder, asideFolder, DefaultStream)
	err := errors.Join(os.MkdirAll(aside, 0o750), os.WriteFile(filepath.Join(aside, filepath.Base(block)), b, 0o600), os.Truncate(block, int64(len(b)/2)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := numbersOf(t, folder); err != nil || len(got) != damageSize {
		t.Errorf("got %d numbers, %v, want %d", len(got), err, damageSize)
	}
	if left := asides(t, folder); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// Every flipped bit of a file is seen, but in the lengths of headers, which no checksum covers, and every cut between
// two records is none. All that is not damaged is kept.
func TestMended(t *testing.T) {
	t.Parallel()
	_, block, b := killed(t)
	name := filepath.Base(block)
	if at, whole := openBlock(b, DefaultStream, name).mended(&seenRecords{}); at != -1 || whole != nil {
		t.Fatalf("got damage at %d of a good file", at)
	}
	if at, whole := openBlock(b, DefaultStream, "99.blk").mended(&seenRecords{}); at != 0 || len(whole) > 0 {
		t.Errorf("got %d for a file in another's place, want 0", at)
	}
	longest := 2 * len(b) / damageSize
	var unseen []int
	for i := range b {
		b[i] ^= 1
		seen := &seenRecords{}
		switch at, whole := openBlock(b, DefaultStream, name).mended(seen); {
		case at < 0:
			unseen = append(unseen, i)
		case len(b)-len(whole) > longest:
			t.Fatalf("byte %d: of %d bytes %d are whole", i, len(b), len(whole))
		case i < len(b)-longest && len(seen.missing) != 1:
			t.Fatalf("byte %d: got %v missing, want one message", i, seen.missing)
		case len(seen.missing) == 1 && seen.missing[0].First != seen.missing[0].Last:
			t.Fatalf("byte %d: got %v missing, want one message", i, seen.missing)
		}
		b[i] ^= 1
	}
	if len(unseen) > 4*(damageSize+1) || slices.Contains(unseen, 0) {
		t.Errorf("%d of %d bytes may be flipped unseen: %v", len(unseen), len(b), unseen)
	}
}

// A record that somebody has put into a message is none, though its checksum is right.
func TestMendedTakesNoForgery(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, options(folder))
	put(t, j, 1)
	block := files(t, folder)[0]
	b, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	first := len(b)
	publishRaw(t, j, b)
	put(t, j, 3)
	if b, err = os.ReadFile(block); err != nil {
		t.Fatal(err)
	}
	third := openBlock(b, DefaultStream, filepath.Base(block)).next(first)
	for _, flip := range []int{first, first + 1, first + 30, third - 1} { // the length, the message, the checksum
		b[flip] ^= 1
		at, whole := openBlock(b, DefaultStream, filepath.Base(block)).mended(&seenRecords{})
		if want := slices.Concat(b[:first], b[third:]); at != first || !bytes.Equal(whole, want) {
			t.Errorf("byte %d: got %d whole bytes from %d on, want %d from %d on", flip, len(whole), at, len(want), first)
		}
		b[flip] ^= 1
	}
}

func FuzzMended(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Add(append([]byte{30, 0, 0, 0}, make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if at, whole := openBlock(b, DefaultStream, "1.blk").mended(&seenRecords{}); at < -1 || at > len(b) || len(whole) > len(b) {
			t.Errorf("got damage at %d of %d bytes, %d whole", at, len(b), len(whole))
		}
	})
}

// What claims to be longer than any message of ours is no record, whatever its checksum: else a file of eight million
// bytes, of which any may seem to begin one, would be hashed as many times.
func TestRecordsHaveABound(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]bool{recordMost: true, recordMost + 1: false} {
		b := make([]byte, size)
		binary.LittleEndian.PutUint32(b, uint32(size))
		f := openBlock(b, DefaultStream, "1.blk")
		_, _ = f.sum.Write(b[recordSequence:recordSubject])
		_, _ = f.sum.Write(b[recordHeader : size-recordSum])
		copy(b[size-recordSum:], f.sum.Sum(nil))
		if got := f.good(0) == size; got != want {
			t.Errorf("%d bytes: got %v, want %v", size, got, want)
		}
	}
}
