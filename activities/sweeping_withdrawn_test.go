package activities

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

// A trigger that lands after its page was withdrawn is ended by the sweep: its page has ended, too.
func TestWhatIsOpenOfAWithdrawnPageIsEnded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status incident.PageStatus
		known  incident.PageState
		ends   bool
	}{
		"it landed late":            {incident.PageWithdrawn, incident.PageState{Found: true}, true},
		"somebody answered it":      {incident.PageWithdrawn, incident.PageState{Found: true, Acknowledged: true}, true},
		"it is over":                {incident.PageWithdrawn, incident.PageState{Found: true, Resolved: true}, false},
		"the pager knows nothing":   {incident.PageWithdrawn, incident.PageState{}, false},
		"the page was not ended so": {incident.PageAcknowledged, incident.PageState{Found: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fakeTemporal{answers: map[string]api.PageState{}}
			f.workflows = append(f.workflows, running(t, "INC-1/page/1", nil))
			f.answers["INC-1/page/1"] = api.PageState{Status: c.status, Ended: []api.EndedPage{{Key: "k", Credential: "env:PD"}}}
			pager := &fakePager{pages: map[string]incident.PageState{"k": c.known}}
			ends := &Paging{Pager: pager, Secret: func(string) (fault.Secret, error) { return fault.NewSecret("s"), nil }}
			s := &Sweeping{Temporal: f, Pager: pager, Ends: ends}
			result[Swept](t, worker(t, s), s.SweepPages)
			require.Equal(t, c.ends, slices.Contains(pager.calls, "resolve k with s"), "%v", pager.calls)
		})
	}
}
