package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
)

// announcing is an incident whose playbook announces in several channels.
func announcing(severity incident.Severity, rules ...playbook.AnnounceRule) IncidentInput {
	in := declared(severity)
	in.Slice.Chat.Announcements = rules
	for k := range in.Slice.Severities {
		in.Slice.Severities[k].Announce = in.Slice.Severities[k].Level <= 3
	}
	return in
}

func gone(what fault.Meaning) error {
	return &fault.Error{Vendor: "slack", Operation: "any", Class: fault.Gone, Meaning: what, Reason: "it says so"}
}

func TestEachChannelHearsOfTheIncidentsThatItsRuleNames(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(time.Minute, func() {
		require.Equal(t, 1, w.count("post #all INC-1 "))
		require.Zero(t, w.count("post #execs"), "not severe enough")
		require.Equal(t, 1, w.count("post #payments INC-1 "), "by service")
		require.Zero(t, w.count("post #search"))
	})
	w.commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: by("alice@example.com"), Severity: 1, Reason: "all customers"})
	w.after(3*time.Minute, func() {
		require.Equal(t, 1, w.count("post #execs INC-1 "), "it is severe enough now")
		require.Equal(t, 1, w.count("reply #all INC-1: severity changed"))
		require.Zero(t, w.count("reply #execs"), "its message says it already")
		require.Len(t, w.facts().Links.Announcements, 3)
		require.Equal(t, "#all", w.facts().Links.Announcement.Channel)
	})
	w.commands(4*time.Minute, api.Update, incident.Update{Meta: by("alice@example.com"), Text: "Rolling back"})
	w.commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(announcing(3,
		playbook.AnnounceRule{Channel: "#all"}, playbook.AnnounceRule{Channel: "#execs", Severity: 1},
		playbook.AnnounceRule{Channel: "#payments", Services: []string{"Checkout"}}, playbook.AnnounceRule{Channel: "#search", Services: []string{"search"}},
	))
	require.Equal(t, 1, w.count("reply #execs INC-1: cancelled"))
	require.Equal(t, 2, w.count("reply #all"), "an update changes the message, and no thread")
}

func TestAnAnnouncementChannelThatDoesNotExistHoldsUpNoOther(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("post #nowhere", gone(fault.ChannelMissing))
	w.after(time.Minute, func() {
		require.Equal(t, 1, w.count("post #incidents INC-1 "))
		f := w.facts()
		require.Len(t, f.Snags, 1)
		require.Equal(t, "announcement", f.Snags[0].Mirror)
		require.NotEmpty(t, f.Links.Channel.ID)
		require.Zero(t, f.Links.Archived, "it is another channel that is missing")
	})
	w.commands(2*time.Minute, api.Resolve, incident.Resolve{Meta: by("alice@example.com")})
	w.after(4*time.Minute, func() {
		require.Empty(t, w.facts().Snags, "of what is over nobody has to be told")
		require.Equal(t, 1, w.count("reply #incidents INC-1: resolved"))
	})
	w.commands(10*day, api.HoldReview, incident.HoldReview{Meta: by("alice@example.com")})
	w.runIncident(announcing(2, playbook.AnnounceRule{Channel: "#nowhere"}, playbook.AnnounceRule{Channel: "#incidents"}))
}

func TestADeletedAnnouncementIsLeftAlone(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(time.Minute, func() { w.breaks("edit #incidents", gone(fault.ObjectGone)) })
	w.commands(2*time.Minute, api.Mitigate, incident.Mitigate{Meta: by("alice@example.com")})
	w.commands(3*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(1))
	require.Equal(t, 1, w.count("post #incidents"))
	require.Zero(t, w.count("reply #incidents"), "there is no thread any more")
}

func TestWhatHappenedDuringAnOutageIsToldInOneMessage(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(time.Minute, func() {
		for _, call := range []string{"post ", "edit ", "reply ", "furnish "} {
			w.breaks(call, outage("slack"))
		}
	})
	w.commands(2*time.Minute, api.Update, incident.Update{Meta: by("alice@example.com"), Text: "Looking"})
	for k, text := range []string{"Found it", "Rolling back", "Rolled back"} {
		w.commands(time.Duration(10+k)*time.Minute, api.Update, incident.Update{Meta: by("alice@example.com"), Text: text})
	}
	w.commands(20*time.Minute, api.Mitigate, incident.Mitigate{Meta: by("alice@example.com")})
	before := 0
	w.after(30*time.Minute, func() {
		for _, call := range []string{"post ", "edit ", "reply ", "furnish "} {
			w.breaks(call, nil)
		}
		before = w.count("post C1 INC-1: ")
		require.NotZero(t, before, "it was tried")
	})
	w.after(50*time.Minute, func() {
		require.Equal(t, 2, w.count("post C1 INC-1: ")-before, "the one that may have been posted, and all the rest")
		require.Equal(t, 1, w.count("post C1 INC-1: mitigated"))
		require.Equal(t, 1, w.count("reply #incidents INC-1: mitigated"))
	})
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(1))
	keys := map[string]bool{}
	for _, m := range w.texts {
		if m.Headline == "INC-1: status update" || m.Headline == "INC-1: mitigated" {
			keys[m.Key] = true
		}
	}
	require.Len(t, keys, 3, "two in the channel and one in the thread, whatever was retried: %v", keys)
}

func TestTheLogBeginsWhereTheBoardEnds(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("open #", outage("slack"))
	w.commands(time.Minute, api.Update, incident.Update{Meta: by("alice@example.com"), Text: "Looking"})
	w.after(2*time.Minute, func() { w.breaks("open #", nil) })
	w.commands(30*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: by("alice@example.com"), Severity: 5})
	w.commands(31*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(4))
	require.Zero(t, w.count("post C1 INC-1: status update"), "the board says it")
	require.Equal(t, 1, w.count("post C1 INC-1: severity changed"))
	require.Equal(t, 1, w.count("post C1 INC-1: cancelled"))
}

func TestWhatWasToldIsNotToldAgainAfterContinueAsNew(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.commands(time.Minute, api.Mitigate, incident.Mitigate{Meta: by("alice@example.com")})
	w.after(2*time.Minute, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.env.SignalWorkflow(api.Retry, nil)
	})
	in := declared(4) // nobody is paged: children would see the suggestion too
	in.Slice.Severities[3].Announce = true
	in.Slice.Chat.FirstSteps = []string{"Breathe"}
	in.Declaration.Commander = "carol@example.com"
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}}
	w.env.ExecuteWorkflow(Incident, in)
	again := w.continued()
	posts := map[string]int{}
	for _, what := range []string{"post C1 First steps", "tell dan@example.com", "post C1 INC-1: mitigated", "reply #incidents INC-1: mitigated", "post #incidents"} {
		posts[what] = w.count(what)
		require.Equal(t, 1, posts[what], what)
	}
	t.Run("the next run", func(t *testing.T) {
		w := newWorld(t, "INC-1")
		w.commands(time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
		w.runIncident(again)
		require.Equal(t, 1, w.count("post C1 "), "only that it was cancelled: %v", w.calls)
		require.Equal(t, 1, w.count("reply #incidents INC-1: cancelled"))
		require.Zero(t, w.count("tell "))
		require.Zero(t, w.count("post #incidents"))
	})
}

// continued is the input of the run that follows one that was continued as new.
func (w *world) continued() IncidentInput {
	w.t.Helper()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(w.t, w.env.GetWorkflowError(), &next)
	var in IncidentInput
	w.decode(next.Input, &in)
	return in
}

func (w *world) decode(p *commonpb.Payloads, into any) {
	w.t.Helper()
	require.NoError(w.t, converter.GetDefaultDataConverter().FromPayloads(p, into))
}

func TestAMessageWhoseFirstTryIsUnknownIsMadeTrue(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("post #incidents", outage("slack")) // it may have been posted all the same
	w.commands(time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: by("alice@example.com"), Severity: 2})
	w.after(20*time.Minute, func() { w.breaks("post #incidents", nil) })
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.after(59*time.Minute, func() { require.Equal(t, 1, w.count("edit #incidents"), "what is found may be old") })
	w.runIncident(declared(1))
}

func TestAnArchivedAnnouncementChannelIsASnag(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(time.Minute, func() { w.breaks("edit #incidents", gone(fault.ChannelArchived)) })
	w.commands(2*time.Minute, api.Mitigate, incident.Mitigate{Meta: by("alice@example.com")})
	w.after(3*time.Minute, func() {
		require.Len(t, w.facts().Snags, 1)
		w.breaks("edit #incidents", nil)
	})
	w.commands(4*time.Minute, api.Retry, incident.Retry{Meta: by("alice@example.com")})
	w.commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(1))
	require.NotZero(t, w.count("reply #incidents INC-1: cancelled"))
}
