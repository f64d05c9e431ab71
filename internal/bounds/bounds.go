// Package bounds knows how large each field of a message or of a workflow's state may be. There is one
// table for each family of types; it refuses what is too large where it comes in, cuts what a
// workflow carries over continue-as-new, and builds the fullest value for tests. A text, list or map
// that has no bound is found by those tests.
package bounds

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bound is how large one field may be.
type Bound struct {
	// Chars is how many characters a text has at most, or each text of a list or of a map's keys.
	Chars int
	// Bytes is how many bytes such a text has as JSON at most where it is kept; six for each of Chars
	// by default, since a character such as < has so many.
	Bytes int
	// Items is how many a list or a map has at most.
	Items int
	// Total is how many bytes all of a list or a map has as JSON where it is kept, zero for as many
	// as follow from the rest. Its first items go when there are more.
	Total int
	// Whole says that others count on its items and none is ever dropped: their prose is cut instead,
	// and then their spare fields are.
	Whole bool
	// Prose may be cut to any length to keep a Total, and Spare may be left out.
	Prose, Spare bool
	// Opaque says that the whole value is bounded elsewhere, such as a part of the playbook.
	Opaque bool
}

func (b Bound) bytes() int { return cmp.Or(b.Bytes, 6*b.Chars) }

// Table holds bounds by field (incident.Entry.Text) or, for types that always have the same, by type
// (incident.Kind). That of a field comes first.
type Table map[string]Bound

// With gives a table that has the entries of both.
func (t Table) With(more Table) Table {
	out := Table{}
	for _, from := range []Table{t, more} {
		//workflowcheck:ignore it fills a map, in whatever order
		maps.Copy(out, from)
	}
	return out
}

func (t Table) of(owner reflect.Type, f reflect.StructField) Bound {
	if b, ok := t[owner.String()+"."+f.Name]; ok {
		return b
	}
	return t.typed(f.Type)
}

// typed is the bound of a type, or of what it is a list of.
func (t Table) typed(of reflect.Type) Bound {
	if b, ok := t[of.String()]; ok {
		return b
	}
	switch of.Kind() { //nolint:exhaustive // the others are made of nothing
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if b, ok := t[of.Elem().String()]; ok && !b.Opaque {
			return Bound{Chars: b.Chars, Bytes: b.Bytes}
		} else if ok && of.Kind() == reflect.Pointer {
			return b
		}
	}
	return Bound{}
}

// Excess says which field is too large.
type Excess struct {
	// Field is its JSON name, with those of the fields that it is in: source.id.
	Field string
	// Has is how many characters it has or, with Items, how many items; Allowed are so many.
	Has, Allowed int
	Items        bool
}

// Error says it in a line.
func (e *Excess) Error() string {
	if e.Items {
		return fmt.Sprintf("%s: holds %d, %d are allowed", e.Field, e.Has, e.Allowed)
	}
	return fmt.Sprintf("%s: is %d characters long, %d are allowed", e.Field, e.Has, e.Allowed)
}

// Check finds the first field that is larger than the table allows, or nil. Characters that are not
// valid UTF-8 count one for each byte.
func (t Table) Check(v any) *Excess { return t.check("", Bound{Opaque: false}, reflect.ValueOf(v)) }

func (t Table) check(path string, b Bound, v reflect.Value) *Excess {
	if !v.IsValid() || b.Opaque || plain(v.Type()) {
		return nil
	}
	switch v.Kind() { //nolint:exhaustive // numbers are bounded by themselves
	case reflect.String:
		if n := utf8.RuneCountInString(v.String()); n > b.Chars {
			return &Excess{Field: path, Has: n, Allowed: b.Chars}
		}
	case reflect.Pointer, reflect.Interface:
		return t.check(path, b, v.Elem())
	case reflect.Slice, reflect.Map:
		return t.checkItems(path, b, v)
	case reflect.Struct:
		for _, f := range fields(v.Type()) {
			if e := t.check(join(path, f), t.of(v.Type(), f), v.FieldByIndex(f.Index)); e != nil {
				return e
			}
		}
	}
	return nil
}

func (t Table) checkItems(path string, b Bound, v reflect.Value) *Excess {
	if v.Type() == rawType {
		if n := v.Len(); n > b.bytes() {
			return &Excess{Field: path, Has: n, Allowed: b.bytes()}
		}
		return nil
	}
	if n := v.Len(); n > b.Items {
		return &Excess{Field: path, Has: n, Allowed: b.Items, Items: true}
	}
	if v.Kind() == reflect.Slice {
		for k := range v.Len() {
			if e := t.check(path, b, v.Index(k)); e != nil {
				return e
			}
		}
		return nil
	}
	for _, k := range sortedKeys(v) {
		if e := t.check(path, b, k); e != nil {
			return e
		}
		if e := t.check(path, b, v.MapIndex(k)); e != nil {
			return e
		}
	}
	return nil
}

// Size is how many bytes a value has as JSON, 0 for one that has no JSON.
func Size(v any) int {
	raw, err := json.Marshal(v)
	if err != nil {
		return 0
	}
	return len(raw)
}

// Weight is how many bytes a text has as JSON without its quotes: some characters have six.
func Weight(s string) int {
	n := 0
	for k, r := range s {
		n += weightOf(s[k:], r)
	}
	return n
}

func weightOf(rest string, r rune) int {
	width := utf8.RuneLen(r)
	switch {
	case r == utf8.RuneError && !strings.HasPrefix(rest, "\uFFFD"), r == '<', r == '>', r == '&', r == 0x2028, r == 0x2029:
		return 6
	case r == '"', r == '\\', r == '\n', r == '\r', r == '\t', r == '\b', r == '\f':
		return 2
	case r < ' ':
		return 6
	}
	return width
}

// Cut shortens a text to so many bytes as JSON, marking the cut.
func Cut(s string, weight int) string {
	if len(s)*6 <= weight || Weight(s) <= weight {
		return s
	}
	const mark = "…"
	n := len(mark)
	if weight < n {
		return ""
	}
	for k, r := range s {
		if n += weightOf(s[k:], r); n > weight {
			return s[:k] + mark
		}
	}
	return s
}

var (
	rawType  = reflect.TypeFor[json.RawMessage]()
	timeType = reflect.TypeFor[time.Time]()
)

// plain reports whether values of a type have one size, whatever they are.
func plain(t reflect.Type) bool { return t == timeType }

// fields are those of a struct that travel as JSON.
func fields(t reflect.Type) []reflect.StructField {
	var out []reflect.StructField
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); f.IsExported() && name != "-" {
			out = append(out, f)
		}
	}
	return out
}

func join(path string, f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case f.Anonymous && name == "":
		return path
	case name == "":
		name = f.Name
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// sortedKeys are a map's keys in one order, as workflows need it.
func sortedKeys(m reflect.Value) []reflect.Value {
	return slices.SortedFunc(slices.Values(m.MapKeys()), func(a, b reflect.Value) int {
		if a.CanInt() {
			return cmp.Compare(a.Int(), b.Int())
		}
		return strings.Compare(a.String(), b.String())
	})
}
