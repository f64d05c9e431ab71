package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/slacksim"
)

// told reports whether an answer told the person that their command was taken.
func told(r slacksim.Reply, err error) bool {
	shown := r.Shown()
	return err == nil && r.Status == 200 && (strings.Contains(shown, "is declared") || strings.Contains(shown, "open already") || strings.Contains(shown, "Recorded"))
}

// The gateway is killed at moments that nobody chose, while people type, fill in forms and press
// buttons. Who was not told that it worked does it again.
func TestAGatewayKilledAtAnyMomentLosesAndDoublesNothing(t *testing.T) {
	for name, way := range map[string]option{"signed HTTP": func(*sandbox.Options) {}, "Socket Mode": overSockets} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := install(t, slackBook, withoutGateway, way)
			alice := m.inSlack("alice@example.com")
			p := m.startsGatewayProcess()
			for round := range 6 {
				line := fmt.Sprintf("Region %d is down", round)
				p = alice.typesUntilTold(p, time.Duration(round*4)*time.Millisecond, line)
				require.Len(t, m.titled(line), 1, "%s: declared once", line)

				title := fmt.Sprintf("Form %d is down", round)
				p = alice.fillsInUntilTold(p, time.Duration(round*4)*time.Millisecond, "/incident", "declare", map[string]string{"title": title})
				require.Len(t, m.titled(title), 1, "%s: declared once", title)

				repair := fmt.Sprintf("Repair %d", round)
				p = alice.fillsInUntilTold(p, time.Duration(round*4)*time.Millisecond, "/incident follow-up INC-1", "follow_up", map[string]string{"title": repair})
				require.Equal(t, 1, count((&opened{m: m, number: 1}).facts().FollowUps, repair), "%s: proposed once", repair)
			}
		})
	}
}

// typesUntilTold gives a line while the gateway is killed, and again until an answer comes.
func (s slacker) typesUntilTold(p *process, after time.Duration, line string) *process {
	s.m.t.Helper()
	answered := make(chan bool, 1)
	go func() {
		r, err := s.SlashIn("incidents", "/incident "+line)
		answered <- told(r, err)
	}()
	pause(s.m.t.Context(), after)
	p.kill()
	p = s.m.startsGatewayProcess()
	if !<-answered {
		s.m.eventually(func() bool { return told(s.SlashIn("incidents", "/incident "+line)) }, "the line is taken by the next gateway")
	}
	return p
}

// fillsInUntilTold opens a form with a command and submits it while the gateway is killed, and
// again until it is taken.
func (s slacker) fillsInUntilTold(p *process, after time.Duration, command, callback string, values map[string]string) *process {
	s.m.t.Helper()
	s.slash("incidents", command)
	v, open := s.Modal()
	require.True(s.m.t, open)
	require.Equal(s.m.t, callback, v.CallbackID)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = s.Submits(v, values) // what came of it is seen in the form
	}()
	pause(s.m.t.Context(), after)
	p.kill()
	p = s.m.startsGatewayProcess()
	<-done
	s.m.eventually(func() bool {
		v, open := s.Modal()
		if open && v.CallbackID == callback {
			_, _ = s.Submits(v, values)
			v, open = s.Modal()
		}
		return !open || v.CallbackID != callback
	}, "the form is taken by the next gateway")
	return p
}

func count(followUps []incident.FollowUp, title string) int {
	n := 0
	for _, f := range followUps {
		if f.Title == title {
			n++
		}
	}
	return n
}

// Workers are killed while people give commands in Slack. Whatever an answer called done or
// recorded happens once.
func TestAWorkerKilledWhileCommandsComeAppliesEachOnce(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook, withoutWorker)
	alice := m.inSlack("alice@example.com")
	p := m.startsWorkerProcess()
	alice.slash("incidents", "/incident Checkout is down")
	i := &opened{m: m, number: 1}
	channel := i.isOpen().Links.Channel.ID
	for round := range 6 {
		taken := make(chan bool, 1)
		go func() {
			r, err := alice.SlashIn(channel, fmt.Sprintf("/incident follow-up Repair %d", round))
			taken <- err == nil && r.Status == 200 && !strings.Contains(r.Shown(), "Not recorded")
		}()
		pause(t.Context(), time.Duration(round*5)*time.Millisecond)
		p.kill()
		require.True(t, <-taken, "without a worker a command is recorded")
		p = m.startsWorkerProcess()
	}
	f := i.becomes("with all that was asked for", func(f incident.Incident) bool { return len(f.FollowUps) == 6 })
	seen := map[string]bool{}
	for _, u := range f.FollowUps {
		seen[u.Title] = true
	}
	require.Len(t, seen, 6, "each once")
	require.Len(t, i.channels(), 1)
	require.Len(t, i.issues(), 1)
}

// A declaration that comes while no worker runs is recorded, said to be so, and opens later.
func TestADeclarationInSlackWithoutWorkersOpensLater(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook, withoutWorker)
	stop := m.startsWorkers()
	m.declares("bob@example.com", "The first", 4)
	stop()
	alice := m.inSlack("alice@example.com")
	require.Contains(t, alice.slash("incidents", "/incident Checkout is down").Shown(), "Recorded")
	require.Contains(t, alice.slash("incidents", "/incident Checkout is down").Shown(), "Recorded", "an impatient person")
	m.startsWorkers()
	i := &opened{m: m, number: 2}
	m.eventually(func() bool { _, err := m.incidents.Snapshot(t.Context(), 2); return err == nil }, "it is declared")
	i.isOpen()
	require.Len(t, m.titled("Checkout is down"), 1)
}
