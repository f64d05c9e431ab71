package playbook_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/file"
)

// realPlaybook has something real in every place that a playbook has.
const realPlaybook = `version: 1
severities:
  1: {name: REAL-1, page: now, announce: true, targets: [real-target], review: {track: deep, after: 1h, remind: [30m], overdue: 1h}, quiet_after: 1h}
  5: {name: REAL-5, page: now, announce: true, targets: [real-target], review: {track: deep, after: 1h, overdue: 1h}}
services:
  real-service: {title: REAL service, page: {credential: "env:PD_REAL", escalate: ["env:PD_REAL_TWO"]}, responders: [real@example.com, "@real-group"]}
targets:
  real-target: {steps: [{name: REAL step, credential: "env:PD_REAL_THREE"}]}
default_target: real-target
people: {real-person@example.com: {name: REAL, zone: America/New_York}}
chat:
  channel_prefix: real
  channel_name: "real-{number}"
  announce: [{channel: "#real-all"}, {channel: "#real-some", severity: 2, services: [real-service], tags: [real]}]
  archive_after: 7d
  first_steps: [REAL step]
  reactions: {follow_up: real_emoji}
  invite: [real-guest@example.com, "@real-guests"]
  links: [{label: REAL, url: "https://real.example.com"}]
tracker:
  project: REAL
  incident_type: Incident
  labels: [real-label]
  priorities: {1: Real}
  components: {real-service: Real}
  fields: {customfield_1: real}
  follow_up_fields: {customfield_2: real}
  private: {project: REALSEC, security_level: Real}
follow_ups: {soak: 3d, due: 5d, escalate: [commander, real-boss@example.com, "#real-bosses"], report: {channels: ["#real-report"], on: monday}}
operators: {channel: "#real-ops"}
canary: {channel: "#safe", project: SAFE, credential: "env:PD_SAFE"}
`

// Whatever a playbook says of real incidents, the policy of the canary's drill names nothing of it.
func TestACanaryReachesNothingReal(t *testing.T) {
	t.Parallel()
	p, err := file.Parse("muster.yaml", []byte(realPlaybook), time.Now())
	require.NoError(t, err)
	s := p.CanarySlice()
	raw, err := json.Marshal(s)
	require.NoError(t, err)
	require.NotContains(t, strings.ToLower(string(raw)), "real", "it is made of the canary's section alone")
	require.Contains(t, string(raw), "#safe")
	require.Contains(t, string(raw), `"project":"SAFE"`)

	require.True(t, s.Canary)
	require.Equal(t, []playbook.AnnounceRule{{Channel: "#safe"}}, s.Chat.Announcements)
	require.Empty(t, s.Chat.Announce, "where people are called for help")
	for level := incident.WorstSeverity; level <= incident.MildSeverity; level++ {
		policy := s.Severity(level)
		require.Equal(t, playbook.PageNever, policy.Page)
		require.False(t, policy.Announce)
		require.Equal(t, playbook.TrackNone, policy.Review.Track)
		for _, target := range s.Pageable(level) {
			for _, step := range target.Steps {
				require.Equal(t, "env:PD_SAFE", step.Credential)
			}
		}
	}
	require.True(t, s.Severity(1).QuietAfter.IsZero(), "nobody is asked why it is silent")
	require.False(t, s.Connect(p.Connections()), "a retry does not connect it to what is real")
	again, err := json.Marshal(s)
	require.NoError(t, err)
	require.JSONEq(t, string(raw), string(again))

	// Made into anything else by hand, it still pages nobody by itself.
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	for kind, pages := range map[incident.Kind]int{incident.KindDrill: 1, incident.KindIncident: 0, incident.KindNearMiss: 0, incident.KindExternal: 0} {
		i := incident.New(1, incident.Declaration{Title: "Canary", Kind: kind, Severity: 1, Page: true}, now)
		s.PlanPages(i, now)
		require.Len(t, i.Pages, pages, "%s", kind)
	}
}

func TestACanaryLeavesOutWhatIsNotNamed(t *testing.T) {
	t.Parallel()
	p, err := file.Parse("muster.yaml", []byte("version: 1\ncanary: {channel: safe}\n"), time.Now())
	require.NoError(t, err)
	require.Equal(t, playbook.CanaryPolicy{Every: time.Hour, Within: 2 * time.Minute, Channel: "#safe", IncidentType: p.Tracker().IncidentType}, p.Canary())
	s := p.CanarySlice()
	require.Empty(t, s.Required(5))
	require.Empty(t, s.Tracker)
	require.True(t, s.Chat.NoChannel)
}
