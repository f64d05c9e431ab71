package simkit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
	"muster/internal/sims/simkit/statetest"
)

// house is a state with all that a state may have.
type house struct {
	Name    string
	Floors  int
	Built   time.Time
	Rooms   []*room
	ByName  map[string]*room
	Bell    json.RawMessage
	Notes   map[string]any
	Address address
	Lamps   []lamp
	Heater  *heater
	Visits  int `json:"-"` // of the run
}

type room struct {
	Name   string
	House  *house
	Beside []*room
	Owners map[string][]string
	Doors  []string
}

type address struct {
	Street string
	Number float64
}

type lamp struct{ On bool }

type heater struct{ In *room }

func save(t *testing.T, state any) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, simkit.SaveState(&out, "house/1", state))
	return out.String()
}

func load[T any](t *testing.T, text string) *T {
	t.Helper()
	state, err := simkit.LoadState[T](strings.NewReader(text), "house/1")
	require.NoError(t, err)
	return state
}

// built is a house of two rooms which know each other and the house.
func built() *house {
	h := &house{Name: "<a> & b", Visits: 3, ByName: map[string]*room{}, Bell: json.RawMessage(`{"to" : "the byte"}`)}
	kitchen, hall := &room{Name: "kitchen", House: h}, &room{Name: "hall", House: h, Doors: []string{}}
	kitchen.Beside, hall.Beside = []*room{hall}, []*room{kitchen, nil}
	h.Rooms, h.Heater = []*room{kitchen, hall}, &heater{In: hall}
	h.ByName["hall"] = hall
	return h
}

func TestNothingOfAStateIsForgotten(t *testing.T) {
	t.Parallel()
	statetest.Survives[house](t, "house/1")
}

func TestAStateIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	text := save(t, built())
	require.True(t, json.Valid([]byte(text)))
	require.Contains(t, text, `"Name":"<a> & b"`, "people read these files")

	got := load[house](t, text)
	want := built()
	want.Visits = 0
	require.Equal(t, want, got)
	require.Equal(t, text, save(t, got))

	// One thing that is known in two places is still one.
	hall := got.Rooms[1]
	require.Same(t, hall, got.ByName["hall"])
	require.Same(t, hall, got.Heater.In)
	require.Same(t, hall, got.Rooms[0].Beside[0])
	require.Same(t, got, hall.House)
}

func TestNoneAndNothingAreToldApart(t *testing.T) {
	t.Parallel()
	got := load[house](t, save(t, built()))
	require.Nil(t, got.Notes)
	require.Nil(t, got.Lamps)
	require.Nil(t, got.Rooms[0].Doors)
	require.NotNil(t, got.Rooms[1].Doors)
	require.Nil(t, got.Rooms[1].Beside[1])
}

func TestAFieldThatIsNewIsReadyForUse(t *testing.T) {
	t.Parallel()
	type old struct{ Name string }
	got := load[house](t, save(t, &old{Name: "old"}))
	require.Equal(t, "old", got.Name)
	require.NotNil(t, got.ByName, "it can be written to")
}

func TestAStateThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	type more struct{ Name, More string }
	mistaken := struct {
		Rooms  []*lamp
		Heater int
	}{[]*lamp{{}}, 1}
	text := save(t, built())
	for problem, text := range map[string]string{
		"EOF":                              "",
		"cannot unmarshal array":           "[]",
		"unexpected EOF":                   text[:len(text)/2],
		`its format is "other/1"`:          strings.Replace(text, "house/1", "other/1", 1),
		"the file is damaged":              strings.Replace(text, "kitchen", "kitchin", 1),
		"damaged, or was changed by hand":  `{"format":"house/1"}`,
		`unknown field "more"`:             strings.Replace(text, `"format"`, `"more":1,"format"`, 1),
		"something follows":                text + "{}",
		`object 0: unknown field "More"`:   save(t, &more{"a", "b"}),
		"Name: json: cannot unmarshal":     save(t, &struct{ Name int }{3}),
		"Rooms: json: cannot unmarshal":    save(t, &struct{ Rooms string }{"none"}),
		"Heater: there is no object 9":     save(t, &struct{ Heater int }{9}),
		"Heater: there is no object -1":    save(t, &struct{ Heater int }{-1}),
		`Heater: there is no object "a"`:   save(t, &struct{ Heater string }{"a"}),
		"ByName: a: there is no object":    save(t, &struct{ ByName any }{map[string]int{"a": 2}}),
		"Rooms: 0: there is no object":     save(t, &struct{ Rooms any }{[]int{2}}),
		"object 1 is a *simkit_test.room,": save(t, &mistaken),
		"there is none":                    `{"format":"house/1","sha256":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945","objects":[]}`,
	} {
		_, err := simkit.LoadState[house](strings.NewReader(text), "house/1")
		require.ErrorContains(t, err, problem, text)
	}
}

func TestAFileWithAnyByteChangedIsRefused(t *testing.T) {
	t.Parallel()
	text := save(t, built())
	for n := range len(text) - 1 { // the last is the end of a line
		changed := []byte(text)
		changed[n] ^= 1
		_, err := simkit.LoadState[house](bytes.NewReader(changed), "house/1")
		require.Error(t, err, "byte %d: %s", n, changed)
	}
}

func TestWhatCannotBeSavedIsRefused(t *testing.T) {
	t.Parallel()
	part := &struct {
		Lamps []lamp
		Lit   *lamp
	}{Lamps: make([]lamp, 2)}
	part.Lit = &part.Lamps[1]
	for problem, state := range map[string]any{
		"the field hidden of":           &struct{ hidden int }{},
		"Hook: a func() cannot be save": &struct{ Hook func() }{func() {}},
		"Set: a map[int]bool cannot be": &struct{ Set map[int]bool }{map[int]bool{1: true}},
		"At: a *time.Time cannot be":    &struct{ At *time.Time }{new(time.Time)},
		"Reader: a io.Reader cannot be": &struct{ Reader io.Reader }{strings.NewReader("")},
		"a part of something else":      part,
	} {
		require.ErrorContains(t, simkit.SaveState(io.Discard, "house/1", state), problem)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAFailedSaveSaysSo(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, simkit.SaveState(brokenWriter{}, "house/1", built()), "the disk is full")
}
