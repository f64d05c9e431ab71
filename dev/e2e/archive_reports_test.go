package e2e

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/archive/reports"
	"muster/incident"
)

// reported asks the archive for what was in the last days, for somebody who sees everything.
func (m *installation) reported(name reports.Name, by string) map[string][]string {
	m.t.Helper()
	ask, err := reports.New(string(name), "2d", "", by, reports.Viewer{All: true}, time.Now(), nil)
	require.NoError(m.t, err)
	r, err := m.App().Archive.Report(m.t.Context(), ask)
	require.NoError(m.t, err)
	rows := map[string][]string{}
	for _, row := range r.Words()[1:] {
		rows[row[0]] = row[1:]
	}
	return rows
}

// What the pager has done to people is what the reports say. Whether that was at night depends on when this runs.
func TestTheReportsSayWhomThePagerWoke(t *testing.T) {
	t.Parallel()
	m := install(t, soon)
	m.rules()
	i, first, second := m.escalates()
	i.becomes("known", func(f incident.Incident) bool { return len(f.Pages[0].Woken.Woken) == 4 })
	i.does("Resolve", incident.Resolve{Meta: by("carol@example.com"), Learning: "Disks fill silently"})
	f := i.archived("known and over there", func(f incident.Incident) bool {
		return f.Status == incident.StatusResolved && len(f.Pages[0].Woken.Woken) == 4
	})
	atNight, offHours := map[string]bool{}, map[string]bool{}
	for _, w := range f.Pages[0].Woken.Woken {
		atNight[w.Person], offHours[w.Person] = atNight[w.Person] || w.Night, offHours[w.Person] || w.OffHours
	}
	nights, off := m.reported(reports.Nights, ""), m.reported(reports.OffHours, "")
	for _, person := range []string{first, second} {
		require.Equal(t, atNight[person], nights[person] != nil, person)
		require.Equal(t, offHours[person], off[person] != nil, person)
		if atNight[person] {
			require.Equal(t, "1", nights[person][0], "a call and a push message are one waking")
		}
	}
	require.Equal(t, "1", m.reported(reports.Counts, reports.BySeverity)["sev1"][0])
	require.Equal(t, "1", m.reported(reports.Muster, "")["sev1"][0])
	learnt := 0
	for _, row := range m.reported(reports.Learnings, "") {
		require.Equal(t, i.key(), row[0])
		require.Equal(t, "Disks fill silently", row[2])
		learnt++
	}
	require.Equal(t, 1, learnt)
}

// The workflow goes on with the address of a person who was erased from the archive, and writes there.
func TestAPersonWhoWasErasedDoesNotComeBackFromTheirIncident(t *testing.T) {
	t.Parallel()
	m := install(t)
	a := m.App().Archive
	i := m.declares("carol@example.com", "Ask carol@example.com", 4)
	erasure := archive.Erasure{Person: "Carol@example.com", By: "ada@example.com", Reason: "request 17", At: time.Now()}
	i.archived("it is there", func(f incident.Incident) bool { return f.PartOf("carol@example.com") })
	_, err := a.Erase(t.Context(), erasure)
	require.ErrorContains(t, err, "is still responder of "+i.key())

	i.does("Resolve", incident.Resolve{Meta: by("carol@example.com")})
	i.archived("it is over there", func(f incident.Incident) bool { return !f.Status.Live() })
	done, err := a.Erase(t.Context(), erasure)
	require.NoError(t, err)
	require.Positive(t, done.Incidents)

	i.does("Nominate", incident.Nominate{Meta: by("carol@example.com"), Reason: "carol@example.com asked for it"})
	require.Contains(t, i.facts().Nominations[0].Person, "carol@example.com", "Temporal still has her")
	f := i.archived("it is nominated there", func(f incident.Incident) bool { return len(f.Nominations) == 1 })
	require.Equal(t, incident.Nomination{Person: done.Alias, Reason: done.Alias + " asked for it", At: f.Nominations[0].At}, f.Nominations[0])

	m.inOrder()
	var lines bytes.Buffer
	_, err = a.Export(t.Context(), &lines)
	require.NoError(t, err)
	require.NotContains(t, lines.String(), "carol@example.com")

	// What an installation has written is taken in whole by another archive.
	other, err := archive.New("sqlite:" + filepath.Join(t.TempDir(), "other.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	_, err = other.Import(t.Context(), bytes.NewReader(lines.Bytes()))
	require.NoError(t, err)
	var again bytes.Buffer
	_, err = other.Export(t.Context(), &again)
	require.NoError(t, err)
	require.Equal(t, lines.String(), again.String())
	require.True(t, json.Valid(bytes.SplitN(again.Bytes(), []byte("\n"), 2)[0]))
}
