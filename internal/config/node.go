package config

import (
	"strconv"
	"strings"
)

// nodeKind says what a node of a config's tree is.
type nodeKind uint8

const (
	scalar nodeKind = iota
	mapping
	sequence
)

// node is one value of a config with the place where it stands. The tree is ours, not the
// library's: it holds no anchors, aliases, tags or duplicate keys any more, because those were
// reported while it was made.
type node struct {
	kind         nodeKind
	line, column int    // from 1, of the value's first character
	path         string // place in the tree
	text         string // a scalar's text, escapes resolved
	plain        bool   // the scalar stands without quotes, so its text has a meaning in YAML
	entries      []entry
	items        []*node
	bad          bool // a problem was reported; whoever reads the tree skips it in silence
	// keyLine and keyColumn are where the key of this value stands; the value's own place when it
	// has none.
	keyLine, keyColumn int
}

// entry is one key of a mapping with its value, in the order of the file.
type entry struct {
	key   *node
	value *node
}

// get returns the value of a key, or nil when n has none or one that was already reported. A nil
// node has no keys.
func (n *node) get(key string) *node {
	if n == nil || n.bad || n.kind != mapping {
		return nil
	}
	for _, e := range n.entries {
		if e.key.text == key {
			if e.value.bad || e.key.bad {
				return nil
			}
			return e.value
		}
	}
	return nil
}

// has reports whether the key stands in n, whatever its value.
func (n *node) has(key string) bool {
	if n == nil || n.kind != mapping {
		return false
	}
	for _, e := range n.entries {
		if e.key.text == key {
			return true
		}
	}
	return false
}

// str returns the text of a scalar that was checked to be a text, or "" for nil.
func (n *node) str() string {
	if n == nil {
		return ""
	}
	return n.text
}

// integer returns a scalar that was checked to be a whole number, or otherwise for nil.
func (n *node) integer(otherwise int) int {
	if n == nil {
		return otherwise
	}
	i, err := strconv.Atoi(n.text)
	if err != nil {
		return otherwise
	}
	return i
}

// number returns a scalar that was checked to be a number, or otherwise for nil.
func (n *node) number(otherwise float64) float64 {
	if n == nil {
		return otherwise
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil {
		return otherwise
	}
	return f
}

// boolean returns a scalar that was checked to be a bool; false for nil.
func (n *node) boolean() bool { return n != nil && n.text == "true" }

// join returns the path of key below path. Keys that are not plain names are quoted, so that a path
// reads unambiguously.
func join(path, key string) string {
	plain := key != ""
	for _, r := range key {
		if strings.ContainsRune(`."[]: `, r) {
			plain = false
		}
	}
	if !plain {
		key = quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
