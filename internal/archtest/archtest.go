// Package archtest holds the rules of the tree as data and checks them: which package may import
// which (design §2), which library belongs to which package (design §9), that each package is
// explained in one place, that files stay short, and that nothing happens behind a caller's back in
// an init function or through the environment.
//
// [Check] reads source files only; it neither builds nor runs anything, so it works on a broken
// tree as well as on one in memory.
package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Limits of a file's length in lines.
const (
	MaxLines     = 600
	MaxTestLines = 1000
)

// Module is the path that the tree's own imports start with.
const Module = "hutong"

// skipped are folders that hold nothing of ours, or nothing that is built.
var skipped = []string{".git", ".cache", "node_modules", "testdata", "dist", "bin"}

// file is what the rules need to know of one Go file.
type file struct {
	name    string // slash-separated, from the root
	dir     string // the package: "." for the root
	test    bool
	imports []string
	doc     string // the package comment, "" if none
	ast     *ast.File
}

// Check returns every breach of the rules in the tree, in the order of the files' names. The error
// says what could not be read.
func Check(tree fs.FS) ([]string, error) {
	var breaches []string
	var files []file
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(skipped, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		ext := path.Ext(name)
		if ext != ".go" && ext != ".ts" {
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		breaches = append(breaches, checkLength(name, src)...)
		if ext == ".go" {
			f, err := read(name, src)
			if err != nil {
				return err
			}
			files = append(files, f)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("archtest: %w", err)
	}
	for _, f := range files {
		breaches = append(breaches, checkImports(f)...)
		breaches = append(breaches, checkEffects(f)...)
		breaches = append(breaches, checkDoors(f)...)
	}
	return append(breaches, checkPackages(files)...), nil
}

func read(name string, src []byte) (file, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return file{}, err
	}
	f := file{name: name, dir: path.Dir(name), test: isTest(name), ast: parsed, doc: parsed.Doc.Text()}
	for _, spec := range parsed.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		f.imports = append(f.imports, p)
	}
	return f, nil
}

// isTest reports whether a file holds tests, or what tests share: by its name, or because its folder does.
func isTest(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".test.ts") ||
		slices.Contains(strings.Split(path.Dir(name), "/"), "test") || ranks[path.Dir(name)] == rankKit
}

func checkLength(name string, src []byte) []string {
	limit := MaxLines
	if isTest(name) {
		limit = MaxTestLines
	}
	if n := bytes.Count(src, []byte("\n")); n > limit {
		return []string{fmt.Sprintf("%s: %d lines are more than %d", name, n, limit)}
	}
	return nil
}

// checkImports holds a file against the ranks and the libraries.
func checkImports(f file) []string {
	var breaches []string
	for _, imported := range f.imports {
		dir, own := strings.CutPrefix(imported, Module+"/")
		switch {
		case own:
			breaches = append(breaches, checkRank(f, dir)...)
		case strings.Contains(strings.Split(imported, "/")[0], "."):
			breaches = append(breaches, checkLibrary(f, imported)...)
		}
	}
	return breaches
}

// checkRank holds an import of one of our packages against the ranks. Tests may look at any package
// but the command and other tests; what they share looks at none.
func checkRank(f file, imported string) []string {
	from, ok := ranks[f.dir]
	if !ok {
		return nil // checkPackages says so once
	}
	to, ok := ranks[imported]
	switch {
	case !ok:
		return []string{fmt.Sprintf("%s: imports %s, which has no rank", f.name, imported)}
	case to >= rankCommand:
		return []string{fmt.Sprintf("%s: imports %s, which nobody may import", f.name, imported)}
	case to == rankKit && !f.test:
		return []string{fmt.Sprintf("%s: imports %s, which only tests may import", f.name, imported)}
	case (!f.test || from == rankKit) && to >= from:
		return []string{fmt.Sprintf("%s: imports %s: rank %d may only import lower ranks, not %d", f.name, imported, from, to)}
	}
	return nil
}

// checkLibrary holds an import of a library against the list of who may.
func checkLibrary(f file, imported string) []string {
	var found *library
	for i := range libraries {
		l := &libraries[i]
		if imported == l.path || strings.HasPrefix(imported, l.path+"/") {
			if found == nil || len(l.path) > len(found.path) {
				found = l
			}
		}
	}
	switch {
	case found == nil:
		return []string{fmt.Sprintf("%s: imports %s, which is not in the list of libraries", f.name, imported)}
	case found.root && imported == found.path, found.tests && f.test, slices.Contains(found.in, f.dir):
		return nil
	}
	return []string{fmt.Sprintf("%s: imports %s, which belongs to %s", f.name, imported, found.owners())}
}

// checkDoors refuses surfaces that know of every layer, whoever may see it: they get api.Layers, which hands a request
// what it may see.
func checkDoors(f file) []string {
	if f.test || !strings.HasPrefix(f.dir, "api/") {
		return nil
	}
	var breaches []string
	ast.Inspect(f.ast, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok && pkg.Name == "api" && slices.Contains(registry, selector.Sel.Name) {
			breaches = append(breaches, fmt.Sprintf("%s: api.%s: a surface knows only of layers that a request may see: api.Layers", f.name, selector.Sel.Name))
		}
		return true
	})
	return breaches
}

// checkEffects refuses init functions, and reads of the environment outside the config.
func checkEffects(f file) []string {
	if f.test {
		return nil
	}
	var breaches []string
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				breaches = append(breaches, f.name+": has an init function")
			}
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if ok && pkg.Name == "os" && slices.Contains(environment, n.Sel.Name) && !slices.Contains(readers, f.dir) {
				breaches = append(breaches, fmt.Sprintf("%s: os.%s: the environment is read in %s only",
					f.name, n.Sel.Name, strings.Join(readers, " and ")))
			}
		}
		return true
	})
	return breaches
}

// checkPackages refuses packages without a rank, and those not explained in exactly one file.
func checkPackages(files []file) []string {
	var breaches []string
	var dirs []string
	docs := map[string][]string{}
	for _, f := range files {
		if !slices.Contains(dirs, f.dir) {
			dirs = append(dirs, f.dir)
		}
		if f.doc != "" {
			docs[f.dir] = append(docs[f.dir], f.name)
			if want := opening(f.ast.Name.Name, f.dir); !strings.HasPrefix(f.doc, want) {
				breaches = append(breaches, fmt.Sprintf("%s: the package comment does not start with %q", f.name, want))
			}
		}
	}
	for _, dir := range dirs {
		if _, ok := ranks[dir]; !ok {
			breaches = append(breaches, dir+": has no rank: add it to the table with what it is for")
		}
		if n := len(docs[dir]); n != 1 {
			breaches = append(breaches, fmt.Sprintf("%s: %d package comments, not one: %s", dir, n, strings.Join(docs[dir], " ")))
		}
	}
	return breaches
}

// opening is how a package's comment starts.
func opening(name, dir string) string {
	if name == "main" {
		return "Command " + path.Base(dir) + " "
	}
	return "Package " + name + " "
}
