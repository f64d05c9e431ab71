package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// A reset gives the new run all commands that came since at once, and the SDK hands over those of one
// name after those of another. They are applied in the order in which people gave them all the same.
func TestAResetKeepsTheOrderInWhichPeopleGaveCommands(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 4, "checkout")
	i.isOpen()
	bob := by("bob@example.com")
	for _, title := range []string{"Alert on disk space", "Bigger disks", "A runbook"} {
		i.does(api.AddFollowUp, incident.AddFollowUp{Meta: bob, Title: title})
	}
	i.does(api.Resolve, incident.Resolve{Meta: bob})
	i.does(api.Reopen, incident.Reopen{Meta: bob, Reason: "it is back"})
	i.does(api.Mitigate, incident.Mitigate{Meta: bob})
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: bob, Number: 1, Status: incident.FollowUpDone})
	i.does(api.Update, incident.Update{Meta: bob, Text: "older"})
	i.does(api.Update, incident.Update{Meta: bob, Text: "newer"})
	i.does(api.MakePrivate, incident.MakePrivate{Meta: bob})
	i.does(api.MakePublic, incident.MakePublic{Meta: bob, Confirm: true})
	i.does(api.MakePrivate, incident.MakePrivate{Meta: bob})
	i.does(api.Retitle, incident.Retitle{Meta: bob, Title: "Somebody is in the vault"})
	story := func() string {
		f := i.facts()
		s := fmt.Sprintf("%s %v %q %q", f.Status, f.Private, f.Title, f.LastUpdate)
		for _, u := range f.FollowUps {
			s += fmt.Sprintf(" %d %s %s", u.Number, u.Title, u.Status)
		}
		return s
	}
	before := story()
	require.Contains(t, before, `mitigated true "Somebody is in the vault" "newer" 1 Alert on disk space done`)
	for _, to := range []where{toLast, toMiddle, toFirst, toFirst} {
		m.resets(i.key(), to)
		require.Equal(t, before, story())
		require.Error(t, m.incidents.MayCommand(t.Context(), i.number, incidents.Viewer{Person: "dan@example.com"}), "it is as private as before")
	}
	m.eventually(func() bool {
		open := 0
		for _, c := range m.Sims.Slack.Channels() {
			if !c.Archived && !c.Private && c.ID == i.facts().Links.Channel.ID {
				open++
			}
		}
		return open == 0 && i.facts().Links.Channel.Private
	}, "it is worked on in a private channel")
}
