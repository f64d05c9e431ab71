package carried

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type state string

type part struct {
	Name string `json:"name"`
}

// released is what a release wrote; the types below differ from it in one thing each.
type released struct {
	Number int               `json:"number"`
	State  state             `json:"state"`
	Parts  []part            `json:"parts,omitempty"`
	Marks  map[string]string `json:"marks,omitempty"`
	At     time.Time         `json:"at,omitzero"`
	Next   *released         `json:"next,omitempty"`
}

type added struct {
	Number int               `json:"number"`
	State  state             `json:"state"`
	Parts  []part            `json:"parts,omitempty"`
	Marks  map[string]string `json:"marks,omitempty"`
	At     time.Time         `json:"at,omitzero"`
	Next   *added            `json:"next,omitempty"`
	More   []string          `json:"more,omitempty"`
}

type renamed struct {
	Number int               `json:"no"`
	State  state             `json:"state"`
	Parts  []part            `json:"parts,omitempty"`
	Marks  map[string]string `json:"marks,omitempty"`
	At     time.Time         `json:"at,omitzero"`
	Next   *renamed          `json:"next,omitempty"`
}

type removed struct {
	Number int               `json:"number"`
	State  state             `json:"state"`
	Parts  []struct{}        `json:"parts,omitempty"`
	Marks  map[string]string `json:"marks,omitempty"`
	At     time.Time         `json:"at,omitzero"`
	Next   *removed          `json:"next,omitempty"`
}

type retyped struct {
	Number string            `json:"number"`
	State  state             `json:"state"`
	Parts  []part            `json:"parts,omitempty"`
	Marks  map[string]string `json:"marks,omitempty"`
	At     time.Time         `json:"at,omitzero"`
	Next   *retyped          `json:"next,omitempty"`
}

type listed struct {
	Number int       `json:"number"`
	State  state     `json:"state"`
	Parts  []part    `json:"parts,omitempty"`
	Marks  []string  `json:"marks,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Next   *listed   `json:"next,omitempty"`
}

func wordsAre(list ...string) func(reflect.Type) []string {
	return func(t reflect.Type) []string {
		if t == reflect.TypeFor[state]() {
			return list
		}
		return nil
	}
}

var before = wordsAre("closed", "open")

func schemaOf(t *testing.T, v any, words func(reflect.Type) []string) *Schema {
	t.Helper()
	s, err := Of([]Root{{Name: "thing", Type: v}}, words)
	require.NoError(t, err)
	return s
}

// Both ways are looked at: what was written before and is read now, and what is written now and read by the
// program before.
func TestAChangeThatBreaksWhatRunsIsFound(t *testing.T) {
	t.Parallel()
	was := schemaOf(t, released{}, before)
	for name, c := range map[string]struct {
		now    any
		words  func(reflect.Type) []string
		breaks []string
	}{
		"nothing":        {now: released{}, words: before},
		"a field more":   {now: added{}, words: before},
		"a new name":     {now: renamed{}, words: before, breaks: []string{"thing.number: is gone or has another name"}},
		"a field less":   {now: removed{}, words: before, breaks: []string{"thing.parts[].name: is gone or has another name"}},
		"another type":   {now: retyped{}, words: before, breaks: []string{"thing.number: was int and is text"}},
		"a list for map": {now: listed{}, words: before, breaks: []string{"thing.marks: was map of text to text and is list of text"}},
		"a word less":    {now: released{}, words: wordsAre("open"), breaks: []string{`thing.state: the word "closed" is gone, which may be written somewhere`}},
		"a word more": {
			now: released{}, words: wordsAre("closed", "open", "paused"),
			breaks: []string{`thing.state: the word "paused" is new: the release before does not know it`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found []string
			for _, b := range Compare(was, schemaOf(t, c.now, c.words), func(string) bool { return false }) {
				found = append(found, b.String())
			}
			require.Equal(t, c.breaks, found)
		})
	}
}

func TestANewWordThatIsExplainedPasses(t *testing.T) {
	t.Parallel()
	was, is := schemaOf(t, released{}, before), schemaOf(t, released{}, wordsAre("closed", "open", "paused"))
	require.Empty(t, Compare(was, is, func(word string) bool { return word == "internal/carried.state paused" }))
}

func TestARootThatWentIsFound(t *testing.T) {
	t.Parallel()
	require.Len(t, Compare(schemaOf(t, released{}, before), &Schema{}, func(string) bool { return false }), 1)
}

// The schema is made by the same hands that make the types, so what was written is read as well.
func TestWhatWasWrittenIsReadInFullOrFound(t *testing.T) {
	t.Parallel()
	v, err := Fill(reflect.TypeFor[released](), before, nil)
	require.NoError(t, err)
	written, err := json.Marshal(v)
	require.NoError(t, err)
	require.Empty(t, Reads("thing", reflect.TypeFor[released](), written))
	require.Empty(t, Reads("thing", reflect.TypeFor[added](), written))
	for _, now := range []any{renamed{}, removed{}, retyped{}, listed{}} {
		require.Len(t, Reads("thing", reflect.TypeOf(now), written), 1, "%T", now)
	}
}

func TestTheProgramBeforePassesOverWhatWasAdded(t *testing.T) {
	t.Parallel()
	was := schemaOf(t, released{}, before)
	accepts := func(v any, words func(reflect.Type) []string) []Break {
		filled, err := Fill(reflect.TypeOf(v), words, nil)
		require.NoError(t, err)
		raw, err := json.Marshal(filled)
		require.NoError(t, err)
		decoded, err := Decode(raw)
		require.NoError(t, err)
		return was.Accepts("thing", decoded)
	}
	require.Empty(t, accepts(released{}, before))
	require.Empty(t, accepts(added{}, before))
	require.NotEmpty(t, accepts(retyped{}, before))
	require.NotEmpty(t, accepts(listed{}, before))
	require.NotEmpty(t, accepts(released{}, wordsAre("paused")))
}

// A sample with a field left empty would be read by a type that has lost it.
func TestASampleHasSomethingInEveryField(t *testing.T) {
	t.Parallel()
	v, err := Fill(reflect.TypeFor[released](), before, nil)
	require.NoError(t, err)
	r := v.(released)
	require.NotZero(t, r.Number)
	require.NotEmpty(t, r.Parts)
	require.NotEmpty(t, r.Marks)
	require.NotZero(t, r.At)
	require.Contains(t, []state{"open", "closed"}, r.State)
}

// A time that may be left out is the same time where it is there.
func TestATimeBehindAPointerIsATime(t *testing.T) {
	t.Parallel()
	type said struct {
		At *time.Time `json:"at,omitempty"`
	}
	require.Equal(t, kindTime+", omitempty", schemaOf(t, said{}, noWords).Objects["internal/carried.said"]["at"])
	v, err := Fill(reflect.TypeFor[said](), noWords, nil)
	require.NoError(t, err)
	require.NotZero(t, *v.(said).At)
}

func noWords(reflect.Type) []string { return nil }

func TestAnActivitysTypesAreFoundByReflection(t *testing.T) {
	t.Parallel()
	r := &Registry{}
	r.RegisterActivity(func(part) (released, error) { return released{}, nil })
	require.Len(t, r.Roots, 2)
	require.IsType(t, part{}, r.Roots[0].Type)
	require.IsType(t, released{}, r.Roots[1].Type)
}
