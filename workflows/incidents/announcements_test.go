package incidents

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
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
	w.After(time.Minute, func() {
		require.Equal(t, 1, w.Count("post #all INC-1 "))
		require.Zero(t, w.Count("post #execs"), "not severe enough")
		require.Equal(t, 1, w.Count("post #payments INC-1 "), "by service")
		require.Zero(t, w.Count("post #search"))
	})
	w.Commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("alice@example.com"), Severity: 1, Reason: "all customers"})
	w.After(3*time.Minute, func() {
		require.Equal(t, 1, w.Count("post #execs INC-1 "), "it is severe enough now")
		require.Equal(t, 1, w.Count("reply #all INC-1: severity changed"))
		require.Zero(t, w.Count("reply #execs"), "its message says it already")
		require.Len(t, w.Facts().Links.Announcements, 3)
		require.Equal(t, "#all", w.Facts().Links.Announcement.Channel)
	})
	w.Commands(4*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Rolling back"})
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(announcing(3,
		playbook.AnnounceRule{Channel: "#all"}, playbook.AnnounceRule{Channel: "#execs", Severity: 1},
		playbook.AnnounceRule{Channel: "#payments", Services: []string{"Checkout"}}, playbook.AnnounceRule{Channel: "#search", Services: []string{"search"}},
	))
	require.Equal(t, 1, w.Count("reply #execs INC-1: cancelled"))
	require.Equal(t, 2, w.Count("reply #all"), "an update changes the message, and no thread")
}

func TestAnAnnouncementChannelThatDoesNotExistHoldsUpNoOther(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("post #nowhere", gone(fault.ChannelMissing))
	w.After(time.Minute, func() {
		require.Equal(t, 1, w.Count("post #incidents INC-1 "))
		f := w.Facts()
		require.Len(t, f.Snags, 1)
		require.Equal(t, "announcement", f.Snags[0].Mirror)
		require.NotEmpty(t, f.Links.Channel.ID)
		require.Zero(t, f.Links.Archived, "it is another channel that is missing")
	})
	w.Commands(2*time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.After(4*time.Minute, func() {
		require.Empty(t, w.Facts().Snags, "of what is over nobody has to be told")
		require.Equal(t, 1, w.Count("reply #incidents INC-1: resolved"))
	})
	w.Commands(10*day, api.HoldReview, incident.HoldReview{Meta: worldtest.By("alice@example.com")})
	w.runIncident(announcing(2, playbook.AnnounceRule{Channel: "#nowhere"}, playbook.AnnounceRule{Channel: "#incidents"}))
}

func TestADeletedAnnouncementIsLeftAlone(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() { w.Breaks("edit #incidents", gone(fault.ObjectGone)) })
	w.Commands(2*time.Minute, api.Mitigate, incident.Mitigate{Meta: worldtest.By("alice@example.com")})
	w.Commands(3*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
	require.Equal(t, 1, w.Count("post #incidents"))
	require.Zero(t, w.Count("reply #incidents"), "there is no thread any more")
}

func TestWhatHappenedDuringAnOutageIsToldInOneMessage(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() {
		for _, call := range []string{"post ", "edit ", "reply ", "furnish "} {
			w.Breaks(call, outage("slack"))
		}
	})
	w.Commands(2*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking"})
	for k, text := range []string{"Found it", "Rolling back", "Rolled back"} {
		w.Commands(time.Duration(10+k)*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: text})
	}
	w.Commands(20*time.Minute, api.Mitigate, incident.Mitigate{Meta: worldtest.By("alice@example.com")})
	w.Commands(5*time.Second, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("alice@example.com")}) // nobody has to be called
	before := 0
	w.After(30*time.Minute, func() {
		for _, call := range []string{"post ", "edit ", "reply ", "furnish "} {
			w.Breaks(call, nil)
		}
		before = w.Count("post C1 INC-1: ")
		require.NotZero(t, before, "it was tried")
	})
	w.After(50*time.Minute, func() {
		require.Equal(t, 2, w.Count("post C1 INC-1: ")-before, "the one that may have been posted, and all the rest")
		require.Equal(t, 1, w.Count("post C1 INC-1: mitigated"))
		require.Equal(t, 1, w.Count("reply #incidents INC-1: mitigated"))
	})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
	keys := map[string]bool{}
	for _, m := range w.Texts {
		if m.Headline == "INC-1: status update" || m.Headline == "INC-1: mitigated" {
			keys[m.Key] = true
		}
	}
	require.Len(t, keys, 3, "two in the channel and one in the thread, whatever was retried: %v", keys)
}

// What people said before there was a channel is told in it, in its order; what happened besides, the
// board says.
func TestTheLogBeginsWithWhatWasSaidBeforeTheChannel(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("open #", outage("slack"))
	w.Commands(time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("alice@example.com"), Severity: 5})
	w.Commands(2*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking"})
	w.Commands(3*time.Minute, api.Mitigate, incident.Mitigate{Meta: worldtest.By("alice@example.com")})
	w.Commands(4*time.Minute, api.Update, incident.Update{Meta: worldtest.By("bob@example.com"), Text: "Rolled back"})
	w.After(5*time.Minute, func() { w.Breaks("open #", nil) })
	w.After(30*time.Minute, func() { require.NotEmpty(t, w.Facts().Links.Channel.ID) })
	w.Commands(31*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
	var told [][]string
	for _, m := range w.Texts {
		if strings.HasSuffix(m.Key, "/log/"+m.Key[strings.LastIndex(m.Key, "/")+1:]) {
			told = append(told, m.Body)
		}
	}
	require.Equal(t, [][]string{
		{"Looking (alice@example.com)", "Mitigated (alice@example.com)", "Rolled back (bob@example.com)"}, {"Cancelled"},
	}, told)
}

// A channel that follows another tells what was said since, and not what was told in the first.
func TestAChannelThatFollowsTellsWhatTheFormerWasNotTold(t *testing.T) {
	t.Parallel()
	entries := []incident.Entry{{Seq: 1, Event: "declared"}, {Seq: 2, Event: "update"}, {Seq: 3, Event: "channel"}, {Seq: 4, Event: "update"}, {Seq: 5, Event: "severity"}, {Seq: 6, Event: "update"}}
	for before, want := range map[int]int{0: 1, 1: 1, 2: 3, 3: 3, 4: 5, 5: 5, 6: 6} {
		log := logState{Before: before}
		log.begin(entries, 6)
		require.Equal(t, want, log.Seq, "the former channel was told up to %d", before)
	}
	log := logState{}
	log.begin(entries[4:5], 5)
	require.Equal(t, 5, log.Seq, "nothing was said")
}

func TestTheLogBeginsWhereTheBoardEnds(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("open #", outage("slack"))
	w.Commands(time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking"})
	w.After(2*time.Minute, func() { w.Breaks("open #", nil) })
	w.Commands(30*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("alice@example.com"), Severity: 5})
	w.Commands(31*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
	require.Equal(t, 1, w.Count("post C1 INC-1: status update"), "it was said before there was a channel")
	require.Equal(t, 1, w.Count("post C1 INC-1: severity changed"))
	require.Equal(t, 1, w.Count("post C1 INC-1: cancelled"))
}

func TestWhatWasToldIsNotToldAgainAfterContinueAsNew(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Mitigate, incident.Mitigate{Meta: worldtest.By("alice@example.com")})
	w.After(2*time.Minute, func() {
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.Retry, nil)
	})
	in := declared(4) // nobody is paged: children would see the suggestion too
	in.Slice.Severities[3].Announce = true
	in.Slice.Chat.FirstSteps = []string{"Breathe"}
	in.Declaration.Commander = "carol@example.com"
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}}
	w.Env.ExecuteWorkflow(Incident, in)
	again := w.continued()
	posts := map[string]int{}
	for _, what := range []string{"post C1 First steps", "tell dan@example.com", "post C1 INC-1: mitigated", "reply #incidents INC-1: mitigated", "post #incidents"} {
		posts[what] = w.Count(what)
		require.Equal(t, 1, posts[what], what)
	}
	t.Run("the next run", func(t *testing.T) {
		w := newWorld(t, "INC-1")
		w.Commands(time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
		w.runIncident(again)
		require.Equal(t, 1, w.Count("post C1 "), "only that it was cancelled: %v", w.Calls)
		require.Equal(t, 1, w.Count("reply #incidents INC-1: cancelled"))
		require.Zero(t, w.Count("tell "))
		require.Zero(t, w.Count("post #incidents"))
	})
}

// continued is the input of the run that follows one that was continued as new.
func (w *world) continued() IncidentInput {
	w.T.Helper()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(w.T, w.Env.GetWorkflowError(), &next)
	var in IncidentInput
	w.Decode(next.Input, &in)
	return in
}

func TestAMessageWhoseFirstTryIsUnknownIsMadeTrue(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("post #incidents", outage("slack")) // it may have been posted all the same
	w.Commands(time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("alice@example.com"), Severity: 2})
	w.After(20*time.Minute, func() { w.Breaks("post #incidents", nil) })
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.After(59*time.Minute, func() { require.Equal(t, 1, w.Count("edit #incidents"), "what is found may be old") })
	w.runIncident(declared(1))
}

func TestAnArchivedAnnouncementChannelIsASnag(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() { w.Breaks("edit #incidents", gone(fault.ChannelArchived)) })
	w.Commands(2*time.Minute, api.Mitigate, incident.Mitigate{Meta: worldtest.By("alice@example.com")})
	w.After(3*time.Minute, func() {
		require.Len(t, w.Facts().Snags, 1)
		w.Breaks("edit #incidents", nil)
	})
	w.Commands(4*time.Minute, api.Retry, incident.Retry{Meta: worldtest.By("alice@example.com")})
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
	require.NotZero(t, w.Count("reply #incidents INC-1: cancelled"))
}
