package carried

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Schema is the JSON of all roots of a release.
type Schema struct {
	// Roots are types by the names of the roots.
	Roots map[string]string `json:"roots"`
	// Objects are the fields of each struct: a type, and how its absence is written.
	Objects map[string]map[string]string `json:"objects"`
	// Words are those of each type that has a fixed set of them.
	Words map[string][]string `json:"words"`
}

// The kinds of values that have no parts. Others are "list of X", "map of K to X", or the name of
// an object or of a set of words.
const (
	kindText   = "text"
	kindInt    = "int"
	kindNumber = "number"
	kindBool   = "bool"
	kindTime   = "time"
	kindAny    = "any"
	kindBytes  = "bytes"

	listOf = "list of "
	mapOf  = "map of "
	mapTo  = " to "
)

// module is cut off the names of types.
const module = "muster/"

// Of gives the schema of roots. Words tells the fixed words of a type, nil for one that has none.
func Of(roots []Root, words func(reflect.Type) []string) (*Schema, error) {
	b := builder{words: words, Schema: &Schema{Roots: map[string]string{}, Objects: map[string]map[string]string{}, Words: map[string][]string{}}}
	for _, r := range roots {
		t := reflect.TypeOf(r.Type)
		if _, known := b.Roots[r.Name]; known {
			return nil, fmt.Errorf("two roots are called %q", r.Name)
		}
		kind, err := b.kind(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		b.Roots[r.Name] = kind
	}
	return b.Schema, nil
}

type builder struct {
	*Schema
	words func(reflect.Type) []string
}

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
)

func (b *builder) kind(t reflect.Type) (string, error) {
	switch {
	case t == timeType, t == reflect.PointerTo(timeType):
		return kindTime, nil
	case t == rawType:
		return kindAny, nil
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return "", fmt.Errorf("%s writes its JSON itself, which nobody can compare", t)
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return kindText, nil
	}
	switch t.Kind() { //nolint:exhaustive // what else there is has no JSON
	case reflect.Pointer:
		return b.kind(t.Elem())
	case reflect.String:
		return b.text(t), nil
	case reflect.Bool:
		return kindBool, nil
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Int16, reflect.Int8, reflect.Uint, reflect.Uint32, reflect.Uint64:
		return kindInt, nil
	case reflect.Float32, reflect.Float64:
		return kindNumber, nil
	case reflect.Interface:
		return kindAny, nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return kindBytes, nil
		}
		item, err := b.kind(t.Elem())
		return listOf + item, err
	case reflect.Map:
		key, err := b.kind(t.Key())
		if err != nil {
			return "", err
		}
		item, err := b.kind(t.Elem())
		return mapOf + key + mapTo + item, err
	case reflect.Struct:
		return b.object(t)
	}
	return "", fmt.Errorf("%s has no JSON", t)
}

func (b *builder) text(t reflect.Type) string {
	words := b.words(t)
	if len(words) == 0 {
		return kindText
	}
	b.Words[nameOf(t)] = words
	return nameOf(t)
}

func (b *builder) object(t reflect.Type) (string, error) {
	name := nameOf(t)
	if _, known := b.Objects[name]; known {
		return name, nil
	}
	fields := map[string]string{}
	b.Objects[name] = fields
	for _, f := range jsonFields(t) {
		kind, err := b.kind(f.Type)
		if err != nil {
			return "", fmt.Errorf("%s.%s: %w", name, f.Name, err)
		}
		fields[f.name] = strings.Join(append([]string{kind}, f.options...), ", ")
	}
	return name, nil
}

func nameOf(t reflect.Type) string {
	if t.PkgPath() == "" {
		return t.String()
	}
	return strings.TrimPrefix(t.PkgPath(), module) + "." + t.Name()
}

type field struct {
	reflect.StructField

	name    string
	options []string // omitempty, omitzero
}

// jsonFields are those of a struct that travel, with those of the structs embedded in it.
func jsonFields(t reflect.Type) []field {
	var out []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" || !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		own := field{StructField: f, name: name}
		if options != "" {
			own.options = strings.Split(options, ",")
		}
		out = append(out, own)
	}
	slices.SortFunc(out, func(x, y field) int { return strings.Compare(x.name, y.name) })
	return out
}

// parts gives the kinds of a list's items, and of a map's keys; both are empty for what is neither.
func parts(kind string) (key, item string) {
	if rest, ok := strings.CutPrefix(kind, listOf); ok {
		return "", rest
	}
	if rest, ok := strings.CutPrefix(kind, mapOf); ok {
		key, item, _ = strings.Cut(rest, mapTo)
	}
	return key, item
}

// kindOf is a field's kind without the way in which its absence is written.
func kindOf(field string) string {
	kind, _, _ := strings.Cut(field, ", ")
	return kind
}
