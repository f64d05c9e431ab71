package vendors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/vendors"
	"muster/playbook/file"
)

const alice = "alice@example.com"

var files = []string{"slack.json", "jira.json", "pagerduty.json"}

// simulated makes simulators after the example playbook, with pairs of texts replaced in it.
func simulated(t *testing.T, replace ...string) *vendors.Sims {
	t.Helper()
	text := strings.NewReplacer(replace...).Replace(string(file.Example))
	p, err := file.Parse("muster.yaml", []byte(text), time.Now())
	require.NoError(t, err)
	s, err := vendors.NewSims(p, "http://sims.example.com")
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// fill opens an incident at each vendor.
func fill(t *testing.T, s *vendors.Sims) {
	t.Helper()
	s.Slack.AddChannel("inc-1")
	require.NoError(t, s.Slack.Person(alice).Joins("inc-1"))
	_, err := s.Slack.Person(alice).Posts("inc-1", "what is going on?")
	require.NoError(t, err)
	env := s.Env("", []string{"env:PD_CHECKOUT"})
	for path, body := range map[string]string{
		"/jira/rest/api/2/issue": `{"fields":{"project":{"key":"OPS"},"issuetype":{"name":"Incident"},"summary":"down"}}`,
		"/pagerduty/v2/enqueue":  fmt.Sprintf(`{"routing_key":%q,"event_action":"trigger","dedup_key":"k","payload":{"summary":"down","source":"m","severity":"critical"}}`, env["PD_CHECKOUT"]),
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
		request.SetBasicAuth(env["JIRA_EMAIL"], env["JIRA_TOKEN"])
		answer := httptest.NewRecorder()
		s.Site(vendors.SiteOptions{}).ServeHTTP(answer, request)
		require.Less(t, answer.Code, 300, answer.Body.String())
	}
}

// keepOnce saves as at the end of a run.
func keepOnce(t *testing.T, s *vendors.Sims, dir string, log io.Writer) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Keep(ctx, dir, time.Hour, slog.New(slog.NewTextHandler(log, nil)))
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	require.NoError(t, err)
	return string(text)
}

func TestARestartForgetsNothing(t *testing.T) {
	t.Parallel()
	old, dir := simulated(t), t.TempDir()
	require.NoError(t, old.Restore(dir), "there is nothing yet")
	fill(t, old)
	keepOnce(t, old, dir, t.Output())

	next, again := simulated(t), t.TempDir()
	require.NoError(t, next.Restore(dir))
	require.Len(t, next.Jira.Issues(), 1)
	require.Len(t, next.Pager.Incidents(), 1)
	ch, found := next.Slack.Channel("inc-1")
	require.True(t, found)
	require.Len(t, ch.Messages, 1)
	keepOnce(t, next, again, t.Output())
	for _, name := range files {
		require.Equal(t, read(t, dir, name), read(t, again, name))
	}
}

func TestARestartLearnsWhatIsNewInThePlaybook(t *testing.T) {
	t.Parallel()
	old, dir := simulated(t), t.TempDir()
	fill(t, old)
	keepOnce(t, old, dir, t.Output())

	next := simulated(t, "alice@example.com", "zoe@example.com", "env:PD_SEARCH", "env:PD_FIND", "#incidents", "#outages", "project: OPS", "project: NEW")
	require.NoError(t, next.Restore(dir))
	require.NotPanics(t, func() { next.Slack.Person("zoe@example.com"); next.Slack.Person(alice) })
	_, found := next.Slack.Channel("outages")
	require.True(t, found)
	env := next.Env("", []string{"env:PD_FIND"})
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/jira/rest/api/2/project/NEW", nil)
	request.SetBasicAuth(env["JIRA_EMAIL"], env["JIRA_TOKEN"])
	answer := httptest.NewRecorder()
	next.Site(vendors.SiteOptions{}).ServeHTTP(answer, request)
	require.Equal(t, http.StatusOK, answer.Code)
	var known []string
	for _, sv := range next.Pager.State(0).Services {
		known = append(known, sv.Name)
	}
	require.Subset(t, known, []string{"PD_FIND", "PD_SEARCH"})
	require.Len(t, next.Jira.Issues(), 1)
}

func TestAFileThatIsNoneIsNamed(t *testing.T) {
	t.Parallel()
	old, dir := simulated(t), t.TempDir()
	fill(t, old)
	keepOnce(t, old, dir, t.Output())
	broken := filepath.Join(dir, "jira.json")
	require.NoError(t, os.WriteFile(broken, []byte(read(t, broken)[:100]), 0o600))

	next := simulated(t)
	require.ErrorContains(t, next.Restore(dir), broken)
	require.Empty(t, next.Jira.Issues())
	require.Len(t, next.Pager.Incidents(), 1, "the others are restored")
}

func TestAFileIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	s, dir := simulated(t), t.TempDir()
	keepOnce(t, s, dir, t.Output())
	reader, err := os.Open(filepath.Join(dir, "jira.json"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, reader.Close()) })
	before := read(t, dir, "jira.json")
	fill(t, s)
	keepOnce(t, s, dir, t.Output())

	seen, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, before, string(seen), "whoever reads the old file sees all of it and nothing else")
	require.NotEqual(t, before, read(t, dir, "jira.json"))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, len(files), "nothing is left over")
}

func TestAFileThatCannotBeReplacedStays(t *testing.T) {
	t.Parallel()
	s, dir := simulated(t), t.TempDir()
	keepOnce(t, s, dir, t.Output())
	before := read(t, dir, "jira.json")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "jira.json.tmp"), 0o700))
	fill(t, s)
	var log bytes.Buffer
	keepOnce(t, s, dir, &log)
	require.Equal(t, before, read(t, dir, "jira.json"))
	require.Contains(t, log.String(), "jira.json")
	require.NotContains(t, log.String(), "slack.json")
}

func TestOnlyWhatChangedIsSavedAtTheInterval(t *testing.T) {
	t.Parallel()
	s, dir := simulated(t), t.TempDir()
	info := func(name string) os.FileInfo {
		i, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		return i
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Keep(ctx, dir, time.Second, slog.New(slog.NewTextHandler(t.Output(), nil)))
		}()
		pass := func(d time.Duration) {
			<-time.After(d)
			synctest.Wait()
		}
		pass(1500 * time.Millisecond)
		slack, jira := info("slack.json"), info("jira.json")
		s.Slack.AddChannel("inc-1")
		pass(time.Second)
		require.False(t, os.SameFile(slack, info("slack.json")), "it is another file")
		require.True(t, os.SameFile(jira, info("jira.json")), "it was not written again")

		s.Slack.AddChannel("inc-2")
		cancel()
		<-done
	})
	require.Contains(t, read(t, dir, "slack.json"), `"inc-2"`)
	require.True(t, json.Valid([]byte(read(t, dir, "slack.json"))))
}
