package bounds

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Fullest fills what a pointer points at with as much as the table allows, in the characters that
// have most bytes as JSON, and gives the fields that have no bound. It is for tests.
func (t Table) Fullest(pointer any) (unbounded []string) {
	f := filler{table: t}
	v := reflect.ValueOf(pointer).Elem()
	f.fill(v.Type().String(), Bound{}, v)
	slices.Sort(f.unbounded)
	return slices.Compact(f.unbounded)
}

type filler struct {
	table     Table
	unbounded []string
	within    []reflect.Type
}

func (f *filler) fill(path string, b Bound, v reflect.Value) {
	if b.Opaque {
		return
	}
	if plain(v.Type()) {
		v.Set(reflect.ValueOf(time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)))
		return
	}
	switch v.Kind() { //nolint:exhaustive // what else there is, fails below
	case reflect.String:
		if b.bytes() == 0 {
			f.unbounded = append(f.unbounded, path)
		}
		v.SetString(worst(b))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(math.MaxInt32)
	case reflect.Float64:
		v.SetFloat(math.Pi)
	case reflect.Pointer:
		if slices.Contains(f.within, v.Type()) {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(path, b, v.Elem())
	case reflect.Struct:
		f.within = append(f.within, reflect.PointerTo(v.Type()))
		for _, field := range fields(v.Type()) {
			f.fill(v.Type().String()+"."+field.Name, f.table.of(v.Type(), field), v.FieldByIndex(field.Index))
		}
		f.within = f.within[:len(f.within)-1]
	case reflect.Slice, reflect.Map:
		f.fillItems(path, b, v)
	default:
		f.unbounded = append(f.unbounded, path+" (a "+v.Kind().String()+")")
	}
}

func (f *filler) fillItems(path string, b Bound, v reflect.Value) {
	if v.Type() == rawType {
		if b.bytes() < 2 {
			f.unbounded = append(f.unbounded, path)
			return
		}
		v.SetBytes([]byte(`"` + strings.Repeat("x", b.bytes()-2) + `"`))
		return
	}
	if b.Items == 0 {
		f.unbounded = append(f.unbounded, path)
	}
	if v.Kind() == reflect.Map {
		v.Set(reflect.MakeMap(v.Type()))
	}
	item := reflect.New(v.Type().Elem()).Elem()
	f.fill(path, b, item)
	if v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String && b.bytes() == 0 {
		f.unbounded = append(f.unbounded, path+" (its keys)")
		return
	}
	each, size := Size(item.Interface())+1, 2
	for k := range b.Items {
		if size += each; b.Total > 0 && size > b.Total {
			break
		}
		if v.Kind() == reflect.Slice {
			v.Set(reflect.Append(v, item))
			continue
		}
		key := reflect.New(v.Type().Key()).Elem()
		if key.Kind() == reflect.String {
			n := fmt.Sprint(k)
			key.SetString(n + worst(Bound{Bytes: max(b.bytes()-len(n), 0)}))
		} else {
			key.SetInt(int64(math.MaxInt32 - k))
		}
		size += Size(key.Interface()) + 1
		v.SetMapIndex(key, item)
	}
}
