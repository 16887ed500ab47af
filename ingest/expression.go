package ingest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"hutong/layers/column"
)

const (
	// MaxExpression is the most bytes of an expression.
	MaxExpression = 4096
	// maxCost bounds what one evaluation may do, in CEL's units: about one for an operation and a tenth
	// for each byte of a text that it looks at. CEL has no endless loops, so this bounds its time.
	maxCost = 10_000
	// maxOperand is the most bytes of a property that an expression reads, and maxConstant of the texts
	// that some calls multiply. With them nothing that an expression makes is larger than some MB: the
	// cost of a call is reckoned when it has been made.
	maxOperand  = 4096
	maxConstant = 64
	// record is what an expression calls the record at hand.
	record = "r"
)

// expression is a computed field: an expression in CEL (Common Expression Language) over r, which
// has the record's properties by name as the texts that stand in the record. Properties that are null
// or absent are not in r. It never changes and may be evaluated from many goroutines.
type expression struct {
	program    cel.Program
	properties []string // those that it reads, each once
	sources    []int    // where they are among the mapper's sources
}

// celEnvironment is made once, when the first expression is compiled.
var celEnvironment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable(record, cel.MapType(cel.StringType, cel.StringType)),
		ext.Strings(ext.StringsVersion(5)), // the first whose functions have costs
		cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(MaxExpression),
	)
})

// CheckExpression says everything that is wrong with an expression for a field of kind k, or nil.
func CheckExpression(text string, k column.Kind) error {
	_, err := compileExpression(text, k)
	return err
}

// compileExpression compiles an expression for a field of kind k. The error has all problems with the
// characters at which they are, counted from 1.
func compileExpression(text string, k column.Kind) (*expression, error) {
	if len(text) > MaxExpression {
		return nil, fmt.Errorf("the expression has %d bytes, more than %d", len(text), MaxExpression)
	}
	env, err := celEnvironment()
	if err != nil {
		return nil, err
	}
	compiled, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		var errs []error
		for _, e := range issues.Errors() {
			message := strings.ReplaceAll(e.Message, " (in container '')", "")
			place := "character " + strconv.Itoa(e.Location.Column()+1)
			if e.Location.Line() > 1 {
				place = "line " + strconv.Itoa(e.Location.Line()) + ", " + place
			}
			errs = append(errs, fmt.Errorf("the expression, at %s: %s", place, message))
		}
		return nil, errors.Join(errs...)
	}
	if !fits(compiled.OutputType(), k) {
		name := strings.ToLower(strings.ReplaceAll(compiled.OutputType().String(), "google.protobuf.", ""))
		return nil, fmt.Errorf("the expression makes a value of type %s, which a field of type %s cannot hold", name, k)
	}
	if err := checkCalls(compiled.NativeRep()); err != nil {
		return nil, err
	}
	e := new(expression)
	if e.properties, err = propertiesOf(compiled.NativeRep()); err != nil {
		return nil, err
	}
	e.program, err = env.Program(compiled, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fmt.Errorf("the expression: %w", err)
	}
	return e, nil
}

// fits reports whether a field of kind k may hold values of a type. A text may turn out to be a value
// of any kind.
func fits(t *cel.Type, k column.Kind) bool {
	switch t.Kind() {
	case types.StringKind, types.DynKind, types.NullTypeKind:
		return true
	case types.IntKind, types.UintKind:
		return k != column.Time || t.Kind() == types.IntKind // by the layouts unix and unix_ms
	case types.DoubleKind:
		return k == column.Float || k == column.Int || k == column.String
	case types.BoolKind:
		return k == column.Bool || k == column.String
	case types.TimestampKind:
		return k == column.Time || k == column.String
	default:
		return false
	}
}

// propertiesOf returns the properties that an expression reads. It may use r in no other way than to
// read a property by a name that stands in it, so that only those need to be kept.
func propertiesOf(a *ast.AST) ([]string, error) {
	var names []string
	is := func(e ast.NavigableExpr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == record }
	for _, e := range ast.MatchDescendants(ast.NavigateAST(a), is) {
		name, ok := "", false
		if parent, there := e.Parent(); there {
			switch parent.Kind() {
			case ast.SelectKind:
				name, ok = parent.AsSelect().FieldName(), true
			case ast.CallKind:
				args := parent.AsCall().Args()
				switch parent.AsCall().FunctionName() {
				case operators.Index:
					name, ok = literal(args[1])
				case operators.In, operators.OldIn:
					name, ok = literal(args[0])
				}
			default:
			}
		}
		switch {
		case !ok:
			return nil, errors.New(`the expression: r may only be used as r.name, r["name"], has(r.name) or "name" in r`)
		case name == "" || len(name) > MaxPath:
			return nil, fmt.Errorf("the expression: a property name of %d bytes, not 1…%d", len(name), MaxPath)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// checkCalls refuses calls that could make very long texts of short ones.
func checkCalls(a *ast.AST) error {
	calls := ast.MatchDescendants(ast.NavigateAST(a), ast.KindMatcher(ast.CallKind))
	for _, e := range calls {
		call := e.AsCall()
		name, args := call.FunctionName(), call.Args()
		var constant ast.Expr // what must stand in the expression
		switch {
		case name == "replace" && len(args) > 1:
			constant = args[1]
		case name == "join" && len(args) > 0:
			constant = args[0]
		case name == "format" && call.IsMemberFunction():
			constant = call.Target()
		default:
			continue
		}
		if s, ok := literal(constant); !ok || len(s) > maxConstant {
			return fmt.Errorf("the expression: what replace puts in, join puts between and format fills must be a text that stands there, of at most %d bytes", maxConstant)
		}
	}
	return nil
}

// literal returns the text that e is, if it is one.
func literal(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().Value().(string)
	return s, ok
}

var wantOperand = fmt.Sprintf("an expression over texts of at most %d bytes", maxOperand)

// compute makes the cell of a computed field from those of the record at hand. A null cell is no
// value. ok is false once it refused the record.
func (p *Parser) compute(f *field) (c cell, ok bool) {
	e := f.expression
	if p.record == nil {
		p.record = map[string]string{}
		p.variables = map[string]any{record: p.record}
	}
	clear(p.record)
	for i, source := range e.sources {
		switch from := &p.cells[source]; from.kind {
		case absent, null:
		case nested:
			p.refuse(ReasonExpression, f.name, e.properties[i]+": "+cellNames[nested], "an expression over texts, numbers, true or false")
			return cell{}, false
		default:
			if len(from.text) > maxOperand {
				p.refuse(ReasonTooLong, f.name, e.properties[i], wantOperand)
				return cell{}, false
			}
			p.record[e.properties[i]] = from.text
		}
	}
	v, _, err := e.program.Eval(p.variables)
	if err == nil {
		if c, ok = cellOf(v); ok {
			if (c.kind == text || c.kind == number) && p.m.isNull(c.text) {
				c.kind = null
			}
			return c, true
		}
		err = fmt.Errorf("a value of type %s", v.Type().TypeName())
	}
	if name, missing := strings.CutPrefix(err.Error(), "no such key: "); missing && slices.Contains(e.properties, name) {
		return cell{kind: null}, true // what is made of nothing is nothing
	}
	value := masked
	if !f.private {
		value = strings.Clone(shorten(err.Error()))
	}
	p.refuse(ReasonExpression, f.name, value, "a record for which the field's expression has a value")
	return cell{}, false
}

// cellOf returns the cell of a value. ok is false when no field can hold it.
func cellOf(v ref.Val) (c cell, ok bool) {
	switch v := v.(type) {
	case types.String:
		return cell{kind: text, raw: true, text: string(v)}, true
	case types.Int:
		return cell{kind: number, text: strconv.FormatInt(int64(v), 10)}, true
	case types.Uint:
		return cell{kind: number, text: strconv.FormatUint(uint64(v), 10)}, true
	case types.Double:
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return cell{}, false
		}
		return cell{kind: number, text: string(column.AppendFloat(nil, float64(v)))}, true
	case types.Bool:
		return cell{kind: boolean, text: strconv.FormatBool(bool(v))}, true
	case types.Timestamp:
		return cell{kind: moment, text: v.UTC().Format(time.RFC3339Nano)}, true
	case types.Null:
		return cell{kind: null}, true
	}
	return cell{}, false
}
