package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// mutant is one small change of a program that its tests should notice.
type mutant struct {
	id     int
	file   string
	line   int
	fn     string // the function that it is in
	change string
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: in %s, %s", m.file, m.line, m.fn, m.change)
}

// source is one file whose mutants are all in it at once, each switched on by its number: so a
// package is compiled and linked once, and not once a mutant.
type source struct {
	name   string
	text   string
	fset   *token.FileSet
	file   *ast.File
	first  int // the number of the file's first mutant
	wanted func(m mutant) bool
	// refused are numbers of mutants that the compiler does not take: they are found and not written.
	refused map[int]bool
	// rewrites say how a node is written; a node without one is written as it was.
	rewrites map[ast.Node]func(as string) string
	negated  map[ast.Expr]bool
	found    []mutant
	fn       string
}

// The switches by their names in the mutated package. They are declared in switches, and no name
// of a program looks like them.
const (
	on      = "mutant__"
	compare = "mutantCompare__"
	reckon  = "mutantReckon__"
)

// switches is a file of the mutated package.
const switches = `package %s

import (
	"cmp"
	"os"
	"strconv"
)

var chosen__ = os.Getenv("MUTANT")

func mutant__(n int) bool { return chosen__ == strconv.Itoa(n) }

// mutantCompare__ lets equal values change sides: < becomes <=, and so on. x and y have been
// evaluated once before, for holds.
func mutantCompare__[T cmp.Ordered](n int, holds bool, x, y T) bool {
	return holds != (mutant__(n) && x == y)
}

func mutantReckon__[T ~int | ~int32 | ~int64 | ~float64 | ~uint | ~uint64](n int, plus bool, x, y T) T {
	if plus != mutant__(n) {
		return x + y
	}
	return x - y
}
`

// mutate finds the mutants of a file that are wanted, numbered from first on, and writes the file
// with all of them in it that the compiler does not refuse.
func mutate(name, text string, first int, wanted func(mutant) bool, refused map[int]bool) (string, []mutant, error) {
	s := &source{
		name: name, text: text, fset: token.NewFileSet(), first: first, wanted: wanted, refused: refused,
		rewrites: map[ast.Node]func(string) string{}, negated: map[ast.Expr]bool{},
	}
	var err error
	if s.file, err = parser.ParseFile(s.fset, name, text, parser.SkipObjectResolution); err != nil {
		return "", nil, err
	}
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			s.fn = f.Name.Name
			ast.Inspect(f.Body, s.visit)
		}
	}
	return s.render(s.file, 0, len(text)), s.found, nil
}

func (s *source) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok == token.VAR // a constant has no switch
	case *ast.IfStmt:
		s.condition(n.Cond)
		if n.Else == nil {
			s.leave(n.Body.List)
		}
	case *ast.ForStmt:
		s.condition(n.Cond)
		s.leave(n.Body.List)
	case *ast.RangeStmt:
		s.leave(n.Body.List)
	case *ast.SwitchStmt:
		s.cases(n.Body, n.Tag == nil)
	case *ast.TypeSwitchStmt:
		s.cases(n.Body, false)
	case *ast.BlockStmt:
		s.statements(n.List)
	case *ast.CaseClause:
		s.statements(n.Body)
	case *ast.CommClause:
		s.statements(n.Body)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			s.condition(n)
		}
	case *ast.BinaryExpr:
		s.binary(n)
	case *ast.Ident:
		s.literal(n)
	}
	return true
}

// condition turns a condition into its opposite, once however it is reached.
func (s *source) condition(e ast.Expr) {
	if p, ok := e.(*ast.ParenExpr); ok {
		e = p.X
	}
	if e == nil || s.negated[e] {
		return
	}
	s.negated[e] = true
	s.add(e, "negate "+s.of(e), func(id int, as string) string { return fmt.Sprintf("(%s(%d) != (%s))", on, id, as) })
}

func (s *source) binary(n *ast.BinaryExpr) {
	switch n.Op {
	case token.LAND, token.LOR:
		for _, operand := range []ast.Expr{n.X, n.Y} {
			s.add(operand, fmt.Sprintf("drop %s of %s", s.of(operand), s.of(n)), func(id int, as string) string {
				if n.Op == token.LAND {
					return fmt.Sprintf("(%s(%d) || (%s))", on, id, as)
				}
				return fmt.Sprintf("(!%s(%d) && (%s))", on, id, as)
			})
		}
	case token.EQL, token.NEQ:
		s.condition(n)
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		s.condition(n)
		other := map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}[n.Op]
		s.add(n, fmt.Sprintf("%s instead of %s in %s", other, n.Op, s.of(n)), func(id int, as string) string {
			return fmt.Sprintf("%s(%d, %s, %s, %s)", compare, id, as, s.write(n.X), s.write(n.Y))
		})
	case token.ADD, token.SUB:
		if text(n.X) || text(n.Y) {
			return
		}
		other := map[token.Token]string{token.ADD: "-", token.SUB: "+"}[n.Op]
		s.add(n, fmt.Sprintf("%s instead of %s in %s", other, n.Op, s.of(n)), func(id int, _ string) string {
			return fmt.Sprintf("%s(%d, %t, %s, %s)", reckon, id, n.Op == token.ADD, s.write(n.X), s.write(n.Y))
		})
	}
}

// text reports whether an operand is a text for certain, so that + joins.
func text(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return text(e.X) || text(e.Y)
	}
	return false
}

func (s *source) literal(n *ast.Ident) {
	switch n.Name {
	case "true":
		s.add(n, "false instead of true", func(id int, _ string) string { return fmt.Sprintf("!%s(%d)", on, id) })
	case "false":
		s.add(n, "true instead of false", func(id int, _ string) string { return fmt.Sprintf("%s(%d)", on, id) })
	}
}

// cases negates the conditions of a switch without a tag. Of another one, what a case does is left out.
func (s *source) cases(body *ast.BlockStmt, conditions bool) {
	clauses := make([]*ast.CaseClause, len(body.List))
	for k, c := range body.List {
		clauses[k] = c.(*ast.CaseClause)
	}
	// With a default the switch may be the end of its function, and every case must then return.
	closed := slices.ContainsFunc(clauses, func(c *ast.CaseClause) bool { return c.List == nil })
	for _, c := range clauses {
		if conditions {
			for _, e := range c.List {
				s.condition(e)
			}
		}
		if !closed {
			s.leave(c.Body)
		}
	}
}

// leave drops the ways out of a block: what comes after it is then done as well.
func (s *source) leave(list []ast.Stmt) {
	for _, st := range list {
		switch st := st.(type) {
		case *ast.ReturnStmt:
			s.drop(st)
		case *ast.BranchStmt:
			if st.Tok == token.BREAK || st.Tok == token.CONTINUE {
				s.drop(st)
			}
		}
	}
}

// statements drops what changes something.
func (s *source) statements(list []ast.Stmt) {
	for _, st := range list {
		switch st := st.(type) {
		case *ast.AssignStmt:
			s.assignment(st)
		case *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
			s.drop(st)
		case *ast.ExprStmt:
			if c, ok := st.X.(*ast.CallExpr); !ok || s.of(c.Fun) != "panic" {
				s.drop(st)
			}
		}
	}
}

// assignment drops an assignment, and of several at once each by itself.
func (s *source) assignment(st *ast.AssignStmt) {
	switch {
	case st.Tok == token.DEFINE || (len(st.Lhs) == 1 && s.of(st.Lhs[0]) == "_"):
	case len(st.Lhs) == 1 || len(st.Lhs) != len(st.Rhs):
		s.drop(st)
	default:
		for k := range st.Lhs {
			if s.of(st.Lhs[k]) == "_" {
				continue
			}
			s.add(st, fmt.Sprintf("drop %s = %s", s.of(st.Lhs[k]), s.of(st.Rhs[k])), func(id int, as string) string {
				return fmt.Sprintf("if %s(%d) { %s } else { %s }", on, id, s.without(st, k), as)
			})
		}
	}
}

// without writes an assignment without one of its pairs.
func (s *source) without(st *ast.AssignStmt, k int) string {
	var left, right []string
	for n := range st.Lhs {
		if n != k {
			left, right = append(left, s.write(st.Lhs[n])), append(right, s.write(st.Rhs[n]))
		}
	}
	return strings.Join(left, ", ") + " = " + strings.Join(right, ", ")
}

func (s *source) drop(st ast.Stmt) {
	s.add(st, "drop "+s.of(st), func(id int, as string) string { return fmt.Sprintf("if !%s(%d) { %s }", on, id, as) })
}

// add notes a mutant at a node, on top of those that the node has already.
func (s *source) add(at ast.Node, change string, written func(id int, as string) string) {
	m := mutant{id: s.first + len(s.found), file: s.name, line: s.fset.Position(at.Pos()).Line, fn: s.fn, change: change}
	if !s.wanted(m) {
		return
	}
	s.found = append(s.found, m)
	if s.refused[m.id] {
		return
	}
	below := s.rewrites[at]
	s.rewrites[at] = func(as string) string {
		if below != nil {
			as = below(as)
		}
		return written(m.id, as)
	}
}

// of is a node in one line, as people read it.
func (s *source) of(n ast.Node) string {
	return short(strings.Join(strings.Fields(s.text[s.offset(n.Pos()):s.offset(n.End())]), " "))
}

func short(t string) string {
	const most = 90
	if r := []rune(t); len(r) > most {
		return string(r[:most]) + "…"
	}
	return t
}

func (s *source) offset(p token.Pos) int { return s.fset.Position(p).Offset }

// write writes a node with the mutants in it.
func (s *source) write(n ast.Node) string {
	as := s.render(n, s.offset(n.Pos()), s.offset(n.End()))
	if rewrite := s.rewrites[n]; rewrite != nil {
		return rewrite(as)
	}
	return as
}

// render writes a stretch of the text with the mutants of the nodes below n.
func (s *source) render(n ast.Node, from, to int) string {
	var b strings.Builder
	ast.Inspect(n, func(below ast.Node) bool {
		if below == nil || below == n || s.rewrites[below] == nil {
			return true
		}
		b.WriteString(s.text[from:s.offset(below.Pos())])
		b.WriteString(s.write(below))
		from = s.offset(below.End())
		return false
	})
	b.WriteString(s.text[from:to])
	return b.String()
}
