package views_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/internal/sims/slacksim"
	"muster/playbook"
)

var update = flag.Bool("update", false, "write the golden files anew")

var evening = time.Date(2026, 11, 20, 18, 30, 0, 0, time.UTC)

// nasty is what people must be able to write without breaking a view or calling everybody.
const nasty = "<!channel> *boom* `rm -rf /` \"q\" \\ & <@U0000000001> <https://evil.example.com|bank> \u202Egnp.exe 🧨🧨 שלום עולם <script>"

func nastyText(n int) string { return strings.Repeat(nasty+"\n", n/len([]rune(nasty))+1) }

func book() views.Book {
	return views.Book{
		Default: 3,
		Severities: []views.Severity{
			{Level: 1, Name: "Critical", Hint: "Customers cannot use the product, or data is lost or exposed.", Page: playbook.PageNow},
			{Level: 2, Name: "Major", Hint: "Something important is broken for many, and there is no way around it.", Page: playbook.PageNow},
			{Level: 3, Name: "Minor", Hint: "Some are affected, or there is a way around it.", Page: playbook.PageNextMorning},
			{Level: 4, Name: "Low", Hint: "Hardly anybody notices.", Page: playbook.PageNever},
			{Level: 5, Name: "Oddity", Hint: "Nothing is broken, and somebody should know.", Page: playbook.PageNever},
		},
		Services: []views.Choice{{Value: "checkout", Label: "Checkout and payments"}, {Value: "search", Label: "Search"}},
		Roles:    []incident.Role{incident.RoleCommander, incident.RoleCommunications, incident.RoleScribe, "customer_liaison"},
		Targets:  []views.Choice{{Value: "checkout", Label: "checkout"}, {Value: "platform", Label: "platform"}},
	}
}

// monsterBook has all that a playbook can be too much of.
func monsterBook() views.Book {
	b := views.Book{Default: 1, Roles: []incident.Role{incident.Role(strings.Repeat("r", 150))}}
	for level := incident.WorstSeverity; level <= incident.MildSeverity; level++ {
		b.Severities = append(b.Severities, views.Severity{Level: level, Name: nasty, Hint: nastyText(500), Page: playbook.PageNow})
	}
	for n := range 250 {
		b.Services = append(b.Services, views.Choice{Value: fmt.Sprintf("service-%03d", n), Label: fmt.Sprintf("%03d %s", n, nasty)})
		b.Targets = append(b.Targets, views.Choice{Value: fmt.Sprintf("target-%03d", n), Label: nasty})
		b.Roles = append(b.Roles, incident.Role(fmt.Sprintf("role_%03d", n)))
	}
	b.Services = append(b.Services, views.Choice{Value: strings.Repeat("x", 151), Label: "too long to be chosen"}, views.Choice{Value: "blank"})
	return b
}

func checkout() incident.Incident {
	alice := incident.Actor{Person: "alice@example.com", Way: incident.WaySlack}
	return incident.Incident{
		Number: 42, Kind: incident.KindIncident, Title: "Checkout is down", Severity: 2, Status: incident.StatusOpen,
		Services: []string{"checkout"}, DeclaredAt: evening, DeclaredBy: alice, Revision: 7,
		Roles: []incident.RoleHolder{{Role: incident.RoleCommander, Person: "alice@example.com"}},
		Responders: []incident.Responder{
			{Person: "alice@example.com", JoinedAt: evening}, {Person: "u024be7lh@slack", JoinedAt: evening}, {Person: "bob@example.com", InvitedAt: evening},
		},
		Pages: []incident.Page{
			{Number: 1, Target: "checkout", Status: incident.PageAcknowledged, By: "bob@example.com", URL: "https://pager.example.com/P1", Woken: incident.WokenReport{
				AsOf:  evening,
				Woken: []incident.Woken{{ID: "R1", Person: "bob@example.com", At: evening, Means: incident.MeansPhone, OffHours: true, Zone: "UTC"}},
			}},
			{Number: 2, Target: "platform", Status: incident.PagePaging},
		},
		LastUpdate: "The release of 18:00 is being rolled back.", UpdatedAt: evening, NextUpdate: evening.Add(30 * time.Minute),
		FollowUps: []incident.FollowUp{{Number: 1, Title: "Alert on the queue's age", Status: incident.FollowUpProposed, Owner: "carol@example.com", Due: "2026-12-18"}},
		Links: incident.Links{
			Channel: incident.ChannelRef{ID: "C1", Name: "inc-42-checkout-is-down", URL: "https://slack.example.com/archives/C1"},
			Tracker: incident.IssueRef{ID: "1", Key: "OPS-7", URL: "https://jira.example.com/browse/OPS-7"},
		},
		Timeline: []incident.Entry{
			{Seq: 1, At: evening, Actor: alice, Event: "declared", Text: "Declared: Checkout is down"},
			{Seq: 2, At: evening, Actor: alice, Event: "update", Text: "The release of 18:00 is being rolled back."},
		},
		Entries: 2,
	}
}

// monster is an incident with too much of everything.
func monster() incident.Incident {
	i := incident.Incident{
		Number: 999_999, Kind: incident.KindDrill, Title: strings.Repeat("<&>\"", 50), Severity: 1, Status: incident.StatusOpen,
		DeclaredAt: evening, DeclaredBy: incident.Actor{Person: nasty}, LastUpdate: nastyText(3000), UpdatedAt: evening, Learning: nastyText(2000),
		MergedInto: 7, NextUpdate: evening,
		Reviews: []incident.Review{{Number: 1, Status: incident.ReviewPlanned, At: evening}},
	}
	address := "https://example.com/?" + strings.Repeat("a=1&", 600)
	for n := range 100 {
		i.Services, i.Waiting = append(i.Services, nasty), append(i.Waiting, nasty)
		i.Roles = append(i.Roles, incident.RoleHolder{Role: incident.Role(nasty), Person: nasty})
		i.Responders = append(i.Responders, incident.Responder{Person: nasty, JoinedAt: evening})
		i.Pages = append(i.Pages, incident.Page{Number: n + 1, Target: nasty, Status: incident.PagePaging, Problem: nasty, URL: address, Woken: incident.WokenReport{
			Woken: []incident.Woken{{ID: nasty, Person: nasty, At: evening, Means: "fax", Zone: nasty}}, More: true, Unknown: nasty,
		}})
		i.FollowUps = append(i.FollowUps, incident.FollowUp{Number: n + 1, Title: i.Title, Owner: nasty, Due: "2026-12-18", Status: incident.FollowUpProposed})
		i.Snags = append(i.Snags, incident.Snag{Step: nasty, Reason: nasty, Mend: nasty})
		i.Timeline = append(i.Timeline, incident.Entry{Seq: n + 1, At: evening, Text: nastyText(2000)})
	}
	i.Links.Channel = incident.ChannelRef{ID: "C1", Name: nasty, URL: address}
	return i
}

func open() []incidents.Listed {
	return []incidents.Listed{
		{
			Number: 42, Key: "INC-42", Title: "Checkout is down", Status: incident.StatusOpen, Kind: incident.KindIncident, Severity: 2,
			Commander: "alice@example.com", Snags: 1, DeclaredAt: evening.Add(-20 * time.Minute),
			Links: []incident.Link{{Label: "OPS-7", URL: "https://jira.example.com/browse/OPS-7"}, {Label: "#inc-42-checkout-is-down", URL: "https://slack.example.com/archives/C1"}},
		},
		{Number: 41, Key: "INC-41", Title: "DRILL - Fire drill", Status: incident.StatusMitigated, Kind: incident.KindDrill, Severity: 3, DeclaredAt: evening.Add(-5 * time.Hour)},
		{Number: 40, Key: "INC-40", Title: "(private incident)", Private: true, Status: incident.StatusOpen, Kind: incident.KindIncident, Severity: 1, DeclaredAt: evening.Add(-72 * time.Hour)},
	}
}

func hundred() []incidents.Listed {
	var out []incidents.Listed
	for n := range 100 {
		out = append(out, incidents.Listed{
			Number: 1000 - n, Title: strings.Repeat("<&>\"", 50), Status: incident.StatusOpen, Kind: incident.KindNearMiss, Severity: 1, Commander: nasty, Snags: 3,
			DeclaredAt: evening, Links: []incident.Link{{Label: "#" + nasty, URL: "https://slack.example.com/?" + strings.Repeat("&", 400)}},
		})
	}
	return out
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return raw
}

// golden compares with a file, which is written for people to read.
func golden(t *testing.T, name string, raw []byte) {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(raw, &v))
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	require.NoError(t, e.Encode(v))
	file := filepath.Join("testdata", name+".json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "run the test with -update once")
	require.Equal(t, string(want), b.String())
}

// messageOf gives a message's blocks as Slack gets them.
func messageOf(t *testing.T, s views.Say) []byte {
	t.Helper()
	if s.Blocks == nil {
		s.Blocks = []slackapi.Block{}
	}
	return encode(t, s.Blocks)
}

func isTakenAsView(t *testing.T, name string, v any) []byte {
	t.Helper()
	raw := encode(t, v)
	require.Empty(t, slacksim.CheckView(raw), name)
	return raw
}

func isTakenAsMessage(t *testing.T, name string, s views.Say) []byte {
	t.Helper()
	require.NotEmpty(t, s.Text, name)
	require.Less(t, len([]rune(s.Text)), 4000, name)
	raw := messageOf(t, s)
	require.Empty(t, slacksim.CheckMessage(raw), name)
	return raw
}
