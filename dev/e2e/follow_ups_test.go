package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// lists waits until a list of follow-ups has these titles, in whatever order: visibility lags.
func (m *installation) lists(f incidents.FollowUpFilter, want ...string) []incidents.ListedFollowUp {
	m.t.Helper()
	var last incidents.FollowUpList
	m.eventually(func() bool {
		list, err := m.incidents.FollowUps(m.t.Context(), f)
		require.NoError(m.t, err)
		last = list
		var have []string
		for _, l := range list.FollowUps {
			have = append(have, l.Title)
		}
		slices.Sort(have)
		return slices.Equal(have, want)
	}, "%+v lists %v", f, want)
	return last.FollowUps
}

// What a list is asked for, the server's own visibility tells apart.
func TestFollowUpsOfAllIncidentsAreListed(t *testing.T) {
	t.Parallel()
	m := install(t)
	public := m.declares("bob@example.com", "Checkout is down", 4, "checkout")
	res, err := m.incidents.Declare(t.Context(), "", incident.Declaration{Title: "Insider takeover", Severity: 4, Private: true, Actor: by("alice@example.com").Actor})
	require.NoError(t, err)
	private := &opened{m: m, number: res.Number}
	public.isOpen()

	public.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on disks", Owner: "bob@example.com", Labels: []string{"disks"}})
	public.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Rotate keys", Urgent: true, Due: incident.Date(time.Now().AddDate(0, 0, 30).Format(time.DateOnly))})
	private.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("alice@example.com"), Title: "Change the locks", Owner: "alice@example.com"})

	everything := incidents.Viewer{Private: true}
	m.lists(incidents.FollowUpFilter{Viewer: everything}, "Alert on disks", "Change the locks", "Rotate keys")
	m.lists(incidents.FollowUpFilter{}, "Alert on disks", "Rotate keys")
	m.lists(incidents.FollowUpFilter{Viewer: incidents.Viewer{Person: "alice@example.com"}, Owner: "alice@example.com"}, "Change the locks")
	m.lists(incidents.FollowUpFilter{Owner: "alice@example.com"})
	m.lists(incidents.FollowUpFilter{Undecided: true}, "Alert on disks")
	m.lists(incidents.FollowUpFilter{Service: "checkout", Owner: "bob@example.com"}, "Alert on disks")
	m.lists(incidents.FollowUpFilter{Service: "search"})
	m.lists(incidents.FollowUpFilter{Incident: private.number, Viewer: everything}, "Change the locks")
	m.lists(incidents.FollowUpFilter{Overdue: true, Viewer: everything})
	m.eventually(func() bool {
		l := m.lists(incidents.FollowUpFilter{Undecided: true}, "Alert on disks")[0]
		return l.Due != "" && l.Issue.Key != "" && l.Labels[0] == "disks"
	}, "what a list shows follows the follow-up")

	public.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: 1, Status: incident.FollowUpAccepted})
	m.lists(incidents.FollowUpFilter{Undecided: true})
	public.does(api.MergeFollowUp, incident.MergeFollowUp{Meta: by("bob@example.com"), Number: 1, Into: 2})
	merged := m.lists(incidents.FollowUpFilter{}, "Rotate keys")[0]
	m.eventually(func() bool {
		merged = m.lists(incidents.FollowUpFilter{}, "Rotate keys")[0]
		return slices.Equal(merged.Labels, []string{"disks"})
	}, "labels go along: %+v", merged)
	require.True(t, merged.Urgent)

	// One at a time, each once.
	var seen []string
	f := incidents.FollowUpFilter{Limit: 1, Viewer: everything}
	for {
		list, err := m.incidents.FollowUps(t.Context(), f)
		require.NoError(t, err)
		for _, l := range list.FollowUps {
			seen = append(seen, l.Title)
		}
		if f.PageToken = list.NextPageToken; f.PageToken == "" {
			break
		}
	}
	require.ElementsMatch(t, []string{"Rotate keys", "Change the locks"}, seen)
	_, err = m.incidents.FollowUps(t.Context(), incidents.FollowUpFilter{PageToken: "bm9uc2Vuc2U"})
	require.ErrorContains(t, err, "page_token", "a token that was never given out is the caller's mistake")
}
