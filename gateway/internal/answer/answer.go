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

// Problem answers an error. The codes are those of incident.Problem, and unauthorized, forbidden,
// not_recorded, away, too_large, unsupported_media_type, method_not_allowed and internal.
func Problem(w http.ResponseWriter, status int, p incident.Problem) {
	write(w, status, "application/problem+json", p)
}

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
