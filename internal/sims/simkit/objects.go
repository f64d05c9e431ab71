package simkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// encoder writes objects, one on a line.
type encoder struct {
	out     bytes.Buffer
	text    *json.Encoder
	objects []reflect.Value // pointers, by number
	numbers map[any]int     // by pointer
	parts   map[any]bool    // pointers to what is written as part of an object
	shapes  map[reflect.Type]shape
}

// shape is how a struct is written. It is worked out once for each kind: this runs at every
// request of the sandbox.
type shape []member

type member struct {
	index int
	name  string
	isMap bool
}

func encodeObjects(root any) ([]byte, error) {
	e := &encoder{numbers: map[any]int{}, parts: map[any]bool{}, shapes: map[reflect.Type]shape{}}
	e.text = json.NewEncoder(&e.out)
	e.text.SetEscapeHTML(false) // people read these files
	e.number(reflect.ValueOf(root))
	for n := 0; n < len(e.objects); n++ { // it grows while it is gone through
		e.out.WriteString([]string{"[\n", ",\n"}[min(n, 1)])
		if err := e.fields(e.objects[n].Elem()); err != nil {
			return nil, err
		}
	}
	e.out.WriteString("\n]")
	for p := range e.parts {
		if _, both := e.numbers[p]; both {
			return nil, fmt.Errorf("a pointer leads to a part of something else, a %T", p)
		}
	}
	return e.out.Bytes(), nil
}

// number is that of the object which a pointer leads to.
func (e *encoder) number(p reflect.Value) int {
	n, known := e.numbers[p.Interface()]
	if !known {
		n = len(e.objects)
		e.numbers[p.Interface()] = n
		e.objects = append(e.objects, p)
	}
	return n
}

func (e *encoder) value(v reflect.Value) error {
	switch kindOf(v.Type()) {
	case plain:
		return e.leaf(v)
	case raw:
		if v.IsNil() {
			return e.plain(nil)
		}
		return e.plain(string(v.Bytes()))
	case pointer:
		if v.IsNil() {
			return e.plain(nil)
		}
		return e.plain(e.number(v))
	case object:
		if v.CanAddr() {
			e.parts[v.Addr().Interface()] = true
		}
		return e.fields(v)
	case list:
		return e.list(v)
	case table:
		return e.table(v)
	}
	return fmt.Errorf("a %s cannot be saved", v.Type())
}

func (e *encoder) plain(v any) error {
	if err := e.text.Encode(v); err != nil {
		return err
	}
	e.out.Truncate(e.out.Len() - 1) // the line's end
	return nil
}

// leaf is plain without the detour for what most leaves are.
func (e *encoder) leaf(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Bool:
		e.out.Write(strconv.AppendBool(e.out.AvailableBuffer(), v.Bool()))
	case reflect.Int, reflect.Int64:
		e.out.Write(strconv.AppendInt(e.out.AvailableBuffer(), v.Int(), 10))
	default:
		return e.plain(v.Interface())
	}
	return nil
}

func (e *encoder) shape(t reflect.Type) (shape, error) {
	if known, ok := e.shapes[t]; ok {
		return known, nil
	}
	var made shape
	for n := range t.NumField() {
		f := t.Field(n)
		switch {
		case ofTheRun(f):
		case !f.IsExported():
			return nil, fmt.Errorf("the field %s of %s is not exported", f.Name, t)
		default:
			made = append(made, member{n, f.Name, f.Type.Kind() == reflect.Map})
		}
	}
	e.shapes[t] = made
	return made, nil
}

func (e *encoder) fields(v reflect.Value) error {
	members, err := e.shape(v.Type())
	if err != nil {
		return err
	}
	next := ""
	e.out.WriteByte('{')
	for _, m := range members {
		at := v.Field(m.index)
		if at.IsZero() && !m.isMap {
			continue
		}
		e.out.WriteString(next + `"`)
		e.out.WriteString(m.name)
		e.out.WriteString(`":`)
		next = ","
		if err := e.value(at); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	e.out.WriteByte('}')
	return nil
}

func (e *encoder) list(v reflect.Value) error {
	if v.IsNil() {
		return e.plain(nil)
	}
	e.out.WriteByte('[')
	for n := range v.Len() {
		if n > 0 {
			e.out.WriteByte(',')
		}
		if err := e.value(v.Index(n)); err != nil {
			return err
		}
	}
	e.out.WriteByte(']')
	return nil
}

// table writes a map in the order of its keys, so that one state is always the same file.
func (e *encoder) table(v reflect.Value) error {
	if v.IsNil() {
		return e.plain(nil)
	}
	e.out.WriteByte('{')
	for n, key := range slices.SortedFunc(v.Seq(), func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) }) {
		if n > 0 {
			e.out.WriteByte(',')
		}
		if err := e.plain(key.String()); err != nil {
			return err
		}
		e.out.WriteByte(':')
		if err := e.value(v.MapIndex(key)); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	e.out.WriteByte('}')
	return nil
}

type kind int

const (
	other   kind = iota // cannot be saved
	plain               // as encoding/json has it
	raw                 // bytes, which are text: JSON within JSON would not be kept to the byte
	pointer             // to an object
	object
	list
	table
)

var marshals = reflect.TypeFor[json.Marshaler]()

func kindOf(t reflect.Type) kind {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64, reflect.String:
		return plain
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return raw
		}
		return list
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return plain // what a request brought
		}
	case reflect.Struct:
		if t.Implements(marshals) {
			return plain // a time
		}
		return object
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.Struct && kindOf(t.Elem()) == object {
			return pointer
		}
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return table
		}
	}
	return other
}

// ofTheRun says of a field that it is no part of the state.
func ofTheRun(f reflect.StructField) bool { return f.Tag.Get("json") == "-" }

// decoder reads objects.
type decoder struct {
	objects []json.RawMessage
	made    []reflect.Value // pointers, by number; those not met yet are not valid
	waiting []int           // numbers of objects that are met and not read yet
}

func decodeObjects(text []byte, root any) error {
	var d decoder
	if err := json.Unmarshal(text, &d.objects); err != nil {
		return err
	}
	if len(d.objects) == 0 {
		return errors.New("there is none")
	}
	d.made = make([]reflect.Value, len(d.objects))
	d.meet(0, reflect.ValueOf(root))
	for len(d.waiting) > 0 {
		n := d.waiting[0]
		d.waiting = d.waiting[1:]
		if err := d.fields(d.objects[n], d.made[n].Elem()); err != nil {
			return fmt.Errorf("object %d: %w", n, err)
		}
	}
	return nil
}

func (d *decoder) meet(n int, p reflect.Value) {
	d.made[n] = p
	d.waiting = append(d.waiting, n)
}

func (d *decoder) value(text json.RawMessage, v reflect.Value) error {
	kind := kindOf(v.Type())
	if kind != plain && string(text) == "null" {
		return nil
	}
	switch kind {
	case plain:
		return json.Unmarshal(text, v.Addr().Interface())
	case raw:
		var s string
		err := json.Unmarshal(text, &s)
		v.SetBytes([]byte(s))
		return err
	case pointer:
		return d.pointer(text, v)
	case object:
		return d.fields(text, v)
	case list:
		return d.list(text, v)
	case table:
		return d.table(text, v)
	}
	return fmt.Errorf("a %s cannot be read", v.Type())
}

func (d *decoder) pointer(text json.RawMessage, v reflect.Value) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 || n >= len(d.objects) {
		return fmt.Errorf("there is no object %s", text)
	}
	if !d.made[n].IsValid() {
		d.meet(n, reflect.New(v.Type().Elem()))
	}
	if d.made[n].Type() != v.Type() {
		return fmt.Errorf("object %d is a %s, not a %s", n, d.made[n].Type(), v.Type())
	}
	v.Set(d.made[n])
	return nil
}

func (d *decoder) fields(text json.RawMessage, v reflect.Value) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	for f, at := range v.Fields() {
		if ofTheRun(f) {
			continue
		}
		value, written := values[f.Name]
		delete(values, f.Name)
		switch {
		case written:
			if err := d.value(value, at); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
		case f.Type.Kind() == reflect.Map:
			at.Set(reflect.MakeMap(f.Type))
		}
	}
	for name := range values {
		return fmt.Errorf("unknown field %q", name)
	}
	return nil
}

func (d *decoder) list(text json.RawMessage, v reflect.Value) error {
	var values []json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(values), len(values)))
	for n, value := range values {
		if err := d.value(value, v.Index(n)); err != nil {
			return fmt.Errorf("%d: %w", n, err)
		}
	}
	return nil
}

func (d *decoder) table(text json.RawMessage, v reflect.Value) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(values)))
	for key, value := range values {
		one := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(value, one); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), one)
	}
	return nil
}
