package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/simkit"
)

// On its bad days a pager takes five seconds for everything. It has paged all the same, so nobody
// else is woken for it.
func TestASlowPagerIsNoUndeliveredPage(t *testing.T) {
	t.Parallel()
	m := install(t, func(o *sandbox.Options) { o.TimeoutScale = 1 })
	m.Sims.Pager.Faults.Add(simkit.Fault{Kind: simkit.Delay, Delay: simkit.Duration(5 * time.Second)})
	i := m.declares("bob@example.com", "Checkout is slow", 1, "checkout")
	// The page is done once the incident knows of it, or once somebody else is paged.
	f := i.becomes("paged", func(f incident.Incident) bool {
		return len(f.Pages) == 1 && (f.Pages[0].Attempts > 0 || f.Pages[0].Problem != "" && len(i.pages()) > 1)
	})
	require.Equal(t, 1, f.Pages[0].Attempts)
	require.Empty(t, f.Pages[0].Problem)
	require.Len(t, i.pages(), 1, "the next step sleeps")
	require.Len(t, m.Sims.Pager.Notifications(), 1)
}
