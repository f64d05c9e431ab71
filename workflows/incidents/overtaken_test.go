package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

// A command that was recorded with Register, since the incident was still being opened, comes after those
// that reached the incident directly. What was given later stands.
func TestARecordedCommandThatWasOvertakenUndoesNothing(t *testing.T) {
	w := newWorld(t, "INC-1")
	said := func(id string, second int) incident.Meta {
		return incident.Meta{CommandID: id, GivenAt: w.Env.Now().Add(time.Duration(second) * time.Second), Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayAPI}}
	}
	newer := func(id string) incident.Meta { return said(id, 20) }
	older := said("", 10)
	w.Commands(time.Minute, api.Update, incident.Update{Meta: newer("newer 1"), Text: "It is the database"})
	w.Commands(time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: newer("newer 2"), Severity: 2})
	w.Commands(time.Minute, api.Mitigate, incident.Mitigate{Meta: newer("newer 3")})
	w.After(2*time.Minute, func() {
		late := func(name string, c incident.Command) { w.Env.SignalWorkflow(name, c) }
		older.CommandID = "older 1"
		late(api.Update, incident.Update{Meta: older, Text: "Looking"})
		older.CommandID = "older 2"
		late(api.ChangeSeverity, incident.ChangeSeverity{Meta: older, Severity: 1, Reason: "it looks bad"})
		older.CommandID = "older 3"
		late(api.Resolve, incident.Resolve{Meta: older})
	})
	w.After(3*time.Minute, func() {
		f := w.Facts()
		var texts []string
		for _, e := range f.Timeline {
			texts = append(texts, e.Text)
		}
		require.Equal(t, "It is the database", f.LastUpdate)
		require.EqualValues(t, 2, f.Severity)
		require.Equal(t, incident.StatusMitigated, f.Status)
		require.Contains(t, texts, "Said before the update above: Looking")
	})
	w.cancelled(time.Hour)
	w.runIncident(declared(5))
}
