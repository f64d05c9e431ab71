package slack

import (
	"bytes"
	"encoding/json"
)

// loose is a text; a number or a truth value is taken as it is written, and anything else is
// empty.
type loose string

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (l *loose) UnmarshalJSON(raw []byte) error {
	*l = ""
	var s string
	switch {
	case json.Unmarshal(raw, &s) == nil:
		*l = loose(s)
	case len(raw) > 0 && raw[0] != '{' && raw[0] != '[':
		*l = loose(raw)
	}
	return nil
}

// lenient is a value that stays empty if what comes has another shape.
type lenient[T any] struct{ V T }

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (l *lenient[T]) UnmarshalJSON(raw []byte) error {
	var v T
	if json.Unmarshal(raw, &v) == nil {
		l.V = v
	}
	return nil
}

// listOf is a list without its elements of another shape.
type listOf[T any] []T

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (l *listOf[T]) UnmarshalJSON(raw []byte) error {
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		return nil
	}
	for _, e := range elements {
		var v T
		if !bytes.Equal(e, []byte("null")) && json.Unmarshal(e, &v) == nil {
			*l = append(*l, v)
		}
	}
	return nil
}

// channelOrID is a channel, given by its ID or whole.
type channelOrID wireNamed

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (c *channelOrID) UnmarshalJSON(raw []byte) error {
	var whole wireNamed
	if json.Unmarshal(raw, &whole) == nil {
		*c = channelOrID(whole)
		return nil
	}
	return c.ID.UnmarshalJSON(raw)
}
