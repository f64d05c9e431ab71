package simkit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A simulator's state is one struct, which SaveState writes down and LoadState reads, whatever
// it holds: the simulator has no second description of it that could fall behind. All fields
// are exported, or saving fails. One that belongs to a run and not to the state has the tag
// `json:"-"` and is left out; other tags mean nothing here, and a field has the name that it
// has in the code.
//
// A file holds the state as a list of objects: first the struct itself, then everything that a
// pointer leads to, in the order in which it is met. A pointer is the number of its object in
// the list, so that two pointers to one thing still do when they are read, and a circle is none
// to follow. What a pointer leads to must be of its own, and no part of something else.
//
// Fields that are zero are left out. A nil map is not: one that is missing is new in the code,
// and is made, so that it can be written to.

// header is what a file begins with.
type header struct {
	Format  string          `json:"format"`
	Sum     string          `json:"sha256"`
	Objects json.RawMessage `json:"objects"`
}

func sum(objects []byte) string {
	s := sha256.Sum256(objects)
	return hex.EncodeToString(s[:])
}

// SaveState writes a state, which is a pointer to a struct. The format says which simulator it
// is of and how it is laid out, so that no other one takes it for its own: change it when the
// state of an older file can no longer be read.
func SaveState(w io.Writer, format string, state any) error {
	objects, err := encodeObjects(state)
	if err == nil {
		_, err = fmt.Fprintf(w, "{\"format\":%q,\"sha256\":%q,\"objects\":%s}\n", format, sum(objects), objects)
	}
	if err != nil {
		return fmt.Errorf("save state %s: %w", format, err)
	}
	return nil
}

// LoadState reads what SaveState wrote. It refuses another format, a file in which anything has
// changed since, a field that the state does not have (at the next save it would be lost) and
// anything that follows.
func LoadState[T any](r io.Reader, format string) (*T, error) {
	state := new(T)
	objects, err := readObjects(r, format)
	if err == nil {
		err = decodeObjects(objects, state)
	}
	if err != nil {
		return nil, fmt.Errorf("load state %s: %w", format, err)
	}
	return state, nil
}

func readObjects(r io.Reader, format string) ([]byte, error) {
	var file header
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, err
	}
	_, err := dec.Token()
	switch {
	case !errors.Is(err, io.EOF):
		return nil, errors.New("something follows its end")
	case file.Format != format:
		return nil, fmt.Errorf("its format is %q, not %q", file.Format, format)
	case file.Sum != sum(file.Objects):
		return nil, errors.New("the file is damaged, or was changed by hand")
	}
	return file.Objects, nil
}
