package incidents

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
	"muster/workflows/worldtest"
)

// changes change one fact of which children are told, by its name in the brief.
var changes = map[string]func(i *incident.Incident){
	"Title":    func(i *incident.Incident) { i.Title = "Checkout loses orders" },
	"Private":  func(i *incident.Incident) { i.Private = true },
	"Kind":     func(i *incident.Incident) { i.Kind = incident.KindDrill },
	"Severity": func(i *incident.Incident) { i.Severity = 1 },
	"Parent":   func(i *incident.Incident) { i.Links.Tracker.Key = "OPS-7" },
	"Channel":  func(i *incident.Incident) { i.Links.Channel = incident.ChannelRef{ID: "C7", Name: "inc-7"} },
	"Links":    func(i *incident.Incident) { i.Links.Tracker.URL = "https://issues.example.com/OPS-7" },
	"Commander": func(i *incident.Incident) {
		i.Roles = []incident.RoleHolder{{Role: incident.RoleCommander, Person: "dan@example.com"}}
	},
	"RemindersPausedUntil": func(i *incident.Incident) { i.RemindersPausedUntil = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC) },
}

// untold are the facts that a child does not show, so that it is not told of them.
var untold = map[string][]string{
	"page":      {"Parent", "Channel", "Commander", "RemindersPausedUntil"},
	"follow-up": {"Channel", "Links"},
}

// Every fact of an incident that a child shows is told to a running child when it changes: nothing
// is copied at its start alone.
func TestChildrenAreToldOfEveryFactThatTheyShow(t *testing.T) {
	t.Parallel()
	for field := range reflect.TypeFor[api.Brief]().Fields() {
		name := field.Name
		change, known := changes[name]
		require.True(t, known, "say how %s changes", name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := versions(func(*incident.Incident) {}), versions(change)
			for child := range before {
				if told := before[child] != after[child]; slices.Contains(untold[child], name) {
					require.False(t, told, "a %s does not show it", child)
				} else {
					require.True(t, told, "a %s shows it", child)
				}
			}
		})
	}
}

// versions stand for what each sort of child knows of an incident.
func versions(change func(i *incident.Incident)) map[string]string {
	i := incident.New(1, worldtest.Declaration(2), time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC))
	i.AddPage("checkout on-call", true, time.Time{})
	i.FollowUps = []incident.FollowUp{{Number: 1, Title: "Alert on queue depth", Status: incident.FollowUpProposed}}
	i.Reviews = []incident.Review{{Number: 1, Status: incident.ReviewPlanned, Track: "standard"}}
	change(i)
	policy := worldtest.Policy()
	c := &children{scene: &scene{facts: i, policy: &policy, settings: api.Settings{Installation: "test"}}, state: &childrenState{}}
	out := map[string]string{}
	for k, spec := range c.specs() {
		out[[]string{"page", "review", "follow-up"}[k]] = mirror.Fingerprint(spec.version)
	}
	return out
}

// A page that was withdrawn is told so once, and then of nothing: its workflow ends, and every fact
// that changed would be a signal to nobody.
func TestAWithdrawnPageIsToldNothingMore(t *testing.T) {
	t.Parallel()
	withdrawn := func(i *incident.Incident) {
		i.Pages[0].Status = incident.PageWithdrawn
		i.Pages[0].Revision++
	}
	require.NotEqual(t, versions(func(*incident.Incident) {})["page"], versions(withdrawn)["page"])
	for name, change := range changes {
		both := func(i *incident.Incident) { withdrawn(i); change(i) }
		require.Equal(t, versions(withdrawn)["page"], versions(both)["page"], name)
	}
}
