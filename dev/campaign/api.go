package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"muster/gateway/httpapi"
	"muster/incident"
)

// caller gives commands to the gateway as another program would: again, with the same key, until
// there is an answer.
type caller struct {
	http *http.Client
	base string
	// patience is how long it asks.
	patience time.Duration
}

// answered is what the gateway said in the end.
type answered struct {
	Status int
	Body   []byte
	// Asked counts the requests that it took.
	Asked int
}

// done reports that it was applied, or recorded and will be.
func (a answered) done() bool { return a.Status/100 == 2 }

// retryPause is how long a caller waits before it asks again.
const retryPause = 200 * time.Millisecond

// post sends a body until it is answered with something other than "not now".
func (c caller) post(ctx context.Context, path, key string, body any) (answered, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return answered{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	for n := 1; ; n++ {
		a, err := c.once(ctx, http.MethodPost, path, key, raw)
		if err == nil && a.Status < http.StatusInternalServerError && a.Status != http.StatusTooManyRequests {
			a.Asked = n
			return a, nil
		}
		if pause(ctx, retryPause); ctx.Err() != nil {
			return answered{}, errors.Join(fmt.Errorf("%s was never answered, asked %d times: %w", path, n, context.Cause(ctx)), err)
		}
	}
}

func (c caller) once(ctx context.Context, method, path, key string, raw []byte) (answered, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(raw))
	if err != nil {
		return answered{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set(httpapi.KeyHeader, key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answered{}, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	out, err := io.ReadAll(resp.Body)
	return answered{Status: resp.StatusCode, Body: out}, err
}

// errUnknown is the answer for an incident that does not exist.
var errUnknown = errors.New("no such incident")

// facts asks an incident what it says of itself.
func (c caller) facts(ctx context.Context, number int) (incident.Incident, error) {
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
