package playbook

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

var today = time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)

// parse reads a playbook that must be good.
func parse(t *testing.T, text string) *Playbook {
	t.Helper()
	p, err := Parse("muster.yaml", []byte(text), today)
	require.NoError(t, err)
	return p
}

func example(t *testing.T) *Playbook {
	t.Helper()
	return parse(t, string(Example))
}

func TestTheExampleIsTheRepositorysOwnPlaybook(t *testing.T) {
	t.Parallel()
	root, err := os.ReadFile(filepath.Join("..", "muster.yaml"))
	require.NoError(t, err)
	require.Equal(t, string(Example), string(root), "copy playbook/example.yaml to muster.yaml")
}

func TestTheExampleHasNothingToWarnOf(t *testing.T) {
	t.Parallel()
	p := example(t)
	require.Empty(t, p.Warnings())
	require.Equal(t, []string{"checkout", "search", "website"}, p.Services())
	require.Equal(t, []string{"env:PD_CHECKOUT", "env:PD_PLATFORM", "env:PD_SEARCH"}, p.Credentials())
	require.Len(t, p.Hash(), 64)
}

func TestASliceHoldsWhatOneIncidentNeeds(t *testing.T) {
	t.Parallel()
	p := example(t)
	s, err := p.Slice([]string{" Checkout ", "website", "checkout"})
	require.NoError(t, err)
	require.Equal(t, p.Hash(), s.Hash)
	require.Len(t, s.Services, 2, "a service named twice counts once")

	checkout := s.Services[0]
	require.Equal(t, "Checkout and payments", checkout.Title)
	require.Equal(t, []string{"alice@example.com"}, checkout.Responders)
	require.Equal(t, &PageTarget{
		Name:      "checkout",
		Steps:     []PageStep{{Name: "checkout", Credential: "env:PD_CHECKOUT"}, {Name: "platform", Credential: "env:PD_PLATFORM"}},
		AckWithin: Exactly(5 * time.Minute), Rounds: 3,
	}, checkout.Target)
	require.Equal(t, "platform", s.Services[1].Target.Name)

	worst := s.Severity(1)
	require.Equal(t, PageNow, worst.Page)
	require.Equal(t, ReviewPolicy{
		Track: TrackDeep, After: Span{BusinessDays: 3, At: 600},
		Remind: []Span{BusinessDays(1), Exactly(time.Hour)}, Overdue: BusinessDays(2),
	}, worst.Review)
	require.Equal(t, PageNextMorning, s.Severity(3).Page)
	require.Equal(t, TrackSentence, s.Severity(3).Review.Track)
	require.Equal(t, PageNever, s.Severity(5).Page)
	require.Empty(t, s.Severity(2).Targets, "every service says whom to page")

	require.Equal(t, "Europe/Berlin", s.Calendar.Zone)
	require.Contains(t, s.Calendar.Holidays, "2026-12-24")
	require.Contains(t, s.Calendar.Holidays, "2027-03-08", "Berlin's own holiday")
	require.Len(t, s.People, 2)
	require.Equal(t, "America/New_York", s.People["carol@example.com"].Calendar.Zone)
	require.Equal(t, 600, s.People["dan@example.com"].Calendar.Start)
	require.Equal(t, []incident.Role{"commander", "communications", "scribe", "customer_liaison"}, s.Roles)
	require.Equal(t, "#incidents", s.Chat.Announce)
	require.Equal(t, "Sub-task", s.Tracker.FollowUpType)
	require.Equal(t, FollowUpPolicy{Soak: BusinessDays(3), Due: BusinessDays(20), Nudge: BusinessDays(2), Overdue: BusinessDays(5), EscalateAfter: 2}, s.FollowUps)
	require.Equal(t, Exactly(30*24*time.Hour), s.Linger)
}

func TestASliceIsTheSameAfterATripThroughJSON(t *testing.T) {
	t.Parallel()
	p := parse(t, string(Example)+"\n")
	p.tracker.Fields = parse(t, `
version: 1
tracker:
  project: INC
  fields: {team: {id: 7}, weights: [1, 2.5, x], on: true, since: 2026-11-21, big: 9007199254740993}
`).tracker.Fields
	for _, services := range [][]string{nil, {"checkout"}, {"website", "search"}} {
		s, err := p.Slice(services)
		require.NoError(t, err)
		raw, err := json.Marshal(s)
		require.NoError(t, err)
		var back Slice
		require.NoError(t, json.Unmarshal(raw, &back))
		require.Equal(t, *s, back)
	}
}

func TestASliceMayBeChangedWithoutChangingThePlaybook(t *testing.T) {
	t.Parallel()
	p := example(t)
	s, err := p.Slice([]string{"checkout"})
	require.NoError(t, err)
	s.Severities[0].Name = "x"
	s.Severities[0].Targets[0].Steps[0].Name = "x"
	s.Severities[0].Review.Remind[0] = Span{}
	s.Services[0].Target.Steps[0].Name = "x"
	s.Calendar.Holidays[0] = "x"
	s.Chat.Links[0].Label = "x"
	s.Chat.Announcements[0].Channel = "x"
	s.Chat.FirstSteps[0] = "x"
	s.Targets[0].Steps[0].Name = "x"
	s.Tracker.Labels[0] = "x"
	again, err := p.Slice([]string{"checkout"})
	require.NoError(t, err)
	fresh, err := example(t).Slice([]string{"checkout"})
	require.NoError(t, err)
	require.Equal(t, fresh, again)
}

func TestTheDefaultTargetServesWhereNobodyElseDoes(t *testing.T) {
	t.Parallel()
	p := parse(t, `
version: 1
services: {quiet: {page: nobody}, open: {}, own: {page: env:PD_OWN}}
targets: {platform: env:PD_PLATFORM}
default_target: platform
`)
	targets := func(severity incident.Severity, services ...string) []PageTarget {
		s, err := p.Slice(services)
		require.NoError(t, err)
		return s.Severity(severity).Targets
	}
	require.Len(t, targets(1), 1, "no service was named")
	require.Len(t, targets(3, "open"), 1, "paged the next morning")
	require.Empty(t, targets(4, "open"), "never paged")
	require.Empty(t, targets(1, "own"))
	require.Empty(t, targets(1, "own", "open"))
	require.Empty(t, targets(1, "quiet"), "nobody, on purpose")
}

func TestAnUnknownServiceIsRefusedWithTheNearest(t *testing.T) {
	t.Parallel()
	_, err := example(t).Slice([]string{"checkuot"})
	problem, ok := incident.AsProblem(err)
	require.True(t, ok)
	require.Equal(t, incident.CodeInvalid, problem.Code)
	require.Equal(t, "service", problem.Field)
	require.Equal(t, `"checkuot" is no service of the playbook`, problem.Reason)
	require.Equal(t, "did you mean checkout? known: checkout, search, website", problem.Mend)

	_, err = parse(t, "version: 1").Slice([]string{"checkout"})
	require.ErrorContains(t, err, "declare without one")
}

func TestSeveritiesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	p := example(t)
	for in, want := range map[string]incident.Severity{"1": 1, "sev1": 1, "SEV-2": 2, "Sev 3": 3, "critical": 1, " Oddity ": 5} {
		got, err := p.SeverityByName(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got)
	}
	for _, in := range []string{"", "0", "6", "sev", "awful", "11"} {
		_, err := p.SeverityByName(in)
		problem, ok := incident.AsProblem(err)
		require.True(t, ok, in)
		require.Equal(t, "severity", problem.Field)
		require.Contains(t, problem.Mend, "1 (Critical), 2 (Major)")
	}
	require.Equal(t, incident.Severity(3), p.DefaultSeverity())
}

func TestPeopleGoByTheirOwnCalendarOrThePlaybooks(t *testing.T) {
	t.Parallel()
	p := example(t)
	require.Len(t, p.People(), 4)
	alice, ok := p.Person("Alice@Example.com ")
	require.True(t, ok)
	require.Equal(t, "Alice", alice.Name)
	require.False(t, alice.OwnCalendar)
	require.Equal(t, "Europe/Berlin", alice.Calendar.Zone)
	carol, _ := p.Person("carol@example.com")
	require.True(t, carol.OwnCalendar)
	require.Equal(t, "America/New_York", carol.Calendar.Zone)
	stranger, ok := p.Person("erin@example.com")
	require.False(t, ok)
	require.Equal(t, "Europe/Berlin", stranger.Calendar.Zone)
}

func TestOneLineIsAPlaybook(t *testing.T) {
	t.Parallel()
	p := parse(t, "version: 1\n")
	s, err := p.Slice(nil)
	require.NoError(t, err)
	require.Len(t, s.Severities, 5)
	require.Equal(t, PageNow, s.Severity(1).Page)
	require.Equal(t, "inc", s.Chat.ChannelPrefix)
	require.Empty(t, s.Tracker.Project)
	require.NoError(t, s.Calendar.Validate())
	require.Equal(t, []string{
		"muster.yaml: default_target: an incident that names no service pages nobody (severity 1, 2 or 3); name a target here, or under targets of those severities",
		`muster.yaml: chat.announce: severities are to be announced, and there is no channel for it; name a channel, such as announce: "#incidents"`,
		"muster.yaml: tracker.project: is not set, so incidents and follow-ups get no tracker issue; name the project's key",
		"muster.yaml: calendars: there are none, so business days are Monday to Friday, 09:00 to 17:00 UTC, without holidays; say when and where you work",
	}, p.Warnings())
}

func TestShortFormsMeanTheSameAsLongOnes(t *testing.T) {
	t.Parallel()
	short := parse(t, `
version: 1
targets: {platform: env:PD_PLATFORM}
services: {a: {page: platform}, b: {page: env:PD_B}}
people: {x@example.com: {calendar: c}}
calendars: {c: {zone: UTC, days: [mon-wed, Friday], hours: 8:00-24:00}}
severities: {1: {review: standard}}
`)
	long := parse(t, `
version: 1
targets:
  platform:
    steps:
      - {name: platform, credential: env:PD_PLATFORM}
    ack_within: 5m
    rounds: 3
services:
  a: {page: {target: platform}}
  b: {page: {credential: env:PD_B}}
people:
  x@example.com:
calendars:
  c: {zone: UTC, days: [mon, tue, wed, fri], hours: "08:00-24:00"}
calendar: c
severities:
  1:
    review:
      track: standard
      after: 5bd 10:00
      remind: [1h, 1bd]
      overdue: 2bd
`)
	a, err := short.Slice(short.Services())
	require.NoError(t, err)
	b, err := long.Slice(long.Services())
	require.NoError(t, err)
	b.Hash = a.Hash
	require.Equal(t, b, a)
	require.Equal(t, []int{1, 2, 3, 5}, a.Calendar.Days)
	require.Equal(t, minutesInDay, a.Calendar.End)
}

func TestEscalationMayNameTargets(t *testing.T) {
	t.Parallel()
	p := parse(t, `
version: 1
targets:
  platform: {steps: [env:PD_PLATFORM, {name: The boss, credential: env:PD_BOSS}], ack_within: 10m}
services:
  a: {page: {target: platform, ack_within: 90s, rounds: 1}}
  b: {page: {credential: env:PD_B, escalate: [platform, env:PAGERDUTY_LAST_RESORT]}}
`)
	a, _ := p.Service("a")
	require.Equal(t, "a", a.Target.Name, "it is no longer the same as platform")
	require.Equal(t, Exactly(90*time.Second), a.Target.AckWithin)
	b, _ := p.Service("b")
	require.Equal(t, []PageStep{
		{Name: "b", Credential: "env:PD_B"},
		{Name: "platform", Credential: "env:PD_PLATFORM"},
		{Name: "The boss", Credential: "env:PD_BOSS"},
		{Name: "last-resort", Credential: "env:PAGERDUTY_LAST_RESORT"},
	}, b.Target.Steps)
}

func TestHolidaysAreWrittenOut(t *testing.T) {
	t.Parallel()
	for country, days := range map[string][]string{
		"de":    {"2025-12-25", "2026-10-03", "2027-03-29", "2031-01-01"},
		"us":    {"2026-07-03", "2026-11-26", "2027-12-31"}, // New Year 2028 is made up for the year before
		"gb":    {"2026-12-25", "2026-12-28"},
		"ch":    {"2026-08-01"},
		"ch-zh": {"2027-05-01"},
		"au":    {"2027-01-26"},
		"fr":    {"2026-07-14"},
		"nl":    {"2027-04-27"},
	} {
		got, ok := holidaysOf(country, today)
		require.True(t, ok, country)
		for _, d := range days {
			require.Contains(t, got, d, country)
		}
		require.IsNonDecreasing(t, got)
		require.GreaterOrEqual(t, got[0], "2025-01-01")
		require.LessOrEqual(t, got[len(got)-1], "2031-12-31")
	}
	for _, c := range Countries() {
		got, ok := holidaysOf(c, today)
		require.True(t, ok)
		require.Greater(t, len(got), 7*3, c)
		require.Less(t, len(got), 7*32, c)
	}
	_, ok := holidaysOf("in", today)
	require.False(t, ok)

	p := parse(t, `
version: 1
calendars: {c: {zone: UTC, holidays: {country: [de, us], dates: [2026-12-24], except: [2026-10-03]}}}
`)
	require.Subset(t, p.Calendar().Holidays, []string{"2026-11-26", "2026-12-24", "2027-03-29"})
	require.NotContains(t, p.Calendar().Holidays, "2026-10-03")
}
