package learning

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What a follow-up says of itself is read for its tone in testdata/lines.golden.txt.
func TestLinesReadLikeTheirGoldenFile(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var b strings.Builder
	for _, c := range []struct {
		name   string
		who    string
		change func(r *followUpRun)
	}{
		{"to decide, asked of the commander", carol, nil},
		{"to decide, owned by nobody", carol, func(r *followUpRun) { r.followUp().Owner = "" }},
		{"to decide, due next year", carol, func(r *followUpRun) { r.followUp().Due = "2027-01-08" }},
		{"soon", alice, accepted("2026-11-25")},
		{"due today", alice, accepted("2026-11-23")},
		{"overdue", alice, accepted("2026-11-18")},
		{"overdue, escalated to the commander", carol, accepted("2026-11-18")},
		{"overdue, whose owner's account is gone", carol, accepted("2026-11-18")},
		{"overdue, owned by nobody", carol, func(r *followUpRun) { accepted("2026-11-18")(r); r.followUp().Owner = "" }},
		{"private, to decide", carol, func(r *followUpRun) { r.s.Brief.Private = true }},
		{"private, overdue", alice, func(r *followUpRun) { accepted("2026-11-18")(r); r.s.Brief.Private = true }},
	} {
		r := aRun(at, c.change)
		if strings.Contains(c.name, "account is gone") {
			r.s.Chase.Unknown = []string{alice}
		}
		fmt.Fprintf(&b, "%s:\n  %s\n", c.name, r.line(c.who, r.askAt(at), at).Text)
	}
	for _, c := range []struct {
		name   string
		change func(r *followUpRun)
	}{
		{"yours now", accepted("2026-12-16")},
		{"yours now, and overdue", accepted("2026-11-18")},
		{"yours once it is accepted", nil},
		{"yours now, private", func(r *followUpRun) { accepted("2026-12-16")(r); r.s.Brief.Private = true }},
	} {
		r := aRun(at, c.change)
		fmt.Fprintf(&b, "%s:\n  %s\n", c.name, r.line(alice, api.AskYours, at).Text)
	}
	path := filepath.Join("testdata", "lines.golden.txt")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run the test with -update to make it")
	require.Equal(t, string(want), b.String())
}

func accepted(due incident.Date) func(r *followUpRun) {
	return func(r *followUpRun) { r.followUp().Status, r.followUp().Due = incident.FollowUpAccepted, due }
}

// aRun is a follow-up that alice owns, outside of any workflow.
func aRun(now time.Time, change func(r *followUpRun)) *followUpRun {
	p := worldtest.Policy()
	r := &followUpRun{in: FollowUpInput{Incident: 42, Policy: p.FollowUps, Calendar: p.Calendar}, s: &followUpState{Brief: api.FollowUpBrief{
		Brief: brief(), FollowUp: incident.FollowUp{
			Number: 1, Title: "Alert on queue depth", Status: incident.FollowUpProposed, Owner: alice, Due: "2026-12-16", ProposedAt: now.AddDate(0, 0, -5),
			ProposedBy: incident.Actor{Person: alice},
		},
	}}}
	if change != nil {
		change(r)
	}
	r.catchUp(now)
	return r
}

// From when on somebody is asked, in calendars with holidays, over both changes of the clocks, in
// zones of half an hour, and for dates that nobody should have written.
func TestFromWhenOnSomebodyIsAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone     string
		holidays []string
		due      incident.Date
		soon     string
		from     string
	}{
		"a plain week":           {"UTC", nil, "2026-12-16", "2026-12-14T00:00:00Z", "2026-12-16T00:00:00Z"},
		"over a weekend":         {"Europe/Berlin", nil, "2026-12-14", "2026-12-10T00:00:00+01:00", "2026-12-14T00:00:00+01:00"},
		"over holidays":          {"Europe/Berlin", []string{"2026-12-24", "2026-12-25"}, "2026-12-28", "2026-12-22T00:00:00+01:00", "2026-12-28T00:00:00+01:00"},
		"due on a Saturday":      {"UTC", nil, "2026-12-19", "2026-12-17T00:00:00Z", "2026-12-19T00:00:00Z"},
		"the clocks go back":     {"Europe/Berlin", nil, "2026-10-26", "2026-10-22T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
		"the clocks go forward":  {"Europe/Berlin", nil, "2027-03-29", "2027-03-25T00:00:00+01:00", "2027-03-29T00:00:00+02:00"},
		"they skip midnight":     {"America/Santiago", nil, "2026-09-07", "2026-09-03T00:00:00-04:00", "2026-09-07T00:00:00-03:00"},
		"half an hour":           {"Asia/Kolkata", nil, "2026-12-16", "2026-12-14T00:00:00+05:30", "2026-12-16T00:00:00+05:30"},
		"long ago":               {"UTC", nil, "1999-12-31", "1999-12-29T00:00:00Z", "1999-12-31T00:00:00Z"},
		"the year 9999":          {"UTC", nil, "9999-12-31", "9999-12-29T00:00:00Z", "9999-12-31T00:00:00Z"},
		"a date that is no date": {"UTC", nil, "someday", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := aRun(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), nil)
			r.in.Calendar.Zone, r.in.Calendar.Holidays = c.zone, c.holidays
			r.followUp().Due = c.due
			require.Equal(t, c.from, r.dueFrom().Format(time.RFC3339))
			if c.due != "someday" {
				require.Equal(t, c.soon, r.soonFrom().Format(time.RFC3339))
			}
		})
	}
}

// A playbook whose days are seconds has the same path, with moments in place of mornings.
func TestADemoWhoseDaysAreSeconds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	r := aRun(now, func(r *followUpRun) {
		r.in.Policy.Due.BusinessDays, r.in.Policy.Due.Exact = 0, 20*time.Second
		r.in.Policy.Due.At, r.in.Policy.Nudge.At, r.in.Policy.Nudge.BusinessDays, r.in.Policy.Nudge.Exact = 0, 0, 0, 10*time.Second
		r.followUp().Due, r.followUp().ProposedAt, r.followUp().Status = "", now, incident.FollowUpAccepted
		r.plan(now)
	})
	require.Equal(t, now.Add(20*time.Second), r.dueFrom().UTC())
	require.Equal(t, now.Add(10*time.Second), r.soonFrom().UTC())
	require.Empty(t, r.asks(r.present(now), now))
	require.Equal(t, api.AskDue, r.asks(r.present(now.Add(11*time.Second)), now.Add(11*time.Second))[0].Ask)
	require.Equal(t, api.AskOverdue, r.asks(r.present(now.Add(21*time.Second)), now.Add(21*time.Second))[0].Ask)
}
