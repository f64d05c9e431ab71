package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"muster/incident"
	"muster/internal/sims/pagerdutysim"
)

// promise is something that an answer has said will be so.
type promise struct {
	what string // update, note, follow-up, severity, commander, resolved, held
	text string
	// recorded is true when the answer was "will be applied", not "is applied".
	recorded bool
}

// story is one incident of the campaign: what is asked for it, and what was promised.
type story struct {
	c        *campaign
	n        int // counts the stories; the incident's own number is another
	rng      *rand.Rand
	title    string
	number   int
	severity int
	followUp int
	promises []promise
	// refused are commands that should not have been.
	refused []string
	asked   int // requests in all
}

var people = []string{"alice@example.com", "bob@example.com", "carol@example.com"}

func (s *story) key() string { return incident.Key(s.number) }

// stepsOfAStory is about how many there are, by which kills are spread over the work.
const stepsOfAStory = 10

// run tells the story from its declaration to what comes after it was resolved.
func (s *story) run(ctx context.Context) error {
	steps := []func(context.Context) error{s.declares}
	middle := []func(context.Context) error{s.updates, s.proposes, s.notes, s.assigns, s.changesSeverity, s.answersThePager}
	for range 6 {
		steps = append(steps, middle[s.rng.IntN(len(middle))])
	}
	steps = append(steps, s.updates)
	if s.rng.IntN(3) > 0 { // the others stay open, with their pages
		steps = append(steps, s.resolves, s.proposes, s.holdsReview)
	}
	for _, do := range steps {
		if err := s.c.pace.step(ctx); err != nil {
			return err
		}
		if err := do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
	}
	return nil
}

func (s *story) declares(ctx context.Context) error {
	s.severity = 1 + s.rng.IntN(4)
	d := incident.Declaration{Title: s.title, Severity: incident.Severity(s.severity)}
	if service := []string{"", "checkout", "search"}[s.rng.IntN(3)]; service != "" {
		d.Services = []string{service}
	}
	a, err := s.c.api.post(ctx, "/v1/incidents", fmt.Sprintf("%d-declare-%d", s.c.o.seed, s.n), d)
	if err != nil {
		return err
	}
	s.asked += a.Asked
	var res struct {
		Number int `json:"number"`
	}
	if err := json.Unmarshal(a.Body, &res); err != nil || !a.done() || res.Number < 1 {
		return fmt.Errorf("declaring was answered %d: %s", a.Status, a.Body)
	}
	s.number = res.Number
	return nil
}

// gives sends a command, and notes what its answer promises.
func (s *story) gives(ctx context.Context, path string, body map[string]any, p promise) error {
	key := fmt.Sprintf("%d-%d-%d", s.c.o.seed, s.n, len(s.promises)+len(s.refused))
	a, err := s.c.api.post(ctx, "/v1/incidents/"+s.key()+"/"+path, key, body)
	if err != nil {
		return err
	}
	s.asked += a.Asked
	if !a.done() {
		s.refused = append(s.refused, fmt.Sprintf("%s %q was answered %d: %s", p.what, p.text, a.Status, strings.TrimSpace(string(a.Body))))
		return nil
	}
	p.recorded = a.Status == http.StatusAccepted
	s.promises = append(s.promises, p)
	return nil
}

func (s *story) updates(ctx context.Context) error {
	text := fmt.Sprintf("Update %d of story %d: we look at it", len(s.promises), s.n)
	return s.gives(ctx, "update", map[string]any{"text": text}, promise{what: "update", text: text})
}

func (s *story) notes(ctx context.Context) error {
	text := fmt.Sprintf("Note %d of story %d: the graphs are flat", len(s.promises), s.n)
	return s.gives(ctx, "timeline", map[string]any{"text": text}, promise{what: "note", text: text})
}

func (s *story) proposes(ctx context.Context) error {
	s.followUp++
	title := fmt.Sprintf("Repair %d of story %d", s.followUp, s.n)
	return s.gives(ctx, "follow-ups", map[string]any{"title": title, "owner": people[s.rng.IntN(len(people))]}, promise{what: "follow-up", text: title})
}

func (s *story) assigns(ctx context.Context) error {
	who := people[s.rng.IntN(len(people))]
	return s.gives(ctx, "assign", map[string]any{"role": incident.RoleCommander, "person": who}, promise{what: "commander", text: who})
}

func (s *story) changesSeverity(ctx context.Context) error {
	s.severity = 1 + s.rng.IntN(4)
	return s.gives(ctx, "severity", map[string]any{"severity": s.severity, "reason": "we know more"}, promise{what: "severity", text: fmt.Sprint(s.severity)})
}

func (s *story) resolves(ctx context.Context) error {
	return s.gives(ctx, "resolve", map[string]any{}, promise{what: "resolved"})
}

// holdsReview is only asked where the incident has one: severities 1 and 2 do.
func (s *story) holdsReview(ctx context.Context) error {
	if s.severity > 2 || s.rng.IntN(2) == 0 {
		return nil
	}
	return s.gives(ctx, "review/held", map[string]any{}, promise{what: "held"})
}

// answersThePager acknowledges a page in the pager, if there is one and the pager is there. What
// comes of it travels back by webhook, which may be lost.
func (s *story) answersThePager(ctx context.Context) error {
	a, err := s.c.sims.once(ctx, http.MethodGet, "/pagerduty/_sim/state?limit=1000", "", nil)
	if err != nil || !a.done() {
		return nil //nolint:nilerr // the pager is away, and nobody answers it
	}
	var st pagerdutysim.State
	if err := json.Unmarshal(a.Body, &st); err != nil {
		return err
	}
	for _, p := range st.Incidents {
		if strings.Contains(p.Key, "/"+s.key()+"/page/") && p.Status == "triggered" {
			body, err := json.Marshal(map[string]string{"key": p.Key, "by": people[0]})
			if err != nil {
				return err
			}
			_, _ = s.c.sims.once(ctx, http.MethodPost, "/pagerduty/_sim/acknowledge", "", body) // or not, as a phone without reception
			return nil
		}
	}
	return nil
}
