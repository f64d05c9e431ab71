package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
	"muster/playbook"
	"muster/workflows/api"
)

// alwaysWorking is the playbook of the tests with hours in which every test falls, and a report.
func alwaysWorking(t *testing.T) option {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "muster.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(text), "escalate_after: 2,")
	book := strings.Replace(string(text), "escalate_after: 2,", `escalate_after: 2, report: {channels: ["#incidents"]},`, 1) +
		"calendars: {always: {zone: UTC, days: [mon, tue, wed, thu, fri, sat, sun], hours: 00:00-24:00}}\ncalendar: always\n"
	path := filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(path, []byte(book), 0o600))
	return func(o *sandbox.Options) { o.Playbook = path }
}

// undecided has two follow-ups that have soaked, of an incident that carol commands.
func undecided(t *testing.T, m *installation) *opened {
	t.Helper()
	i := m.declares("bob@example.com", "Search is slow", 4, "search")
	i.does(api.Assign, incident.Assign{Meta: by("bob@example.com"), Role: incident.RoleCommander, Person: "carol@example.com"})
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Write the runbook"})
	m.eventually(func() bool { return len(m.owed("carol@example.com")) == 2 }, "both have soaked, and ask their commander")
	return i
}

func (m *installation) owed(person string) []api.OwedLine {
	m.t.Helper()
	lines, err := m.incidents.OwedTo(m.t.Context(), person)
	if err != nil {
		return nil
	}
	return lines
}

// digested are a person's digests.
func (m *installation) digested(person string) []slacksim.Message {
	var out []slacksim.Message
	for _, msg := range m.Sims.Slack.DirectMessages(person) {
		if strings.Contains(msg.Key, "/digest/") {
			out = append(out, msg)
		}
	}
	return out
}

// The message went out and its answer was lost: the digest looks for it, and each follow-up is told
// once. What a second digest of the day asks for is nothing any more.
func TestADigestComesOnceThoughItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	m := install(t, alwaysWorking(t))
	undecided(t, m)
	m.Sims.Slack.Faults().Add(simkit.Fault{Operation: "chat.postMessage", Kind: simkit.DropAfter, Times: 1})
	require.NoError(t, m.incidents.TriggerDigests(t.Context()))
	m.eventually(func() bool { return m.told("INC-1/follow-up/1") && m.told("INC-1/follow-up/2") }, "the follow-ups know that they were shown")
	got := m.digested("carol@example.com")
	require.Len(t, got, 1)
	require.Contains(t, got[0].Shown, "2 follow-ups wait for you")
	require.Contains(t, got[0].Shown, "Alert on queue depth (INC-1) waits for a decision")
	require.Len(t, m.owed("carol@example.com"), 2, "she owes a decision until she has taken it")

	require.NoError(t, m.incidents.TriggerDigests(t.Context()))
	m.eventually(func() bool { return m.ended(api.TypeDigest) == 2 }, "the second digest of the day has ended")
	require.Len(t, m.digested("carol@example.com"), 1)
	require.Empty(t, m.digested("alice@example.com"), "nothing of hers is decided yet")
}

// The worker is killed when the message has gone out and before anybody knows: the next one looks for
// it, and only then do the follow-ups hear that they were shown.
func TestAWorkerKilledWhileItSendsADigestSendsOne(t *testing.T) {
	t.Parallel()
	m := install(t, alwaysWorking(t), withoutWorker)
	first := m.startsWorkerProcess()
	undecided(t, m)
	held := m.Sims.Slack.Faults().Add(simkit.Fault{Operation: "chat.postMessage", Kind: simkit.Delay, Delay: simkit.Duration(time.Minute)})
	require.NoError(t, m.incidents.TriggerDigests(t.Context()))
	m.eventually(func() bool { return len(m.digested("carol@example.com")) == 1 }, "the message is there")
	first.kill()
	m.Sims.Slack.Faults().Clear(held)
	m.startsWorkerProcess()
	m.eventually(func() bool { return m.told("INC-1/follow-up/1") && m.told("INC-1/follow-up/2") }, "the follow-ups know that they were shown")
	require.Len(t, m.digested("carol@example.com"), 1)
}

// told reports whether everybody whom a follow-up asks was told.
func (m *installation) told(id string) bool {
	v, err := m.Client.QueryWorkflow(m.t.Context(), id, "", api.State, api.OwedQuery{At: time.Now()})
	if err != nil {
		return false
	}
	var s api.FollowUpState
	require.NoError(m.t, v.Get(&s))
	return len(s.Asks) == 1 && s.Asks[0].Told
}

// ended counts the workflows of a type that have ended well.
func (m *installation) ended(kind string) int {
	resp, err := m.Client.CountWorkflow(m.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: "default", Query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Completed'", kind),
	})
	if err != nil {
		return 0
	}
	return int(resp.GetCount())
}

func TestTheWeeklyReportIsPosted(t *testing.T) {
	t.Parallel()
	m := install(t, alwaysWorking(t))
	i := undecided(t, m)
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("alice@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "the queue is gone"})
	i.becomes("dropped", func(f incident.Incident) bool { return f.FollowUps[0].Status == incident.FollowUpDropped })
	report := m.Client.ScheduleClient().GetHandle(t.Context(), api.ReportID)
	var posted []string
	m.eventually(func() bool {
		require.NoError(t, report.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
		posted = nil
		for _, c := range m.Sims.Slack.Channels() {
			for _, msg := range c.Messages {
				if strings.Contains(msg.Key, "/report/") && strings.Contains(msg.Shown, "the queue is gone") {
					posted = append(posted, msg.Shown)
				}
			}
		}
		return len(posted) > 0
	}, "the report")
	require.Contains(t, posted[0], "1 waits for a decision")
	require.Contains(t, posted[0], "Write the runbook")
}

// mornings has a Digest with its children, and a Report, under IDs of their own.
func mornings(t *testing.T) *installation {
	t.Helper()
	m := install(t, alwaysWorking(t))
	undecided(t, m)
	always := playbook.Calendar{Zone: "UTC", Days: []int{0, 1, 2, 3, 4, 5, 6}, End: 24 * 60}
	for id, start := range map[string]struct {
		kind string
		in   any
	}{
		api.DigestID("UTC"): {api.TypeDigest, api.DigestInput{Zone: "UTC", Calendar: always, Others: true}},
		api.ReportID:        {api.TypeReport, api.ReportInput{Channels: []string{"#incidents"}, Calendar: always}},
	} {
		run, err := m.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: api.QueueMuster}, start.kind, start.in)
		require.NoError(t, err)
		require.NoError(t, run.Get(t.Context(), nil))
	}
	m.eventually(func() bool { return m.told("INC-1/follow-up/1") && m.told("INC-1/follow-up/2") }, "the digest has ended")
	return m
}
