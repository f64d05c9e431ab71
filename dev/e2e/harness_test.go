// Package e2e runs whole incidents on a real Temporal server against simulated vendors.
package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"muster/dev/sandbox"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/app"
	"muster/internal/contracttest"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/slacksim"
	"muster/playbook/file"
)

const (
	patience = time.Minute
	interval = 20 * time.Millisecond
)

// installation is a running Muster under test.
type installation struct {
	*sandbox.Sandbox
	t         *testing.T
	incidents *incidents.Client
	patient   *incidents.Client // incidents, but that it waits for as long as a test does
}

type option func(*sandbox.Options)

// install starts a Muster of its own for a test, which ends with it. Whatever a vendor would
// not have understood fails the test, and so does a page that is still open.
func install(t *testing.T, options ...option) *installation {
	t.Helper()
	o := sandbox.Options{
		Playbook:     "testdata/muster.yaml",
		NoUI:         true,
		TimeoutScale: 0.1,
		Limits:       app.Limits{ChannelsPerMinute: -1},
		PanicPolicy:  worker.FailWorkflow,
		SweepEvery:   time.Hour,
		Logger:       logger(t),
		Wrap:         contracts(t),
		// A workflow is deleted only once the server has noted how far its queues are, which it does every 30 s.
		DynamicConfig: map[string]any{"history.visibilityProcessorUpdateAckInterval": "1s", "history.transferProcessorUpdateAckInterval": "1s"},
	}
	for _, set := range options {
		set(&o)
	}
	s, err := sandbox.Start(t.Context(), o)
	require.NoError(t, err)
	m := &installation{Sandbox: s, t: t}
	client := incidents.Options{
		Temporal: s.Client, Playbook: file.NewSource(o.Playbook, time.Now), Logger: o.Logger, TimeoutScale: o.TimeoutScale, Converter: s.Converter, Archive: archiveOf(s),
	}
	m.incidents = incidents.New(client)
	client.Wait = patience
	m.patient = incidents.New(client)
	t.Cleanup(func() {
		s.Stop()
		if !t.Failed() {
			require.Empty(t, s.Sims.Unexpected(), "requests that no vendor understands")
		}
	})
	recordAtTheEnd(t, m)
	return m
}

// archiveOf is the sandbox's, nil where it has none.
func archiveOf(s *sandbox.Sandbox) incidents.Archive {
	if s.App() == nil || s.App().Archive == nil {
		return nil
	}
	return s.App().Archive
}

// contracts checks every request against the vendor's own description of its API.
func contracts(t *testing.T) func(string, http.Handler) http.Handler {
	t.Helper()
	return func(vendor string, h http.Handler) http.Handler {
		switch vendor {
		case "slack":
			return contracttest.Check(t, "slack-web", h)
		case "jira":
			return contracttest.Check(t, "jira-cloud-v2", h)
		case "pagerduty":
			return contracttest.Check(t, "pagerduty-events-v2", contracttest.Check(t, "pagerduty-rest", h))
		}
		return h
	}
}

func logger(t *testing.T) *slog.Logger {
	t.Helper()
	if os.Getenv("MUSTER_TEST_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// opened is an incident that a test watches.
type opened struct {
	m      *installation
	number int
}

// declares opens an incident as a person would.
func (m *installation) declares(person, title string, severity incident.Severity, services ...string) *opened {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	res, err := m.incidents.Declare(ctx, "", incident.Declaration{
		Title: title, Severity: severity, Services: services, Actor: incident.Actor{Person: person, Way: incident.WayCLI},
	})
	require.NoError(m.t, err)
	return &opened{m: m, number: res.Number}
}

func (i *opened) key() string { return incident.Key(i.number) }

// facts are what the incident says of itself now. On a busy machine it may be asked more than once.
func (i *opened) facts() incident.Incident {
	i.m.t.Helper()
	var f incident.Incident
	var err error
	until(i.m.t, func() bool {
		f, err = i.m.incidents.Snapshot(i.m.t.Context(), i.number)
		_, refused := incident.AsProblem(err)
		return err == nil || refused
	}, "%s says what it knows: %v", i.key(), lazy(func() string { return fmt.Sprint(err) }))
	require.NoError(i.m.t, err)
	return f
}

// becomes waits until the facts are as the test wants them.
func (i *opened) becomes(what string, is func(f incident.Incident) bool) incident.Incident {
	i.m.t.Helper()
	var last incident.Incident
	until(i.m.t, func() bool {
		f, err := i.m.incidents.Snapshot(i.m.t.Context(), i.number)
		if err != nil {
			return false
		}
		last = f
		return is(f)
	}, "%s %s\n%s", i.key(), what, lazy(func() string { return timeline(last) }))
	return last
}

// isOpen waits until everything that a declaration sets off is there.
func (i *opened) isOpen() incident.Incident {
	i.m.t.Helper()
	return i.becomes("open everywhere", func(f incident.Incident) bool {
		return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" && (f.Severity > 3 || f.Links.Announcement.ID != "")
	})
}

// does gives a command and requires that it is applied. On a busy machine, or after a worker was killed, that may take
// longer than a person is kept waiting.
func (i *opened) does(name string, c incident.Command) incident.Result {
	i.m.t.Helper()
	out, err := i.m.patient.Command(i.m.t.Context(), i.number, name, c)
	require.NoError(i.m.t, err)
	require.False(i.m.t, out.Recorded, "%s was only recorded", name)
	return out.Result
}

func by(person string) incident.Meta {
	return incident.Meta{Actor: incident.Actor{Person: person, Way: incident.WayCLI}}
}

// eventually waits for a condition, and fails with the words.
func (m *installation) eventually(is func() bool, format string, args ...any) {
	m.t.Helper()
	until(m.t, is, format+"%s", append(args, lazy(m.stories))...)
}

// until waits for a condition, and fails with the words. It is asked in the test's own goroutine: what fails there ends the
// test, and not only this look.
func until(t *testing.T, is func() bool, format string, args ...any) {
	t.Helper()
	within(t, patience, is, format, args...)
}

// within is until with a time of its own.
func within(t *testing.T, patience time.Duration, is func() bool, format string, args ...any) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); pause(t.Context(), interval) {
		if time.Now().After(deadline) || t.Context().Err() != nil {
			t.Fatalf("never: "+format, args...)
		}
	}
}

// stories tells what the first incidents know, for a test that has waited in vain.
func (m *installation) stories() string {
	var b strings.Builder
	for n := 1; n <= 3; n++ {
		f, err := m.incidents.Snapshot(m.t.Context(), n)
		if _, none := incident.AsProblem(err); none {
			break
		}
		fmt.Fprintf(&b, "\n%s: %s, snags %v, error %v\n%s", incident.Key(n), f.Status, f.Snags, err, timeline(f))
	}
	return b.String()
}

// pages lists what the simulated pager holds for an incident.
func (i *opened) pages() []pagerdutysim.Incident {
	var out []pagerdutysim.Incident
	for _, p := range i.m.Sims.Pager.Incidents() {
		if strings.Contains(p.Key, "/"+i.key()+"/") {
			out = append(out, p)
		}
	}
	return out
}

// channels lists the Slack channels whose name begins as the incident's.
func (i *opened) channels() []slacksim.Channel {
	var out []slacksim.Channel
	for _, c := range i.m.Sims.Slack.Channels() {
		name := strings.ToLower(i.key())
		if c.Name == name || strings.HasPrefix(c.Name, name+"-") {
			out = append(out, c)
		}
	}
	return out
}

// issues lists the Jira issues that carry the incident's own key (not those of its children).
func (i *opened) issues() []string {
	var out []string
	for _, is := range i.m.Sims.Jira.Issues() {
		if strings.HasPrefix(is.Summary, i.key()+" ") {
			out = append(out, is.Key)
		}
	}
	return out
}

// onceEverywhere requires exactly one channel with one board, one parent issue and one page.
func (i *opened) onceEverywhere() {
	i.m.t.Helper()
	require.Len(i.m.t, i.channels(), 1, "channels")
	boards := 0
	for _, msg := range i.channels()[0].Messages {
		if strings.Contains(msg.Key, "/board/") {
			boards++
		}
	}
	require.Equal(i.m.t, 1, boards, "boards")
	require.Len(i.m.t, i.issues(), 1, "parent issues")
	require.Len(i.m.t, i.pages(), 1, "pages")
}

func timeline(f incident.Incident) string {
	var b strings.Builder
	for _, e := range f.Timeline {
		fmt.Fprintf(&b, "%s %-12s %s\n", e.At.Format("15:04:05.000"), e.Event, e.Text)
	}
	for _, s := range f.Snags {
		fmt.Fprintf(&b, "snag %s %s: %s; %s\n", s.Mirror, s.Step, s.Reason, s.Mend)
	}
	return b.String()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
