package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"muster/dev/judge"
	"muster/incident"
	"muster/internal/sims/pagerdutysim"
)

// story is one incident of the campaign: what is asked for it, and what was promised.
type story struct {
	judge.Story
	c        *campaign
	n        int // counts the stories; the incident's own number is another
	rng      *rand.Rand
	severity int
	followUp int
	asked    int // requests in all
}

var people = []string{"alice@example.com", "bob@example.com", "carol@example.com"}

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
			return fmt.Errorf("%s: %w", s.Title, err)
		}
	}
	return nil
}

func (s *story) declares(ctx context.Context) error {
	s.severity = 1 + s.rng.IntN(4)
	d := incident.Declaration{Title: s.Title, Severity: incident.Severity(s.severity)}
	if service := []string{"", "checkout", "search"}[s.rng.IntN(3)]; service != "" {
		d.Services = []string{service}
	}
	a, err := s.c.api.post(ctx, "/v1/incidents", fmt.Sprintf("%d-declare-%d", s.c.o.seed, s.n), d)
	if err != nil {
		return err
	}
	s.asked += a.Asked
	s.Number, err = a.Number()
	return err
}

// gives sends a command, and notes what its answer promises.
func (s *story) gives(ctx context.Context, path string, body map[string]any, p judge.Promise) error {
	key := fmt.Sprintf("%d-%d-%d", s.c.o.seed, s.n, len(s.Promises)+len(s.Refused))
	a, err := s.c.api.post(ctx, "/v1/incidents/"+s.Key()+"/"+path, key, body)
	if err != nil {
		return err
	}
	s.asked += a.Asked
	s.Note(p, a)
	return nil
}

func (s *story) updates(ctx context.Context) error {
	text := fmt.Sprintf("Update %d of story %d: we look at it", len(s.Promises), s.n)
	return s.gives(ctx, "update", map[string]any{"text": text}, judge.Promise{What: "update", Text: text})
}

func (s *story) notes(ctx context.Context) error {
	text := fmt.Sprintf("Note %d of story %d: the graphs are flat", len(s.Promises), s.n)
	return s.gives(ctx, "timeline", map[string]any{"text": text}, judge.Promise{What: "note", Text: text})
}

func (s *story) proposes(ctx context.Context) error {
	s.followUp++
	title := fmt.Sprintf("Repair %d of story %d", s.followUp, s.n)
	return s.gives(ctx, "follow-ups", map[string]any{"title": title, "owner": people[s.rng.IntN(len(people))]}, judge.Promise{What: "follow-up", Text: title})
}

func (s *story) assigns(ctx context.Context) error {
	who := people[s.rng.IntN(len(people))]
	return s.gives(ctx, "assign", map[string]any{"role": incident.RoleCommander, "person": who}, judge.Promise{What: "commander", Text: who})
}

func (s *story) changesSeverity(ctx context.Context) error {
	s.severity = 1 + s.rng.IntN(4)
	return s.gives(ctx, "severity", map[string]any{"severity": s.severity, "reason": "we know more"}, judge.Promise{What: "severity", Text: fmt.Sprint(s.severity)})
}

func (s *story) resolves(ctx context.Context) error {
	return s.gives(ctx, "resolve", map[string]any{}, judge.Promise{What: "resolved"})
}

// holdsReview is only asked where the incident has one: severities 1 and 2 do.
func (s *story) holdsReview(ctx context.Context) error {
	if s.severity > 2 || s.rng.IntN(2) == 0 {
		return nil
	}
	return s.gives(ctx, "review/held", map[string]any{}, judge.Promise{What: "held"})
}

// answersThePager acknowledges a page in the pager, if there is one and the pager is there. What
// comes of it travels back by webhook, which may be lost.
func (s *story) answersThePager(ctx context.Context) error {
	a, err := s.c.sims.once(ctx, http.MethodGet, "/pagerduty/_sim/state?limit=1000", "", nil)
	if err != nil || !a.Done() {
		return nil //nolint:nilerr // the pager is away, and nobody answers it
	}
	var st pagerdutysim.State
	if err := json.Unmarshal(a.Body, &st); err != nil {
		return err
	}
	for _, p := range st.Incidents {
		if strings.Contains(p.Key, "/"+s.Key()+"/page/") && p.Status == "triggered" {
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
