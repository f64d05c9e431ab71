package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/dev/sandbox"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// What a curious operator can do with Temporal's own buttons, from the Web UI, its command line or a
// batch, must lose nothing and double nothing.

func (m *installation) cancels(id string) {
	m.t.Helper()
	require.NoError(m.t, m.Client.CancelWorkflow(m.t.Context(), id, ""), "cancel %s", id)
}

func (m *installation) terminates(id string) {
	m.t.Helper()
	require.NoError(m.t, m.Client.TerminateWorkflow(m.t.Context(), id, "", "somebody pressed Terminate"), "terminate %s", id)
}

// status is that of the newest run of a workflow.
func (m *installation) status(id string) enumspb.WorkflowExecutionStatus {
	m.t.Helper()
	d, err := m.Client.DescribeWorkflowExecution(m.t.Context(), id, "")
	require.NoError(m.t, err)
	return d.GetWorkflowExecutionInfo().GetStatus()
}

func (m *installation) lives(id string) bool {
	return m.status(id) == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
}

// sweepsUntil runs the Sweep now, until what it does is there.
func (m *installation) sweepsUntil(what string, done func() bool) {
	m.t.Helper()
	handle := m.Client.ScheduleClient().GetHandle(m.t.Context(), api.SweepID)
	m.eventually(func() bool {
		require.NoError(m.t, handle.Trigger(m.t.Context(), client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP}))
		for range 50 {
			if done() {
				return true
			}
			pause(m.t.Context(), interval)
		}
		return false
	}, "%s", what)
}

// tells reports whether the timeline has an entry of such an event with such words.
func tells(f incident.Incident, event, words string) bool {
	for _, e := range f.Timeline {
		if e.Event == event && strings.Contains(e.Text, words) {
			return true
		}
	}
	return false
}

func TestACancellationRequestInTemporalEndsNothing(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Add an alert"})
	page, followUp := api.PageID(i.number, 1), api.FollowUpID(i.number, 1)
	m.eventually(func() bool {
		_, err := m.Client.DescribeWorkflowExecution(t.Context(), followUp, "")
		return err == nil
	}, "the follow-up has begun")
	for _, id := range []string{i.key(), page, followUp, api.RegisterID} {
		m.cancels(id)
	}
	for _, id := range []string{i.key(), page, followUp} {
		i.becomes("told of the request to cancel "+id, func(f incident.Incident) bool { return tells(f, "cancel_asked", "cancel "+id+",") })
	}
	// Everything goes on: commands, mirrors, the page and what comes after.
	i.does(api.Retitle, incident.Retitle{Meta: by("bob@example.com"), Title: "Checkout is slow"})
	m.eventually(func() bool {
		issue := m.Sims.Jira.Issues()[0]
		return strings.Contains(issue.Summary, "Checkout is slow")
	}, "the tracker hears of the new title")
	i.does(api.Acknowledge, incident.Acknowledge{Meta: by("alice@example.com"), All: true})
	m.eventually(func() bool { return i.newest().Status == "acknowledged" }, "the page is acknowledged at the pager")
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "the page ends at the pager")
	review := api.ReviewID(i.number, 1)
	m.eventually(func() bool { _, err := m.Client.DescribeWorkflowExecution(t.Context(), review, ""); return err == nil }, "the review has begun")
	m.cancels(review)
	i.becomes("told of the request to cancel the review", func(f incident.Incident) bool { return tells(f, "cancel_asked", "cancel "+review) })
	i.does(api.WaiveReview, incident.WaiveReview{Meta: by("bob@example.com"), Reason: "nothing new"})
	for _, id := range []string{i.key(), followUp, api.RegisterID} {
		require.True(t, m.lives(id), "%s runs", id)
	}
	j := m.declares("bob@example.com", "Search is down", 4)
	require.Equal(t, i.number+1, j.number)
	j.isOpen()
}

// A request must not be lost between two runs, and does not cancel the next one.
func TestACancellationRequestSurvivesTheEndOfARun(t *testing.T) {
	t.Parallel()
	m := install(t, func(o *sandbox.Options) {
		o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 8}
	})
	i := m.declares("bob@example.com", "Odd log lines", 4)
	i.isOpen()
	const requests = 5
	for k := range requests {
		m.eventually(func() bool { return m.Client.CancelWorkflow(t.Context(), i.key(), "") == nil }, "request %d is taken", k)
		i.becomes("told of the request", func(f incident.Incident) bool { return strings.Count(timeline(f), "asked Temporal to cancel") > k })
		for range 4 { // into the next run, for a run takes one request
			i.does(api.Capture, incident.Capture{Meta: by("bob@example.com"), Text: "note " + incidents.NewID()})
		}
	}
	require.True(t, m.lives(i.key()))
}

func TestATerminatedIncidentIsNoticedAndRestored(t *testing.T) {
	t.Parallel()
	m := install(t)
	declaration := incident.Declaration{
		Title: "Checkout is down", Severity: 1, Services: []string{"checkout"}, AlertKey: "checkout-5xx",
		Actor: incident.Actor{Person: "bob@example.com", Way: incident.WayCLI},
	}
	res, err := m.incidents.Declare(t.Context(), "first", declaration)
	require.NoError(t, err)
	i := &opened{m: m, number: res.Number}
	i.isOpen()
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 1 }, "somebody is paged")
	m.terminates(i.key())
	_, err = m.incidents.Command(t.Context(), i.number, api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	require.Error(t, err, "nobody says that a command was done")
	page := api.PageID(i.number, 1)
	m.sweepsUntil("its page is withdrawn", func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 && !m.lives(page) })
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, m.status(page), "the page has ended by itself")
	m.eventually(func() bool {
		s, err := m.incidents.Register(t.Context())
		return err == nil && len(s.AlertKeys) == 0
	}, "its alert key is free")

	restored, err := m.incidents.Restore(t.Context(), i.key(), incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}, false)
	require.NoError(t, err)
	require.Equal(t, "terminated", restored.How)
	f := i.becomes("restored", func(f incident.Incident) bool { return tells(f, "restored", "was terminated") })
	require.Equal(t, incident.StatusOpen, f.Status)
	require.Equal(t, "Checkout is down", f.Title)
	require.Equal(t, incident.PageWithdrawn, f.Pages[0].Status)
	require.NotEmpty(t, f.Links.Tracker.Key)
	again, err := m.incidents.Declare(t.Context(), "second", declaration)
	require.NoError(t, err)
	m.eventually(func() bool {
		s, err := m.incidents.Register(t.Context())
		return err == nil && len(s.AlertKeys) == 1
	}, "the key is held")
	require.Equal(t, i.number, again.Number, "its alert belongs to it again")
	require.Empty(t, m.Sims.Pager.OpenIncidents(), "nobody is paged before somebody says so")
	i.does(api.Retitle, incident.Retitle{Meta: by("bob@example.com"), Title: "Checkout is slow"})
	m.eventually(func() bool { return strings.Contains(m.Sims.Jira.Issues()[0].Summary, "Checkout is slow") }, "mirrors go on")
	require.Len(t, i.channels(), 1)
	require.Len(t, i.issues(), 1)

	_, err = m.incidents.Restore(t.Context(), i.key(), incident.Actor{}, false)
	require.ErrorContains(t, err, "runs")
	i.does(api.RaisePage, incident.RaisePage{Meta: by("bob@example.com"), Required: true})
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 1 }, "somebody has said so")
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "and it ends")
}

func TestATerminatedPageIsToldAndEndsWithItsIncident(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 1 }, "somebody is paged")
	page := api.PageID(i.number, 1)
	m.terminates(page)
	m.sweepsUntil("the incident is told", func() bool { return tells(i.facts(), "ended_by_hand", page+" was terminated") })
	require.NotEmpty(t, m.Sims.Pager.OpenIncidents(), "it rings on: the incident wants it")
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	m.sweepsUntil("it is withdrawn at the pager", func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 })
}

// restores starts a workflow again that was terminated.
func (m *installation) restores(id string, page bool) {
	m.t.Helper()
	res, err := m.incidents.Restore(m.t.Context(), id, incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}, page)
	require.NoError(m.t, err, "restore %s", id)
	require.Equal(m.t, "terminated", res.How)
	m.eventually(func() bool { return m.lives(id) }, "%s runs", id)
}

func TestATerminatedFollowUpAndReviewGoOnWhereTheyWere(t *testing.T) {
	t.Parallel()
	i, _ := followed(t)
	m := i.m
	i.does(api.Nominate, incident.Nominate{Meta: by("bob@example.com"), Reason: "odd"})
	f := i.becomes("with a review", func(f incident.Incident) bool { return f.Review() != nil && f.Review().Issue.Key != "" })
	issues := m.Sims.Jira.Count()
	followUp, review := api.FollowUpID(i.number, 1), api.ReviewID(i.number, f.Review().Number)
	for _, id := range []string{followUp, review} {
		m.terminates(id)
		m.restores(id, false)
	}
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: 1, Due: "2027-02-01"})
	m.eventually(func() bool { is, _ := m.Sims.Jira.Issue(f.FollowUps[0].Issue.Key); return is.Due == "2027-02-01" }, "the follow-up writes to its issue")
	require.NoError(t, m.Sims.Jira.MoveTo(f.FollowUps[0].Issue.Key, "Done", "bob@example.com"))
	i.becomes("done in Jira", func(f incident.Incident) bool { return f.FollowUps[0].Status == incident.FollowUpDone })
	i.does(api.HoldReview, incident.HoldReview{Meta: by("bob@example.com")})
	m.eventually(func() bool { is, _ := m.Sims.Jira.Issue(f.Review().Issue.Key); return is.Status == "Done" }, "the review closes its issue")
	m.eventually(func() bool { return m.status(review) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED }, "and ends by itself")
	require.Equal(t, issues, m.Sims.Jira.Count(), "nothing was made a second time")
	_, err := m.incidents.Restore(t.Context(), review, incident.Actor{}, false)
	require.ErrorContains(t, err, "has ended by itself")
}

func TestATerminatedPageGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 1 }, "somebody is paged")
	page := api.PageID(i.number, 1)
	m.terminates(page)
	_, err := m.incidents.Restore(t.Context(), page, incident.Actor{}, false)
	require.ErrorContains(t, err, "wakes people", "it must be said")
	require.False(t, m.lives(page))
	m.restores(page, true)
	require.NoError(t, m.Sims.Pager.Acknowledge(i.pages()[0].Key, "alice@example.com"))
	i.becomes("acknowledged", func(f incident.Incident) bool { return f.Pages[0].Status == incident.PageAcknowledged })
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "it is withdrawn at the pager")
	m.eventually(func() bool { return m.status(page) == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED }, "and ends by itself")
}

func TestARegisterThatWasEndedComesBackWhole(t *testing.T) {
	t.Parallel()
	m := install(t)
	_, _, err := m.incidents.Subscribe(t.Context(), api.SubscribeInput{Subscription: incident.Subscription{
		Subscriber: incident.Subscriber{Person: "carol@example.com"},
	}})
	require.NoError(t, err)
	d := incident.Declaration{Title: "Search is slow", Severity: 4, AlertKey: "search", Actor: incident.Actor{Person: "bob@example.com", Way: incident.WayCLI}}
	first, err := m.incidents.Declare(t.Context(), "k1", d)
	require.NoError(t, err)
	(&opened{m: m, number: first.Number}).isOpen()
	before, err := m.incidents.Register(t.Context())
	require.NoError(t, err)
	for k, end := range []func(string){m.terminates, func(id string) { m.resets(id, toFirst) }, func(id string) { m.resets(id, toMiddle) }, func(id string) { m.resets(id, toLast) }} {
		end(api.RegisterID)
		d.Title = "Search is slower" // another body of the same alert
		same, err := m.incidents.Declare(t.Context(), "again", d)
		require.NoError(t, err)
		require.Equal(t, first.Number, same.Number, "%d: the alert key is held", k)
		var after api.RegisterState
		m.eventually(func() bool {
			after, err = m.incidents.Register(t.Context())
			return err == nil && after.Recovered && after.Last == before.Last
		}, "%d: numbers go on", k)
		require.Equal(t, before.Installation, after.Installation, "%d", k)
		require.Equal(t, before.Subscriptions, after.Subscriptions, "%d", k)
		next := m.declares("bob@example.com", "Something else", 5)
		require.Equal(t, before.Last+1, next.number, "%d: no number is handed out twice", k)
		before.Last = next.number
		next.isOpen()
	}
	require.Len(t, m.Sims.Jira.Issues(), before.Last, "and nothing was declared twice")
}

func TestTheSweepStartsRegisterAgain(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Search is slow", 4)
	i.isOpen()
	m.terminates(api.RegisterID)
	m.sweepsUntil("Register runs again", func() bool { return m.lives(api.RegisterID) })
	m.eventually(func() bool {
		s, err := m.incidents.Register(t.Context())
		return err == nil && s.Recovered && s.Last == i.number
	}, "with its numbers")
}

func TestAPausedOrDeletedSweepIsToldByReadiness(t *testing.T) {
	t.Parallel()
	m := install(t)
	handle := m.Client.ScheduleClient().GetHandle(t.Context(), api.SweepID)
	says := func(words string) {
		t.Helper()
		m.eventually(func() bool {
			err := m.incidents.SweepRuns(t.Context())
			return err == nil && words == "" || err != nil && words != "" && strings.Contains(err.Error(), words)
		}, "the check says %q", words)
	}
	says("")
	require.NoError(t, handle.Pause(t.Context(), client.SchedulePauseOptions{Note: "maintenance"}))
	says("is paused")
	require.NoError(t, handle.Unpause(t.Context(), client.ScheduleUnpauseOptions{}))
	says("")
	require.NoError(t, handle.Delete(t.Context()))
	says("is gone")
}

// where a run is reset to.
type where int

const (
	toFirst where = iota
	toMiddle
	toLast
)

// resets begins the newest run of a workflow anew at one of its tasks, as `temporal workflow reset` does.
func (m *installation) resets(id string, to where) {
	m.t.Helper()
	var tasks []int64
	h := m.Client.GetWorkflowHistory(m.t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for h.HasNext() {
		e, err := h.Next()
		require.NoError(m.t, err)
		if e.EventType == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks = append(tasks, e.EventId)
		}
	}
	require.NotEmpty(m.t, tasks)
	_, err := m.Client.WorkflowService().ResetWorkflowExecution(m.t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id}, Reason: "somebody pressed Reset",
		WorkflowTaskFinishEventId: tasks[[]int{0, len(tasks) / 2, len(tasks) - 1}[to]], RequestId: id + "/" + incidents.NewID(),
	})
	require.NoError(m.t, err, "reset %s", id)
}

func TestAResetDoublesNothing(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 1 }, "somebody is paged")
	channel := i.facts().Links.Channel.ID
	for k, to := range []where{toLast, toMiddle, toFirst} {
		for _, id := range []string{i.key(), api.PageID(i.number, 1)} {
			m.resets(id, to)
		}
		text := []string{"after the last", "after the middle", "after the first"}[k]
		i.becomes("open again", func(f incident.Incident) bool {
			return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" && f.Links.Announcement.ID != ""
		})
		i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: text})
		m.eventually(func() bool { return m.said(channel, text) == 1 }, "%s: the channel is told, once", text)
		i.onceEverywhere()
		require.Equal(t, 1, m.posted("incidents", "/announcement"), "%s: announcements", text)
	}
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "the page ends")
}

// said counts the messages of a channel that hold some words.
func (m *installation) said(channel, words string) int {
	ch, _ := m.Sims.Slack.Channel(channel)
	n := 0
	for _, msg := range ch.Messages {
		if strings.Contains(msg.Shown, words) && !strings.Contains(msg.Key, "/board/") {
			n++
		}
	}
	return n
}

// What the incident decides while a workflow of it is gone reaches that workflow when it is restored, before
// it calls anybody. And nobody ends a page of an incident that lives by telling it that it does not.
func TestWhatIsRestoredFollowsWhatWasDecidedMeanwhile(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Add an alert", Owner: "bob@example.com"})
	i.becomes("its follow-up has an issue", func(f incident.Incident) bool { return f.FollowUps[0].Issue.Key != "" })
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 1 }, "somebody is paged")
	page, followUp := api.PageID(i.number, 1), api.FollowUpID(i.number, 1)

	require.NoError(t, m.Client.SignalWorkflow(t.Context(), page, "", api.Orphaned, nil))
	i.becomes("told of the page", func(f incident.Incident) bool { return tells(f, "orphaned", page) })
	require.True(t, m.lives(page))

	m.terminates(page)
	m.terminates(followUp)
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: 1, Status: incident.FollowUpDone})
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	require.Len(t, m.Sims.Pager.OpenIncidents(), 1, "nobody has ended it there")
	m.restores(followUp, false)
	m.eventually(func() bool {
		is, found := m.Sims.Jira.Issue(i.facts().FollowUps[0].Issue.Key)
		return found && is.Status == "Done"
	}, "the follow-up is done in its issue too")
	_, err := m.incidents.Restore(t.Context(), page, incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}, true)
	require.NoError(t, err)
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 && !m.lives(page) }, "the page is withdrawn, and ends")
	require.Len(t, i.pages(), 1, "nobody was woken once more")

	other := m.declares("bob@example.com", "Search is down", 4)
	other.isOpen()
	other.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Add a replica"})
	m.eventually(func() bool {
		_, err := m.Client.DescribeWorkflowExecution(t.Context(), api.FollowUpID(other.number, 1), "")
		return err == nil
	}, "it has a follow-up")
	m.terminates(api.FollowUpID(other.number, 1))
	m.terminates(other.key())
	_, err = m.incidents.Restore(t.Context(), api.FollowUpID(other.number, 1), incident.Actor{}, false)
	require.ErrorContains(t, err, "restore "+other.key(), "first the incident, which knows what it wants")
}

func TestAResetMakesNoSecondPrivateChannel(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 4, "checkout")
	i.isOpen()
	i.does(api.MakePrivate, incident.MakePrivate{Meta: by("bob@example.com")})
	inPrivate := func(f incident.Incident) bool { return f.Links.Channel.ID != "" && f.Links.Channel.Private }
	before := i.becomes("in its private channel", inPrivate).Links.Channel
	i.becomes("out of its public channel", func(f incident.Incident) bool { return tells(f, "channel", "which was given up") })
	m.resets(i.key(), toFirst)
	i.becomes("in its private channel again", func(f incident.Incident) bool {
		return tells(f, "channel", "opened before a reset") && f.Links.Channel.ID == before.ID
	})
	require.Len(t, i.channels(), 2, "the public one and the private one")
}
