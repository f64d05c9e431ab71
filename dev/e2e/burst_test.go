package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/playbook/file"
	"muster/workflows/api"
)

// A hundred incidents are declared at once. People are paged at full speed while Slack lets no
// channel be opened; then channels are opened as Slack allows, here twelve a second, the worst first
// as far as that goes. What waits says so, and nothing is dropped.
func TestAHundredDeclarationsAtOnce(t *testing.T) {
	t.Parallel()
	const many, perSecond = 100, 12
	m := install(t, slackBook, func(o *sandbox.Options) {
		o.Limits.ChannelsPerMinute = perSecond * 60
		o.TimeoutScale = 1
	})
	m.Sims.Slack.AddChannel("checkout-news")
	limited := m.Sims.Slack.Faults().Add(simkit.Fault{Operation: "conversations.create", Kind: simkit.RateLimited, RetryAfter: "1"})

	declared := make([]*opened, many)
	refused := make([]error, many)
	start := time.Now()
	var everybody sync.WaitGroup
	for k := range many {
		everybody.Go(func() {
			res, err := m.incidents.Declare(t.Context(), "", incident.Declaration{
				Title: fmt.Sprint("Burst ", k), Severity: incident.Severity(k%5 + 1), Services: []string{"checkout"},
				Actor: incident.Actor{Person: "bob@example.com", Way: incident.WayCLI},
			})
			declared[k], refused[k] = &opened{m: m, number: res.Number}, err
		})
	}
	everybody.Wait()
	require.Empty(t, slices.DeleteFunc(refused, func(err error) bool { return err == nil }))
	answered := time.Since(start)
	m.eventually(func() bool { return len(m.Sims.Pager.Incidents()) == many*2/5 }, "severities 1 and 2 page")
	paged := time.Since(start)
	require.Empty(t, m.burst())
	for _, i := range declared { // pages go ahead of the incidents that ask for them
		i.becomes("waiting, and says so", func(f incident.Incident) bool {
			return slices.Contains(f.Waiting, "the channel waits its turn at Slack")
		})
	}
	m.Sims.Slack.Faults().Clear(limited)

	numbers := map[int]bool{}
	for _, i := range declared {
		numbers[i.number] = true
		f := i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" })
		require.Empty(t, f.Snags)
	}
	require.Len(t, numbers, many)
	order := m.burst()
	require.Len(t, order, many, "a channel each")
	worst, mildest := meanPlace(order, 1), meanPlace(order, 5)
	t.Logf("answered in %s, paged in %s, all open after %s; mean place of severity 1 is %.0f, of severity 5 %.0f", answered, paged, time.Since(start), worst, mildest)
	require.Less(t, worst, mildest, "the worst come first, as far as that goes")
}

// burst lists the severities of the burst's incidents in the order in which their channels were opened.
func (m *installation) burst() []int {
	var out []int
	for _, ch := range m.Sims.Slack.Channels() {
		k := 0
		if _, title, ok := strings.Cut(ch.Name, "-burst-"); ok {
			if _, err := fmt.Sscan(title, &k); err == nil {
				out = append(out, k%5+1)
			}
		}
	}
	return out
}

func meanPlace(order []int, severity int) float64 {
	sum, n := 0, 0
	for place, s := range order {
		if s == severity {
			sum, n = sum+place, n+1
		}
	}
	return float64(sum) / float64(max(n, 1))
}

// Every declaration carries its slice of the playbook, and what one workflow task of Register
// sends to the server must stay below 4 MB.
func TestABurstUnderALargePlaybook(t *testing.T) {
	t.Parallel()
	book := largePlaybook(t, 500)
	m := install(t, withoutWorker, func(o *sandbox.Options) { o.Playbook, o.TimeoutScale = book, 1 })
	p, err := file.Load(book, time.Now())
	require.NoError(t, err)
	slice, err := p.Slice([]string{"checkout"})
	require.NoError(t, err)
	stop := m.startsWorkers()
	m.declares("bob@example.com", "The first", 5)
	stop()
	const recorded, asked = 60, 40
	for k := range recorded { // no worker answers, so they are recorded as signals
		require.NoError(t, m.Client.SignalWorkflow(t.Context(), api.RegisterID, "", api.DeclareUpdate, api.DeclareInput{
			Key: fmt.Sprint("recorded-", k), Slice: *slice,
			Declaration: incident.Declaration{Title: fmt.Sprint("Recorded ", k), Severity: 5, Services: []string{"checkout"}},
		}))
	}
	m.startsWorkers()
	var everybody sync.WaitGroup
	refused := make([]error, asked)
	for k := range asked {
		everybody.Go(func() {
			_, refused[k] = m.incidents.Declare(t.Context(), "", incident.Declaration{
				Title: fmt.Sprint("Asked ", k), Severity: 5, Services: []string{"checkout"}, Actor: incident.Actor{Person: "bob@example.com"},
			})
		})
	}
	everybody.Wait()
	require.Empty(t, slices.DeleteFunc(refused, func(err error) bool { return err == nil }))
	titles := map[string]bool{}
	for n := range 1 + recorded + asked {
		i := &opened{m: m, number: n + 1}
		titles[i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" }).Title] = true
	}
	require.Len(t, titles, 1+recorded+asked)
}

// largePlaybook is that of the tests with so many services more.
func largePlaybook(t *testing.T, services int) string {
	t.Helper()
	data, err := os.ReadFile("testdata/slack.yaml")
	require.NoError(t, err)
	var more strings.Builder
	for k := range services {
		fmt.Fprintf(&more, "  a-service-with-a-long-name-%d:\n    page: {credential: \"env:PD_CHECKOUT\", escalate: [\"env:PD_PLATFORM\"], ack_within: 10m}\n", k)
	}
	path := filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(data), "services:\n", "services:\n"+more.String(), 1)), 0o600))
	return path
}
