package e2e

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hutong/internal/testkit"
)

// TestRelease builds a release for this machine twice, from two copies of the tree in folders of
// different names, in different time zones, under different umasks and permissions: both have the same bytes, what
// belongs into them, and a binary that says which release it is.
func TestRelease(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped by -short: it links the binary twice")
	}
	if out, err := exec.Command("tar", "--version").Output(); err != nil || !strings.Contains(string(out), "GNU tar") {
		testkit.Missing(t, "GNU tar is not installed")
	}
	if _, err := os.Stat(filepath.Join(root, "web/dist/index.html")); err != nil {
		testkit.Missing(t, "the page is not built: make web")
	}
	target := runtime.GOOS + "/" + runtime.GOARCH
	name := "hutong-v1.2.3-" + runtime.GOOS + "-" + runtime.GOARCH
	var sums, archives [2]string
	for i, env := range [][]string{{"TZ=UTC"}, {"TZ=Asia/Shanghai", "GOFLAGS=-v", "LANG=C.UTF-8"}} {
		tree := filepath.Join(t.TempDir(), strings.Repeat("tree", i+1))
		copyTree(t, tree, []os.FileMode{0o755, 0o700}[i])
		out := filepath.Join(t.TempDir(), "out")
		// A umask is of a whole process, so a shell in between has it.
		cmd := exec.Command("sh", "-c", fmt.Sprintf("umask %s && exec scripts/release \"$0\"", []string{"022", "077"}[i]), out)
		cmd.Dir = tree
		cmd.Env = append(os.Environ(), append(env, "TARGETS="+target, "VERSION=v1.2.3", "REVISION=0123456789abcdef", "SOURCE_DATE_EPOCH=1767322800")...)
		if text, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(text), name+".tar.gz") {
			t.Fatalf("scripts/release: %v\n%s", err, text)
		}
		archives[i] = filepath.Join(out, name+".tar.gz")
		sums[i] = checkSums(t, out, name+".tar.gz")
	}
	if sums[0] != sums[1] {
		t.Errorf("two builds of the same tree differ: %s and %s", sums[0], sums[1])
	}

	dir := t.TempDir()
	got := unpack(t, archives[0], dir)
	want := []string{name + "/LICENSE", name + "/README.md", name + "/hutong"}
	examples, err := filepath.Glob(filepath.Join(root, "examples/*"))
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range examples {
		want = append(want, name+"/examples/"+filepath.Base(path))
	}
	if runtime.GOOS == "linux" {
		want = append(want, name+"/hutong.service")
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the archive holds %q, want %q", got, want)
	}
	built := exec.Command(filepath.Join(dir, name, "hutong"), "version")
	built.Env = []string{}
	line, err := built.Output()
	if want := "hutong v1.2.3 0123456789ab 2026-01-02T03:00:00Z go"; err != nil || !strings.HasPrefix(string(line), want) {
		t.Errorf("version: got %q, %v, want %q first", line, err, want)
	}
}

// TestReleaseRefuses: what a release cannot be made of is said, and nothing is built.
func TestReleaseRefuses(t *testing.T) {
	t.Parallel()
	page := filepath.Join(root, "web/dist/index.html")
	if _, err := os.Stat(page); err != nil {
		testkit.Missing(t, "the page is not built: make web")
	}
	for _, c := range []struct {
		name string
		env  []string
		want []string
	}{
		{"no version", []string{"VERSION=../x"}, []string{`"../x" is no version`}},
		{"no commit", []string{"VERSION=v1", "REVISION=main"}, []string{`REVISION "main"`}},
		{"no time", []string{"VERSION=v1", "SOURCE_DATE_EPOCH=now"}, []string{`SOURCE_DATE_EPOCH "now"`}},
		{"no target", []string{"VERSION=v1", "TARGETS=linux"}, []string{`"linux" is no target`}},
		{
			"no compiler",
			[]string{"VERSION=v1", "TARGETS=darwin/arm64 linux/riscv64", "CGO=1", "CC_darwin_arm64=", "CC_linux_riscv64=no-such-cc -O1"},
			[]string{"darwin/arm64 needs a C compiler", "CC_darwin_arm64=", "there is no C compiler no-such-cc", "no target could be built"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "darwin" && c.name == "no compiler" {
				t.Skip("a Mac has the compiler")
			}
			out := filepath.Join(t.TempDir(), "out")
			cmd := exec.Command("scripts/release", out)
			cmd.Dir, cmd.Env = root, append(os.Environ(), c.env...)
			text, err := cmd.CombinedOutput()
			if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("got %v, want exit status 1", err)
			}
			for _, want := range c.want {
				if !strings.Contains(string(text), want) {
					t.Errorf("got %s, want %q in it", text, want)
				}
			}
			if files, err := os.ReadDir(out); err == nil && len(files) > 0 {
				t.Errorf("it left %v", files)
			}
		})
	}
}

// copyTree copies what a release is made of, without git's folder and what other work left behind. Of the
// files' permissions those in mask stay.
func copyTree(t *testing.T, to string, mask os.FileMode) {
	t.Helper()
	skipped := []string{".git", ".cache", ".ci", "bin", "node_modules", "testdata", "e2e"}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case name != "." && slices.Contains(skipped, d.Name()):
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !d.Type().IsRegular() || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, info.Mode()&mask)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkSums compares SHA256SUMS of a folder with its one archive and returns the sum.
func checkSums(t *testing.T, dir, archive string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, archive))
	if err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(data))
	got, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if want := sum + "  " + archive + "\n"; err != nil || string(got) != want {
		t.Errorf("SHA256SUMS: got %q, %v, want %q", got, err, want)
	}
	return sum
}

// unpack unpacks an archive into dir and returns the names of its files, in its order. All of them belong to
// root, have the time of the release, and may be read by everybody.
func unpack(t *testing.T, archive, dir string) []string {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(packed); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		want := int64(0o644)
		if h.Typeflag == tar.TypeDir || strings.HasSuffix(h.Name, "/hutong") {
			want = 0o755
		}
		if h.Uid != 0 || h.Gid != 0 || !h.ModTime.Equal(time.Unix(1767322800, 0)) || h.Mode != want {
			t.Errorf("%s: owner %d:%d, time %v, mode %o, want 0:0, the release's and %o", h.Name, h.Uid, h.Gid, h.ModTime, h.Mode, want)
		}
		path := filepath.Join(dir, filepath.Clean("/"+h.Name))
		if h.Typeflag == tar.TypeDir {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		names = append(names, h.Name)
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_CLOEXEC, fs.FileMode(h.Mode))
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(out, r)
		if err = errors.Join(err, out.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
