package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"muster/dev/caller"
	"muster/gateway/httpapi"
	"muster/incident"
)

// asker is a program that gives commands to the gateway.
type asker struct {
	http *http.Client
	base string
	// patience is how long it asks.
	patience time.Duration
}

// retryPause is how long a caller waits before it asks again.
const retryPause = 200 * time.Millisecond

// post sends a body until it is answered with something other than "not now".
func (c asker) post(ctx context.Context, path, key string, body any) (caller.Answer, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return caller.Answer{}, err
	}
	a, err := caller.Again(ctx, c.patience, retryPause, func(ctx context.Context, _ int) (caller.Answer, error) {
		return c.once(ctx, http.MethodPost, path, key, raw)
	})
	if err != nil {
		return a, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

func (c asker) once(ctx context.Context, method, path, key string, raw []byte) (caller.Answer, error) {
	return caller.Ask(ctx, c.http, method, c.base+path, raw, map[string]string{httpapi.KeyHeader: key, "Content-Type": "application/json"})
}

// errUnknown is the answer for an incident that does not exist.
var errUnknown = errors.New("no such incident")

// facts asks an incident what it says of itself.
func (c asker) facts(ctx context.Context, number int) (incident.Incident, error) {
	var i incident.Incident
	a, err := c.once(ctx, http.MethodGet, "/v1/incidents/"+incident.Key(number), "", nil)
	switch {
	case err != nil:
		return i, err
	case a.Status == http.StatusNotFound:
		return i, errUnknown
	case a.Status != http.StatusOK:
		return i, fmt.Errorf("answered %d: %s", a.Status, a.Body)
	}
	return i, json.Unmarshal(a.Body, &i)
}
