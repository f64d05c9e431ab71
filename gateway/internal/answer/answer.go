// Package answer is how the gateway's rooms read bodies and answer: in JSON, with every error as a
// problem that names its mend.
package answer

import (
	"encoding/json"
	"net/http"

	"muster/incident"
)

// JSON answers a value.
func JSON(w http.ResponseWriter, status int, v any) { write(w, status, "application/json", v) }

// RequestIDHeader is the header in which the answer has the request's ID, which the log has too.
const RequestIDHeader = "X-Request-Id"

// document is a problem as RFC 9457 wants it, with what Muster says besides: the code, the field that
// is wrong, the reason and the mend in parts.
// https://www.rfc-editor.org/rfc/rfc9457#section-3.1
type document struct {
	// Type names the kind of problem, once for each code. Nothing can be fetched from it.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Instance names this one answer, as the log does.
	Instance string `json:"instance,omitempty"`
	incident.Problem
}

// typePrefix is before a code in a problem's type.
const typePrefix = "urn:problem-type:muster:"

// Titles says what each code means, the same for every problem of its kind. The codes are those of
// incident.Problem and the gateway's own.
func Titles() map[incident.Code]string {
	return map[incident.Code]string{
		incident.CodeInvalid:     "Something in the request is wrong",
		incident.CodeNotFound:    "There is no such thing",
		incident.CodeIllegal:     "This is not possible in the present state",
		incident.CodeConflict:    "This contradicts something that was said before",
		"unauthorized":           "It is not known who calls",
		"forbidden":              "The caller may not do this",
		"not_recorded":           "This is not known to be recorded",
		"away":                   "Muster cannot answer this now",
		"too_large":              "The body is too large",
		"too_slow":               "The body came too slowly",
		"rate_limited":           "This was asked for too often",
		"bad_signature":          "The signature does not fit",
		"unsupported_media_type": "The body is not of a kind that is read here",
		"method_not_allowed":     "The method is not possible here",
		"internal":               "Something went wrong in Muster",
	}
}

var titles = Titles()

// Problem answers an error.
func Problem(w http.ResponseWriter, status int, p incident.Problem) {
	d := document{Type: typePrefix + string(p.Code), Title: titles[p.Code], Status: status, Detail: detail(p), Problem: p}
	if d.Title == "" {
		d.Type, d.Title = "about:blank", http.StatusText(status) // as the RFC asks where there is no more to say
	}
	if id := w.Header().Get(RequestIDHeader); id != "" {
		d.Instance = "urn:uuid:" + id
	}
	write(w, status, "application/problem+json", d)
}

// detail is the problem in one line, with its mend.
func detail(p incident.Problem) string { return (&p).Error() }

// Internal answers what only the log may tell.
func Internal(w http.ResponseWriter) {
	Problem(w, http.StatusInternalServerError, incident.Problem{
		Code: "internal", Reason: "something went wrong here; it was logged", Mend: "try again, and tell who runs Muster",
	})
}

func write(w http.ResponseWriter, status int, contentType string, v any) {
	body, err := json.Marshal(v)
	if err != nil { // what is answered are plain structs
		status, body = http.StatusInternalServerError, []byte(`{"code":"internal","reason":"the answer could not be written"}`)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the caller has gone
}
