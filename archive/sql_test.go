package archive_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// PostgreSQL takes no NUL, and nothing that is no UTF-8. A vendor's answer may hold either, and the rest of the
// record is worth keeping.
func TestARecordIsKeptWhateverBytesAreInIt(t *testing.T) {
	t.Parallel()
	const bad = "a\x00b\xffc"
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, bad)
			by := incident.Actor{Person: bad, Way: incident.Way(bad), Token: bad}
			i.DeclaredBy, i.AlertKey, i.Learning, i.LastUpdate, i.Kind = by, bad, bad, bad, incident.KindIncident
			i.Services, i.Tags = []string{bad}, []string{bad}
			i.Links.Tracker = incident.IssueRef{Key: bad, URL: bad}
			i.Links.Channel.Name, i.Links.Channel.URL = bad, bad
			i.Roles = []incident.RoleHolder{{Role: incident.Role(bad), Person: bad}}
			i.FollowUps = []incident.FollowUp{{
				Number: 1, Title: bad, Status: incident.FollowUpStatus(bad), Owner: bad, Due: incident.Date(bad), Reason: bad, Kind: incident.FollowUpKind(bad),
				Priority: incident.FollowUpPriority(bad), ProposedBy: by, DecidedBy: by, Issue: incident.IssueRef{Key: bad, URL: bad},
			}}
			i.Reviews = []incident.Review{{Number: 1, Status: incident.ReviewStatus(bad), Track: bad, Reason: bad, Issue: incident.IssueRef{Key: bad, URL: bad}}}
			woken := night(bad, bad, incident.Means(bad), noon)
			woken.ID = bad
			i.Pages = []incident.Page{{Number: 1, Target: bad, Status: incident.PageStatus(bad), By: bad, Woken: incident.WokenReport{Woken: []incident.Woken{woken}}}}
			i.Corrections = []incident.Correction{{Field: bad, From: bad, To: bad, By: by, At: noon, Reason: bad}}
			i.Snags = []incident.Snag{{Mirror: bad, Step: bad, Reason: bad, Since: noon}}
			i.Note(noon, by, bad, bad)
			i.Note(noon, by, "learning", "Learnt: "+bad)
			r := record(i, 1)
			r.Type, r.Shown = bad, []byte(`"`+bad+`"`)
			for version := range int64(2) { // what is there already is known again
				r.Version = version + 1
				held, err := a.Keep(t.Context(), r)
				require.NoError(t, err)
				require.Equal(t, r.Version, held)
			}
			var url string
			require.NoError(t, a.Ask(t.Context(), "SELECT tracker_url FROM incidents", &url))
			require.Equal(t, "ab\uFFFDc", url)
			var open, ended int
			require.NoError(t, a.Ask(t.Context(), "SELECT COUNT(*), COUNT(ended_at) FROM snags", &open, &ended))
			require.Equal(t, []int{1, 0}, []int{open, ended})
			_, err := a.Record(t.Context(), strings.Repeat(bad, 2))
			require.NoError(t, err)
			_, err = a.Erase(t.Context(), evelinka("Evelinka Adamsova"))
			require.NoError(t, err)
			_, err = a.Forget(t.Context(), nil, time.Now())
			require.NoError(t, err)
		})
	}
}
