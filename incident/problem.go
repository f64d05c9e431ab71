package incident

import (
	"errors"
	"fmt"
)

// Code sorts problems so that a gateway can pick an HTTP status and a CLI an exit code.
type Code string

// The codes.
const (
	CodeInvalid  Code = "invalid"   // the input is wrong whatever the state
	CodeIllegal  Code = "illegal"   // the state forbids it now
	CodeNotFound Code = "not_found" // it names something that does not exist
	CodeConflict Code = "conflict"  // the same key was used for something else
)

// Problem is a refusal that a person can act on: it names the field and the mend.
type Problem struct {
	Code   Code   `json:"code"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
	Mend   string `json:"mend,omitempty"`
	// Incident is the number of the incident that stands in the way, 0 for none.
	Incident int `json:"incident,omitempty"`
}

// Error reads "field: reason; mend".
func (p *Problem) Error() string {
	s := p.Reason
	if p.Field != "" {
		s = p.Field + ": " + s
	}
	if p.Mend != "" {
		s += "; " + p.Mend
	}
	return s
}

// AsProblem finds the Problem in an error chain.
func AsProblem(err error) (*Problem, bool) {
	var p *Problem
	ok := errors.As(err, &p)
	return p, ok
}

func invalid(field, mend, format string, args ...any) *Problem {
	return &Problem{Code: CodeInvalid, Field: field, Reason: fmt.Sprintf(format, args...), Mend: mend}
}

func illegal(field, mend, format string, args ...any) *Problem {
	return &Problem{Code: CodeIllegal, Field: field, Reason: fmt.Sprintf(format, args...), Mend: mend}
}
