package simkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// deliver makes attempts until the delivery is delivered, dropped or the
// Webhooks are closed.
func (w *Webhooks) deliver(q queued) {
	delivery, delay := q.Delivery, q.delay
	ended := &w.dropped
	defer func() {
		if w.Ended != nil && delivery.Attempts > 0 {
			w.Ended(delivery)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		*ended = append(*ended, delivery)
		if w.underway--; w.underway == 0 {
			close(w.idle)
		}
	}()
	waits := w.Waits
	if waits == nil {
		waits = defaultWaits
	}
	if delay > 0 && w.sleep(delay) != nil {
		delivery.Err = "closed before the first attempt"
		return
	}
	for retry := 0; ; retry++ {
		if w.droppedSince(q.born) {
			delivery.Err = "dropped with all that was under way"
			return
		}
		again := w.attempt(&delivery, retry)
		if delivery.Err == "" {
			ended = &w.delivered
			return
		}
		if !again || retry >= len(waits) || w.sleep(waits[retry]) != nil {
			return
		}
	}
}

func (w *Webhooks) droppedSince(born int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dropping > born
}

// sleep waits, or says that the Webhooks were closed.
func (w *Webhooks) sleep(d time.Duration) error {
	after := w.After
	if after == nil {
		after = time.After
	}
	select {
	case <-w.ctx.Done():
		return w.ctx.Err()
	case <-after(d):
		return nil
	}
}

// attempt makes one request, notes how it went and says whether another one is
// due if it failed.
func (w *Webhooks) attempt(delivery *Delivery, retry int) (again bool) {
	header := delivery.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if w.Decorate != nil {
		w.Decorate(header, retry, delivery.Status)
	}
	delivery.Attempts, delivery.Status, delivery.Err = retry+1, 0, ""
	response, _, err := w.Post(w.ctx, header, delivery.Body) //nolint:bodyclose // Post has read and closed it
	if err != nil {
		delivery.Err = err.Error()
		return true
	}
	delivery.Status = response.StatusCode
	if response.StatusCode >= 200 && response.StatusCode <= 299 {
		return false
	}
	delivery.Err = fmt.Sprintf("the target answered %s", response.Status)
	if w.Retry != nil {
		return w.Retry(response)
	}
	return response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests
}

// Post signs and makes one request to the target and returns the answer with
// its body, whatever the mode. It is for what a vendor sends once and whose
// answer it uses, such as a slash command.
func (w *Webhooks) Post(ctx context.Context, header http.Header, body []byte) (*http.Response, []byte, error) {
	target := w.Target()
	if target == "" {
		return nil, nil, errors.New("the webhooks have no target")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("make webhook request: %w", err)
	}
	for name, values := range header {
		request.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if w.Sign != nil {
		w.Sign(request.Header, body)
	}
	client := w.Client
	if client == nil {
		client = defaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, fmt.Errorf("deliver webhook: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, nil, fmt.Errorf("read answer to webhook: %w", err)
	}
	return response, answer, nil
}

// Pending counts the deliveries that are neither delivered nor dropped nor
// lost, held ones included.
func (w *Webhooks) Pending() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.underway + len(w.held)
}

// Held counts the deliveries that wait for ReleaseHeld.
func (w *Webhooks) Held() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.held)
}

// Delivered returns the deliveries that were answered with 2xx, in that order.
func (w *Webhooks) Delivered() []Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.delivered)
}

// Dropped returns the deliveries that were given up.
func (w *Webhooks) Dropped() []Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dropped)
}

// Lost returns the deliveries that Mode.Lose swallowed.
func (w *Webhooks) Lost() []Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lost)
}

// Wait returns when no delivery is under way, or with the context's error. Held
// deliveries are not under way.
func (w *Webhooks) Wait(ctx context.Context) error {
	w.mu.Lock()
	idle := w.idle
	if w.underway == 0 {
		w.mu.Unlock()
		return nil
	}
	w.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close drops what is under way, forgets what is held, waits until nothing runs
// any more and makes Send do nothing from then on.
func (w *Webhooks) Close() {
	w.mu.Lock()
	w.closed = true
	w.held = nil
	if w.cancel != nil {
		w.cancel()
	}
	w.mu.Unlock()
	w.running.Wait()
}
