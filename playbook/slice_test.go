package playbook

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestOfWhichIncidentsAChannelHears(t *testing.T) {
	t.Parallel()
	down := &incident.Incident{Severity: 2, Services: []string{"checkout", "search"}, Tags: []string{"EU", "payments"}}
	for name, rule := range map[string]AnnounceRule{
		"no condition":        {},
		"its severity":        {Severity: 2},
		"a milder one":        {Severity: 5},
		"one of its services": {Services: []string{"website", "search"}},
		"in capitals":         {Services: []string{"Checkout"}, Tags: []string{"eu"}},
		"everything":          {Severity: 3, Services: []string{"checkout"}, Tags: []string{"Payments", "us"}},
	} {
		require.True(t, rule.Hears(down), name)
	}
	for name, rule := range map[string]AnnounceRule{
		"worse ones only":      {Severity: 1},
		"another service":      {Services: []string{"website"}},
		"part of a name":       {Services: []string{"check"}},
		"another tag":          {Tags: []string{"us"}},
		"its tag, not service": {Services: []string{"website"}, Tags: []string{"eu"}},
		"all but the severity": {Severity: 1, Services: []string{"checkout"}, Tags: []string{"eu"}},
	} {
		require.False(t, rule.Hears(down), name)
	}
	require.False(t, AnnounceRule{Services: []string{"checkout"}}.Hears(&incident.Incident{Severity: 1}), "it names no service")
}
