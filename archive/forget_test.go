package archive_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
)

// ended is an incident of which nothing more is expected.
func ended(t *testing.T, a *archive.Archive, number int, kind incident.Kind, change func(*archive.Record)) {
	t.Helper()
	i := declared(number, "Ended")
	i.Kind, i.Status, i.ClosedAt = kind, incident.StatusClosed, noon.Add(time.Hour)
	r := record(i, 1)
	r.Over = true
	if change != nil {
		change(&r)
	}
	_, err := a.Keep(t.Context(), r)
	require.NoError(t, err)
}

// itIs has a workflow write a record, so that the archive knows how late it is.
func itIs(t *testing.T, a *archive.Archive, at time.Time) {
	t.Helper()
	_, err := a.Keep(t.Context(), archive.Record{Workflow: "register", Type: "Register", Version: at.UnixMicro(), State: []byte(`{}`)})
	require.NoError(t, err)
}

// Gateways forget by themselves, each by its own clock.
func TestAClockThatWentAheadForgetsNothingEarly(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			ended(t, a, 1, incident.KindDrill, nil)
			ended(t, a, 2, incident.KindDrill, nil)
			itIs(t, a, noon.AddDate(0, 0, 59))
			keepFor := map[incident.Kind]time.Duration{incident.KindDrill: 60 * 24 * time.Hour}
			f, err := a.Forget(t.Context(), keepFor, noon.AddDate(10, 0, 0))
			require.NoError(t, err)
			require.Empty(t, f.Numbers)
			itIs(t, a, noon.AddDate(0, 0, 61))
			f, err = a.Forget(t.Context(), keepFor, noon)
			require.NoError(t, err)
			require.Empty(t, f.Numbers, "nor does one that is behind")
			f, err = a.Forget(t.Context(), keepFor, noon.AddDate(10, 0, 0))
			require.NoError(t, err)
			require.Equal(t, []int{1}, f.Numbers)
		})
	}
}

func TestWhatIsOverIsForgottenAfterTheTimeOfItsKind(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			ended(t, a, 1, incident.KindDrill, nil)
			ended(t, a, 2, incident.KindIncident, nil)
			ended(t, a, 3, incident.KindDrill, func(r *archive.Record) { r.Facts.Status = incident.StatusResolved })
			ended(t, a, 4, incident.KindDrill, func(r *archive.Record) { r.Over = false })
			ended(t, a, 5, incident.KindDrill, func(r *archive.Record) { r.Facts.Note(noon.AddDate(0, 3, 0), bob, "note", "Lately") })
			ended(t, a, 6, incident.KindDrill, func(r *archive.Record) {
				r.Facts.FollowUps = []incident.FollowUp{{Number: 1, Title: "To do", Status: incident.FollowUpAccepted, ProposedAt: noon}}
			})
			ended(t, a, 7, incident.KindNearMiss, nil)
			ended(t, a, 8, incident.KindDrill, nil) // by the newest the next number is known

			_, err := a.Keep(t.Context(), archive.Record{Workflow: "INC-1/review", Type: "Review", Incident: 1, Version: 1, Over: true, State: []byte(`{}`)})
			require.NoError(t, err)
			itIs(t, a, noon.AddDate(0, 4, 0))
			keepFor := map[incident.Kind]time.Duration{incident.KindDrill: 60 * 24 * time.Hour, incident.KindNearMiss: 1000 * 24 * time.Hour}
			f, err := a.Forget(t.Context(), keepFor, noon.AddDate(0, 4, 0))
			require.NoError(t, err)
			require.Equal(t, archive.Forgotten{Numbers: []int{1}}, f)
			for _, table := range []string{"records WHERE incident = 1", "incidents WHERE number = 1", "timeline WHERE incident = 1", "people WHERE incident = 1"} {
				var n int
				require.NoError(t, a.Ask(t.Context(), "SELECT COUNT(*) FROM "+table, &n))
				require.Zero(t, n, table)
			}
			var n int
			require.NoError(t, a.Ask(t.Context(), "SELECT COUNT(*) FROM search", &n))
			require.Equal(t, 7, n)
			again, err := a.Forget(t.Context(), keepFor, noon.AddDate(0, 4, 0))
			require.NoError(t, err)
			require.Empty(t, again.Numbers)
			none, err := a.Forget(t.Context(), nil, noon.AddDate(100, 0, 0))
			require.NoError(t, err)
			require.Empty(t, none.Numbers, "without a rule everything is kept for ever")
		})
	}
}

func TestForgettingManyIsDoneInParts(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			const many = 203
			for n := range many {
				ended(t, a, n+1, incident.KindDrill, nil)
			}
			itIs(t, a, noon.AddDate(0, 4, 0))
			keepFor := map[incident.Kind]time.Duration{incident.KindDrill: time.Hour}
			f, err := a.Forget(t.Context(), keepFor, noon.AddDate(0, 4, 0))
			require.NoError(t, err)
			require.Len(t, f.Numbers, 200)
			require.True(t, f.More)
			f, err = a.Forget(t.Context(), keepFor, noon.AddDate(0, 4, 0))
			require.NoError(t, err)
			require.Equal(t, archive.Forgotten{Numbers: []int{201, 202}}, f, fmt.Sprint("all but the newest of ", many))
		})
	}
}
