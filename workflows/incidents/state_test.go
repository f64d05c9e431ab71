package incidents

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// The server warns at 512 kB and terminates a workflow at 2 MB. An input also holds the slice of
// the playbook, which has at most api.MaxSlice.
func TestTheStateFitsIntoAnInputWithEverythingAtItsMaximum(t *testing.T) {
	t.Parallel()
	for letters, limit := range map[string]int{"x": 512_000, "日": 900_000, "<": 1_500_000} {
		b, err := json.Marshal(fullState(letters))
		require.NoError(t, err)
		t.Logf("%q: %d bytes", letters, len(b))
		require.Less(t, len(b), limit, letters)
	}
}

// fullState is an incident of which people have made all that they may.
func fullState(letter string) *incidentState {
	words := func(n int) string { return strings.Repeat(letter, n) }
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	r := bare(*incident.New(1, declared(1).Declaration, now))
	give := func(c incident.Command) {
		if c.Check(r.facts, now) == nil {
			res := c.Apply(r.facts, now)
			r.record(c, res)
			r.trim()
		}
	}
	for k := range 1200 {
		meta := incident.Meta{
			CommandID: fmt.Sprintf("%d%s", k, strings.Repeat("i", 250)),
			Actor:     incident.Actor{Person: fmt.Sprintf("someone-with-a-long-address-%d@mail.example.com", k), Way: incident.WaySlack},
			GivenAt:   now,
		}
		give(incident.Join{Meta: meta})
		give(incident.ChangeServices{Meta: meta, Add: []string{fmt.Sprint("a-service-with-a-name-of-sixty-letters-which-is-the-most-", k)}})
		give(incident.RaisePage{Meta: meta, Target: fmt.Sprint(k, " on call")})
		give(incident.AddFollowUp{Meta: meta, Title: fmt.Sprint(k, words(190)), Owner: meta.Actor.Person, Due: "2026-12-24", Kind: incident.FollowUpMitigate, Priority: incident.PriorityMedium, Labels: fullLabels(letter)})
		give(incident.SnoozeFollowUp{Meta: meta, Number: k + 1, Until: now.Add(time.Hour), Reason: words(2000)})
		give(incident.ChangeFollowUp{Meta: meta, Number: k + 1, Status: incident.FollowUpDropped, Reason: words(2000)})
		give(incident.Nominate{Meta: meta, Reason: words(2000)})
		give(incident.Capture{Meta: meta, Text: fmt.Sprint(k, words(1900)), Source: incident.MessageRef{
			Channel: "C0123456789", ID: fmt.Sprint("1732000000.", k), URL: fmt.Sprint("https://example.slack.com/archives/C0123456789/p1732000000", k),
		}})
		give(incident.PauseReminders{Meta: meta, Until: now.Add(time.Duration(k+1) * time.Minute)})
		give(incident.Update{Meta: meta, Text: fmt.Sprint(k, words(1900)), Next: now.Add(time.Hour)})
		ref := incident.ChannelRef{ID: fmt.Sprint("C0", k), Name: strings.Repeat("c", 80), URL: "https://example.slack.com/archives/C0123456789"}
		r.facts.Absorb(now, k+2, words(200), ref, nil, nil, meta.Actor)
		if len(r.facts.Removed) < 50 {
			r.facts.Removed = append(r.facts.Removed, incident.Removal{Person: meta.Actor.Person, At: now})
		}
		r.s.Deliveries.Known(fmt.Sprint("Ev0123456789", k))
		if len(r.s.AlertKeys.Absorbed) < maxAlertKeys {
			r.s.AlertKeys.Absorbed = append(r.s.AlertKeys.Absorbed, alertKey{Hash: api.AlertKeyHash(fmt.Sprint(k)), From: k, Held: true})
		}
		if len(r.s.Subscribers.Due) < maxSubscribers {
			r.s.Subscribers.Due = append(r.s.Subscribers.Due, incident.Subscriber{Person: meta.Actor.Person})
		}
		if len(r.facts.Links.Former) < maxFormer {
			r.facts.Links.Former = append(r.facts.Links.Former, ref)
		}
	}
	for _, p := range r.facts.Responders {
		r.s.Invited, r.s.Checklists = append(r.s.Invited, mirror.Short(p.Person)), append(r.s.Checklists, mirror.Short(p.Person))
	}
	for _, p := range r.facts.Removed {
		r.s.Evicted = append(r.s.Evicted, mirror.Short(p.Person))
	}
	for range 100 {
		r.s.Children.Pages = append(r.s.Children.Pages, &childState{Started: true, Version: mirror.Fingerprint(1)})
		r.s.Children.FollowUps = append(r.s.Children.FollowUps, &childState{Started: true, Version: mirror.Fingerprint(1)})
	}
	return r.s
}

func fullLabels(letter string) []string {
	var out []string
	for k := range 5 {
		out = append(out, fmt.Sprint(k, strings.Repeat(letter, 29)))
	}
	return out
}

// bare is a run without a workflow around it, for what needs none.
func bare(facts incident.Incident) *incidentRun {
	r := &incidentRun{s: &incidentState{Facts: facts}}
	r.scene = &scene{facts: &r.s.Facts}
	return r
}
