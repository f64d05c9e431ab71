package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

// asks calls the HTTP API and decodes its answer.
func (m *installation) asks(method, path, body string) (int, map[string]any) {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.Gateway+path, strings.NewReader(body))
	require.NoError(m.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Muster-Person", "bob@example.com")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(m.t, err)
	defer func() { require.NoError(m.t, resp.Body.Close()) }()
	answer := map[string]any{}
	require.NoError(m.t, json.NewDecoder(resp.Body).Decode(&answer))
	return resp.StatusCode, answer
}

func TestAnIncidentOverHTTP(t *testing.T) {
	t.Parallel()
	m := install(t)
	status, declared := m.asks("POST", "/v1/incidents", `{"title": "Checkout is down", "severity": 2, "services": ["checkout"]}`)
	require.Equal(t, http.StatusCreated, status, declared)
	require.Equal(t, "INC-1", declared["key"])
	i := &opened{m: m, number: 1}
	i.isOpen()
	for _, c := range []struct{ path, body string }{
		{"update", `{"text": "Looking"}`},
		{"assign", `{"role": "commander", "person": "bob@example.com"}`},
		{"follow-ups", `{"title": "Alert earlier", "owner": "alice@example.com"}`},
		{"follow-ups/1", `{"status": "dropped", "reason": "There is one"}`},
		{"mitigate", `{}`},
		{"resolve", `{"learning": "Look earlier"}`},
		{"review/waive", `{"reason": "Nothing new"}`},
		{"retry", `{}`},
	} {
		status, answer := m.asks("POST", "/v1/incidents/INC-1/"+c.path, c.body)
		require.Equal(t, http.StatusOK, status, "%s: %v", c.path, answer)
	}
	i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed })
	m.eventually(func() bool {
		_, list := m.asks("GET", "/v1/incidents?all=true", "")
		return strings.Contains(fmt.Sprint(list), "INC-1")
	}, "the list has it")
}

func TestBadInputOverHTTPNamesFieldAndMendAndLosesNothing(t *testing.T) {
	t.Parallel()
	m := install(t)
	m.declares("bob@example.com", "Odd log lines", 4)
	for _, c := range []struct {
		path, body, field string
		status            int
	}{
		{"/v1/incidents", `{"title": "", "severity": 2}`, "title", 400},
		{"/v1/incidents", `{"title": "` + strings.Repeat("x", 10_000) + `"}`, "title", 400},
		{"/v1/incidents", `{"title": "x", "severity": 9}`, "severity", 400},
		{"/v1/incidents", `{"title": "x", "services": ["nosuch"]}`, "service", 400},
		{"/v1/incidents", `{"title": "x", "kind": "party"}`, "kind", 400},
		{"/v1/incidents", `{"titel": "x"}`, "titel", 400},
		{"/v1/incidents/INC-99/resolve", `{}`, "incident", 404},
		{"/v1/incidents/INC-1/assign", `{"role": "pilot", "person": "bob@example.com"}`, "role", 400},
		{"/v1/incidents/INC-1/assign", `{"role": "commander", "person": "bob"}`, "person", 400},
		{"/v1/incidents/INC-1/review/held", `{}`, "status", 409},
		{"/v1/incidents/INC-1/follow-ups/7", `{"status": "done"}`, "number", 404},
	} {
		status, answer := m.asks("POST", c.path, c.body)
		require.Equal(t, c.status, status, "%s %.60s: %v", c.path, c.body, answer)
		require.Equal(t, c.field, answer["field"], "%s %.60s: %v", c.path, c.body, answer)
		require.NotEmpty(t, answer["reason"])
		require.NotEmpty(t, answer["mend"])
	}
	_, f := m.asks("GET", "/v1/incidents/INC-1", "")
	require.Contains(t, fmt.Sprint(f), "open", "nothing was half applied")
}

func TestTitlesThatTryToActAreHarmlessEverywhere(t *testing.T) {
	t.Parallel()
	m := install(t)
	for n, title := range []string{
		"<!channel> {code} h1. *bold* | `x` & <b>", "🔥🔥🔥", "השרת נפל \u202Egnp.exe", "tab\tand\nnewline\x07", "ПРОД лежит",
	} {
		i := m.declares("bob@example.com", title, 4)
		f := i.isOpen()
		require.Regexp(t, `^[a-z0-9][a-z0-9_-]{0,79}$`, f.Links.Channel.Name, title)
		require.Equal(t, n+1, i.number)
		for _, msg := range i.channels()[0].Messages {
			require.NotContains(t, string(msg.Blocks), "<!channel>")
		}
		require.Len(t, i.issues(), 1, title)
	}
}

func TestASignalFromTheTemporalCommandLineNeedsNoInput(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Odd log lines", 4)
	i.isOpen()
	require.NoError(t, m.Client.SignalWorkflow(t.Context(), i.key(), "", api.Resolve, nil))
	i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed })
}

// types runs the command line as a person would, and gives its exit code and output.
func (m *installation) types(args ...string) (int, string) {
	m.t.Helper()
	path, err := starterBinary()
	require.NoError(m.t, err)
	cmd := exec.CommandContext(m.t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "MUSTER_PERSON=bob@example.com")
	for k, v := range m.Env() {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.CombinedOutput()
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		return exit.ExitCode(), string(out)
	}
	require.NoError(m.t, err)
	return 0, string(out)
}

func TestAnIncidentOnTheCommandLine(t *testing.T) {
	t.Parallel()
	m := install(t)
	for _, step := range []struct {
		args string
		code int
		says string
	}{
		{"declare|Checkout is down|--severity|1|--service|checkout", 0, "INC-1"},
		{"declare|Checkout is down|--severity|9", 2, "severity"},
		{"show|INC-1", 0, "Checkout is down"},
		{"show|INC-7", 3, "INC-7"},
		{"update|INC-1|The database is full", 0, "The database is full"},
		{"severity|INC-1|2", 0, "2"},
		{"assign|INC-1|commander|bob@example.com", 0, "bob@example.com"},
		{"follow-up|add|INC-1|Alert on disk space|--owner|alice@example.com|--due|2030-01-01", 0, "1"},
		{"review|held|INC-1", 4, "resolve"},
		{"mitigate|INC-1", 0, "itigated"},
		{"resolve|INC-1|--learning|Disks fill silently", 0, "esolved"},
		{"review|waive|INC-1|nothing new", 0, "waived"},
		{"reopen|INC-1", 0, "eopened"},
		{"cancel|INC-1", 0, "ancelled"},
		{"retry|INC-1", 0, "INC-1"},
		{"playbook|check", 0, ""},
	} {
		code, out := m.types(strings.Split(step.args, "|")...)
		require.Equal(t, step.code, code, "%s\n%s", step.args, out)
		require.Contains(t, out, step.says, step.args)
	}
	code, out := m.types("list", "--all", "--output", "json")
	require.Zero(t, code, out)
	require.True(t, json.Valid([]byte(out)), out)
}
