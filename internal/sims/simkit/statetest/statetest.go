// Package statetest checks of a simulator's state that saving forgets nothing of it.
package statetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
)

// Survives fills a T, so that no field of anything in it is zero, and checks that it is the same
// when it has been saved and loaded. A field that saving forgets is zero afterwards.
func Survives[T any](t *testing.T, format string) {
	t.Helper()
	f := filler{made: map[reflect.Type][]reflect.Value{}}
	state := new(T)
	f.fields("state", reflect.ValueOf(state).Elem())
	require.Empty(t, f.problems)

	save := func(state *T) string {
		var out bytes.Buffer
		require.NoError(t, simkit.SaveState(&out, format, state))
		return out.String()
	}
	text := save(state)
	loaded, err := simkit.LoadState[T](bytes.NewBufferString(text), format)
	require.NoError(t, err)
	require.True(t, reflect.DeepEqual(state, loaded), "what was saved: %s", text)
	// Two equal things are as deeply equal as one thing twice: only the numbers of a file tell.
	require.Equal(t, text, save(loaded))
}

// OnlyOfTheRun checks that a simulator has its state and, besides, only the fields that are
// named: they are what a restart may forget. Whoever adds one decides where it belongs.
func OnlyOfTheRun(t *testing.T, sim reflect.Type, names ...string) {
	t.Helper()
	var has []string
	for f := range sim.Fields() {
		has = append(has, f.Name)
	}
	require.ElementsMatch(t, append(names, "state"), has, "the fields of a simulator that are not part of its state")
}

// filler fills in values of which no two are alike.
type filler struct {
	count    int
	made     map[reflect.Type][]reflect.Value // two of each kind, which then stand for more
	problems []string
}

func (f *filler) next() int {
	f.count++
	return f.count
}

func (f *filler) fields(path string, v reflect.Value) {
	for field, at := range v.Fields() {
		if field.Tag.Get("json") == "-" {
			continue
		}
		path := path + "." + field.Name
		if !at.CanSet() {
			f.problems = append(f.problems, path+" is not exported")
			continue
		}
		f.fill(path, at)
		if at.IsZero() {
			f.problems = append(f.problems, path+" was not filled")
		}
	}
}

func (f *filler) fill(path string, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(int64(f.next()), 1).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("<text & %d>", f.next()))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.next()))
	case reflect.Float64:
		v.SetFloat(float64(f.next()) + 0.5)
	case reflect.Interface:
		v.Set(reflect.ValueOf(map[string]any{"list": []any{"<text>", 12345678.0, true, nil}}))
	case reflect.Struct:
		f.fields(path, v)
	case reflect.Pointer:
		f.pointer(path, v)
	case reflect.Slice:
		f.slice(path, v)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(path+" key", key)
			f.fill(path+" value", value)
			v.SetMapIndex(key, value)
		}
	}
}

func (f *filler) slice(path string, v reflect.Value) {
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		v.SetBytes(fmt.Appendf(nil, `{"spaced" : "<%d>"}`, f.next()))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 2, 2))
	for n := range 2 {
		f.fill(fmt.Sprintf("%s[%d]", path, n), v.Index(n))
	}
}

// pointer makes two of a kind, and from then on points at one or the other: states are full of
// things that are known in several places, and of circles.
func (f *filler) pointer(path string, v reflect.Value) {
	made := f.made[v.Type()]
	if len(made) == 2 {
		v.Set(made[f.next()%2])
		return
	}
	one := reflect.New(v.Type().Elem())
	f.made[v.Type()] = append(made, one)
	v.Set(one)
	f.fields(path, one.Elem())
}
