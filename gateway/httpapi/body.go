package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"muster/gateway/internal/answer"
	"muster/incident"
)

// maxBody bounds what a caller may send: more than the fullest declaration and the fullest command have
// in the characters that have most bytes as JSON, and little enough for a workflow's history to take many.
const maxBody = 128 << 10

// decode reads a JSON body strictly. A body that is empty leaves into as it is, for many
// commands need nothing.
func decode(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := answer.Body(w, r, maxBody)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &answer.Error{Status: http.StatusUnsupportedMediaType, Problem: incident.Problem{
			Code: "unsupported_media_type", Field: "Content-Type", Reason: "is not JSON", Mend: "send application/json",
		}}
	}
	if !utf8.Valid(body) {
		return answer.Invalid("body", "is not UTF-8", "write it in UTF-8, the encoding of JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return explain(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return answer.Invalid("body", "holds more than one JSON value", "send one object")
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
		if of, name, within := strings.Cut(field, "."); within && of != "" && unicode.IsUpper(rune(of[0])) { // a type of Go's, which holds the field
			field = name
		}
		if field == "" {
			field = "body"
		}
		return answer.Invalid(field, "is a JSON "+kind.Value, "write "+wanted(kind.Type.Kind().String()))
	case errors.As(err, &syntax):
		return answer.Invalid("body", fmt.Sprintf("is no JSON, at byte %d", syntax.Offset), "check it with a JSON tool")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return answer.Invalid("body", "is JSON that ends too early", "send all of it")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return answer.Invalid(strings.Trim(name, `"`), "is no field of this", "leave it out, or correct its name")
	}
	if at, ok := errors.AsType[*time.ParseError](err); ok {
		return answer.Invalid("body", incident.NoTime(at), "write it like 2026-11-30T09:00:00Z")
	}
	return answer.Invalid("body", "cannot be read", "see docs/messages.md for what it takes")
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
