package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// ahead is a page whose first attempt was sent ahead at a moment, by the steps.
func ahead(at time.Time, steps ...playbook.PageStep) *pageRun {
	in := PageInput{
		Incident: 1, Settings: api.Settings{Installation: "test"}, Raised: true, Scale: 0.5,
		Brief: api.PageBrief{Page: incident.Page{Number: 1}, Target: playbook.PageTarget{Name: "checkout", Steps: steps}},
	}
	r := &pageRun{in: in, s: freshPage(in)}
	r.raised(at)
	return r
}

func byKey() playbook.PageStep {
	return playbook.PageStep{Name: "checkout", Credential: "env:PD_CHECKOUT"}
}

// What ends an alert that has not arrived ends nothing, and it rings when it does arrive.
func TestAnEndAtThePagerOutwaitsWhatWasSentAhead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		status    incident.PageStatus
		delivered bool // by the page itself, so that the alert is open and takes in what is late
		waits     bool
		then      string
	}{
		"withdrawn before it went out":    {status: incident.PageWithdrawn, waits: true, then: "withdraw the page"},
		"withdrawn after it went out":     {status: incident.PageWithdrawn, delivered: true, waits: true, then: "withdraw the page"},
		"acknowledged before it went out": {status: incident.PageAcknowledged, waits: true, then: "acknowledge at the pager"},
		"acknowledged after it went out":  {status: incident.PageAcknowledged, delivered: true, then: "acknowledge at the pager"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := ahead(at, byKey())
			r.s.Attempts[0].Delivered = c.delivered
			r.s.Status = c.status
			if wait, waits := r.next().(*mirror.Wait); c.waits {
				require.True(t, waits)
				require.Equal(t, at.Add(2*time.Second), wait.Until)
				wait.Done(wait.Until)
			}
			call, ok := r.next().(*mirror.Call)
			require.True(t, ok)
			require.Equal(t, c.then, call.Name)
		})
	}
}

func TestAPageIsNotOverWhileItOutwaitsWhatWasSentAhead(t *testing.T) {
	t.Parallel()
	r := ahead(time.Now(), byKey())
	r.s.Status = incident.PageWithdrawn
	require.NotEmpty(t, r.open())
	require.False(t, r.over())
	require.Equal(t, []string{"test/INC-1/page/1/attempt/1"}, must(r.state()).Keys, "whoever sweeps looks for it")
	r.withdrawn(time.Now())
	require.Empty(t, r.open())
}

func must(s api.PageState, _ error) api.PageState { return s }

func TestWhatIsSentAhead(t *testing.T) {
	t.Parallel()
	r := ahead(time.Now(), byKey(), playbook.PageStep{Name: "platform", Credential: "env:PD_PLATFORM"})
	call, ok := FirstAttempt(r.in)
	require.True(t, ok)
	require.Equal(t, r.request(r.planned(0)), call, "to the letter what the page sends")
	held := r.in
	held.Brief.Page.NotBefore = time.Now()
	for name, in := range map[string]PageInput{
		"one that is held":              held,
		"one that has no step":          ahead(time.Now()).in,
		"one that is reached by a name": ahead(time.Now(), playbook.PageStep{Name: "Alice", Reach: "person:alice@example.com"}).in,
	} {
		_, ok := FirstAttempt(in)
		require.False(t, ok, name)
	}
}
