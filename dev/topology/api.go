//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"muster/dev/caller"
	"muster/dev/judge"
	"muster/dev/process"
	"muster/dev/vendors"
	"muster/gateway/httpapi"
	"muster/incident"
	"muster/playbook/file"
)

const (
	// askFor is how long one gateway may think before the other is asked: commands are answered in 2.2 s.
	askFor     = 5 * time.Second
	retryPause = 100 * time.Millisecond
)

// post gives a command to one gateway, then to the other, and so on with the same key, until one has
// answered.
func (t *topology) post(ctx context.Context, first int, path, key string, body any) (caller.Answer, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return caller.Answer{}, err
	}
	a, err := caller.Again(ctx, patience, retryPause, func(ctx context.Context, n int) (caller.Answer, error) {
		return t.once(ctx, gateways[(first+n)%len(gateways)], http.MethodPost, path, key, raw)
	})
	if err != nil {
		return a, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// once asks one gateway once.
func (t *topology) once(ctx context.Context, gateway, method, path, key string, raw []byte) (caller.Answer, error) {
	return caller.Ask(ctx, caller.Client(askFor), method, "http://"+t.at[gateway]+path, raw, map[string]string{
		"Authorization": "Bearer " + t.token, httpapi.KeyHeader: key, "Content-Type": "application/json",
	})
}

// request asks what wants no token.
func request(ctx context.Context, method, url string, raw []byte) (caller.Answer, error) {
	return caller.Ask(ctx, caller.Client(askFor), method, url, raw, nil)
}

// declare declares an incident, and begins its story.
func (t *topology) declare(ctx context.Context, gateway int, d incident.Declaration) (*judge.Story, error) {
	a, err := t.post(ctx, gateway, "/v1/incidents", key("declare", d.Title), d)
	if err != nil {
		return nil, err
	}
	number, err := a.Number()
	if err != nil {
		return nil, fmt.Errorf("%q: %w", d.Title, err)
	}
	return &judge.Story{Title: d.Title, Number: number}, nil
}

// give gives a command, and notes what its answer promises.
func (t *topology) give(ctx context.Context, gateway int, s *judge.Story, path string, body map[string]any, p judge.Promise) error {
	a, err := t.post(ctx, gateway, "/v1/incidents/"+s.Key()+"/"+path, key(s.Title, path, len(s.Promises)), body)
	if err != nil {
		return err
	}
	s.Note(p, a)
	return nil
}

func (t *topology) update(ctx context.Context, gateway int, s *judge.Story, text string) error {
	return t.give(ctx, gateway, s, "update", map[string]any{"text": text}, judge.Promise{What: "update", Text: text})
}

func (t *topology) resolve(ctx context.Context, gateway int, s *judge.Story) error {
	return t.give(ctx, gateway, s, "resolve", map[string]any{}, judge.Promise{What: "resolved"})
}

// show asks one gateway what an incident says of itself.
func (t *topology) show(ctx context.Context, gateway, key string) (incident.Incident, error) {
	var i incident.Incident
	a, err := t.once(ctx, gateway, http.MethodGet, "/v1/incidents/"+key, "", nil)
	if err != nil {
		return i, err
	}
	if !a.Done() {
		return i, fmt.Errorf("%s: %s was answered %d: %s", gateway, key, a.Status, a.Body)
	}
	return i, json.Unmarshal(a.Body, &i)
}

// settle waits until nothing is missing any more of what was promised. What was doubled is at once wrong.
func (t *topology) settle(ctx context.Context, stories []*judge.Story) error {
	var last error
	for ends := time.Now().Add(2 * patience); time.Now().Before(ends) && ctx.Err() == nil; process.Wait(ctx, time.Second) {
		e, err := t.evidence(ctx, stories)
		if err != nil {
			last = err
			continue
		}
		v := &judge.Verdict{Findings: e.Judge(stories)}
		if len(v.Findings) == 0 {
			return nil
		}
		last = v
	}
	return last
}

// evidence reads what the incidents say and what the vendors hold. The latter is in their files, which
// are written before an answer leaves.
func (t *topology) evidence(ctx context.Context, stories []*judge.Story) (*judge.Evidence, error) {
	facts := map[int]incident.Incident{}
	for _, s := range stories {
		i, err := t.show(ctx, gateways[s.Number%len(gateways)], s.Key())
		if err != nil {
			return nil, err
		}
		facts[s.Number] = i
	}
	if a, err := t.once(ctx, gateways[0], http.MethodGet, "/v1/incidents/"+incident.Key(len(stories)+1), "", nil); err != nil || a.Status != http.StatusNotFound {
		return nil, errors.Join(fmt.Errorf("%s is there, and nobody declared it: %d", incident.Key(len(stories)+1), a.Status), err)
	}
	sims, err := t.vendors() //nolint:contextcheck // nobody clicks in simulators that only read what was kept
	if err != nil {
		return nil, err
	}
	defer sims.Close()
	return judge.NewEvidence(facts, sims), nil
}

// vendors are the simulated vendors as they are in their files.
func (t *topology) vendors() (*vendors.Sims, error) {
	p, err := file.Load(t.compose.mounted(serviceSimulators, "/etc/muster/muster.yaml"), time.Now())
	if err != nil {
		return nil, err
	}
	sims, err := vendors.NewSims(p, "http://"+t.at[simulators])
	if err != nil {
		return nil, err
	}
	if err := sims.Restore(t.volumes()["simulators"]); err != nil {
		sims.Close()
		return nil, err
	}
	return sims, nil
}

// key makes the key of a command from what tells it from all others.
func key(parts ...any) string {
	return strings.ReplaceAll(strings.TrimSpace(fmt.Sprintln(parts...)), " ", "-")
}
