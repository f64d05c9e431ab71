// Package caller asks Muster's HTTP API as another program would while processes are killed: again, with the same
// key, until there is an answer.
package caller

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"muster/dev/process"
)

// Answer is what was said in the end.
type Answer struct {
	Status int
	Body   []byte
	// Asked counts the requests that it took.
	Asked int
}

// Done reports that it was applied, or recorded and will be.
func (a Answer) Done() bool { return a.Status/100 == 2 }

// Number is that of the incident which an answer to a declaration names.
func (a Answer) Number() (int, error) {
	var res struct {
		Number int `json:"number"`
	}
	if err := json.Unmarshal(a.Body, &res); err != nil || !a.Done() || res.Number < 1 {
		return 0, fmt.Errorf("declaring was answered %d: %s", a.Status, a.Body)
	}
	return res.Number, nil
}

// Client keeps no connection to a process that may be killed.
func Client(timeout time.Duration) *http.Client {
	return &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}}
}

// Ask makes one request. Headers without a value are left out.
func Ask(ctx context.Context, c *http.Client, method, url string, raw []byte, header map[string]string) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(raw))
	if err != nil {
		return Answer{}, err
	}
	for k, v := range header {
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	resp, err := c.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	out, err := io.ReadAll(resp.Body)
	return Answer{Status: resp.StatusCode, Body: out, Asked: 1}, err
}

// Again asks until the answer is something other than "not now", for as long as there is patience. ask is given how often
// it was called before.
func Again(ctx context.Context, patience, pause time.Duration, ask func(ctx context.Context, n int) (Answer, error)) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for n := 0; ; n++ {
		a, err := ask(ctx, n)
		if err == nil && a.Status < http.StatusInternalServerError && a.Status != http.StatusTooManyRequests {
			a.Asked = n + 1
			return a, nil
		}
		if process.Wait(ctx, pause); ctx.Err() != nil {
			return Answer{}, errors.Join(fmt.Errorf("never answered, asked %d times in %s, last with %d: %s", n+1, patience, a.Status, a.Body), context.Cause(ctx), err)
		}
	}
}
