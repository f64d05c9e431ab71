package walls

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// table names where a client keeps words of its vendor: a map of package level, or a function
// that is asked about them.
type table struct {
	room   string
	name   string
	values bool // the words are what the map holds, and not its keys
	call   bool // the words are arguments of the calls
}

// tables are all those of our clients. PagerDuty's failures are told apart by HTTP status, and
// no workflow may import net/http, so only the names of its events are here.
var tables = []table{
	{room: "integrations/slack", name: "codes"},
	{room: "integrations/slack", name: "present"},
	{room: "integrations/slack", name: "personalReasons"},
	{room: "integrations/slack", name: "hasReason", call: true},
	{room: "integrations/slack", name: "socketMends"},
	{room: "integrations/jira", name: "resolutions", values: true},
	{room: "integrations/pagerduty", name: "Event"},
}

// own are words of ours that a vendor happens to have too, by room.
var own = map[string][]string{
	"incident": {"not_found"},                 // the code of a Problem
	"gateway":  {"not_found", "rate_limited"}, // the same, in the HTTP API

	"internal/metrics": {"rate_limited"}, // the outcome of a call, by its meaning
}

// The meaning of a vendor's code is decided in the client's table, once. Whoever above compares
// the code itself would have to know every other code that means the same, and every vendor.
func TestNoVendorsCodeStandsAboveTheClients(t *testing.T) {
	t.Parallel()
	codes := vendorCodes(t)
	for _, room := range roomsAbove(t) {
		t.Run(room, func(t *testing.T) {
			t.Parallel()
			eachFile(t, filepath.Join(root, room), func(files *token.FileSet, f *ast.File) {
				for _, l := range literals(f) {
					for _, code := range codesIn(l.text, codes) {
						if at := files.Position(l.at); !slices.Contains(own[room], code) {
							t.Errorf("%s:%d: %q is a word of %s: let its table give it a fault.Meaning, and compare that",
								strings.TrimPrefix(at.Filename, root+"/"), at.Line, code, codes[code])
						}
					}
				}
			})
		})
	}
}

// roomsAbove are all but the clients, and those who play a vendor: dev and the simulators.
func roomsAbove(t *testing.T) []string {
	t.Helper()
	var rooms []string
	for _, folder := range []string{".", "internal"} {
		entries, err := os.ReadDir(filepath.Join(root, folder))
		require.NoError(t, err)
		for _, e := range entries {
			room := filepath.Join(folder, e.Name())
			if e.IsDir() && e.Name()[0] != '.' && !slices.Contains([]string{"integrations", "dev", "tools", "internal", "internal/sims"}, room) {
				rooms = append(rooms, room)
			}
		}
	}
	require.Contains(t, rooms, "workflows")
	require.Contains(t, rooms, "internal/app")
	return rooms
}

// A wall that looks for nothing holds everything.
func TestTheCodesAreFound(t *testing.T) {
	t.Parallel()
	codes := vendorCodes(t)
	require.Greater(t, len(codes), 90)
	for _, code := range []string{"channel_not_found", "is_archived", "missing_scope", "already_archived", "cant_invite", "incident.resolved"} {
		require.Contains(t, codes, code)
	}
	for text, want := range map[string][]string{
		"missing_scope":  {"missing_scope"},
		"missing_scope:": {"missing_scope"},
		"it says is_archived, or message_not_found.": {"is_archived", "message_not_found"},
		"the_channel_not_found_here":                 nil,
		"not in the channel":                         nil,
		"ratelimited":                                {"ratelimited"},
		"we are ratelimited by it":                   nil,
		"incident.resolved":                          {"incident.resolved"},
	} {
		require.Equal(t, want, codesIn(text, codes), text)
	}
}

var word = regexp.MustCompile(`[A-Za-z0-9_]+`)

// codesIn finds the codes in a text: those of several words wherever they stand, since a
// workflow has compared one as a prefix; those of one word, which may be English, only alone.
func codesIn(text string, codes map[string]string) []string {
	if _, ok := codes[text]; ok {
		return []string{text}
	}
	var out []string
	for _, w := range word.FindAllString(text, -1) {
		if _, ok := codes[w]; ok && strings.Contains(w, "_") {
			out = append(out, w)
		}
	}
	return out
}

// vendorCodes are the words of the vendors, with the room in which each is known.
func vendorCodes(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	for _, table := range tables {
		before := len(codes)
		eachFile(t, filepath.Join(root, table.room), func(_ *token.FileSet, f *ast.File) {
			for _, w := range table.words(f) {
				if _, known := codes[w]; !known {
					codes[w] = table.room
				}
			}
		})
		require.Greater(t, len(codes), before, "%s of %s has no word of its own: was it renamed?", table.name, table.room)
	}
	return codes
}

// words reads a table out of a file, which may not have it.
func (tt table) words(f *ast.File) []string {
	var out []string
	add := func(e ast.Expr) {
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if s, err := strconv.Unquote(l.Value); err == nil {
				out = append(out, s)
			}
		}
	}
	if tt.call {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if fn, ok := call.Fun.(*ast.Ident); ok && fn.Name == tt.name {
				for _, arg := range call.Args {
					add(arg)
				}
			}
			return true
		})
		return out
	}
	for _, d := range f.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range decl.Specs {
			spec, ok := s.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for i, v := range spec.Values {
				name := spec.Names[i].Name
				literal, isMap := v.(*ast.CompositeLit)
				switch {
				case isMap && name == tt.name:
					for _, e := range literal.Elts {
						pair := e.(*ast.KeyValueExpr)
						if tt.values {
							add(pair.Value)
						} else {
							add(pair.Key)
						}
					}
				case decl.Tok == token.CONST && strings.HasPrefix(name, tt.name):
					add(v) // constants whose names begin alike
				}
			}
		}
	}
	return out
}

type literal struct {
	text string
	at   token.Pos
}

// literals are the strings of a file that it does something with: no imports and no tags.
func literals(f *ast.File) []literal {
	var out []literal
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			n.Tag = nil
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				out = append(out, literal{s, n.Pos()})
			}
		}
		return true
	})
	return out
}

// eachFile parses what is in a folder and all below it, without tests.
func eachFile(t *testing.T, folder string, visit func(*token.FileSet, *ast.File)) {
	t.Helper()
	files := token.NewFileSet()
	require.NoError(t, filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == "testdata":
			return filepath.SkipDir
		case e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		visit(files, f)
		return nil
	}))
}
