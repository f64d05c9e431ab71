package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody bounds what a caller of the API may send, maxWebhook what a vendor may. Jira sends
// whole issues, descriptions and all.
const (
	maxBody    = 1 << 20
	maxWebhook = 4 << 20
)

// readBody reads a body that is not larger than it may be.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &httpError{http.StatusRequestEntityTooLarge, problem{
			Code: "too_large", Field: "body", Reason: fmt.Sprintf("is larger than %d bytes", most), Mend: "shorten it and link to the rest",
		}}
	case err != nil:
		return nil, invalid("body", "could not be read to its end", "send it again")
	}
	return body, nil
}

// decode reads a JSON body strictly. A body that is empty leaves into as it is, for many
// commands need nothing.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &httpError{http.StatusUnsupportedMediaType, problem{
			Code: "unsupported_media_type", Field: "Content-Type", Reason: "is not JSON", Mend: "send application/json",
		}}
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return explain(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return invalid("body", "holds more than one JSON value", "send one object")
	}
	return nil
}

// explain says which field is wrong, in words that do not name Go's types.
func explain(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		field := kind.Field
		if field == "" {
			field = "body"
		}
		return invalid(field, "is a JSON "+kind.Value, "write "+wanted(kind.Type.Kind().String()))
	case errors.As(err, &syntax):
		return invalid("body", fmt.Sprintf("is no JSON, at byte %d", syntax.Offset), "check it with a JSON tool")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return invalid("body", "is JSON that ends too early", "send all of it")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalid(strings.Trim(name, `"`), "is no field of this", "leave it out, or correct its name")
	}
	return invalid("body", "cannot be read: "+strings.TrimPrefix(err.Error(), "json: "), "correct it")
}

func wanted(goKind string) string {
	switch {
	case strings.HasPrefix(goKind, "int"), strings.HasPrefix(goKind, "float"):
		return "a number"
	case goKind == "bool":
		return "true or false"
	case goKind == "slice":
		return "a list"
	case goKind == "struct":
		return "an object"
	}
	return "a text"
}
