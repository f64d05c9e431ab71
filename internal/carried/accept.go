package carried

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Accepts lists what the program of a schema would stumble over in a value, decoded with UseNumber,
// that another release has written as a root. Fields that it does not know it passes over.
func (s *Schema) Accepts(root string, value any) []Break {
	kind, there := s.Roots[root]
	if !there {
		return nil // it is asked for nothing of that name
	}
	a := acceptance{Schema: s}
	a.value(root, kind, value)
	return a.breaks
}

type acceptance struct {
	*Schema
	breaks []Break
}

func (a *acceptance) value(path, kind string, v any) {
	if v == nil {
		return
	}
	right := true
	switch shape := a.shape(kind); shape {
	case kindAny:
	case "object":
		right = a.object(path, kind, v)
	case "map":
		right = a.entries(path, kind, v)
	case "list":
		right = a.items(path, kind, v)
	default:
		right = a.plain(kind, shape, v)
	}
	if !right {
		a.breaks = append(a.breaks, Break{Path: path, Why: fmt.Sprintf("%v is no %s", v, kind)})
	}
}

func (a *acceptance) object(path, kind string, v any) bool {
	fields, ok := v.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if known, there := a.Objects[kind][name]; there {
			a.value(path+"."+name, kindOf(known), fields[name])
		}
	}
	return ok
}

func (a *acceptance) entries(path, kind string, v any) bool {
	entries, ok := v.(map[string]any)
	key, item := parts(kind)
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if key == kindInt {
			if _, err := strconv.Atoi(name); err != nil {
				return false
			}
		} else {
			a.value(path+"{}", key, name)
		}
		a.value(path+"[]", item, entries[name])
	}
	return ok
}

func (a *acceptance) items(path, kind string, v any) bool {
	items, ok := v.([]any)
	_, item := parts(kind)
	for _, one := range items {
		a.value(path+"[]", item, one)
	}
	return ok
}

func (a *acceptance) plain(kind, shape string, v any) bool {
	switch shape {
	case kindBool:
		_, ok := v.(bool)
		return ok
	case kindInt:
		n, ok := v.(interface{ Int64() (int64, error) })
		if !ok {
			return false
		}
		_, err := n.Int64()
		return err == nil
	case kindNumber:
		_, ok := v.(interface{ Float64() (float64, error) })
		return ok
	}
	text, ok := v.(string)
	if !ok {
		return false
	}
	switch shape {
	case kindTime:
		_, err := time.Parse(time.RFC3339Nano, text)
		return err == nil
	case kindBytes:
		_, err := base64.StdEncoding.DecodeString(text)
		return err == nil
	}
	words := a.Words[kind]
	return len(words) == 0 || text == "" || slices.Contains(words, text)
}
