package simkit_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/sims/simkit"
)

// shop is a vendor in miniature: POST /orders applies something and says so.
type shop struct {
	*httptest.Server
	faults  *simkit.Faults
	log     *simkit.Log
	applied atomic.Int32
}

// patience bounds what a test waits for; nothing takes that long.
const patience = 10 * time.Second

func openShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{faults: &simkit.Faults{}, log: &simkit.Log{}}
	operation := func(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/") }
	s.Server = httptest.NewServer(s.log.Wrap(operation, s.faults.Wrap(operation,
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			s.applied.Add(1)
			w.Header().Set("X-Shop", "open")
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, "sold "+string(body))
		}))))
	t.Cleanup(s.Close)
	t.Cleanup(func() { s.faults.Clear() }) // first, or Close waits for held requests
	return s
}

type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

func (s *shop) post(ctx context.Context, operation string) answer {
	return s.do(ctx, http.MethodPost, operation, strings.NewReader("tea"))
}

func (s *shop) do(ctx context.Context, method, operation string, body io.Reader) answer {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+"/"+operation, body)
	if err != nil {
		return answer{err: err}
	}
	response, err := s.Client().Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return answer{status: response.StatusCode, header: response.Header, body: string(text), err: err}
}

const proxysPage = "<html>\r\n<head><title>Not available</title></head>\r\n<body><center><h1>Not available</h1></center></body>\r\n</html>\r\n"

func TestWhatEachFaultShowsTheClientAndWhetherItIsApplied(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		fault   simkit.Fault
		dropped bool
		status  int
		body    string
		header  map[string]string
		applied int32
	}{
		{name: "drop before", fault: simkit.Fault{Kind: simkit.DropBefore}, dropped: true},
		{name: "drop after", fault: simkit.Fault{Kind: simkit.DropAfter}, dropped: true, applied: 1},
		{name: "down", fault: simkit.Fault{Kind: simkit.Down}, dropped: true},
		{
			name:   "status with body and header",
			fault:  simkit.Fault{Kind: simkit.Status, Status: 503, Body: `{"error":"busy"}`, Header: map[string]string{"X-Why": "load"}, RetryAfter: "3"},
			status: 503, body: `{"error":"busy"}`,
			header: map[string]string{"Content-Type": "application/json", "X-Why": "load", "Retry-After": "3"},
		},
		{name: "status without a number", fault: simkit.Fault{Kind: simkit.Status}, status: 500},
		{
			name: "status after", fault: simkit.Fault{Kind: simkit.StatusAfter, Status: 502, Body: "bad gateway"},
			status: 502, body: "bad gateway", applied: 1,
		},
		{
			name: "a proxy's page", fault: simkit.Fault{Kind: simkit.WebPage, Status: 401, Header: map[string]string{"X-Proxy": "1"}},
			status: 401, header: map[string]string{"Content-Type": "text/html", "X-Proxy": "1"}, body: proxysPage,
		},
		{name: "a proxy's page without a number", fault: simkit.Fault{Kind: simkit.WebPage}, status: 403, body: proxysPage},
		{name: "empty", fault: simkit.Fault{Kind: simkit.Empty}, status: 200, body: "{}"},
		{name: "empty after", fault: simkit.Fault{Kind: simkit.EmptyAfter}, status: 200, body: "{}", applied: 1},
		{
			name: "rate limited with a hint", fault: simkit.Fault{Kind: simkit.RateLimited, RetryAfter: "30"},
			status: 429, header: map[string]string{"Retry-After": "30"},
		},
		{
			name: "rate limited without a hint", fault: simkit.Fault{Kind: simkit.RateLimited},
			status: 429, header: map[string]string{"Retry-After": ""},
		},
		{
			name: "delay", fault: simkit.Fault{Kind: simkit.Delay, Delay: simkit.Duration(time.Microsecond)},
			status: 201, body: "sold tea", header: map[string]string{"X-Shop": "open"}, applied: 1,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t)
			// A warm connection, which is where a client might repeat a request unseen.
			require.Equal(t, 201, s.post(t.Context(), "orders").status)
			id := s.faults.Add(tc.fault)

			got := s.post(t.Context(), "orders")

			if tc.dropped {
				require.ErrorIs(t, got.err, io.ErrUnexpectedEOF)
			} else {
				require.NoError(t, got.err)
			}
			require.Equal(t, tc.status, got.status)
			require.Equal(t, tc.body, got.body)
			for name, value := range tc.header {
				require.Equal(t, value, got.header.Get(name), name)
			}
			require.Equal(t, tc.applied, s.applied.Load()-1)
			require.Equal(t, 1, s.faults.Hits(id))
			require.Equal(t, tc.status, s.log.Requests("orders")[1].Status, "the log has what the client saw")
		})
	}
}

func TestADroppedGetIsNotRepeatedUnseen(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	require.NoError(t, s.do(t.Context(), http.MethodGet, "orders", nil).err)
	id := s.faults.Add(simkit.Fault{Kind: simkit.DropAfter, Times: 1})

	require.Error(t, s.do(t.Context(), http.MethodGet, "orders", nil).err)
	require.Equal(t, 1, s.faults.Hits(id))
	require.Equal(t, 2, s.log.Count("orders"))
}

func TestAFaultHitsOnlyWhatItNames(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	exact := s.faults.Add(simkit.Fault{ID: "exact", Operation: "orders", Kind: simkit.Status, Status: 500})
	prefix := s.faults.Add(simkit.Fault{Operation: "stock.*", Kind: simkit.Status, Status: 502})
	require.Equal(t, "exact", exact)

	require.Equal(t, 500, s.post(t.Context(), "orders").status)
	require.Equal(t, 502, s.post(t.Context(), "stock.count").status)
	require.Equal(t, 201, s.post(t.Context(), "orders.list").status)

	s.faults.Clear(exact)
	require.Equal(t, 201, s.post(t.Context(), "orders").status)
	require.Equal(t, 502, s.post(t.Context(), "stock.count").status)
	require.Equal(t, 1, s.faults.Hits(exact), "hits outlive the fault")
	require.Equal(t, []string{prefix}, ids(s.faults.List()))

	s.faults.Clear()
	require.Empty(t, s.faults.List())
	require.Equal(t, 201, s.post(t.Context(), "stock.count").status)
}

func ids(faults []simkit.Fault) []string {
	var list []string
	for _, fault := range faults {
		list = append(list, fault.ID)
	}
	return list
}

func TestSkipAndTimesCountMatchingRequests(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.faults.Add(simkit.Fault{Kind: simkit.Status, Status: 500, Skip: 1, Times: 2})
	down := s.faults.Add(simkit.Fault{Operation: "down", Kind: simkit.Down, Times: 1})

	var got []int
	for range 4 {
		got = append(got, s.post(t.Context(), "orders").status)
	}
	require.Equal(t, []int{201, 500, 500, 201}, got)

	for range 3 {
		require.Error(t, s.post(t.Context(), "down").err)
	}
	require.Equal(t, 3, s.faults.Hits(down), "down ignores times")
}

func TestAHeldRequestLandsAfterItsClientGaveUp(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	id := s.faults.Add(simkit.Fault{Kind: simkit.Hold, Times: 1})
	ctx, giveUp := context.WithCancel(t.Context())
	result := make(chan answer, 1)
	go func() { result <- s.post(ctx, "orders") }()
	require.Eventually(t, func() bool { return s.faults.Hits(id) == 1 }, patience, time.Millisecond)

	giveUp()
	require.ErrorIs(t, (<-result).err, context.Canceled)
	require.Zero(t, s.applied.Load())
	require.Equal(t, 201, s.post(t.Context(), "orders").status, "later requests pass")

	s.faults.Release(id)
	require.Eventually(t, func() bool { return s.applied.Load() == 2 }, patience, time.Millisecond)
}

func TestReleaseLetsTheWaitingGoAndKeepsHoldingLaterOnes(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	id := s.faults.Add(simkit.Fault{Kind: simkit.Hold})
	held := func(n int) chan answer {
		result := make(chan answer, 1)
		go func() { result <- s.post(t.Context(), "orders") }()
		require.Eventually(t, func() bool { return s.faults.Hits(id) == n }, patience, time.Millisecond)
		return result
	}

	first := held(1)
	s.faults.Release(id)
	require.Equal(t, 201, (<-first).status)

	second := held(2)
	require.EqualValues(t, 1, s.applied.Load())
	s.faults.Clear(id)
	require.Equal(t, 201, (<-second).status)
}

func TestADelayedRequestIsAppliedAtOnceAndAnsweredWhenCleared(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.faults.Add(simkit.Fault{Kind: simkit.Delay, Delay: simkit.Duration(time.Hour)})
	result := make(chan answer, 1)
	go func() { result <- s.post(t.Context(), "orders") }()
	require.Eventually(t, func() bool { return s.applied.Load() == 1 }, patience, time.Millisecond)
	require.Empty(t, result)

	s.faults.Clear()
	require.Equal(t, answer{status: 201, body: "sold tea"}, stripped(<-result))
}

func stripped(a answer) answer {
	a.header = nil
	return a
}

func TestADelayEndsWhenTheClientGivesUp(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	waits := make(chan time.Duration, 1)
	s.faults.After = func(d time.Duration) <-chan time.Time { waits <- d; return nil }
	s.faults.Add(simkit.Fault{Kind: simkit.Delay, Delay: simkit.Duration(time.Hour)})
	ctx, giveUp := context.WithCancel(t.Context())
	result := make(chan answer, 1)
	go func() { result <- s.post(ctx, "orders") }()
	require.Equal(t, time.Hour, <-waits)

	giveUp()
	require.ErrorIs(t, (<-result).err, context.Canceled)
	require.EqualValues(t, 1, s.applied.Load())
	require.Eventually(t, func() bool { return s.log.Requests("orders")[0].Status == 201 }, patience, time.Millisecond)
}

func TestFaultsUnderConcurrentUse(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	id := s.faults.Add(simkit.Fault{Operation: "orders", Kind: simkit.DropAfter, Times: 10})
	var failed atomic.Int32
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for range 5 {
				if s.post(t.Context(), "orders").err != nil {
					failed.Add(1)
				}
				other := s.faults.Add(simkit.Fault{Operation: "none", Kind: simkit.Hold})
				s.faults.Release(other)
				s.faults.List()
				s.faults.Clear(other)
			}
		})
	}
	clients.Wait()

	require.EqualValues(t, 10, failed.Load())
	require.Equal(t, 10, s.faults.Hits(id))
	require.EqualValues(t, 40, s.applied.Load())
}

func TestTheVendorsOwnBody(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.faults.DefaultBody = func(f simkit.Fault) string { return `{"error":"` + string(f.Kind) + `"}` }
	s.faults.Add(simkit.Fault{Kind: simkit.RateLimited, Times: 1})
	require.JSONEq(t, `{"error":"rate_limited"}`, s.post(t.Context(), "orders").body)
}

func TestAddRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	faults := &simkit.Faults{}
	require.PanicsWithValue(t, `simkit: add fault: times: -1 is negative`, func() {
		faults.Add(simkit.Fault{Kind: simkit.Empty, Times: -1})
	})
}

func TestControlOverHTTP(t *testing.T) {
	t.Parallel()
	faults := &simkit.Faults{}
	call := func(method, query, body string) (int, string) {
		rec := httptest.NewRecorder()
		faults.Handler().ServeHTTP(rec, httptest.NewRequest(method, "/_sim/faults"+query, strings.NewReader(body)))
		return rec.Code, strings.TrimSpace(rec.Body.String())
	}
	status, body := call(http.MethodPost, "", `{"id":"late","operation":"orders","kind":"delay","delay":"1m30s","times":2}`)
	require.Equal(t, http.StatusCreated, status)
	require.JSONEq(t, `{"id":"late"}`, body)
	_, body = call(http.MethodGet, "", "")
	require.JSONEq(t, `[{"id":"late","operation":"orders","kind":"delay","delay":"1m30s","times":2,"hits":0}]`, body)

	for wrong, complaint := range map[string]string{
		`{"kind":"drop_before","oops":1}`:                `unknown field "oops"`,
		`{"kind":"explode"}`:                             `kind: unknown kind "explode"`,
		`{"kind":"delay","delay":"soon"}`:                `invalid duration "soon"`,
		`{"kind":"status","status":42}`:                  `status: 42`,
		`{"kind":"status","skip":-2}`:                    `skip: -2`,
		`{"kind":"delay","delay":"-1s"}`:                 `delay: -1s`,
		`{"kind":"drop_before","operation":"a*b"}`:       `operation: "a*b"`,
		`{"kind":"drop_before","times":"many"}`:          `times`,
		`not json`:                                       `invalid character`,
		`{"kind":"drop_before","status":"five hundred"}`: `status`,
	} {
		status, body = call(http.MethodPost, "", wrong)
		require.Equal(t, http.StatusBadRequest, status, wrong)
		require.Contains(t, body, complaint, wrong)
	}

	call(http.MethodPost, "", `{"kind":"down"}`)
	status, _ = call(http.MethodDelete, "?id=late", "")
	require.Equal(t, http.StatusNoContent, status)
	require.Equal(t, []string{"fault-1"}, ids(faults.List()))
	call(http.MethodDelete, "", "")
	require.Empty(t, faults.List())
	status, _ = call(http.MethodPost, "?release=late", "")
	require.Equal(t, http.StatusNoContent, status)
	status, _ = call(http.MethodPut, "", "")
	require.Equal(t, http.StatusMethodNotAllowed, status)
}
