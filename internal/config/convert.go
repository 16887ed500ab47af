package config

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// converter makes our tree of the library's.
type converter struct{ f *findings }

// file returns the tree of the only document, or nil when there is none.
func (c *converter) file(file *ast.File) *node {
	if len(file.Docs) > 1 {
		line, column := documentPlace(file.Docs[1])
		c.f.at(line, column, "", "a second document starts here; a config is one document")
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		if len(c.f.list) == 0 {
			c.f.at(1, 1, "", "the file is empty; a config is a mapping that starts with a key such as city:")
		}
		return nil
	}
	n := c.value(file.Docs[0].Body, "", 0)
	if n != nil && n.kind != mapping && !n.bad {
		c.f.on(n, "a config is a mapping of keys to values, not %s", n.what())
		return nil
	}
	return n
}

func documentPlace(d *ast.DocumentNode) (line, column int) {
	switch {
	case d.Start != nil:
		return place(d.Start)
	case d.Body != nil:
		return place(firstToken(d.Body))
	default:
		return 1, 1
	}
}

// value returns the node of v, which stands depth mappings and lists deep at path. It returns a bad
// node for what was refused.
func (c *converter) value(v ast.Node, path string, depth int) *node {
	n := &node{path: path}
	if v == nil {
		n.plain, n.line, n.column = true, 1, 1
		return n
	}
	n.line, n.column = place(firstToken(v))
	n.keyLine, n.keyColumn = n.line, n.column
	if depth > MaxDepth {
		c.f.on(n, "nested deeper than %d", MaxDepth)
		n.bad = true
		return n
	}
	switch v := v.(type) {
	case *ast.MappingNode:
		n.kind = mapping
		c.entries(n, v.Values, depth)
	case *ast.MappingValueNode:
		n.kind = mapping
		c.entries(n, []*ast.MappingValueNode{v}, depth)
	case *ast.SequenceNode:
		n.kind = sequence
		for i, item := range v.Values {
			n.items = append(n.items, c.value(item, path+"["+strconv.Itoa(i)+"]", depth+1))
		}
	case *ast.StringNode:
		n.text = v.Value
		n.plain = v.Token == nil || v.Token.Type != token.SingleQuoteType && v.Token.Type != token.DoubleQuoteType
	case *ast.LiteralNode:
		if v.Value != nil {
			n.text = v.Value.Value
		}
	case *ast.NullNode:
		n.plain = true
		if v.Token != nil && v.Token.Type == token.NullType {
			n.text = v.Token.Value
		}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		n.plain = true
		if t := v.GetToken(); t != nil {
			n.text = t.Value
		}
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode, *ast.DirectiveNode:
		n.bad = true // refused when its token was read
	default:
		c.f.on(n, "a %s is not accepted here", strings.ToLower(v.Type().String()))
		n.bad = true
	}
	if n.kind == scalar && !n.bad {
		c.text(n)
	}
	return n
}

// text refuses characters in a scalar that came there by escapes.
func (c *converter) text(n *node) {
	for _, r := range n.text {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == utf8.RuneError {
			c.f.on(n, "character U+%04X may not stand in a text", r)
			n.bad = true
			return
		}
	}
}

// entries adds a mapping's entries to n. Of keys that stand twice the first stays.
func (c *converter) entries(n *node, values []*ast.MappingValueNode, depth int) {
	first := make(map[string]*node, len(values))
	for _, v := range values {
		if v == nil || v.Key == nil {
			c.f.on(n, "a key is missing")
			n.bad = true
			continue
		}
		key := c.key(v.Key, n.path)
		if key == nil {
			n.bad = n.bad || len(values) == 1
			continue
		}
		if before := first[key.text]; before != nil {
			c.f.on(key, "key %s stands twice, first in line %d", quote(key.text), before.line)
			continue
		}
		first[key.text] = key
		value := c.value(v.Value, key.path, depth+1)
		value.keyLine, value.keyColumn = key.line, key.column
		n.entries = append(n.entries, entry{key: key, value: value})
	}
	if len(n.entries) > 0 && n.entries[0].key.line == n.line {
		n.column = min(n.column, n.entries[0].key.column)
	}
}

// key returns the node of a mapping's key, or nil when it was refused. The key's path includes it.
func (c *converter) key(k ast.MapKeyNode, path string) *node {
	switch k.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
	case *ast.MergeKeyNode, *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MappingKeyNode:
		return nil // refused when its token was read
	default:
		line, column := place(firstToken(k))
		c.f.at(line, column, path, "a key must be a text")
		return nil
	}
	n := c.value(k, path, 0)
	if n.bad {
		return nil
	}
	n.path = join(path, n.text)
	if wrong := n.mustQuote(); wrong != "" {
		c.f.on(n, "the key %s", wrong)
		n.bad = true
	}
	return n
}

// firstToken returns the token with which v begins. The library gives the colon for a block
// mapping.
func firstToken(v ast.Node) *token.Token {
	switch v := v.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return firstToken(v.Values[0])
		}
	case *ast.MappingValueNode:
		if v.Key != nil {
			return firstToken(v.Key)
		}
	}
	return v.GetToken()
}
