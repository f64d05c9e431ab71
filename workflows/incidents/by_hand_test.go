package incidents

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// Whoever signals by hand passes no way in. What is too large or no status is noted and changes nothing, and
// what is told between workflows is taken as before.
func TestSignalsByHandAreBounded(t *testing.T) {
	w := newWorld(t, "INC-1")
	big := strings.Repeat("<", 220_000)
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Add an alert"})
	actor := incident.Actor{Person: "mallory@example.com"}
	letters := []struct {
		name string
		in   any
	}{
		{api.FollowUpReported, api.FollowUpReport{Number: 1, Status: incident.FollowUpAccepted, Revision: 99, Owner: big}},
		{api.FollowUpReported, api.FollowUpReport{Number: 1, Status: incident.FollowUpAccepted, Revision: 99, Title: big}},
		{api.FollowUpReported, api.FollowUpReport{Number: 1, Status: "finished", Revision: 99}},
		{api.PageReported, incident.PageReport{Page: 1, Status: "gone", Revision: 99}},
		{api.PageReported, incident.PageReport{Page: 1, Status: incident.PagePaging, Revision: 99, Problem: big}},
		{api.Absorb, api.AbsorbInput{From: 7, Title: big, Actor: actor}},
		{api.Absorb, api.AbsorbInput{From: 8, FollowUps: []incident.FollowUp{{Number: 1, Title: "x", Status: "finished"}}}},
		{api.ChannelChanged, api.ChannelChangedInput{Channel: "C1", Name: big}},
		{api.ChildEnded, api.EndedInput{Workflow: "INC-1/page/1", How: big}},
		{api.Repeated, incident.Repetition{Severity: 1, Title: big}},
	}
	var before, after incident.Incident
	w.After(2*time.Minute, func() {
		before = w.Facts()
		for _, l := range letters {
			w.Env.SignalWorkflow(l.name, l.in)
		}
	})
	w.After(3*time.Minute, func() { after = w.Facts() })
	w.Commands(time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "not needed"})
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com"), Reason: "a drill"})
	w.runIncident(declared(4))
	refused := 0
	for _, e := range after.Timeline {
		if e.Event == "refused" {
			refused++
			require.Less(t, len(e.Text), 300, "the note is short")
		}
	}
	require.Equal(t, len(letters), refused)
	require.Equal(t, before.FollowUps, after.FollowUps)
	require.Equal(t, before.Title+fmt.Sprint(before.Pages, before.Absorbed, before.Severity), after.Title+fmt.Sprint(after.Pages, after.Absorbed, after.Severity))
}
