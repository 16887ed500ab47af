package archtest

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestTree holds the project itself against the rules.
func TestTree(t *testing.T) {
	t.Parallel()
	breaches, err := Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range breaches {
		t.Error(b)
	}
}

// TestRanksExist finds ranks of packages that are gone.
func TestRanksExist(t *testing.T) {
	t.Parallel()
	for dir := range ranks {
		entries, err := os.ReadDir("../../" + dir)
		if err != nil || !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), ".go") }) {
			t.Errorf("%s has a rank and no Go file", dir)
		}
	}
}

// TestLibrariesAreRequired finds libraries that go.mod does not hold, and the other way round.
func TestLibrariesAreRequired(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range libraries {
		if !strings.Contains(string(mod), l.path+" v") {
			t.Errorf("%s is not in go.mod", l.path)
		}
	}
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") {
			continue // not a direct requirement
		}
		if !slices.ContainsFunc(libraries, func(l library) bool { return strings.HasPrefix(fields[0], l.path) }) {
			t.Errorf("%s is in go.mod and nobody may import it", fields[0])
		}
	}
}

// TestRulesFail breaks each rule once in a small tree.
func TestRulesFail(t *testing.T) {
	t.Parallel()
	const doc = "// Package world is fine.\npackage world\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // part of the only breach; "" for none
	}{
		{"clean", map[string]string{
			"layers/world/a.go":      doc + `import "github.com/paulmach/orb"` + "\nvar _ orb.Point\n",
			"layers/world/a_test.go": "package world\n" + `import ("github.com/paulmach/orb/geojson"; "hutong/tiles")` + "\n",
			"web/node_modules/b.go":  "not Go",
			"tiles/testdata/c.go":    "not Go",
		}, ""},
		{"upwards", map[string]string{"layers/world/a.go": doc + `import "hutong/tiles"`}, "rank 0 may only import lower ranks, not 4"},
		{"sideways", map[string]string{"layers/world/a.go": doc + `import "hutong/layers/column"`}, "rank 0 may only import lower ranks, not 0"},
		{"surface of another", map[string]string{
			"api/tile/a.go": "// Package tile is fine.\npackage tile\n" + `import "hutong/api/style"`,
		}, "rank 7"},
		{"unknown package imported", map[string]string{"layers/world/a.go": doc + `import "hutong/nowhere"`}, "has no rank"},
		{"command imported", map[string]string{"layers/world/a_test.go": doc + `import "hutong/cmd/hutong"`}, "nobody may import"},
		{"kit in a test", map[string]string{
			"layers/world/a.go":      doc,
			"layers/world/a_test.go": "package world\n" + `import "hutong/internal/testkit"`,
			"internal/testkit/a.go": "// Package testkit is fine.\npackage testkit\n" +
				`import ("os"; "github.com/google/go-cmp/cmp")` + "\nvar _ = os.Getenv(\"CI\")\n",
		}, ""},
		{"kit in the product", map[string]string{"layers/world/a.go": doc + `import "hutong/internal/testkit"`}, "only tests may import"},
		{"kit of ours", map[string]string{
			"internal/testkit/a.go": "// Package testkit is not fine.\npackage testkit\n" + `import "hutong/layers/world"`,
		}, "rank -1 may only import lower ranks, not 0"},
		{"unlisted package", map[string]string{"util/a.go": "// Package util is not fine.\npackage util\n"}, "util: has no rank"},
		{"library of another", map[string]string{"layers/world/a.go": doc + `import "github.com/tidwall/rtree"`}, "belongs to layers/rindex"},
		{"library for tests", map[string]string{"layers/world/a.go": doc + `import "github.com/google/go-cmp/cmp"`}, "belongs to tests"},
		{"orb below its root", map[string]string{"layers/world/a.go": doc + `import "github.com/paulmach/orb/geojson"`}, "apart from its root"},
		{"unlisted library", map[string]string{"layers/world/a.go": doc + `import "github.com/nobody/knows"`}, "not in the list"},
		{"prometheus in a test", map[string]string{
			"layers/world/a.go":      doc,
			"layers/world/a_test.go": "package world\n" + `import "github.com/prometheus/client_golang/prometheus"`,
		}, "belongs to internal/telemetry"},
		{"no package comment", map[string]string{"layers/world/a.go": "package world\n"}, "0 package comments"},
		{"two package comments", map[string]string{"layers/world/a.go": doc, "layers/world/b.go": doc}, "2 package comments"},
		{"comment of another name", map[string]string{"layers/world/a.go": "// This is it.\npackage world\n"}, `does not start with "Package world "`},
		{"long file", map[string]string{"layers/world/a.go": doc + strings.Repeat("\n", MaxLines)}, "lines are more than 600"},
		{"long test", map[string]string{
			"layers/world/a.go":      doc,
			"layers/world/a_test.go": "package world\n" + strings.Repeat("\n", MaxTestLines),
		}, "lines are more than 1000"},
		{"test may be longer", map[string]string{
			"layers/world/a.go":      doc,
			"layers/world/a_test.go": "package world\n" + strings.Repeat("\n", MaxLines),
		}, ""},
		{"long script", map[string]string{"web/src/a.ts": strings.Repeat("\n", MaxLines+1)}, "lines are more than 600"},
		{"init", map[string]string{"layers/world/a.go": doc + "func init() {}\n"}, "has an init function"},
		{"surface with every layer", map[string]string{
			"api/tile/a.go":      "// Package tile is not fine.\npackage tile\n" + `import "hutong/api"` + "\nvar _ *api.Registry\nvar _ *api.Layers\n",
			"api/tile/a_test.go": "package tile\n" + `import "hutong/api"` + "\nvar _ *api.Registry\n",
			"internal/app/a.go":  "// Package app is fine.\npackage app\n" + `import "hutong/api"` + "\nvar _ *api.Registry\n",
		}, "api/tile/a.go: api.Registry: a surface knows only of layers that a request may see"},
		{"environment", map[string]string{
			"layers/world/a.go": doc + "import \"os\"\nvar _ = os.Getenv(\"X\")\n",
		}, "os.Getenv: the environment is read in internal/config and"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tree := fstest.MapFS{}
			for name, src := range c.files {
				tree[name] = &fstest.MapFile{Data: []byte(src)}
			}
			got, err := Check(tree)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if len(got) != 0 {
					t.Errorf("got %q, want no breach", got)
				}
				return
			}
			if len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Errorf("got %q, want one breach with %q", got, c.want)
			}
		})
	}
}

func TestBrokenSourceIsAnError(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{"layers/world/a.go": &fstest.MapFile{Data: []byte("package")}}
	if _, err := Check(tree); err == nil || !strings.Contains(err.Error(), "layers/world/a.go") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}
