package api

import (
	"encoding"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
)

var update = flag.Bool("update", false, "write the golden files anew")

// payloads are what travels into, out of and between workflows: everything that this package
// declares, the commands, and what queries and signals carry of the domain.
func payloads() []any {
	out := []any{
		Settings{},
		DeclareInput{},
		DeclareResult{},
		RegisterInput{},
		RegisterState{},
		DeclaredKey{},
		VendorSnag{},
		SnagChangedInput{},
		AlertKeyFreedInput{},
		HandOnInput{},
		SkipNumbersInput{},
		PagerChangedInput{},
		EndedPage{},
		IssueChangedInput{},
		IssueFiledInput{},
		RetryInput{},
		CancelAskedInput{},
		EndedInput{},
		LostInput{},
		Restored{},
		BriefAskedInput{},
		LastRegister{},
		Record{},
		Archived{},
		playbook.Connections{},
		Brief{},
		FollowUpBrief{},
		FollowUpListed{},
		SnagListed{},
		ReviewBrief{},
		FollowUpReport{},
		ReviewReport{},
		OwedQuery{},
		FollowUpState{},
		PersonAsk{},
		Line{},
		OwedLine{},
		ToldInput{},
		DigestInput{},
		DigestState{},
		DigestAnswer{},
		ReportInput{},
		PageState{},
		PageBrief{},
		StrayPage{},
		CheckFinding{},
		CheckUpSeen{},
		CheckUpResult{},
		CanaryInput{},
		CanaryResult{},
		CanaryLeg{},
		CanaryDeclareInput{},
		CanaryLegInput{},
		CanaryTidyInput{},
		incident.Repetition{},
		incident.Waking{},
		SubscribeInput{},
		SubscribeResult{},
		ChannelChangedInput{},
		AbsorbInput{},
		incident.Result{},
		incident.Problem{},
		incident.Incident{},
		incident.PageReport{},
		incident.MessageChange{},
		incident.Quiet{},
		incident.ChannelSpec{},
		incident.Furnishing{},
		incident.Furnished{},
		incident.Message{},
		incident.Issue{},
		incident.PageRequest{},
	}
	for _, row := range incident.Commands() {
		out = append(out, reflect.ValueOf(row.New()).Elem().Interface())
	}
	return out
}

// Workflows that run for weeks were started with these names and fields. Fields are only ever
// added: whoever sees this test fail for another reason breaks what is running.
func TestThePayloadsOfRunningWorkflows(t *testing.T) {
	t.Parallel()
	s := shapes{}
	for _, p := range payloads() {
		s.add(reflect.TypeOf(p))
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%s\n", name)
		for _, field := range s[name] {
			fmt.Fprintf(&b, "\t%s\n", field)
		}
	}
	golden(t, "payloads.golden.txt", b.String())
}

func TestNamesThatRunningWorkflowsKnow(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range constants(t) {
		fmt.Fprintf(&b, "%s = %q\n", c.name, c.value)
	}
	golden(t, "names.golden.txt", b.String())
}

func TestNoTwoMessagesShareAName(t *testing.T) {
	t.Parallel()
	groups := map[string][]string{
		"messages": {
			"Updates of an Incident", "Updates of Register", "Queries.",
			"Signals to an Incident", "Signals to Register", "Signals to a Page", "Signals to a Review", "Signals to a FollowUp", "Signals to several",
		},
		"types":  {"Workflow types"},
		"queues": {"The task queues"},
		"fields": {"Search attributes.", "Memo fields"},
	}
	for name, docs := range groups {
		seen := map[string]string{}
		for _, doc := range docs {
			before := len(seen)
			for _, c := range constants(t) {
				if strings.HasPrefix(c.doc, doc) {
					require.Empty(t, seen[c.value], "%s: %s has the name of %s", name, c.name, seen[c.value])
					seen[c.value] = c.name
				}
			}
			require.Greater(t, len(seen), before, "nothing is declared under %q", doc)
		}
	}
}

// A command is an update and a signal of the name of its type, so that a person can send it
// by hand.
func TestCommandsAreCalledAfterTheirTypes(t *testing.T) {
	t.Parallel()
	for _, c := range constants(t) {
		if strings.HasPrefix(c.doc, "Updates of an Incident") {
			require.Equal(t, c.name, c.value)
			_, listed := incident.CommandNamed(c.value)
			require.True(t, listed, "%s has no row in incident/table.go", c.name)
		}
	}
}

func TestSearchAttributesFitSQLVisibility(t *testing.T) {
	t.Parallel()
	room := map[string]int{"Keyword": 10, "Int": 3, "Datetime": 3, "KeywordList": 3, "Bool": 3}
	for _, c := range constants(t) {
		if strings.HasPrefix(c.doc, "Search attributes.") {
			require.True(t, strings.HasPrefix(c.value, "Muster"), c.value)
			kind, _, _ := strings.Cut(c.comment, ":")
			require.Positive(t, room[kind], "no room for %s, a %s", c.name, kind)
			room[kind]--
		}
	}
}

func TestEveryPayloadIsPinned(t *testing.T) {
	t.Parallel()
	pinned := map[string]bool{"Child": true} // what ParseID answers, it never travels
	for _, p := range payloads() {
		pinned[reflect.TypeOf(p).Name()] = true
	}
	for _, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && s.Name.IsExported() {
				if _, isStruct := s.Type.(*ast.StructType); isStruct {
					require.True(t, pinned[s.Name.Name], "payloads lacks %s", s.Name.Name)
				}
			}
			return true
		})
	}
}

// shapes are the JSON shapes of types by name.
type shapes map[string][]string

// add notes the shape of a type and of all types that it is made of, and names it.
func (s shapes) add(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "time"
	case t.Implements(reflect.TypeFor[json.Marshaler]()), t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return t.String() + " (text)"
	case t.Kind() == reflect.Pointer:
		return s.add(t.Elem())
	case t.Kind() == reflect.Slice:
		return "[]" + s.add(t.Elem())
	case t.Kind() == reflect.Map:
		return "map[" + s.add(t.Key()) + "]" + s.add(t.Elem())
	case t.Kind() != reflect.Struct:
		return t.Kind().String()
	}
	if _, known := s[t.String()]; known {
		return t.String()
	}
	s[t.String()] = nil
	var fields []string
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" || !f.IsExported() || name == "-" {
			continue // what an embedded struct holds comes by itself
		}
		if name == "" {
			name = f.Name + " (no JSON name)"
		}
		fields = append(fields, strings.TrimSpace(fmt.Sprintf("%s %s %s", name, s.add(f.Type), options)))
	}
	slices.Sort(fields)
	s[t.String()] = fields
	return t.String()
}

// constant is one declared name, with the comment above its group and the one beside it.
type constant struct{ name, value, doc, comment string }

func constants(t *testing.T) []constant {
	t.Helper()
	var out []constant
	for _, file := range sources(t) {
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				if len(v.Values) == 0 { // one that counts up has no text of its own
					continue
				}
				if lit, ok := v.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					value, err := strconv.Unquote(lit.Value)
					require.NoError(t, err)
					out = append(out, constant{v.Names[0].Name, value, g.Doc.Text(), strings.TrimSpace(v.Comment.Text())})
				}
			}
		}
	}
	require.NotEmpty(t, out)
	return out
}

func sources(t *testing.T) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// golden compares text with a file in testdata; -update writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "write it with -update")
	require.Equal(t, string(want), got, "names and fields are a contract with running workflows; see the test")
}
