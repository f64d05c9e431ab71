package answer_test

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/internal/answer"
	"muster/incident"
)

func TestAProblemIsAsTheRFCWants(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	w.Header().Set(answer.RequestIDHeader, "8f1c6c8e-5d0f-4c57-9d56-0a1f0c1d2e3f")
	answer.Problem(w, 409, incident.Problem{Code: incident.CodeIllegal, Field: "status", Reason: "INC-1 is closed", Mend: "reopen it first", Incident: 1})
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	require.JSONEq(t, `{
		"type": "urn:problem-type:muster:illegal", "title": "This is not possible in the present state", "status": 409,
		"detail": "status: INC-1 is closed; reopen it first", "instance": "urn:uuid:8f1c6c8e-5d0f-4c57-9d56-0a1f0c1d2e3f",
		"code": "illegal", "field": "status", "reason": "INC-1 is closed", "mend": "reopen it first", "incident": 1
	}`, w.Body.String())
}

func TestACodeThatIsNotKnownHasNoTypeOfItsOwn(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	answer.Problem(w, 418, incident.Problem{Code: "new", Reason: "it is new"})
	require.JSONEq(t, `{"type": "about:blank", "title": "I'm a teapot", "status": 418, "detail": "it is new", "code": "new", "reason": "it is new"}`, w.Body.String())
}

func TestTheTypesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/api.md")
	require.NoError(t, err)
	for code, title := range answer.Titles() {
		require.Contains(t, string(text), "| `"+string(code)+"` | ", title)
	}
}
