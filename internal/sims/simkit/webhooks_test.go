package simkit_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
)

// product is what the webhooks go to: it keeps the bodies and answers with the
// next status of its list, then 200.
type product struct {
	*httptest.Server
	mu       sync.Mutex
	bodies   []string
	headers  []http.Header
	statuses []int
	// entered and leave, if set, let a test stand in the middle of a request.
	entered, leave chan string
}

func (p *product) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if p.entered != nil {
		p.entered <- string(body)
		<-p.leave
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bodies = append(p.bodies, string(body))
	p.headers = append(p.headers, r.Header)
	status := http.StatusOK
	if len(p.statuses) > 0 {
		status, p.statuses = p.statuses[0], p.statuses[1:]
	}
	w.WriteHeader(status)
}

func (p *product) got() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.bodies...)
}

func subscribe(t *testing.T, statuses ...int) (*simkit.Webhooks, *product) {
	t.Helper()
	p := &product{statuses: statuses}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	w := &simkit.Webhooks{}
	w.SetTarget(p.URL)
	t.Cleanup(w.Close)
	return w, p
}

func settle(t *testing.T, w *simkit.Webhooks) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, w.Wait(ctx))
}

// atOnce makes all waits end immediately and reports them.
func atOnce(w *simkit.Webhooks) func() []time.Duration {
	var mu sync.Mutex
	var waits []time.Duration
	w.After = func(d time.Duration) <-chan time.Time {
		mu.Lock()
		defer mu.Unlock()
		waits = append(waits, d)
		now := make(chan time.Time)
		close(now)
		return now
	}
	return func() []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return waits
	}
}

func TestADeliveryIsSignedAndMadeOnce(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t)
	w.Sign = func(h http.Header, body []byte) { h.Set("X-Signature", "signed "+string(body)) }
	w.Send("d1", "order.sold", http.Header{"X-Id": {"d1"}}, []byte("tea"))
	settle(t, w)

	require.Equal(t, []string{"tea"}, p.got())
	require.Equal(t, "signed tea", p.headers[0].Get("X-Signature"))
	require.Equal(t, "d1", p.headers[0].Get("X-Id"))
	require.Equal(t, "application/json", p.headers[0].Get("Content-Type"))
	require.Equal(t, []simkit.Delivery{{
		ID: "d1", Kind: "order.sold", Header: http.Header{"X-Id": {"d1"}}, Body: []byte("tea"), Attempts: 1, Status: 200,
	}}, w.Delivered())
	require.Zero(t, w.Pending())
}

func TestADeliveryIsTriedAgainAfterServerErrors(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t, 500, 429, 503)
	waits := atOnce(w)
	w.Decorate = func(h http.Header, retry, lastStatus int) {
		h.Set("X-Retry", strconv.Itoa(retry)+" after "+strconv.Itoa(lastStatus))
	}
	w.Send("d1", "order.sold", nil, []byte("tea"))
	settle(t, w)

	require.Equal(t, []string{"tea", "tea", "tea", "tea"}, p.got())
	require.Equal(t, "3 after 503", p.headers[3].Get("X-Retry"))
	require.Equal(t, 4, w.Delivered()[0].Attempts)
	require.IsIncreasing(t, waits())
}

func TestADeliveryIsTriedAgainWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t)
	w.SetTarget("http://127.0.0.1:1/nobody")
	w.After = func(time.Duration) <-chan time.Time {
		w.SetTarget(p.URL)
		now := make(chan time.Time)
		close(now)
		return now
	}
	w.Send("d1", "order.sold", nil, nil)
	settle(t, w)
	require.Equal(t, 2, w.Delivered()[0].Attempts)
}

func TestADeliveryIsDroppedWhenRefusedOrNeverAccepted(t *testing.T) {
	t.Parallel()
	w, _ := subscribe(t, 403, 500, 500)
	atOnce(w)
	w.Waits = []time.Duration{time.Second}
	w.Send("refused", "order.sold", nil, nil)
	settle(t, w)
	w.Send("never", "order.sold", nil, nil)
	settle(t, w)

	dropped := w.Dropped()
	require.Len(t, dropped, 2)
	require.Equal(t, []int{1, 2}, []int{dropped[0].Attempts, dropped[1].Attempts})
	require.Equal(t, "the target answered 403 Forbidden", dropped[0].Err)
	require.Equal(t, 500, dropped[1].Status)
	require.Empty(t, w.Delivered())
}

func TestTheVendorDecidesWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	w, _ := subscribe(t, 409, 500)
	atOnce(w)
	w.Retry = func(r *http.Response) bool { return r.StatusCode == http.StatusConflict }
	w.Send("d1", "order.sold", nil, nil)
	settle(t, w)
	require.Equal(t, 2, w.Dropped()[0].Attempts)
}

func TestDeliveriesOfOneKeyWaitForEachOther(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t)
	p.entered, p.leave = make(chan string), make(chan string)
	for _, body := range []string{"a1", "a2", "a3"} {
		w.SendInOrder("a", body, "k", nil, []byte(body))
	}
	require.Equal(t, "a1", <-p.entered)
	w.SendInOrder("b", "b1", "k", nil, []byte("b1"))
	require.Equal(t, "b1", <-p.entered, "another key does not wait")
	require.Equal(t, 4, w.Pending())
	p.leave <- ""
	p.leave <- ""
	require.Equal(t, "a2", <-p.entered)
	p.leave <- ""
	require.Equal(t, "a3", <-p.entered)
	p.leave <- ""
	settle(t, w)

	p.entered = nil
	w.SendInOrder("a", "a4", "k", nil, []byte("a4"))
	settle(t, w)
	require.Len(t, w.Delivered(), 5)
}

func TestDeliveriesThatComeTwice(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t)
	w.SetMode(simkit.Mode{Duplicate: 1})
	w.Send("d1", "k", nil, []byte("one"))
	settle(t, w)
	w.SetMode(simkit.Mode{})
	w.Send("d2", "k", nil, []byte("two"))
	settle(t, w)
	require.Equal(t, []string{"one", "one", "two"}, p.got())
	require.Equal(t, "d1", w.Delivered()[1].ID)
}

func TestDeliveriesThatGetLost(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t)
	w.SetMode(simkit.Mode{Lose: true})
	w.Send("d1", "k", nil, nil)
	settle(t, w)
	require.Empty(t, p.got())
	require.Len(t, w.Lost(), 1)
	require.Zero(t, w.Pending())
}

func TestDeliveriesThatComeLate(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t)
	late, asked := make(chan time.Time), make(chan time.Duration, 1)
	w.After = func(d time.Duration) <-chan time.Time { asked <- d; return late }
	w.SetMode(simkit.Mode{Delay: time.Hour})
	w.Send("d1", "k", nil, []byte("tea"))
	require.Equal(t, time.Hour, <-asked)
	require.Empty(t, p.got())
	require.Equal(t, 1, w.Pending())
	close(late)
	settle(t, w)
	require.Equal(t, []string{"tea"}, p.got())
}

func TestHeldDeliveriesComeInOrderOrReversed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		mode simkit.Mode
		want []string
	}{
		"held":     {mode: simkit.Mode{HoldAll: true}, want: []string{"1", "2", "3"}},
		"reversed": {mode: simkit.Mode{Reverse: true}, want: []string{"3", "2", "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := subscribe(t)
			w.SetMode(tc.mode)
			for _, body := range []string{"1", "2", "3"} {
				w.Send(body, "k", nil, []byte(body))
			}
			settle(t, w)
			require.Empty(t, p.got())
			require.Equal(t, 3, w.Held())
			require.Equal(t, 3, w.Pending())

			w.SetMode(simkit.Mode{})
			w.ReleaseHeld()
			settle(t, w)
			require.Equal(t, tc.want, p.got())
			require.Zero(t, w.Pending())
		})
	}
}

func TestAllThatIsUnderWayCanBeDropped(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t, http.StatusServiceUnavailable)
	p.entered, p.leave = make(chan string), make(chan string)
	var mu sync.Mutex
	var ended []string
	atOnce(w)
	w.Ended = func(d simkit.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		ended = append(ended, d.ID)
	}
	w.SendInOrder("a", "1", "kind", nil, []byte("under way"))
	w.SendInOrder("a", "2", "kind", nil, []byte("waiting"))
	w.SetMode(simkit.Mode{HoldAll: true})
	w.Send("3", "kind", nil, []byte("held"))
	<-p.entered
	w.DropAll()
	p.leave <- ""
	settle(t, w)
	require.Equal(t, []string{"under way"}, p.got(), "it is not tried again, and the others not at all")
	require.Len(t, w.Dropped(), 3)
	require.Zero(t, w.Pending())
	mu.Lock()
	require.Equal(t, []string{"1"}, ended, "of those that were tried it is told")
	mu.Unlock()

	w.SetMode(simkit.Mode{})
	w.SendInOrder("a", "4", "kind", nil, []byte("new"))
	<-p.entered
	p.leave <- ""
	settle(t, w)
	require.Len(t, w.Delivered(), 1)
	mu.Lock()
	require.Equal(t, []string{"1", "4"}, ended)
	mu.Unlock()
}

func TestWithoutATargetNothingIsSent(t *testing.T) {
	t.Parallel()
	w := &simkit.Webhooks{}
	w.Send("d1", "k", nil, nil)
	require.Zero(t, w.Pending())
	_, _, err := w.Post(t.Context(), nil, nil) //nolint:bodyclose // Post has read and closed it
	require.ErrorContains(t, err, "no target")
	w.Close()
}

func TestPostReturnsTheAnswerWhateverTheMode(t *testing.T) {
	t.Parallel()
	w, _ := subscribe(t, 403)
	w.SetMode(simkit.Mode{Lose: true})
	response, body, err := w.Post(t.Context(), http.Header{"Content-Type": {"text/plain"}}, []byte("command")) //nolint:bodyclose // Post has read and closed it
	require.NoError(t, err)
	require.Equal(t, 403, response.StatusCode)
	require.Empty(t, body)
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t)
	p.entered, p.leave = make(chan string), make(chan string)
	w.SendInOrder("a", "d1", "k", nil, nil)
	w.SendInOrder("a", "d2", "k", nil, nil)
	<-p.entered
	w.Close()
	close(p.leave)
	require.Len(t, w.Dropped(), 2)
	require.Zero(t, w.Pending())
	w.Send("d3", "k", nil, nil)
	require.Zero(t, w.Pending())
}

func TestWebhooksUnderConcurrentUse(t *testing.T) {
	t.Parallel()
	w, p := subscribe(t)
	var sent atomic.Int32
	var senders sync.WaitGroup
	for i := range 4 {
		senders.Go(func() {
			for j := range 25 {
				if j%2 == 0 {
					w.Send("d", "k", nil, nil)
				} else {
					w.SendInOrder(strconv.Itoa(i), "d", "k", nil, nil)
				}
				sent.Add(1)
				w.Pending()
			}
		})
	}
	senders.Wait()
	settle(t, w)
	require.Len(t, p.got(), int(sent.Load()))
	require.Len(t, w.Delivered(), int(sent.Load()))
}
