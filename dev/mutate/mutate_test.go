package main

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func every(mutant) bool { return true }

// changes are the mutants of a function with that body.
func changes(t *testing.T, body string) []string {
	t.Helper()
	written, found, err := mutate("x.go", "package x\n\nfunc f() {\n"+body+"\n}\n", 1, every, nil)
	require.NoError(t, err)
	_, err = parser.ParseFile(token.NewFileSet(), "x.go", written, 0)
	require.NoError(t, err, written)
	var out []string
	for k, m := range found {
		require.Equal(t, k+1, m.id)
		require.Equal(t, "f", m.fn)
		require.Regexp(t, fmt.Sprintf(`mutant\w*__\(%d\b`, m.id), written, "every one is in the text")
		out = append(out, m.change)
	}
	return out
}

func TestTheChangesThatAreMade(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		"if a && !b { c() }":                        {"negate a && !b", "drop a of a && !b", "drop !b of a && !b", "negate !b", "drop c()"},
		"for a { b() }":                             {"negate a", "drop b()"},
		"x := a == b || c":                          {"drop a == b of a == b || c", "drop c of a == b || c", "negate a == b"},
		"x := a < b":                                {"negate a < b", "<= instead of < in a < b"},
		"x := a - 1":                                {"+ instead of - in a - 1"},
		`x := a + "text" + b`:                       nil,
		"x.y = 1; x++; _ = x":                       {"drop x.y = 1", "drop x++"},
		"x, y = 1, nil":                             {"drop x = 1", "drop y = nil"},
		"x, y = f()":                                {"drop x, y = f()"},
		"x := true":                                 {"false instead of true"},
		"const x = true":                            nil,
		"defer a(); go b(); c <- d":                 {"drop defer a()", "drop go b()", "drop c <- d"},
		"if a { return }; return":                   {"negate a", "drop return"},
		"if a { return } else { b() }":              {"negate a", "drop b()"},
		"for { return }":                            {"drop return"},
		"switch a.(type) { case b: return }":        {"drop return"},
		"select { case <-a: b() }":                  {"drop b()"},
		"for range a { break }":                     {"drop break"},
		"switch a { case b: fallthrough; case c: }": nil,
		`x := "text" + a + b`:                       nil,
		"for range a { continue }":                  {"drop continue"},
		"switch { case a: return }":                 {"negate a", "drop return"},
		"switch a { case b: return }":               {"drop return"},
		"switch a { default: return }":              nil,
		"switch a.(type) { case b: c() }":           {"drop c()"},
		"x := func() { if (a) { b() } }":            {"negate a", "drop b()"},
		`panic("never")`:                            nil,
	} {
		require.Equal(t, want, changes(t, body), body)
	}
}

// How each is switched on.
func TestHowTheChangesAreWritten(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"return a && b":         "return (mutant__(1) || (a)) && (mutant__(2) || (b))",
		"return a || b":         "return (!mutant__(1) && (a)) || (!mutant__(2) && (b))",
		"return a == b":         "return (mutant__(1) != (a == b))",
		"return a < b":          "return mutantCompare__(2, (mutant__(1) != (a < b)), a, b)",
		"return a + b":          "return mutantReckon__(1, true, a, b)",
		"return a - b":          "return mutantReckon__(1, false, a, b)",
		"return true, false":    "return !mutant__(1), mutant__(2)",
		"x = 1":                 "if !mutant__(1) { x = 1 }",
		"x, y = 1, 2":           "if mutant__(2) { x = 1 } else { if mutant__(1) { y = 2 } else { x, y = 1, 2 } }",
		"x(func() { y(true) })": "if !mutant__(1) { x(func() { if !mutant__(2) { y(!mutant__(3)) } }) }",
	} {
		before, after := "package x\n\nfunc f() {\n", "\n}\n"
		written, _, err := mutate("x.go", before+body+after, 1, every, nil)
		require.NoError(t, err)
		require.Equal(t, before+want+after, written)
	}
}

// A module whose tests notice much, and not all.
var module = map[string]string{
	"go.mod": "module example.com/small\n\ngo 1.26\n",
	"small.go": `package small

type text string

// Largest is the largest of some numbers.
func Largest(numbers ...int) int {
	best := numbers[0]
	for _, n := range numbers {
		if n > best {
			best = n
		}
	}
	return best
}

func Join(a, b text) text { return a + b }

func Count(to int) (n int) {
	for n != to {
		n++
	}
	return n
}
`,
	"small_test.go": `package small

import "testing"

func TestLargest(t *testing.T) {
	if Largest(1, 3, 2) != 3 || Join("a", "b") != "ab" || Count(2) != 2 {
		t.Fail()
	}
}
`,
}

func mutated(t *testing.T, args ...string) (int, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range module {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	var out bytes.Buffer
	code := run(t.Context(), dir, args, &out, &out)
	return code, out.String()
}

func TestWhatNoTestNoticesIsListed(t *testing.T) {
	t.Parallel()
	code, out := mutated(t, "-run=Largest|Join", ".")
	require.Equal(t, 1, code, out)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.ElementsMatch(t, []string{
		"survived       small.go:9: in Largest, >= instead of > in n > best",
		"not compiled   small.go:16: in Join, - instead of + in a + b",
		"4 mutants of .: 2 killed (0 of them by time), 1 survived, 1 not compiled",
	}, lines)
}

func TestATestThatDoesNotComeToAnEndHasNoticed(t *testing.T) {
	t.Parallel()
	code, out := mutated(t, "-run=small.go:Count", "-timeout=300ms", "-v", ".", "small.go")
	require.Zero(t, code, out)
	require.Contains(t, out, "killed by time small.go:20: in Count, drop n++")
	require.Contains(t, out, "2 mutants of .: 2 killed")
}

func TestWhatCannotBeTriedIsSaid(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"usage:":                   {},
		"small has no file big.go": {".", "big.go"},
		"error parsing regexp":     {"-run=(", "."},
		"go list ./nowhere":        {"./nowhere"},
	} {
		code, out := mutated(t, args...)
		require.Equal(t, 2, code, out)
		require.Contains(t, out, want)
	}
}

func TestTestsThatFailAlreadyNoticeNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range module {
		text = strings.ReplaceAll(text, "!= 3", "!= 4")
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	var out bytes.Buffer
	require.Equal(t, 2, run(t.Context(), dir, []string{"."}, &out, &out))
	require.Contains(t, out.String(), "without any mutant the tests are killed already")
}
