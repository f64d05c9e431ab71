package simkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// EncodeState writes down a simulator's state. The format says which simulator it is of and
// how it is laid out, so that no other one takes it for its own.
func EncodeState(format string, state any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // people read these files
	if err := enc.Encode(map[string]any{"format": format, "state": state}); err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return out.Bytes(), nil
}

// DecodeState reads what EncodeState wrote. It refuses another format, a field that state does
// not have and anything that follows, since each of them would be lost at the next save.
func DecodeState(r io.Reader, format string, state any) error {
	var file struct {
		Format string          `json:"format"`
		State  json.RawMessage `json:"state"`
	}
	dec := json.NewDecoder(r)
	if err := dec.Decode(&file); err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("read state: something follows its end")
	}
	if file.Format != format {
		return fmt.Errorf("read state: its format is %q, not %q", file.Format, format)
	}
	if len(file.State) == 0 || string(file.State) == "null" {
		return errors.New("read state: there is none")
	}
	dec = json.NewDecoder(bytes.NewReader(file.State))
	dec.DisallowUnknownFields()
	if err := dec.Decode(state); err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	return nil
}
