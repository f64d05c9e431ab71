package playbook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestAPlaybookThatSaysNothingOfChat(t *testing.T) {
	t.Parallel()
	c := parse(t, "version: 1\n").Chat()
	require.Equal(t, "{prefix}-{number}-{title}", c.ChannelName)
	require.Equal(t, "7d", c.ArchiveAfter.Text())
	require.Len(t, c.FirstSteps, 5)
	require.Equal(t, Reactions{FollowUp: "fast_forward", Timeline: "pushpin", Nominate: "mortar_board"}, c.Reactions)
	require.Empty(t, c.Announcements)
	require.Empty(t, c.Announce)
}

func TestTheExampleWritesOutTheDefaultsOfChat(t *testing.T) {
	t.Parallel()
	written, bare := example(t).Chat(), parse(t, "version: 1\n").Chat()
	require.Equal(t, []AnnounceRule{{Channel: "#incidents"}}, written.Announcements)
	written.Announce, written.Announcements, written.Links = "", nil, nil
	require.Equal(t, bare, written)
}

func TestAnnouncementsInSeveralChannels(t *testing.T) {
	t.Parallel()
	p := parse(t, `
version: 1
services: {checkout: {page: nobody}, search: {page: nobody}}
chat:
  announce:
    - {channel: "#exec", severity: 1}
    - incidents
    - {channel: C024BE91L, severity: 2, services: [Checkout, search], tags: [Payments]}
`)
	rules := p.Chat().Announcements
	require.Equal(t, []AnnounceRule{
		{Channel: "#exec", Severity: 1},
		{Channel: "#incidents"},
		{Channel: "C024BE91L", Severity: 2, Services: []string{"checkout", "search"}, Tags: []string{"Payments"}},
	}, rules)
	require.Equal(t, "#incidents", p.Chat().Announce, "people are called where everything is told")

	hears := func(severity incident.Severity, services, tags []string) []bool {
		var out []bool
		for _, a := range rules {
			out = append(out, a.Hears(&incident.Incident{Severity: severity, Services: services, Tags: tags}))
		}
		return out
	}
	require.Equal(t, []bool{true, true, false}, hears(1, nil, nil))
	require.Equal(t, []bool{false, true, true}, hears(2, []string{"search"}, []string{"payments", "eu"}))
	require.Equal(t, []bool{false, true, false}, hears(2, []string{"search"}, nil))
	require.Equal(t, []bool{false, true, false}, hears(3, []string{"search"}, []string{"payments"}))
}

func TestWhereEveryChannelHasConditionsTheFirstServes(t *testing.T) {
	t.Parallel()
	p := parse(t, `{version: 1, chat: {announce: [{channel: exec, severity: 1}, {channel: ops, severity: 3}]}}`)
	require.Equal(t, "#exec", p.Chat().Announce)
}

func TestWhatChatDoesCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	c := parse(t, "version: 1\nchat: {archive_after: never, first_steps: [], reactions: {follow_up: off, timeline: \":Bookmark:\"}}\n").Chat()
	require.True(t, c.ArchiveAfter.IsZero())
	require.Empty(t, c.FirstSteps)
	require.Equal(t, Reactions{Timeline: "bookmark", Nominate: "mortar_board"}, c.Reactions)
	require.Equal(t, Reactions{}, parse(t, "version: 1\nchat: {reactions: off}\n").Chat().Reactions)
	require.Equal(t, Reactions{FollowUp: "pushpin"}, parse(t, "version: 1\nchat: {reactions: {follow_up: pushpin, timeline: off, nominate: off}}\n").Chat().Reactions)
}

func TestUserGroupsAreInvitedByTheirHandle(t *testing.T) {
	t.Parallel()
	p := parse(t, `
version: 1
services: {checkout: {page: nobody, responders: [alice@example.com, "@checkout-team"]}}
chat: {invite: ["@sre", bob@example.com, "@on.call_1"]}
`)
	require.Equal(t, []string{"sre", "on.call_1"}, p.Chat().Groups)
	require.Equal(t, []string{"bob@example.com"}, p.Chat().Invite)
	sv, ok := p.Service("checkout")
	require.True(t, ok)
	require.Equal(t, []string{"checkout-team"}, sv.Groups)
	require.Equal(t, []string{"alice@example.com"}, sv.Responders)
}

func TestChannelNamesOfOurOwn(t *testing.T) {
	t.Parallel()
	for _, template := range []string{
		"{number}", "war-room-{number}", "{date}-{prefix}-{number}-{title}", "{title}-{service}-{number}", "sev{severity}_{number}_{service}-{title}", "inc{number}",
	} {
		p := parse(t, fmt.Sprintf("version: 1\nchat: {channel_name: %q}\n", template))
		require.Equal(t, template, p.Chat().ChannelName)
	}
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
	size := func(p *Playbook) int {
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
	p := parse(t, strings.Replace(string(Example), "services:\n", "services:\n"+many.String(), 1))
	s, err := p.Slice([]string{"checkout"})
	require.NoError(t, err)
	raw, err := json.Marshal(s.Targets)
	require.NoError(t, err)
	require.Less(t, len(raw), 16<<10)
}
