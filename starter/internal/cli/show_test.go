package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/starter/internal/cli"
)

// story is an incident about which there is something of everything to show.
func story() incident.Incident {
	i := opened()
	i.Number, i.Kind, i.Title, i.Severity, i.Status = 1, incident.KindDrill, "Checkout is down\x1b[31m", 2, incident.StatusMitigated
	i.Services, i.Tags, i.Private = []string{"checkout"}, []string{"eu"}, true
	i.DeclaredAt, i.MitigatedAt, i.MusteredAt = now, now.Add(time.Hour), now.Add(time.Minute)
	i.DeclaredBy = incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}
	i.Roles = []incident.RoleHolder{{Role: "commander", Person: "alice@example.com"}, {Role: "customer_liaison", Person: "bob@example.com"}}
	i.Responders = []incident.Responder{{Person: "alice@example.com", JoinedAt: now}, {Person: "bob@example.com", InvitedAt: now}}
	i.LastUpdate = "Failing over\nto the other region"
	i.Pages = []incident.Page{
		{Number: 1, Target: "Checkout", Status: incident.PageAcknowledged, By: "bob@example.com", URL: "https://pd.example.com/Q1", Woken: incident.WokenReport{
			AsOf: now.Add(5 * time.Minute), Woken: []incident.Woken{
				{ID: "R1", Person: "alice@example.com", At: now.In(time.FixedZone("", 3600)), Means: incident.MeansPush, Night: true, OffHours: true, Zone: "Europe/Berlin"},
				{ID: "R2", Person: "alice@example.com", At: now.Add(3 * time.Minute).In(time.FixedZone("", 3600)), Means: incident.MeansPhone, Night: true, OffHours: true, Zone: "Europe/Berlin"},
				{ID: "R3", Person: "bob@example.com", At: now.Add(4 * time.Minute).In(time.FixedZone("", -6*3600)), Means: incident.MeansSMS, OffHours: true, Zone: "America/Chicago"},
			},
		}},
		{Number: 2, Target: "Platform", Status: incident.PagePaging, Attempts: 2, Step: "primary", Problem: "no answer", Woken: incident.WokenReport{Unknown: "no REST API token is set"}},
		{Number: 3, Target: "Search", Status: incident.PageWaiting, NotBefore: now.Add(30 * time.Hour)},
	}
	i.Snags = []incident.Snag{{Mirror: "tracker", Step: "update the issue", Reason: "field X is required", Mend: "add it to fields", RetryAt: now.Add(15 * time.Minute)}}
	i.FollowUps = []incident.FollowUp{
		{
			Number: 1, Title: "Alert on disks", Status: incident.FollowUpAccepted, Owner: "bob@example.com", Due: "2026-12-24", Issue: incident.IssueRef{Key: "OPS-2"},
			Kind: incident.FollowUpDetect, Priority: incident.PriorityHigh, Urgent: true, SnoozedUntil: now.Add(168 * time.Hour), SnoozeReason: "the vendor mends it",
		},
		{Number: 2, Title: "Rewrite it", Status: incident.FollowUpDropped, Reason: "too big"},
	}
	i.Learning = "Disks fill up"
	i.Reviews = []incident.Review{{Number: 1, Status: incident.ReviewPlanned, At: now.Add(48 * time.Hour)}}
	i.NextUpdate = now.Add(90 * time.Minute)
	i.RemindersPausedUntil = now.Add(24 * time.Hour)
	i.Absorbed = []incident.Absorption{{From: 4}}
	i.Nominations = []incident.Nomination{{Person: "carol@example.com", Reason: "the third this month", At: now}, {Person: "dan@example.com", At: now}}
	i.Waiting = []string{"the channel waits its turn at Slack"}
	i.Links.Announcements = []incident.Announced{{Channel: "#incidents", Message: incident.MessageRef{Channel: "C9", ID: "1.2", URL: "https://chat.example.com/C9/p12"}}}
	i.Links.Former = []incident.ChannelRef{{ID: "C0", Name: "inc-1-old", URL: "https://chat.example.com/C0"}}
	for n := range 12 {
		i.Note(now.Add(time.Duration(n)*time.Minute), i.DeclaredBy, "update", fmt.Sprintf("Entry %d", n+1))
	}
	return i
}

func TestShow(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.snapshots = []incident.Incident{story()}
	o := tm.run("show INC-1")
	lines := strings.Split(o.stdout, "\n")
	require.Equal(t, strings.Split(`INC-1  DRILL - Checkout is down [31m
The page to Platform is not delivered yet: no answer. Trying again. Search is paged on Sunday 22 November at 09:04 UTC. Checkout was acknowledged by bob@example.com.

  status            mitigated since 2026-11-21 04:04 UTC
  severity          2
  kind              drill
  private           only those who are part of it may see it
  services          checkout
  tags              eu
  declared          2026-11-21 03:04 UTC by alice@example.com
  mustered          2026-11-21 03:05 UTC
  commander         alice@example.com
  customer liaison  bob@example.com
  responders        alice@example.com, bob@example.com (invited)
  last update       Failing over to the other region
  next update       2026-11-21 04:34 UTC
  reminders         rest until 2026-11-22 03:04 UTC
  merged into it    INC-4

Pages
  1  Checkout  acknowledged by bob@example.com
  2  Platform  paging, attempt 2 via primary: no answer
  3  Search    waiting until 2026-11-22 09:04 UTC

Whom the pager has notified
  1  Checkout  alice@example.com: push at 04:04 on Saturday 21 November (Europe/Berlin, night), phone at 04:07 on Saturday 21 November (Europe/Berlin, night)
  1  Checkout  bob@example.com: SMS at 21:08 on Friday 20 November (America/Chicago, off-hours)
  2  Platform  not known: no REST API token is set

Links
  #inc-1-checkout-is-down              https://chat.example.com/C1
  OPS-1                                https://jira.example.com/OPS-1
  Page to Checkout                     https://pd.example.com/Q1
  #inc-1-old (before it was reopened)  https://chat.example.com/C0
  Announced in #incidents              https://chat.example.com/C9/p12
  Temporal                             http://ui.example.com/INC-1

Stuck
  tracker  update the issue  field X is required; add it to fields (tried again at 2026-11-21 03:19 UTC, or with `+"`starter retry INC-1`"+`)

Waiting
  the channel waits its turn at Slack

Follow-ups
  1  accepted  bob@example.com  due 2026-12-24  OPS-2  Alert on disks (to detect, high priority, urgent, snoozed until 2026-11-28 03:04 UTC: the vendor mends it)
  2  dropped   -                -               -      Rewrite it (too big)

Learning
  learnt     Disks fill up
  nominated  by carol@example.com: the third this month
  nominated  by dan@example.com
  review     planned for 2026-11-23 03:04 UTC

Timeline, the last 10 of 12 entries
  2026-11-21 03:06 UTC  alice@example.com  Entry 3`, "\n"), lines[:len(lines)-10])
	require.Equal(t, "  2026-11-21 03:15 UTC  alice@example.com  Entry 12", lines[len(lines)-2])
	require.Equal(t, cli.ExitOK, o.code)
}

func TestShowASmallOne(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.snapshots = []incident.Incident{*incident.New(2, incident.Declaration{Title: "x", Kind: incident.KindIncident, Severity: 3}, now)}
	tm.run("show #2").prints(`INC-2  x
Nobody is being paged.

  status    open
  severity  3
  declared  2026-11-21 03:04 UTC by unidentified

Links
  Temporal  http://ui.example.com/INC-2

Timeline
  2026-11-21 03:04 UTC  unidentified  Declared: x
`)
}

func TestShowInJSONIsTheWholeIncident(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.snapshots = []incident.Incident{story()}
	o := tm.run("show 1 -o json")
	var got struct {
		Key string `json:"key"`
		URL string `json:"workflow_url"`
		incident.Incident
	}
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &got))
	require.Equal(t, "INC-1", got.Key)
	require.Equal(t, "http://ui.example.com/INC-1", got.URL)
	require.Equal(t, story(), got.Incident)
}

func TestWatchPrintsEntriesAsTheyCome(t *testing.T) {
	t.Parallel()
	first := *incident.New(1, incident.Declaration{Title: "x", Kind: incident.KindIncident, Severity: 3}, now)
	second := first
	second.Timeline = append([]incident.Entry(nil), first.Timeline...)
	second.Note(now.Add(time.Minute), incident.Actor{Person: "bob@example.com"}, "update", "Rolling\nback\x07")
	tm := newTerminal(t)
	tm.watched = []any{first, errors.New("temporal does not answer"), errors.New("temporal does not answer"), first, second}
	o := tm.run("watch 1")
	require.Equal(t, `INC-1  x (open)
2026-11-21 03:04 UTC  unidentified  Declared: x
2026-11-21 03:05 UTC  bob@example.com  Rolling back
`, o.stdout)
	require.Equal(t, "temporal does not answer; waiting\n", o.text, "an outage is told of once")
	require.Equal(t, cli.ExitOK, o.code)

	o = tm.run("watch 1 -o json")
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	require.Len(t, lines, 2)
	require.JSONEq(t, `{"key":"INC-1","status":"open","seq":2,"at":"2026-11-21T03:05:05Z","actor":{"person":"bob@example.com"},"event":"update","text":"Rolling\nback\u0007"}`, lines[1])
}
