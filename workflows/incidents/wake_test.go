package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// whole are commands by which an incident comes back to life, after what had ended it.
var backToLife = map[string]struct{ ends, revives func(w *world) }{
	"resolved by a slip": {
		func(w *world) {
			w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
		},
		func(w *world) {
			w.Commands(2*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com")})
		},
	},
	"cancelled by a slip": {
		func(w *world) {
			w.Commands(time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
		},
		func(w *world) {
			w.Commands(2*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com")})
		},
	},
	"merged": {
		func(w *world) {
			w.Commands(time.Minute, api.Merge, incident.Merge{Meta: worldtest.By("bob@example.com"), Into: 2})
		},
		func(w *world) {
			w.Commands(2*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com")})
		},
	},
	"merged with one that was merged into it": {
		func(w *world) {
			w.Commands(time.Minute, api.Merge, incident.Merge{Meta: worldtest.By("bob@example.com"), Into: 2})
		},
		func(w *world) {
			w.After(2*time.Minute, func() { w.Env.SignalWorkflow(api.Absorb, api.AbsorbInput{From: 2, Title: "The same"}) })
		},
	},
}

func TestEveryWayBackToLifePagesAnew(t *testing.T) {
	for name, c := range backToLife {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "INC-1")
			w.Listens(func(string, string, any) error { return nil })
			c.ends(w)
			c.revives(w)
			w.After(3*time.Minute, func() {
				f := w.Facts()
				require.Equal(t, incident.StatusOpen, f.Status)
				require.Equal(t, "Paging checkout on-call now.", f.Waking(time.UTC).Line)
				require.True(t, w.Has("withdraw "+firstKey))
				require.Equal(t, 1, w.Times("page test/INC-1/page/2/attempt/1"), "under a key of its own: the pager has closed the old one")
			})
			w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
			w.runIncident(declared(1))
		})
	}
}

func TestAReopenedIncidentThatPagesNobodySaysSo(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.Commands(2*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com")})
	w.After(3*time.Minute, func() {
		f := w.Facts()
		require.Equal(t, "Nobody is being paged: severity 4 (low) pages nobody.", f.Waking(time.UTC).Line)
	})
	w.Commands(4*time.Minute, api.RaisePage, incident.RaisePage{Meta: worldtest.By("bob@example.com"), Required: true})
	w.After(5*time.Minute, func() { require.Equal(t, 1, w.Times("page "+firstKey), "unless somebody presses Page now") })
	w.Commands(6*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(4))
}

func TestAWorseRepetitionOfTheAlertPages(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() {
		require.Zero(t, w.Count("page "))
		w.Env.SignalWorkflow(api.Repeated, incident.Repetition{Severity: 1, Actor: incident.Actor{Way: incident.WayAPI, Token: "alerts"}})
	})
	w.After(2*time.Minute, func() { require.Equal(t, 1, w.Times("page "+firstKey)) })
	w.Commands(3*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(4))
}

// The page says what is true when it goes out, and not what was true when it was planned.
func TestAttemptsSayWhatIsTrueNow(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(2)
	w.Commands(time.Minute, api.Retitle, incident.Retitle{Meta: worldtest.By("bob@example.com"), Title: "Checkout loses orders"})
	w.Commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("bob@example.com"), Severity: 1})
	w.After(3*time.Minute, func() {
		require.Len(t, w.Requests, 2, "a worse severity is told at once, under the same key")
		require.Equal(t, firstKey, w.Requests[1].Key)
		require.Equal(t, incident.Severity(1), w.Requests[1].Severity)
		require.Equal(t, "INC-1 Checkout loses orders", w.Requests[1].Headline)
		require.NotEmpty(t, w.Requests[1].Links, "channel and issue are there by now")
	})
	w.After(9*time.Minute, func() {
		require.Len(t, w.Requests, 3)
		require.Equal(t, "INC-1 Checkout loses orders", w.Requests[2].Headline)
	})
	w.Commands(10*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(in)
}

func TestWhoTakesOnePageLeavesTheOthersRinging(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(1)
	search := playbook.PageTarget{Name: "search on-call", AckWithin: in.Slice.Services[0].Target.AckWithin, Rounds: 1, Steps: []playbook.PageStep{{Name: "search", Credential: "env:PD_SEARCH"}}}
	in.Slice.Services = append(in.Slice.Services, playbook.ServicePolicy{Name: "search", Target: &search})
	w.Asked["env:PD_CHECKOUT"], w.Asked["env:PD_SEARCH"] = []string{"alice@example.com"}, []string{"bob@example.com"}
	w.Refused(5*time.Second, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("carol@example.com")}, "which one do you take?")
	w.Commands(time.Minute, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("bob@example.com")})
	w.After(2*time.Minute, func() {
		f := w.Facts()
		require.Equal(t, []incident.PageStatus{incident.PagePaging, incident.PageAcknowledged}, []incident.PageStatus{f.Pages[0].Status, f.Pages[1].Status})
		require.Equal(t, "Paging checkout on-call now. search on-call was acknowledged by bob@example.com.", f.Waking(time.UTC).Line)
		require.True(t, f.MusteredAt.IsZero(), "checkout is still missing")
		require.Zero(t, w.Count("ack "+firstKey))
	})
	w.Refused(3*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("mallory@evil.example")}, "is in no directory")
	w.Commands(4*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("alice@example.com")})
	w.After(4*time.Minute+time.Second, func() { require.False(t, w.Facts().MusteredAt.IsZero()) })
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(in)
}

func TestAPersonIsPagedByName(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.RaisePage, incident.RaisePage{Meta: worldtest.By("bob@example.com"), Target: "Dan@example.com"})
	w.After(2*time.Minute, func() {
		require.Equal(t, "person:dan@example.com", w.Requests[0].Reach)
		require.True(t, w.Requests[0].Urgent)
		require.Equal(t, "dan@example.com", w.Facts().Pages[0].Target)
	})
	w.Commands(3*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(4))
}

func TestWhoeverTakesItAndIsSilentIsAskedAndThenPagedAgain(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(1)
	in.Slice.Severities[0].QuietAfter = playbook.Exactly(30 * time.Minute)
	w.Commands(time.Minute, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("alice@example.com")})
	w.After(30*time.Minute, func() { require.Zero(t, w.Count("post C1 INC-1 has been quiet")) })
	w.After(32*time.Minute, func() { require.Equal(t, 1, w.Count("post C1 INC-1 has been quiet since 10:01 UTC")) })
	w.After(60*time.Minute, func() { require.Equal(t, incident.PageAcknowledged, w.Facts().Pages[0].Status) })
	w.After(62*time.Minute, func() {
		require.Equal(t, incident.PagePaging, w.Facts().Pages[0].Status)
		require.Equal(t, 1, w.Times("page "+firstKey+"/again/1"), "the pager knows the old one as answered")
	})
	w.Commands(63*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Still at it"})
	w.Commands(64*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(in)
}

func TestNobodyIsAskedWhereThePlaybookNeverWantsItOrAPromiseHolds(t *testing.T) {
	for name, after := range map[string]playbook.Span{"never": {}, "a promise": playbook.Exactly(30 * time.Minute)} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "INC-1")
			in := declared(1)
			in.Slice.Severities[0].QuietAfter = after
			w.Commands(time.Minute, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("alice@example.com")})
			w.After(2*time.Minute, func() {
				w.Env.SignalWorkflow(api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Restoring", Next: w.Env.Now().Add(5 * time.Hour)})
			})
			w.After(5*time.Hour, func() { require.Zero(t, w.Count("post C1 INC-1 has been quiet")) })
			w.Commands(5*time.Hour+time.Second, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
			w.runIncident(in)
		})
	}
}

// A token that is bound to a person acknowledges as that person only; a service's token for anybody
// whom the playbook or the pager knows.
func TestATokenAcknowledgesForItsPersonOnly(t *testing.T) {
	w := newWorld(t, "INC-1")
	token := func(person, name string) incident.Meta {
		return incident.Meta{Actor: incident.Actor{Person: person, Way: incident.WayAPI, Token: name}}
	}
	w.Refused(time.Minute, api.Acknowledge, incident.Acknowledge{Meta: token("alice@example.com", "alice"), Person: "bob@example.com"}, "acknowledges for nobody else")
	w.Refused(2*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: token("", "alerts"), Person: "mallory@evil.example"}, "is in no directory")
	w.Commands(3*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: token("", "alerts"), Person: "dan@example.com"})
	w.After(4*time.Minute, func() { require.Equal(t, "dan@example.com", w.Facts().Pages[0].By) })
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(1))
}
