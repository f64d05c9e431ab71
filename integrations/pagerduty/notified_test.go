package pagerduty_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

// notified are the notifications of a page in short: who, by which means, how long after the start.
func (w *world) notified(t *testing.T, key, knownID string) []string {
	t.Helper()
	list, more, err := w.Notified(t.Context(), key, knownID)
	require.NoError(t, err)
	require.False(t, more)
	return short(t, list)
}

func short(t *testing.T, list []incident.Woken) (out []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, n := range list {
		require.NotEmpty(t, n.ID)
		require.False(t, seen[n.ID], "an entry is there once")
		seen[n.ID] = true
		out = append(out, fmt.Sprint(n.Person, " ", n.Means, " ", n.At.Sub(began)))
	}
	return out
}

// people have notification rules of their own, and escalate from Alice to Bob.
func people(o *pagerduty.Options, s *pagerdutysim.Options) {
	s.Policies = map[string]pagerdutysim.Policy{"PCHAIN": {Name: "Chain", Levels: [][]string{{"alice@example.com"}, {"bob@example.com"}}}}
	s.Services = map[string]pagerdutysim.Service{routingKey: {ID: "PCHECKOUT", Name: "checkout", Policy: "PCHAIN"}}
	s.Users = []string{"muster@example.com", "carol@example.com"}
	s.Rules = map[string][]pagerdutysim.Rule{
		"alice@example.com": {{Means: pagerdutysim.Push}, {After: time.Minute, Means: pagerdutysim.Phone}},
		"bob@example.com":   {{Means: pagerdutysim.SMS}, {Means: pagerdutysim.Email}},
	}
	o.From, o.Service = "muster@example.com", "PCHECKOUT"
}

func TestEveryNotificationOfAPageIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	require.Empty(t, w.notified(t, "k1", ""), "a page that PagerDuty does not have")
	w.page(t, call("k1"))
	w.clock.Advance(5 * time.Minute)
	require.NoError(t, w.sim.Escalate("k1"))
	require.NoError(t, w.sim.Acknowledge("k1", "bob@example.com"))
	w.clock.Advance(time.Hour)
	want := []string{
		"alice@example.com push 0s", "alice@example.com phone 1m0s", "bob@example.com email 5m0s", "bob@example.com sms 5m0s",
	}
	require.ElementsMatch(t, want, w.notified(t, "k1", ""))
	require.NoError(t, w.Resolve(t.Context(), w.key, "k1"))
	require.ElementsMatch(t, want, w.notified(t, "k1", ""), "and afterwards")
}

func TestPeoplePagedByNameAreToldToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	c := call("k1")
	c.Credential, c.Reach = "", "person:carol@example.com"
	require.NoError(t, w.Trigger(t.Context(), fault.Secret{}, c))
	require.Equal(t, []string{"carol@example.com push 0s"}, w.notified(t, "k1", ""))
}

func TestWhatWasNotifiedBeforeTheAlertJoinedIsNotThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *pagerduty.Options, s *pagerdutysim.Options) {
		s.Services = map[string]pagerdutysim.Service{routingKey: {Name: "checkout", OnCall: "alice@example.com", Grouping: true}}
	})
	w.page(t, call("k1"))
	w.clock.Advance(10 * time.Minute)
	w.page(t, call("k2"))
	require.Equal(t, []string{"alice@example.com push 0s"}, w.notified(t, "k1", ""))
	require.Empty(t, w.notified(t, "k2", ""))
	require.NoError(t, w.sim.Reassign("k2", "bob@example.com"))
	require.Equal(t, []string{"bob@example.com push 10m0s"}, w.notified(t, "k2", ""))
}

func TestOfAMergedIncidentBothLogsCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	one := w.page(t, call("k1"))
	w.clock.Advance(2 * time.Minute)
	w.page(t, call("k2"))
	w.clock.Advance(2 * time.Minute)
	require.NoError(t, w.sim.Merge("k1", "k2", "carol@example.com"))
	w.clock.Advance(2 * time.Minute)
	require.NoError(t, w.sim.Reassign("k2", "carol@example.com"))
	require.Equal(t, []string{"alice@example.com push 0s", "alice@example.com phone 1m0s", "carol@example.com push 6m0s"}, w.notified(t, "k1", one.ID))
	require.Equal(t, []string{"alice@example.com push 2m0s", "alice@example.com phone 3m0s", "carol@example.com push 6m0s"}, w.notified(t, "k2", ""))
}

func TestAGroupThatWasMergedTellsOnlyWhatCameAfterTheAlert(t *testing.T) {
	t.Parallel()
	other := "R0UT1NGKEYsecret0000000000000002"
	w := newWorld(t, func(_ *pagerduty.Options, s *pagerdutysim.Options) {
		s.Services = map[string]pagerdutysim.Service{
			routingKey: {Name: "checkout", OnCall: "alice@example.com", Grouping: true}, other: {Name: "search", OnCall: "bob@example.com"},
		}
	})
	group := w.page(t, call("k1"))
	w.clock.Advance(10 * time.Minute)
	w.page(t, call("k2"))
	w.clock.Advance(time.Minute)
	require.NoError(t, w.sim.Reassign(group.ID, "carol@example.com"))
	require.NoError(t, w.Trigger(t.Context(), fault.NewSecret(other), call("k3")))
	w.clock.Advance(time.Minute)
	require.NoError(t, w.sim.Merge(group.ID, "k3", "dora@example.com"))
	require.Equal(t, []string{"carol@example.com push 11m0s"}, w.notified(t, "k2", group.ID))
	require.Contains(t, w.sim.Log.Requests("incidents.log_entries")[0].Query, "since=2026-11-21T09", "no more is asked for than is wanted")
}

func TestAnIncidentThatIsFoundByItsKeyIsReadOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.page(t, call("k1"))
	require.Len(t, w.notified(t, "k1", in.ID), 1)
	require.Len(t, w.notified(t, "k1", "no ID of PagerDuty's"), 1)
	require.Len(t, w.sim.Log.Requests("incidents.log_entries"), 2)
	require.Empty(t, w.sim.Log.Requests("incidents.get"))
}

func TestAKnownIncidentThatCannotBeReadFailsTheCallUnlessItIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, people)
	one := w.page(t, call("k1"))
	w.page(t, call("k2"))
	require.NoError(t, w.sim.Merge("k1", "k2", "carol@example.com"))
	for _, f := range []simkit.Fault{{Kind: simkit.Status, Status: http.StatusServiceUnavailable}, {Kind: simkit.EmptyAfter}} {
		f.Operation, f.Times = "incidents.get", 1
		w.sim.Faults.Add(f)
		_, _, err := w.Notified(t.Context(), "k1", one.ID)
		require.Equal(t, fault.Retryable, failed(t, err).Class)
	}
	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.get", Kind: simkit.Status, Status: http.StatusNotFound, Times: 1})
	require.Len(t, w.notified(t, "k1", one.ID), 1, "what the key leads to is told")
}

func TestAUserWithoutAnAddressHasAName(t *testing.T) {
	t.Parallel()
	asked := 0
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		entry := `{"id":"R%d","type":"notify_log_entry","created_at":"2026-11-21T09:00:00Z","user":{"id":"PALICE","summary":"Alice"},"channel":{"notification":{"type":"sms_notification"}}}`
		switch {
		case strings.HasSuffix(r.URL.Path, "/log_entries"):
			_, _ = fmt.Fprintf(w, `{"log_entries":[`+entry+`,`+entry+`]}`, 1, 2)
		case strings.HasPrefix(r.URL.Path, "/users/"):
			asked++
			_, _ = fmt.Fprint(w, `{"user":{"id":"PALICE","email":""}}`)
		default:
			_, _ = fmt.Fprint(w, `{"incidents":[{"id":"Q1","incident_key":"k1"}]}`)
		}
	})
	list, _, err := c.Notified(t.Context(), "k1", "")
	require.NoError(t, err)
	require.Equal(t, []string{"Alice sms 0s", "Alice sms 0s"}, short(t, list))
	require.Equal(t, 1, asked, "once for both")
}

func TestWhoHasNoAddressAnyMoreHasAName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("k1"))
	require.NoError(t, w.sim.DeleteUser("alice@example.com"))
	require.Equal(t, []string{"Alice push 0s"}, w.notified(t, "k1", ""))
}

func TestATokenThatMayNotReadUsersTellsNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("k1"))
	w.sim.Faults.Add(simkit.Fault{Operation: "users.get", Kind: simkit.Status, Status: http.StatusForbidden})
	require.Equal(t, []string{"Alice push 0s"}, w.notified(t, "k1", ""))
}

func TestAnAddressThatCannotBeReadNowFailsTheCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("k1"))
	w.sim.Faults.Add(simkit.Fault{Operation: "users.get", Kind: simkit.Status, Status: http.StatusBadGateway, Times: 1})
	_, _, err := w.Notified(t.Context(), "k1", "")
	require.Equal(t, fault.Retryable, failed(t, err).Class)
	require.Equal(t, []string{"alice@example.com push 0s"}, w.notified(t, "k1", ""))
}

func TestALateLogIsReadWhenItIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *pagerduty.Options, s *pagerdutysim.Options) { s.LogLag = 20 * time.Second })
	w.page(t, call("k1"))
	require.Empty(t, w.notified(t, "k1", ""))
	w.clock.Advance(20 * time.Second)
	require.Equal(t, []string{"alice@example.com push 0s"}, w.notified(t, "k1", ""))
}

func TestALongLogIsReadPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("k1"))
	for range 130 {
		w.clock.Advance(time.Minute)
		require.NoError(t, w.sim.Acknowledge("k1", "alice@example.com"))
		require.NoError(t, w.sim.Unacknowledge("k1"))
	}
	require.Len(t, w.notified(t, "k1", ""), 131)
	require.Len(t, w.sim.Log.Requests("incidents.log_entries"), 4)
	for range 300 {
		require.NoError(t, w.sim.Acknowledge("k1", "alice@example.com"))
		require.NoError(t, w.sim.Unacknowledge("k1"))
	}
	list, more, err := w.Notified(t.Context(), "k1", "")
	require.NoError(t, err)
	require.True(t, more, "there is a bound, and it is said that it was reached")
	require.Greater(t, len(list), 300)
}

func TestWithoutATokenNobodyIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *pagerduty.Options, _ *pagerdutysim.Options) { o.Token = fault.Secret{} })
	_, _, err := w.Notified(t.Context(), "k1", "")
	require.Equal(t, fault.Off, failed(t, err).Class)
	_, _, err = w.Notified(t.Context(), "", "")
	require.Equal(t, fault.Permanent, failed(t, err).Class)
}

// The shapes are those of PagerDuty's own agent and of its description; nothing that is odd about one
// entry keeps the others from being read.
func TestOddEntriesAreReadAsFarAsTheyGo(t *testing.T) {
	t.Parallel()
	entry := func(id, rest string) string {
		return fmt.Sprintf(`{"id":%q,"type":"notify_log_entry","created_at":"2026-11-21T09:00:00Z","user":{"id":"PALICE","type":"user_reference","summary":"Alice"}%s}`, id, rest)
	}
	entries := []string{
		entry("R1", `,"channel":{"type":"auto","notification":{"type":"ios_push_notification"}}`),
		entry("R2", `,"channel":{"type":"auto"},"notification":{"type":"short_email"}`),
		entry("R3", `,"channel":{"type":"sms"}`),
		entry("R4", `,"channel":{"type":7,"notification":{"type":null}},"event_details":{"description":{"a":1}}`),
		entry("R5", ``),
		`{"id":"R6","type":"notify_log_entry","created_at":"2026-11-21T09:00:00Z"}`,
		`{"id":"R7","type":"notify_log_entry","created_at":"soon","user":{"id":"PALICE"}}`,
		`{"id":"R8","type":"acknowledge_log_entry","created_at":"2026-11-21T09:00:00Z","agent":null,"channel":null,"user":{"id":"PALICE"}}`,
		entry("", ``),
	}
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/log_entries"):
			_, _ = fmt.Fprintf(w, `{"log_entries":[%s],"more":false}`, strings.Join(entries, ","))
		case strings.HasPrefix(r.URL.Path, "/users/"):
			_, _ = fmt.Fprint(w, `{"user":{"id":"PALICE","email":"Alice@Example.com"}}`)
		default:
			_, _ = fmt.Fprint(w, `{"incidents":[{"id":"Q1","incident_key":"k1","created_at":"2026-11-21T08:00:00Z"}]}`)
		}
	})
	list, more, err := c.Notified(t.Context(), "k1", "")
	require.NoError(t, err)
	require.False(t, more)
	require.Equal(t, []string{
		"alice@example.com push 0s", "alice@example.com email 0s", "alice@example.com sms 0s", "alice@example.com unknown 0s", "alice@example.com unknown 0s",
	}, short(t, list))
}

// Entries are added at the front while the pages are read, so that the last of a page comes again.
func TestAnEntryThatIsReadTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		entry := func(id string) string {
			return fmt.Sprintf(`{"id":%q,"type":"notify_log_entry","created_at":"2026-11-21T09:00:00+01:00","user":{"id":"PALICE","summary":"Alice"},"channel":{"notification":{"type":"phone_notification"}}}`, id)
		}
		switch {
		case r.URL.Query().Get("offset") == "0":
			_, _ = fmt.Fprintf(w, `{"log_entries":[%s,%s],"more":true}`, entry("R3"), entry("R2"))
		case strings.HasSuffix(r.URL.Path, "/log_entries"):
			_, _ = fmt.Fprintf(w, `{"log_entries":[%s,%s],"more":false}`, entry("R2"), entry("R1"))
		case strings.HasPrefix(r.URL.Path, "/users/"):
			_, _ = fmt.Fprint(w, `{"user":{"id":"PALICE","email":"alice@example.com"}}`)
		default:
			_, _ = fmt.Fprint(w, `{"incidents":[{"id":"Q1","incident_key":"k1"}]}`)
		}
	})
	list, _, err := c.Notified(t.Context(), "k1", "")
	require.NoError(t, err)
	require.Equal(t, []string{"alice@example.com phone -1h0m0s", "alice@example.com phone -1h0m0s", "alice@example.com phone -1h0m0s"}, short(t, list))
}

func TestWhatPagerDutyAnswersToTheLogHasAClass(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fault.Class{
		400: fault.Permanent, 401: fault.Credential, 403: fault.Credential, 404: fault.Gone, 429: fault.Retryable, 500: fault.Retryable, 503: fault.Retryable,
	} {
		w := newWorld(t)
		w.page(t, call("k1"))
		w.sim.Faults.Add(simkit.Fault{Operation: "incidents.log_entries", Kind: simkit.Status, Status: status, Header: map[string]string{"ratelimit-reset": "9"}})
		_, _, err := w.Notified(t.Context(), "k1", "")
		e := failed(t, err)
		require.Equal(t, want, e.Class, status)
		if status == 429 {
			require.Equal(t, 9*time.Second, e.RetryAfter)
		}
	}
	w := newWorld(t)
	w.page(t, call("k1"))
	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.log_entries", Kind: simkit.EmptyAfter})
	_, _, err := w.Notified(t.Context(), "k1", "")
	require.Equal(t, fault.Retryable, failed(t, err).Class, "an empty object is no empty list")
}
