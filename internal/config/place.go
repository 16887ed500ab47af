package config

import (
	"fmt"
	"strings"
)

// mark is where something stands in a config's file, from 1.
type mark struct{ line, column int }

// note notes where n and everything below it stand: the key where there is one, else the value.
func (c *Config) note(n *node) {
	c.places[n.path] = mark{n.keyLine, n.keyColumn}
	for _, e := range n.entries {
		c.note(e.value)
	}
	for _, item := range n.items {
		c.note(item)
	}
}

// File returns the name of the file that c was read from.
func (c *Config) File() string { return c.file }

// Problem returns what somebody found to be wrong at a place of the tree of a config that could be
// read, such as sources.hotline.files[0], with the line and column where it stands. What
// does not stand in the file is where the nearest thing above it does.
func (c *Config) Problem(path, format string, args ...any) Problem {
	p := Problem{File: c.file, Line: 1, Column: 1, Path: path, Message: fmt.Sprintf(format, args...)}
	for at := path; at != ""; {
		if found, ok := c.places[at]; ok && found.line > 0 {
			p.Line, p.Column = found.line, found.column
			break
		}
		cut := strings.LastIndexAny(at, ".[")
		at = at[:max(cut, 0)]
	}
	return p
}

// At returns the path of keys below each other, as problems spell it.
func At(keys ...string) string {
	path := ""
	for _, key := range keys {
		path = join(path, key)
	}
	return path
}

// Nearest returns the one of names that somebody who wrote word most likely meant, or "".
func Nearest(word string, names []string) string { return nearest(word, names) }
