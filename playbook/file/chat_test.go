package file

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
)

func TestAPlaybookThatSaysNothingOfChat(t *testing.T) {
	t.Parallel()
	c := parse(t, "version: 1\n").Chat()
	require.Equal(t, "{prefix}-{number}-{title}", c.ChannelName)
	require.Equal(t, "7d", c.ArchiveAfter.Text())
	require.Len(t, c.FirstSteps, 5)
	require.Equal(t, playbook.Reactions{FollowUp: "fast_forward", Timeline: "pushpin", Nominate: "mortar_board"}, c.Reactions)
	require.Empty(t, c.Announcements)
	require.Empty(t, c.Announce)
}

func TestTheExampleWritesOutTheDefaultsOfChat(t *testing.T) {
	t.Parallel()
	written, bare := example(t).Chat(), parse(t, "version: 1\n").Chat()
	require.Equal(t, []playbook.AnnounceRule{{Channel: "#incidents"}}, written.Announcements)
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
	require.Equal(t, []playbook.AnnounceRule{
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
	require.Equal(t, playbook.Reactions{Timeline: "bookmark", Nominate: "mortar_board"}, c.Reactions)
	require.Equal(t, playbook.Reactions{}, parse(t, "version: 1\nchat: {reactions: off}\n").Chat().Reactions)
	require.Equal(t, playbook.Reactions{FollowUp: "pushpin"}, parse(t, "version: 1\nchat: {reactions: {follow_up: pushpin, timeline: off, nominate: off}}\n").Chat().Reactions)
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
