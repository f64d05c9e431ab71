package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
	"muster/workflows/worldtest"
)

// withOthers gives the policy what a playbook of several services has: search pages its own people,
// website the default target, and status nobody.
func withOthers(in IncidentInput) IncidentInput {
	step := func(name, credential string) playbook.PageTarget {
		return playbook.PageTarget{Name: name, AckWithin: playbook.Exactly(time.Hour), Rounds: 1, Steps: []playbook.PageStep{{Name: name, Credential: credential}}}
	}
	in.Slice.Targets = []playbook.PageTarget{step("platform", "env:PD_PLATFORM"), step("search", "env:PD_SEARCH")}
	in.Slice.LastResort = &in.Slice.Targets[0]
	in.Slice.Others = []playbook.OtherService{
		{Name: "search", Title: "Search and browse", Responders: []string{"Dan@example.com"}, Groups: []string{"searchers"}},
		{Name: "website", Unpaged: true},
		{Name: "status", Unpaged: true, Silent: true},
	}
	return in
}

func changesServices(add, remove []string) incident.ChangeServices {
	return incident.ChangeServices{Meta: worldtest.By("bob@example.com"), Add: add, Remove: remove}
}

// answers gives a command at a moment and reads the answer.
func (w *world) answers(d time.Duration, name string, c incident.Command, read func(r incident.Result)) {
	w.After(d, func() {
		w.Env.UpdateWorkflow(name, name+d.String(), &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { require.NoError(w.T, err) },
			OnComplete: func(v any, err error) {
				require.NoError(w.T, err)
				r, ok := v.(incident.Result)
				require.True(w.T, ok)
				read(r)
			},
		}, c)
	})
}

// credential is the one with which a page went out.
func (w *world) credential(key string) string {
	for _, r := range w.Requests {
		if r.Key == key {
			return r.Credential
		}
	}
	return ""
}

// invited are the people and groups who were let into the channel.
func (w *world) invited() []string {
	var out []string
	for _, f := range w.Furnished {
		out = append(out, f.Invite...)
		for _, g := range f.Groups {
			out = append(out, "@"+g)
		}
	}
	return out
}

func TestAnAddedServiceIsPagedAndItsPeopleAreInvited(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := withOthers(declared(1))
	in.Slice.Chat.Announcements = []playbook.AnnounceRule{{Channel: "#search", Services: []string{"search"}}}
	w.After(time.Minute, func() {
		require.Equal(t, 1, w.Count("page "), "checkout alone")
		require.Zero(t, w.Count("post #search"))
	})
	w.answers(2*time.Minute, api.ChangeServices, changesServices([]string{"SEARCH and browse"}, nil), func(r incident.Result) {
		require.Equal(t, "Services: checkout and search; were: checkout. Paging checkout on-call and search now.", r.Line())
	})
	w.After(3*time.Minute, func() {
		f := w.Facts()
		require.Equal(t, []string{"checkout", "search"}, f.Services)
		require.Equal(t, "env:PD_SEARCH", w.credential("test/INC-1/page/2/attempt/1"))
		require.True(t, f.Pages[1].Required)
		require.Equal(t, 1, w.Count("post #search INC-1"), "announced where its readers are")
		require.ElementsMatch(t, []string{"bob@example.com", "alice@example.com", "dan@example.com", "@searchers"}, w.invited())
	})
	w.Commands(4*time.Minute, api.ChangeServices, changesServices([]string{"search"}, nil))
	w.After(5*time.Minute, func() { require.Len(t, w.Facts().Pages, 2, "what is true already pages nobody again") })
	w.Commands(6*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(in)
}

func TestAServiceAddedWhereNobodyIsPagedWaitsForTheSeverity(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.answers(time.Minute, api.ChangeServices, changesServices([]string{"search"}, nil), func(r incident.Result) {
		require.Equal(t, "Services: checkout and search; were: checkout. Nobody is being paged: severity 4 (low) pages nobody.", r.Line())
	})
	w.Commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("bob@example.com"), Severity: 1})
	w.After(3*time.Minute, func() {
		f := w.Facts()
		require.Equal(t, "Paging checkout on-call and search now.", f.Waking(time.UTC).Line)
	})
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(withOthers(declared(4)))
}

func TestARemovedServiceTakesNoPageBack(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.answers(time.Minute, api.ChangeServices, changesServices([]string{"status"}, []string{"Checkout"}), func(r incident.Result) {
		require.Equal(t, "Services: status; were: checkout; the page to checkout on-call is not taken back, and ends when somebody takes it. Paging checkout on-call now.", r.Line())
	})
	w.After(2*time.Minute, func() {
		require.Len(t, w.Facts().Pages, 1, "status pages nobody on purpose")
		require.Zero(t, w.Count("withdraw "))
	})
	// Its target is still known, so that the page goes on through its chain.
	w.After(7*time.Minute, func() { require.Equal(t, "env:PD_PLATFORM", w.credential("test/INC-1/page/1/attempt/2")) })
	w.Commands(8*time.Minute, api.ChangeServices, changesServices(nil, []string{"status"}))
	w.After(9*time.Minute, func() {
		f := w.Facts()
		require.Empty(t, f.Services)
		require.Equal(t, "platform", f.Pages[1].Target, "where no service says whom to page, the default target is")
	})
	w.Commands(10*time.Minute, api.ChangeServices, changesServices([]string{"checkout"}, nil))
	w.After(11*time.Minute, func() { require.Len(t, w.Facts().Pages, 2, "it has its page still") })
	w.Commands(12*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(withOthers(declared(1)))
}

func TestAServiceThatThePlaybookDoesNotHaveIsRefused(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Refused(time.Minute, api.ChangeServices, changesServices([]string{"serach"}, nil),
		`add: "serach" is no service of the playbook under which it was declared; did you mean search? known: checkout, search, status, website`)
	w.Refused(2*time.Minute, api.ChangeServices, changesServices(nil, []string{"tills"}), `remove: "tills" is no service`)
	w.Commands(3*time.Minute, api.ChangeServices, changesServices(nil, []string{"website"}))
	w.After(4*time.Minute, func() { require.Equal(t, []string{"checkout"}, w.Facts().Services) })
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(withOthers(declared(4)))
}

// What was chosen is part of the input of the next run, like all of the policy.
func TestChosenServicesOutliveTheRun(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := withOthers(declared(4))
	w.Commands(time.Minute, api.ChangeServices, changesServices([]string{"search"}, nil))
	w.After(2*time.Minute, func() { w.Env.SetContinueAsNewSuggested(true) })
	w.Commands(3*time.Minute, api.Update, incident.Update{Meta: worldtest.By("bob@example.com"), Text: "Looking"})
	w.Env.ExecuteWorkflow(Incident, in)
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, w.Env.GetWorkflowError(), &next)
	var input IncidentInput
	w.Decode(next.Input, &input)
	require.Equal(t, []string{"checkout", "search"}, input.State.Facts.Services)
	require.Equal(t, "env:PD_SEARCH", input.Slice.Services[1].Target.Steps[0].Credential)
	require.Len(t, input.Slice.Others, 2)
}

func changesKind(k incident.Kind) incident.ChangeKind {
	return incident.ChangeKind{Meta: worldtest.By("bob@example.com"), Kind: k}
}

func TestADrillThatIsRealPages(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(1)
	in.Declaration.Kind = incident.KindDrill
	w.After(time.Minute, func() { require.Zero(t, w.Count("page ")) })
	w.answers(2*time.Minute, api.ChangeKind, changesKind(incident.KindIncident), func(r incident.Result) {
		require.Equal(t, "It is an incident, and was a drill. Paging checkout on-call now.", r.Line())
	})
	w.After(3*time.Minute, func() {
		require.Len(t, w.Requests, 1)
		require.Equal(t, incident.KindIncident, w.Requests[0].Kind)
		require.Equal(t, "INC-1 Checkout is down", w.Requests[0].Headline, "without the mark of a drill")
		require.Equal(t, 1, w.Count("post #incidents INC-1 Checkout is down"), "it is announced")
	})
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(in)
}

// Whoever was paged for a drill is told at once that it is none, under the same key.
func TestAPagedDrillThatIsRealIsPagedAgain(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(1)
	in.Declaration.Kind, in.Declaration.Page = incident.KindDrill, true
	w.Commands(time.Minute, api.ChangeKind, changesKind(incident.KindIncident))
	w.After(2*time.Minute, func() {
		require.Len(t, w.Requests, 2)
		require.Equal(t, []incident.Kind{incident.KindDrill, incident.KindIncident}, []incident.Kind{w.Requests[0].Kind, w.Requests[1].Kind})
		require.Equal(t, w.Requests[0].Key, w.Requests[1].Key)
	})
	w.Commands(3*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(in)
}

func TestAnIncidentThatIsADrillWithdrawsNothingAndSaysWhoIsPaged(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.answers(time.Minute, api.ChangeKind, changesKind(incident.KindDrill), func(r incident.Result) {
		require.Equal(t, "It is a drill, and was an incident; the page to checkout on-call is not taken back, and ends when somebody takes it. Paging checkout on-call now.", r.Line())
	})
	w.Commands(2*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("alice@example.com")})
	w.After(3*time.Minute, func() {
		require.Zero(t, w.Count("withdraw "))
		require.False(t, w.Facts().PageDrill, "it was not declared so")
	})
	w.Commands(4*time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.Commands(5*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com")})
	w.After(6*time.Minute, func() {
		f := w.Facts()
		require.Equal(t, "Nobody is being paged: a drill pages only when that was asked for as it was declared.", f.Waking(time.UTC).Line)
		require.Equal(t, 1, w.Count("page "))
	})
	w.Commands(7*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(1))
}

// Lists find an incident by what it is now.
func TestVisibilityFollowsKindAndServices(t *testing.T) {
	w := newWorld(t, "INC-1")
	var kinds []string
	var services [][]string
	w.Env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(a temporal.SearchAttributes) bool {
		if k, set := a.GetKeyword(mirror.AttrKind); set {
			kinds = append(kinds, k)
		}
		if s, set := a.GetKeywordList(mirror.AttrServices); set {
			services = append(services, s)
		}
		return true
	})).Return(nil).Maybe()
	w.Commands(time.Minute, api.ChangeKind, changesKind(incident.KindExternal))
	w.Commands(2*time.Minute, api.ChangeServices, changesServices([]string{"search"}, []string{"checkout"}))
	w.Commands(3*time.Minute, api.ChangeServices, changesServices(nil, []string{"search"}))
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	f := w.runIncident(withOthers(declared(4)))
	require.Equal(t, []string{"external"}, kinds)
	require.Equal(t, [][]string{{"search"}}, services, "none at last")
	require.Empty(t, f.Services)
}
