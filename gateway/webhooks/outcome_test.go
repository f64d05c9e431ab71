package webhooks_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/webhooks"
	"muster/integrations/jira"
)

// counted hears what comes of deliveries.
func counted(t *testing.T) (*world, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var heard []string
	w := hooked(t, func(o *gateway.Options) {
		o.Delivered = func(vendor string, outcome webhooks.Outcome) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, vendor+" "+string(outcome))
		}
	})
	return w, func() []string { mu.Lock(); defer mu.Unlock(); return heard }
}

func TestEveryDeliveryIsCountedByWhatCameOfIt(t *testing.T) {
	t.Parallel()
	w, heard := counted(t)
	ours := issueEvent{kind: "jira:issue_updated", labels: []string{jira.Label("abcd1234/INC-42/follow-up/3")}, changed: []string{"duedate"}}
	w.jira(ours)
	w.jira(issueEvent{kind: "jira:issue_updated", labels: []string{"theirs"}})
	w.hook("/webhooks/jira", `{}`)
	w.hook("/webhooks/jira", `{}`, "X-Hub-Signature", "sha256="+sign("other"))
	w.hook("/webhooks/pagerduty", `{}`)
	w.deliverErr = errors.New("Temporal is away")
	w.jira(ours)
	require.Equal(t, []string{"jira taken", "jira ignored", "jira refused", "jira put_off", "pagerduty refused", "jira put_off"}, heard())
}
