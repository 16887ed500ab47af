package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"
)

// This file is the only one that knows the YAML library. The library parses and says where things
// stand; what it would silently accept is refused here or by the tree's readers: a second document,
// keys that stand twice, anchors and aliases, tags, control characters.

// Bounds of a config file.
const (
	// MaxBytes is the size of the largest file that is read.
	MaxBytes = 4 << 20
	// MaxDepth is how deep mappings and lists may nest.
	MaxDepth = 32
	// maxTokens bounds the library's work, which grows with the square of a mapping's length: about
	// 30,000 keys, two seconds.
	maxTokens = 100_000
	// maxNesting bounds the library's recursion before it starts. The count that it is compared
	// with is rough, so it is wider than MaxDepth, which holds for the tree.
	maxNesting = 3 * MaxDepth
)

// errLibrary is reported when the YAML library failed in a way that it should not.
var errLibrary = errors.New("the YAML library cannot read this file")

// parse returns the tree of a file, or nil when there is none to go on with. What is wrong is in f.
func parse(data []byte, f *findings) *node {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if !readable(data, f) {
		return nil
	}
	tokens, ok := scan(data, f)
	if !ok {
		return nil
	}
	file, err := library(func() (*ast.File, error) { return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) })
	if err != nil {
		syntaxProblem(err, f)
		return nil
	}
	return (&converter{f}).file(file)
}

// readable reports whether data is text that YAML allows, and refuses it otherwise.
func readable(data []byte, f *findings) bool {
	if len(data) > MaxBytes {
		f.at(1, 1, "", "the file has more than %d bytes", MaxBytes)
		return false
	}
	line, column, indent := 1, 1, true
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			f.at(line, column, "", "byte 0x%02x is not UTF-8; save the file as UTF-8", rest[0])
			return false
		case r == '\t' && indent:
			f.at(line, column, "", "a tab in the indentation; indent with spaces")
			return false
		case r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfeff || r >= 0x80 && r < 0xa0:
			f.at(line, column, "", "character U+%04X may not stand in a config", r)
			return false
		}
		rest = rest[size:]
		column++
		if r == '\n' {
			line, column, indent = line+1, 1, true
		} else if r != ' ' {
			indent = false
		}
	}
	return true
}

// scan returns the file's tokens and refuses what is not part of a config, whatever it stands for.
func scan(data []byte, f *findings) (token.Tokens, bool) {
	var (
		s      scanner.Scanner
		tokens token.Tokens
		nest   nesting
	)
	s.Init(string(data))
	for {
		some, err := library(s.Scan)
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, errLibrary) { // others come with a token that says what is wrong
			f.at(nest.line, 1, "", "%v", err)
			return nil, false
		}
		for _, t := range some {
			if len(tokens) == maxTokens {
				line, column := place(t)
				f.at(line, column, "", "the file has more than %d keys, values and signs", maxTokens)
				return nil, false
			}
			tokens.Add(t)
			depth, balanced := nest.add(t)
			if !balanced {
				line, column := place(t)
				f.at(line, column, "", "not YAML: a %s without its opening bracket; for the text, quote it", t.Value)
				return nil, false
			}
			if depth > maxNesting {
				line, column := place(t)
				f.at(line, column, "", "nested deeper than %d", MaxDepth)
				return nil, false
			}
			forbid(t, f)
		}
	}
	if t := tokens.InvalidToken(); t != nil {
		line, column := place(t)
		f.at(line, column, "", "not YAML: %s", t.Error)
		return nil, false
	}
	return tokens, true
}

// forbid refuses a token that has no place in a config.
func forbid(t *token.Token, f *findings) {
	line, column := place(t)
	switch t.Type {
	case token.AnchorType:
		f.at(line, column, "", "an anchor (&) is not accepted: write the value where it is needed")
	case token.AliasType:
		f.at(line, column, "", "an alias (*) is not accepted: write the value itself; for a text that starts with *, quote it")
	case token.MergeKeyType:
		f.at(line, column, "", "a merge key (<<) is not accepted: write the keys themselves")
	case token.TagType:
		f.at(line, column, "", "a tag (!) is not accepted; for a text that starts with !, quote it")
	case token.DirectiveType:
		f.at(line, column, "", "a directive (%%) is not accepted")
	case token.MappingKeyType:
		f.at(line, column, "", "a key marked with ? is not accepted: write key: value")
	default:
	}
}

// nesting counts roughly how deep the library's parser will recurse: open brackets, open
// indentations, and marks that stand one after another.
type nesting struct {
	brackets, marks int
	indents         []int // columns
	line            int   // of the last token
}

// add takes the next token and returns the depth there, and whether a bracket that closes was opened:
// the library takes a lone } for nothing.
func (n *nesting) add(t *token.Token) (depth int, balanced bool) {
	line, column := place(t)
	mark := false
	balanced = true
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		n.brackets++
	case token.SequenceEndType, token.MappingEndType:
		n.brackets--
		balanced = n.brackets >= 0
	case token.AnchorType, token.AliasType, token.TagType, token.MappingKeyType:
		n.marks++
		mark = true
	case token.SequenceEntryType:
		mark = true
	default:
		// The name after an anchor's or an alias's sign.
		if p := t.Prev; p != nil && (p.Type == token.AnchorType || p.Type == token.AliasType) {
			mark = true
		}
	}
	if !mark {
		n.marks = 0
	}
	if n.brackets == 0 && t.Type != token.CommentType && (line != n.line || t.Type == token.SequenceEntryType) {
		for len(n.indents) > 0 && n.indents[len(n.indents)-1] >= column {
			n.indents = n.indents[:len(n.indents)-1]
		}
		n.indents = append(n.indents, column)
	}
	n.line = line
	return n.brackets + n.marks + len(n.indents), balanced
}

// library calls the YAML library. Its parser has been known to panic on broken input; fuzzing found
// no such input for version 1.19.2, but a config that is read again must not be able to end a
// running server. Only the library runs below it, so that it hides no fault of ours.
func library[T any](call func() (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errLibrary, p)
		}
	}()
	return call()
}

// syntaxProblem reports an error of the library's parser at its token.
func syntaxProblem(err error, f *findings) {
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &at) {
		f.at(1, 1, "", "%v", err)
		return
	}
	line, column := place(at.GetToken())
	f.at(line, column, "", "not YAML: %s", at.GetMessage())
}

// place returns where a token stands, from 1.
func place(t *token.Token) (line, column int) {
	if t == nil || t.Position == nil {
		return 1, 1
	}
	return max(1, t.Position.Line), max(1, t.Position.Column)
}
