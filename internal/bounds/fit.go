package bounds

import (
	"encoding/json"
	"reflect"
	"strings"
	"unicode/utf8"
)

// prose are the lengths, in bytes as JSON, to which prose is cut one after the other until a Total
// is kept.
var prose = []int{1000, 500, 250, 120, 60}

// Fit cuts what a pointer points at until everything keeps its bounds. It is the last resort of a
// workflow that is about to carry its state over: whoever fills a list bounds it in better ways.
func (t Table) Fit(pointer any) {
	if v := reflect.ValueOf(pointer); v.Kind() == reflect.Pointer && !v.IsNil() {
		t.fit(Bound{}, v.Elem())
	}
}

// Fitted is a copy of a value, of the same type, that keeps its bounds: for whoever may not change the value
// itself. The error is that it has no JSON, or cannot be read back from it.
func (t Table) Fitted(v any) (any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	fit := reflect.New(reflect.TypeOf(v))
	if err := json.Unmarshal(raw, fit.Interface()); err != nil {
		return nil, err
	}
	t.Fit(fit.Interface())
	return fit.Elem().Interface(), nil
}

func (t Table) fit(b Bound, v reflect.Value) {
	if b.Opaque || plain(v.Type()) || v.Type() == rawType {
		return
	}
	switch v.Kind() { //nolint:exhaustive // numbers are bounded by themselves
	case reflect.String:
		v.SetString(Cut(clip(v.String(), b.Chars), b.bytes()))
	case reflect.Pointer:
		if !v.IsNil() {
			t.fit(b, v.Elem())
		}
	case reflect.Struct:
		for _, f := range fields(v.Type()) {
			t.fit(t.of(v.Type(), f), v.FieldByIndex(f.Index))
		}
	case reflect.Slice:
		if over := v.Len() - b.Items; over > 0 && !b.Whole {
			v.Set(v.Slice(over, v.Len()))
		}
		for k := range v.Len() {
			t.fit(b, v.Index(k))
		}
		t.fitTotal(b, v)
	case reflect.Map:
		t.fitMap(b, v)
		t.fitTotal(b, v)
	}
}

// clip shortens a text to so many characters, marking the cut; zero is for any number.
func clip(s string, chars int) string {
	if chars == 0 || len(s) <= chars || utf8.RuneCountInString(s) <= chars {
		return s
	}
	return string([]rune(s)[:chars-1]) + "…"
}

// fitMap cuts the values of a map, which cannot be changed where they are, and drops those whose keys
// are too long or come last.
func (t Table) fitMap(b Bound, m reflect.Value) {
	for n, k := range sortedKeys(m) {
		if n >= b.Items || k.Kind() == reflect.String && Weight(k.String()) > b.bytes() {
			m.SetMapIndex(k, reflect.Value{})
			continue
		}
		value := reflect.New(m.Type().Elem()).Elem()
		value.Set(m.MapIndex(k))
		t.fit(b, value)
		m.SetMapIndex(k, value)
	}
}

// fitTotal drops the first items until a list or a map keeps its Total. Of one that stays whole it cuts
// prose instead, and then leaves out what can be spared.
func (t Table) fitTotal(b Bound, v reflect.Value) {
	over := func() bool { return b.Total > 0 && Size(v.Interface()) > b.Total }
	for v.Kind() == reflect.Slice && !b.Whole && v.Len() > 0 && over() {
		v.Set(v.Slice(max(v.Len()/8, 1), v.Len()))
	}
	for _, k := range keysOf(b, v) {
		if !over() {
			return
		}
		v.SetMapIndex(k, reflect.Value{})
	}
	for _, most := range prose {
		if !over() {
			return
		}
		t.lighten(b, v, func(b Bound, field reflect.Value) {
			if b.Prose && field.Kind() == reflect.String {
				field.SetString(Cut(field.String(), most))
			}
		})
	}
	if over() {
		t.lighten(b, v, func(b Bound, field reflect.Value) {
			if b.Spare {
				field.SetZero()
			}
		})
	}
}

func keysOf(b Bound, v reflect.Value) []reflect.Value {
	if v.Kind() != reflect.Map || b.Whole {
		return nil
	}
	return sortedKeys(v)
}

// lighten shows every field within a value.
func (t Table) lighten(b Bound, v reflect.Value, show func(Bound, reflect.Value)) {
	if v.CanSet() {
		show(b, v)
	}
	if b.Opaque || plain(v.Type()) || v.Type() == rawType {
		return
	}
	switch v.Kind() { //nolint:exhaustive // numbers are bounded by themselves
	case reflect.Pointer:
		if !v.IsNil() {
			t.lighten(b, v.Elem(), show)
		}
	case reflect.Struct:
		for _, f := range fields(v.Type()) {
			t.lighten(t.of(v.Type(), f), v.FieldByIndex(f.Index), show)
		}
	case reflect.Slice:
		for k := range v.Len() {
			t.lighten(b, v.Index(k), show)
		}
	case reflect.Map:
		for _, k := range sortedKeys(v) {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(k))
			t.lighten(b, value, show)
			v.SetMapIndex(k, value)
		}
	}
}

// worst is the text that has most bytes as JSON, within the bound.
func worst(b Bound) string {
	return strings.Repeat("<", b.bytes()/6) + strings.Repeat("x", b.bytes()%6)
}
