package app

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/internal/carried"
	"muster/playbook"
)

var update = flag.Bool("update", false, "write what the next release carries anew")

// next is the release that is being worked on; the others are what was released, and stay as they are.
const next = "next"

const (
	carriedDir = "../../workflows/testdata/carried"
	sourceRoot = "../.."
)

var written sync.Once

var words = carried.Words(sourceRoot)

// texts are what types take that read their own text.
var texts = map[reflect.Type]string{reflect.TypeFor[playbook.Span](): "90s"}

// What runs now was started by a release before this one, and goes on with the next: every golden of
// every release is read by today's types, nothing is lost, and nothing that today's types write is unknown to
// the release before but for what was added.
func TestWhatEveryReleaseCarriesIsReadToday(t *testing.T) {
	t.Parallel()
	roots := carriedRoots(t)
	today, err := carried.Of(roots, words)
	require.NoError(t, err)
	types := map[string]reflect.Type{}
	for _, r := range roots {
		types[r.Name] = reflect.TypeOf(r.Type)
	}
	for _, release := range releases(t) {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			schema, samples := readGolden(t, release)
			allowed := allowances(t, release)
			for _, b := range carried.Compare(schema, today, func(word string) bool { return allowed[word] != "" }) {
				assert.Fail(t, "it breaks what runs", "%s; see docs/upgrades.md, What binds", b)
			}
			for _, name := range slices.Sorted(maps.Keys(samples)) {
				if types[name] == nil {
					continue // Compare has said so
				}
				assert.Empty(t, carried.Reads(name, types[name], samples[name]), "today's %s does not read what %s wrote", name, release)
			}
		})
	}
}

// Whoever rolls back has the release before read what this one wrote.
func TestWhatIsWrittenTodayTheReleaseBeforeReads(t *testing.T) {
	t.Parallel()
	roots := carriedRoots(t)
	before := releases(t)
	release := before[max(len(before)-2, 0)] // the last is next
	schema, _ := readGolden(t, release)
	for name, sample := range samplesOf(t, roots) {
		v, err := carried.Decode(sample)
		require.NoError(t, err)
		assert.Empty(t, schema.Accepts(name, v), "%s stumbles over %s", release, name)
	}
}

// The golden of the next release is what a change is compared with when it is reviewed.
func TestTheNextReleasesGoldenIsOfToday(t *testing.T) {
	t.Parallel()
	roots := carriedRoots(t)
	today, err := carried.Of(roots, words)
	require.NoError(t, err)
	schema, samples := readGolden(t, next)
	require.Equal(t, schema, today, "fields or words changed: write them with go test ./internal/app -run Carries -update, and read the difference")
	require.Equal(t, slices.Sorted(maps.Keys(samples)), slices.Sorted(maps.Keys(today.Roots)))
}

// A release that is in the change log binds the ones after it.
func TestEveryReleaseHasItsGolden(t *testing.T) {
	t.Parallel()
	log, err := os.ReadFile(filepath.Join(sourceRoot, "CHANGELOG.md"))
	require.NoError(t, err)
	all := releases(t)
	for _, m := range regexp.MustCompile(`(?m)^## \[?v?(\d+\.\d+\.\d+)`).FindAllStringSubmatch(string(log), -1) {
		assert.Contains(t, all, "v"+m[1], "cp -r workflows/testdata/carried/next workflows/testdata/carried/v%s", m[1])
	}
}

// What a worker registers is found by reflection, and messages are asked for by their names: nothing that
// travels is left out.
func TestEverythingThatTravelsIsPinned(t *testing.T) {
	t.Parallel()
	r := registered()
	require.NotEmpty(t, r.Workflows)
	require.NotEmpty(t, r.Activities)
	told := map[string]bool{}
	for _, m := range messages() {
		name, _, _ := strings.Cut(m.Name, ",")
		told[name[strings.LastIndex(name, " ")+1:]] = true
	}
	n := 0
	for value, declared := range messageNames(t) {
		n++
		assert.True(t, told[value], "messages lacks %s, declared as %s", value, declared)
	}
	require.Greater(t, n, 50)
}

func registered() *carried.Registry {
	r := &carried.Registry{}
	for _, q := range queues(nil, WorkerOptions{}) {
		q.register(r)
	}
	return r
}

func carriedRoots(t *testing.T) []carried.Root {
	t.Helper()
	roots := append(registered().Roots, messages()...)
	if *update {
		written.Do(func() { writeGolden(t, roots) })
	}
	return roots
}

func releases(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(carriedDir)
	require.NoError(t, err)
	var out []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != next {
			out = append(out, e.Name())
		}
	}
	slices.SortFunc(out, func(x, y string) int { return slices.Compare(numbers(x), numbers(y)) })
	return append(out, next)
}

// numbers of a version, so that v0.10.0 comes after v0.9.0.
func numbers(version string) []int {
	var out []int
	for part := range strings.SplitSeq(strings.TrimPrefix(version, "v"), ".") {
		n, _ := strconv.Atoi(part) // what is no number comes first
		out = append(out, n)
	}
	return out
}

func readGolden(t *testing.T, release string) (*carried.Schema, map[string]json.RawMessage) {
	t.Helper()
	schema, samples := &carried.Schema{}, map[string]json.RawMessage{}
	for name, into := range map[string]any{"schema.json": schema, "samples.json": &samples} {
		raw, err := os.ReadFile(filepath.Join(carriedDir, release, name))
		require.NoError(t, err, "write it with -update")
		require.NoError(t, json.Unmarshal(raw, into), name)
	}
	return schema, samples
}

// allowances are the words that came after a release although it does not know them, each with the reason why
// that harms nothing.
func allowances(t *testing.T, release string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(carriedDir, release, "new-words.json"))
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	var out map[string]string
	require.NoError(t, json.Unmarshal(raw, &out), "it holds reasons by words: {\"incident.Status paused\": \"why\"}")
	return out
}

func samplesOf(t *testing.T, roots []carried.Root) map[string]json.RawMessage {
	t.Helper()
	out := map[string]json.RawMessage{}
	for _, r := range roots {
		v, err := carried.Fill(reflect.TypeOf(r.Type), words, texts)
		require.NoError(t, err, r.Name)
		out[r.Name], err = json.Marshal(v)
		require.NoError(t, err, r.Name)
	}
	return out
}

// writeGolden writes one root a line, so that a change of one is read as one.
func writeGolden(t *testing.T, roots []carried.Root) {
	t.Helper()
	schema, err := carried.Of(roots, words)
	require.NoError(t, err)
	dir := filepath.Join(carriedDir, next)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	raw, err := json.MarshalIndent(schema, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "schema.json"), append(raw, '\n'), 0o644))
	samples := samplesOf(t, roots)
	var b bytes.Buffer
	for k, name := range slices.Sorted(maps.Keys(samples)) {
		b.WriteString(map[bool]string{true: "{\n", false: ",\n"}[k == 0])
		key, err := json.Marshal(name)
		require.NoError(t, err)
		b.Write(key)
		b.WriteString(": ")
		b.Write(samples[name])
	}
	b.WriteString("\n}\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "samples.json"), b.Bytes(), 0o644))
}

// messageNames are the values of the constants that name updates, signals and queries, with the name of each.
func messageNames(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(sourceRoot, "workflows/api/*.go"))
	require.NoError(t, err)
	out := map[string]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST || !regexp.MustCompile(`^(Updates|Signals|Queries|Carried)\b`).MatchString(g.Doc.Text()) {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				out[value] = v.Names[0].Name
			}
		}
	}
	return out
}
