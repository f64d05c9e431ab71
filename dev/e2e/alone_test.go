package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

func aloneBook(o *sandbox.Options) { o.Playbook = "testdata/alone.yaml" }

// A worker is killed in the middle of each thing that is done about a page that nobody answers and
// about an incident that was taken and left, and of what ends a page. The next worker finds what the
// vendors have done, and does it no second time.
func TestAWorkerKilledWhileNobodyComesCallsNobodyTwice(t *testing.T) {
	t.Parallel()
	m := install(t, aloneBook, withoutWorker)
	p := m.startsWorkerProcess()
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.becomes("paged", func(f incident.Incident) bool { return len(f.Pages) == 1 && f.Pages[0].Attempts >= 1 })
	channel := i.becomes("with a channel", func(f incident.Incident) bool { return f.Links.Channel.ID != "" }).Links.Channel.ID
	bob, pager, slack := by("bob@example.com"), m.Sims.Pager.Faults, m.Sims.Slack.Faults()
	page := func(f incident.Incident) incident.Page { return f.Pages[0] }
	var before int // how many pages there were when the next call was made slow
	onePageMore := func() bool { return len(i.pages()) > before }
	count := func() { before = len(i.pages()) }
	for _, k := range []killed{
		{
			name: "the page of the last resort", at: pager, operation: "events.trigger",
			does: count, applied: onePageMore,
		},
		{
			name: "the calls for help in chat", at: slack, operation: "chat.postMessage",
			applied: func() bool { return m.posted(channel, "/page/1/mention")+m.posted("incidents", "/page/1/mention") > 0 },
			after: func(incident.Incident) bool {
				return m.posted(channel, "/page/1/mention") == 1 && m.posted("incidents", "/page/1/mention") == 1
			},
		},
		{
			name: "the chain once more, under a new key", at: pager, operation: "events.trigger",
			does: count, applied: onePageMore,
		},
		{
			name: "the question whether somebody has answered at the pager", at: pager, operation: "incidents.list",
			does: func() {
				m.Sims.Pager.HoldEvents() // the answer is told to nobody, so it must be asked for
				require.NoError(t, m.Sims.Pager.Acknowledge(i.newest().Key, "alice@example.com"))
				before = m.Sims.Pager.Log.Count("incidents.list")
			},
			applied: func() bool { // or a question that was under way already has heard of it
				f, err := m.incidents.Snapshot(t.Context(), i.number)
				return m.Sims.Pager.Log.Count("incidents.list") > before || err == nil && page(f).Status == incident.PageAcknowledged
			},
			after: func(f incident.Incident) bool {
				return page(f).Status == incident.PageAcknowledged && page(f).By == "alice@example.com"
			},
		},
		{
			name: "the question how it stands", at: slack, operation: "chat.postMessage",
			does:    m.Sims.Pager.ReleaseEvents,
			applied: func() bool { return m.posted(channel, "/quiet/") == 1 },
		},
		{
			name: "the page of an incident that was left", at: pager, operation: "events.trigger",
			does: count, applied: onePageMore,
			after: func(f incident.Incident) bool { return page(f).Status == incident.PagePaging },
		},
		{
			name: "the answer of somebody in Muster", at: pager, operation: "events.acknowledge",
			does: func() {
				i.does(api.Acknowledge, incident.Acknowledge{Meta: bob})
			},
			applied: func() bool { return i.newest().Status == "acknowledged" },
			after:   func(f incident.Incident) bool { return page(f).By == "bob@example.com" },
		},
		{
			name: "the end of the page", at: pager, operation: "events.resolve",
			does:    func() { i.does(api.Resolve, incident.Resolve{Meta: bob}) },
			applied: func() bool { return slices.ContainsFunc(i.pages(), resolved) },
			after:   func(incident.Incident) bool { return len(m.Sims.Pager.OpenIncidents()) == 0 },
		},
	} {
		p = p.killedDuring(k)
		if k.after != nil {
			i.becomes(k.name, k.after)
		}
		m.nothingTwice(k.name)
	}
	i.isQuiet()
	require.Empty(t, i.facts().Snags)
	require.NotZero(t, m.posted(channel, "/quiet/"), "on a slow machine it is left alone more than once")
	require.Equal(t, 1, m.posted(channel, "/page/1/mention"))
	called := map[string]int{}
	for _, n := range m.Sims.Pager.Notifications() {
		called[n.IncidentKey]++
	}
	for _, at := range i.pages() {
		// Triggering an open page once more calls nobody.
		require.Equal(t, 1, called[at.Key], "calls for %s", at.Key)
	}
}

func resolved(at pagerdutysim.Incident) bool { return at.Status == "resolved" }

// newest is what the pager opened last for the incident.
func (i *opened) newest() pagerdutysim.Incident {
	i.m.t.Helper()
	pages := i.pages()
	if len(pages) == 0 {
		return pagerdutysim.Incident{}
	}
	return slices.MaxFunc(pages, func(a, b pagerdutysim.Incident) int { return a.Number - b.Number })
}

// leftAlone has a page that nobody answers until its chain has begun again, and then an incident
// that is taken, left, paged for anew and ended.
func leftAlone(t *testing.T) *installation {
	t.Helper()
	m := install(t, aloneBook)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	m.eventually(func() bool { return strings.Contains(i.newest().Key, "/again/") }, "the chain begins again")
	require.NoError(t, m.Sims.Pager.Acknowledge(i.newest().Key, "alice@example.com"))
	taken := func(f incident.Incident) bool { return f.Pages[0].Status == incident.PageAcknowledged }
	i.becomes("taken", taken)
	i.becomes("left alone, and paged for", func(f incident.Incident) bool { return f.Pages[0].Status == incident.PagePaging })
	i.does(api.Acknowledge, incident.Acknowledge{Meta: by("bob@example.com")})
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	i.becomes("to be reviewed", func(f incident.Incident) bool { return f.Review() != nil })
	i.does(api.WaiveReview, incident.WaiveReview{Meta: by("bob@example.com"), Reason: "nothing new"})
	i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed })
	return m
}

// killed is one thing that Muster does at a vendor, in the middle of which the worker is killed: the
// vendor has done it, and nobody here knows.
type killed struct {
	name string
	// at and operation are where the vendor keeps its answer back.
	at        *simkit.Faults
	operation string
	// does sets it off; without it, it comes by itself.
	does func()
	// applied says that the vendor has done all of it, after does what must be true in the end.
	applied func() bool
	after   func(f incident.Incident) bool
}

// killedDuring kills the worker in the middle of something, and starts the next one.
func (p *process) killedDuring(k killed) *process {
	p.m.t.Helper()
	slow := k.at.Add(simkit.Fault{Operation: k.operation, Kind: simkit.Delay, Delay: simkit.Duration(time.Minute)})
	if k.does != nil {
		k.does()
	}
	p.m.eventually(k.applied, "%s: it is done at the vendor", k.name)
	p.kill()
	k.at.Clear(slow)
	return p.m.startsWorkerProcess()
}
