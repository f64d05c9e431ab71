package file

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/playbook"
)

var today = time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)

// parse reads a playbook that must be good.
func parse(t *testing.T, text string) *playbook.Playbook {
	t.Helper()
	p, err := Parse("muster.yaml", []byte(text), today)
	require.NoError(t, err)
	return p
}

func example(t *testing.T) *playbook.Playbook {
	t.Helper()
	return parse(t, string(Example))
}

func TestTheExampleIsTheRepositorysOwnPlaybook(t *testing.T) {
	t.Parallel()
	root, err := os.ReadFile(filepath.Join("..", "..", "muster.yaml"))
	require.NoError(t, err)
	require.Equal(t, string(Example), string(root), "copy playbook/file/example.yaml to muster.yaml")
}

func TestTheExampleHasNothingToWarnOf(t *testing.T) {
	t.Parallel()
	p := example(t)
	require.Empty(t, p.Warnings())
	require.Equal(t, []string{"checkout", "search", "website"}, p.Services())
	require.Equal(t, []string{"env:PD_CHECKOUT", "env:PD_PLATFORM", "env:PD_SEARCH"}, p.Credentials())
	require.Len(t, p.Hash(), 64)
}

func TestOneLineIsAPlaybook(t *testing.T) {
	t.Parallel()
	p := parse(t, "version: 1\n")
	s, err := p.Slice(nil)
	require.NoError(t, err)
	require.Len(t, s.Severities, 5)
	require.Equal(t, playbook.PageNow, s.Severity(1).Page)
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
	require.Equal(t, 24*60, a.Calendar.End)
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
	require.Equal(t, playbook.Exactly(90*time.Second), a.Target.AckWithin)
	b, _ := p.Service("b")
	require.Equal(t, []playbook.PageStep{
		{Name: "b", Credential: "env:PD_B"},
		{Name: "platform", Credential: "env:PD_PLATFORM"},
		{Name: "The boss", Credential: "env:PD_BOSS"},
		{Name: "last-resort", Credential: "env:PAGERDUTY_LAST_RESORT"},
	}, b.Target.Steps)
}

func TestHolidaysOfCountriesAndOfOnesOwn(t *testing.T) {
	t.Parallel()
	p := parse(t, `
version: 1
calendars: {c: {zone: UTC, holidays: {country: [de, us], dates: [2026-12-24], except: [2026-10-03]}}}
`)
	require.Subset(t, p.Calendar().Holidays, []string{"2026-11-26", "2026-12-24", "2027-03-29"})
	require.NotContains(t, p.Calendar().Holidays, "2026-10-03")
}

func TestFollowUpsAreEscalatedAndReported(t *testing.T) {
	t.Parallel()
	p := parse(t, "version: 1\nfollow_ups: {escalate: [Commander, \"#sre\", Dana@example.com], report: {channels: [sre], on: fri}}\n")
	s, err := p.Slice(nil)
	require.NoError(t, err)
	require.Equal(t, []string{playbook.EscalateCommander, "#sre", "dana@example.com"}, s.FollowUps.Escalate)
	require.Equal(t, playbook.ReportPolicy{Channels: []string{"#sre"}, On: 5}, p.Report())
	none := parse(t, "version: 1\nfollow_ups: {escalate: []}\n")
	s, err = none.Slice(nil)
	require.NoError(t, err)
	require.Empty(t, s.FollowUps.Escalate, "nobody, on purpose")
	require.Equal(t, playbook.ReportPolicy{On: 1}, none.Report(), "no report unless somebody wants it")
}
