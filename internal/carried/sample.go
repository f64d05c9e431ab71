package carried

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
)

// Fill makes a value of a type with something in every field, another thing in each, and every word
// once where there is a list of them. Texts gives what a type that reads its own text takes.
func Fill(t reflect.Type, words func(reflect.Type) []string, texts map[reflect.Type]string) (any, error) {
	f := filler{words: words, texts: texts}
	v := reflect.New(t).Elem()
	err := f.fill(t.Name(), v)
	return v.Interface(), err
}

type filler struct {
	words  func(reflect.Type) []string
	texts  map[reflect.Type]string
	n      int
	within []reflect.Type
}

func (f *filler) next() int { f.n++; return f.n }

func (f *filler) fill(name string, v reflect.Value) error {
	t := v.Type()
	switch {
	case t == timeType:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(f.next()) * time.Minute)))
		return nil
	case t == rawType:
		v.SetBytes([]byte(`{"raw":true}`))
		return nil
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		if err := u.UnmarshalText([]byte(f.texts[t])); err != nil {
			return fmt.Errorf("%s: name a text of %s that it takes: %w", name, t, err)
		}
		return nil
	}
	switch t.Kind() { //nolint:exhaustive // Of refuses what else there is
	case reflect.String:
		v.SetString(f.text(name, t))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(f.next()) + 0.5)
	case reflect.Interface:
		v.Set(reflect.ValueOf(map[string]any{"value": name}))
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		return f.fill(name, v.Elem())
	case reflect.Struct:
		return f.fields(v)
	case reflect.Slice:
		return f.items(name, v)
	case reflect.Map:
		return f.entry(name, v)
	default:
		if !v.CanInt() {
			v.SetUint(uint64(f.next())) //nolint:gosec // it counts from one
			return nil
		}
		v.SetInt(int64(f.next()))
	}
	return nil
}

func (f *filler) text(name string, t reflect.Type) string {
	if words := f.words(t); len(words) > 0 {
		return words[f.next()%len(words)]
	}
	return fmt.Sprintf("%s %d", name, f.next())
}

// fields fills a struct, but for one that is within itself.
func (f *filler) fields(v reflect.Value) error {
	f.within = append(f.within, v.Type())
	defer func() { f.within = f.within[:len(f.within)-1] }()
	for _, own := range jsonFields(v.Type()) {
		if inner := own.Type; slices.Contains(f.within, bare(inner)) {
			continue
		}
		if err := f.fill(own.name, v.FieldByIndex(own.Index)); err != nil {
			return fmt.Errorf("%s.%w", v.Type().Name(), err)
		}
	}
	return nil
}

// bare is what a pointer, a list or a map is of.
func bare(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

func (f *filler) items(name string, v reflect.Value) error {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		v.SetBytes([]byte(name))
		return nil
	}
	n := 1
	if t := v.Type().Elem(); t.Kind() == reflect.String {
		n = max(1, len(f.words(t)))
	}
	for range n {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := f.fill(name, item); err != nil {
			return err
		}
		v.Set(reflect.Append(v, item))
	}
	return nil
}

func (f *filler) entry(name string, v reflect.Value) error {
	key, item := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	if err := f.fill(name, key); err != nil {
		return err
	}
	if err := f.fill(name, item); err != nil {
		return err
	}
	v.Set(reflect.MakeMap(v.Type()))
	v.SetMapIndex(key, item)
	return nil
}

// Reads lists what a type of today loses or refuses of JSON that a release wrote: what is read is written
// again, and everything must be there as it was.
func Reads(root string, t reflect.Type, written []byte) []Break {
	into := reflect.New(t)
	d := json.NewDecoder(bytes.NewReader(written))
	d.DisallowUnknownFields()
	if err := d.Decode(into.Interface()); err != nil {
		return []Break{{Path: root, Why: err.Error()}}
	}
	again, err := json.Marshal(into.Interface())
	if err != nil {
		return []Break{{Path: root, Why: err.Error()}}
	}
	was, err := Decode(written)
	if err != nil {
		return []Break{{Path: root, Why: err.Error()}}
	}
	is, err := Decode(again)
	if err != nil {
		return []Break{{Path: root, Why: err.Error()}}
	}
	return lost(root, was, is)
}

// Decode reads JSON as Accepts wants it.
func Decode(raw []byte) (any, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&v)
	return v, err
}

func lost(path string, was, is any) []Break {
	var out []Break
	switch w := was.(type) {
	case map[string]any:
		now, _ := is.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(w)) {
			out = append(out, lost(path+"."+k, w[k], now[k])...)
		}
		return out
	case []any:
		now, _ := is.([]any)
		if len(now) != len(w) {
			return []Break{{Path: path, Why: fmt.Sprintf("had %d items and has %d", len(w), len(now))}}
		}
		for k := range w {
			out = append(out, lost(path+"[]", w[k], now[k])...)
		}
		return out
	}
	if !reflect.DeepEqual(was, is) {
		return []Break{{Path: path, Why: fmt.Sprintf("was written as %v and is read as %v", was, is)}}
	}
	return nil
}
