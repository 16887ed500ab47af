package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"hutong/tiles"
)

// FuzzConfig reads any bytes: either they are a config that reads the same again and whose parts
// other packages accept, or every problem says where it is.
func FuzzConfig(f *testing.F) {
	for _, path := range []string{filepath.Join("testdata", "broken.yaml"), filepath.Join("..", "..", "examples", "dc.yaml")} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(whole))
	f.Add([]byte(least))
	for _, s := range []string{"", "a: &a [*a]", "? {a: b}\n: - |+\n  x\n", "a: !!binary |\n x", "- - - {[,]}", "%TAG ! !\n---\n", "a: \"\\x\"", "<<: [*x]", "{a", "a:\n -\n  -"} {
		f.Add([]byte(s))
	}
	env := environment(EnvData, "/data", "OTHER", "x")
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Parse("f.yaml", data, env)
		again, errAgain := Parse("f.yaml", data, env)
		if !reflect.DeepEqual(got, again) || !reflect.DeepEqual(err, errAgain) {
			t.Fatalf("two readings differ: %+v, %v and %+v, %v", got, err, again, errAgain)
		}
		if err != nil {
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 || got != nil {
				t.Fatalf("got %v, %v, want problems only", got, err)
			}
			for _, p := range problems {
				if p.Line < 1 || p.Column < 1 || p.Message == "" || !utf8.ValidString(p.String()) {
					t.Fatalf("got problem %+v, want a place and a message", p)
				}
			}
			return
		}
		for _, l := range got.Layers {
			if err := errors.Join(l.Schema.Validate(), l.Tiles.Validate()); err != nil {
				t.Fatal(err)
			}
			if _, err := tiles.New(visible(l.Schema), l.Tiles); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range got.Sources {
			if err := s.Mapping.Validate(); err != nil {
				t.Fatal(err)
			}
			if len(s.Files) == 0 || s.Format == "" || got.layer(s.Layer) == nil {
				t.Fatalf("got source %+v, want files, a format and a layer", s)
			}
		}
	})
}
