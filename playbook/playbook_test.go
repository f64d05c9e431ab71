package playbook_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/file"
)

// parse reads a playbook that must be good.
func parse(t *testing.T, text string) *playbook.Playbook {
	t.Helper()
	p, err := file.Parse("muster.yaml", []byte(text), time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return p
}

func example(t *testing.T) *playbook.Playbook {
	t.Helper()
	return parse(t, string(file.Example))
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
	require.Equal(t, &playbook.PageTarget{
		Name:      "checkout",
		Steps:     []playbook.PageStep{{Name: "checkout", Credential: "env:PD_CHECKOUT"}, {Name: "platform", Credential: "env:PD_PLATFORM"}},
		AckWithin: playbook.Exactly(5 * time.Minute), Rounds: 3,
	}, checkout.Target)
	require.Equal(t, "platform", s.Services[1].Target.Name)

	worst := s.Severity(1)
	require.Equal(t, playbook.PageNow, worst.Page)
	require.Equal(t, playbook.ReviewPolicy{
		Track: playbook.TrackDeep, After: playbook.Span{BusinessDays: 3, At: 600},
		Remind: []playbook.Span{playbook.BusinessDays(1), playbook.Exactly(time.Hour)}, Overdue: playbook.BusinessDays(2),
	}, worst.Review)
	require.Equal(t, playbook.PageNextMorning, s.Severity(3).Page)
	require.Equal(t, playbook.TrackSentence, s.Severity(3).Review.Track)
	require.Equal(t, playbook.PageNever, s.Severity(5).Page)
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
	require.Equal(t, playbook.FollowUpPolicy{
		Soak: playbook.BusinessDays(3), Due: playbook.BusinessDays(20), Nudge: playbook.BusinessDays(2), Overdue: playbook.BusinessDays(5),
		DueBy:         map[incident.Severity]playbook.Span{1: playbook.BusinessDays(10), 2: playbook.BusinessDays(15)},
		EscalateAfter: 2, Escalate: []string{playbook.EscalateCommander}, Grace: playbook.BusinessDays(10),
	}, s.FollowUps)
	require.Equal(t, playbook.Exactly(30*24*time.Hour), s.Linger)
}

func TestASliceIsTheSameAfterATripThroughJSON(t *testing.T) {
	t.Parallel()
	const fields = "fields: {team: {id: 7}, weights: [1, 2.5, x], on: true, since: 2026-11-21, big: 9007199254740993}"
	p := parse(t, strings.Replace(string(file.Example), "fields: {}", fields, 1))
	require.Len(t, p.Tracker().Fields, 5)
	for _, services := range [][]string{nil, {"checkout"}, {"website", "search"}} {
		s, err := p.Slice(services)
		require.NoError(t, err)
		raw, err := json.Marshal(s)
		require.NoError(t, err)
		var back playbook.Slice
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
	s.Severities[0].Review.Remind[0] = playbook.Span{}
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
	targets := func(severity incident.Severity, services ...string) []playbook.PageTarget {
		s, err := p.Slice(services)
		require.NoError(t, err)
		return slices.DeleteFunc(s.Required(severity), func(t playbook.PageTarget) bool { return t.Name != "platform" })
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

func TestEverybodyWhoCanBePagedByName(t *testing.T) {
	t.Parallel()
	p := parse(t, `
version: 1
targets: {network: env:PD_NETWORK, platform: env:PD_PLATFORM}
services:
  checkout: {page: env:PD_CHECKOUT}
  search: {page: platform}
  website: {page: {target: platform, ack_within: 1m}}
  status: {page: nobody}
`)
	var names []string
	for _, target := range p.Targets() {
		names = append(names, target.Name)
	}
	require.Equal(t, []string{"network", "platform", "checkout", "website"}, names)

	s, err := p.Slice([]string{"search"})
	require.NoError(t, err)
	require.Equal(t, p.Targets(), s.Targets, "those of other services too: people page whom they need")
	p.Targets()[0].Steps[0].Name = "x"
	require.Equal(t, "network", p.Targets()[0].Steps[0].Name)
}

func TestASliceStaysSmall(t *testing.T) {
	t.Parallel()
	size := func(p *playbook.Playbook) int {
		s, err := p.Slice(p.Services())
		require.NoError(t, err)
		raw, err := json.Marshal(s)
		require.NoError(t, err)
		return len(raw)
	}
	require.Less(t, size(example(t)), 8<<10, "it travels with every declaration and stays in the workflow's state")

	// A hundred services that each page in a way of their own cost little beside it.
	var many strings.Builder
	for k := range 100 {
		fmt.Fprintf(&many, "  service-%d: {page: env:PD_SERVICE_%d}\n", k, k)
	}
	p := parse(t, strings.Replace(string(file.Example), "services:\n", "services:\n"+many.String(), 1))
	s, err := p.Slice([]string{"checkout"})
	require.NoError(t, err)
	raw, err := json.Marshal(s.Targets)
	require.NoError(t, err)
	require.Less(t, len(raw), 16<<10)
}
