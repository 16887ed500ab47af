package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxProblems is the most problems that one reading reports; a last one says that there are more.
const MaxProblems = 500

// Problem is one thing that is wrong with a config.
type Problem struct {
	// File is the name of the file as it was given, or "environment".
	File string `json:"file"`
	// Line and Column are where the fault stands, from 1; columns count characters. Both are 0 for
	// a fault in the environment.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Path is the place in the config's tree, such as layers.complaints.fields.status, "" for the
	// whole file, or the name of the variable in the environment.
	Path string `json:"path,omitempty"`
	// Message says what is wrong and what would be accepted.
	Message string `json:"message"`
}

// String returns the problem as file:line:column: path: message.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	return b.String() + p.Message
}

// Problems is the error of a config that cannot be used: everything that is wrong with it, in the
// order of the file.
type Problems []Problem

// Error lists the problems, one a line.
func (ps Problems) Error() string {
	if len(ps) == 1 {
		return "config: " + ps[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "config: %d problems", len(ps))
	for _, p := range ps {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// findings collects the problems of one file.
type findings struct {
	file string
	list Problems
	over bool // there were more than MaxProblems
}

// at reports a problem at a line and column.
func (f *findings) at(line, column int, path, format string, args ...any) {
	if len(f.list) >= MaxProblems {
		f.over = true
		return
	}
	f.list = append(f.list, Problem{
		File: f.file, Line: max(line, 1), Column: max(column, 1),
		Path: path, Message: fmt.Sprintf(format, args...),
	})
}

// on reports a problem with n itself.
func (f *findings) on(n *node, format string, args ...any) {
	f.at(n.line, n.column, n.path, format, args...)
}

// environment reports a problem with the value of a variable.
func (f *findings) environment(name, format string, args ...any) {
	f.list = append(f.list, Problem{File: "environment", Path: name, Message: fmt.Sprintf(format, args...)})
}

// below reports whether a problem was found at path or below it.
func (f *findings) below(path string) bool {
	return f.over || slices.ContainsFunc(f.list, func(p Problem) bool {
		rest, ok := strings.CutPrefix(p.Path, path)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// err returns what was found in the order of the file, or nil.
func (f *findings) err() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if f.over {
		last := f.list[len(f.list)-1]
		f.list = append(f.list, Problem{
			File: f.file, Line: last.Line, Column: last.Column,
			Message: fmt.Sprintf("there are more than %d problems; the rest is left out", MaxProblems),
		})
	}
	return f.list
}

// maxQuoted is the most characters of a config's text that a message repeats.
const maxQuoted = 60

// quote returns s in quotes, shortened when it is long. Unlike %q it leaves letters of every
// language as they are.
func quote(s string) string {
	if utf8.RuneCountInString(s) > maxQuoted {
		s = string([]rune(s)[:maxQuoted]) + "…"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			e := fmt.Sprintf("%+q", r)
			b.WriteString(e[1 : len(e)-1])
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteAll returns the texts in quotes, separated by commas.
func quoteAll(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = quote(t)
	}
	return strings.Join(quoted, ", ")
}
