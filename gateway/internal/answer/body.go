package answer

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"muster/incident"
)

// Body reads a body of at most most bytes.
func Body(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &Error{http.StatusRequestEntityTooLarge, incident.Problem{
			Code: "too_large", Field: "body", Reason: fmt.Sprintf("is larger than %d bytes", most), Mend: "shorten it and link to the rest",
		}}
	case err != nil:
		return nil, Invalid("body", "could not be read to its end", "send it again")
	}
	return body, nil
}
