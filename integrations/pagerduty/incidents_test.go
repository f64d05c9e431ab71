package pagerduty_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

func (w *world) find(t *testing.T, key string) incident.PageState {
	t.Helper()
	state, err := w.Find(t.Context(), key)
	require.NoError(t, err)
	return state
}

func TestFindFollowsAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, incident.PageState{}, w.find(t, "k1"))

	in := w.page(t, call("k1"))
	w.page(t, call("k2"))
	state := incident.PageState{Found: true, ID: in.ID, URL: in.URL, Asked: []string{"alice@example.com"}}
	require.Equal(t, state, w.find(t, "k1"))

	w.clock.Advance(time.Minute)
	require.NoError(t, w.sim.Acknowledge("k1", "bob@example.com"))
	state.Acknowledged, state.By, state.At = true, "bob@example.com", began.Add(time.Minute)
	require.Equal(t, state, w.find(t, "k1"))

	require.NoError(t, w.sim.Acknowledge("k1", "carol@example.com"))
	require.Equal(t, state, w.find(t, "k1"), "the first acknowledgement counts")

	require.NoError(t, w.sim.Unacknowledge("k1"))
	state.Acknowledged, state.By, state.At = false, "", time.Time{}
	require.Equal(t, state, w.find(t, "k1"))

	w.clock.Advance(time.Minute)
	require.NoError(t, w.sim.ResolveByHuman("k1", "dave@example.com"))
	state.Asked = nil // it is over
	state.Resolved, state.By, state.At = true, "dave@example.com", began.Add(2*time.Minute)
	require.Equal(t, state, w.find(t, "k1"))
}

func TestAnEventIsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("k1"))
	require.NoError(t, w.Acknowledge(t.Context(), w.key, "k1"))
	state := w.find(t, "k1")
	require.True(t, state.Acknowledged)
	require.Empty(t, state.By)

	require.Equal(t, began, state.At)

	w.clock.Advance(time.Minute)
	require.NoError(t, w.sim.Acknowledge("k1", "bob@example.com"))
	state = w.find(t, "k1")
	require.Equal(t, "bob@example.com", state.By)
	require.Equal(t, began.Add(time.Minute), state.At, "when a person did, though automation was first")

	require.NoError(t, w.Resolve(t.Context(), w.key, "k1"))
	state = w.find(t, "k1")
	require.True(t, state.Resolved)
	require.Empty(t, state.By)
}

func TestFindSeesTheNewestOfAKeyHoweverOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("k1"))
	require.NoError(t, w.sim.ResolveByHuman("k1", "alice@example.com"))
	second := w.page(t, call("k1"))
	w.clock.Advance(200 * 24 * time.Hour)
	state := w.find(t, "k1")
	require.Equal(t, second.ID, state.ID)
	require.False(t, state.Resolved)
}

func TestAnAcceptedEventMayNotBeThereYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.HoldEvents()
	require.NoError(t, w.Trigger(t.Context(), w.key, call("k1")))
	require.False(t, w.find(t, "k1").Found)
	w.sim.ReleaseEvents()
	require.True(t, w.find(t, "k1").Found)
}

func TestFindFollowsAMergedIncident(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.page(t, call("other"))
	w.page(t, call("k1"))
	require.NoError(t, w.sim.Merge("k1", "other", "alice@example.com"))
	require.NoError(t, w.sim.Acknowledge("other", "alice@example.com"))

	state := w.find(t, "k1")
	require.Equal(t, other.ID, state.ID)
	require.True(t, state.Acknowledged)
}

func TestAStrangersIncidentIsNotOurs(t *testing.T) {
	t.Parallel()
	// What a server would answer that does not know the filter.
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/incidents":
			_, _ = fmt.Fprint(w, `{"incidents":[{"id":"Q1","incident_number":7,"incident_key":"another","status":"triggered"}]}`)
		default:
			_, _ = fmt.Fprint(w, `{"alerts":[{"id":"A1","alert_key":"another"}]}`)
		}
	})
	state, err := c.Find(t.Context(), "k1")
	require.NoError(t, err)
	require.False(t, state.Found)
}

func TestAnIncidentWithoutAKeyIsRecognisedByItsAlert(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/incidents":
			_, _ = fmt.Fprint(w, `{"incidents":[{"id":"Q1","incident_number":7,"incident_key":null,"status":"triggered"}]}`)
		default:
			_, _ = fmt.Fprint(w, `{"alerts":[{"id":"A1","alert_key":"other"},{"id":"A2","alert_key":"k1"}]}`)
		}
	})
	state, err := c.Find(t.Context(), "k1")
	require.NoError(t, err)
	require.Equal(t, "Q1", state.ID)
}

func TestWhatIsNoListDoesNotMeanNotFound(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"an empty object":        `{}`,
		"null":                   `null`,
		"a proxy's page":         `<html>`,
		"an incident without ID": `{"incidents":[{"incident_key":"k1"}]}`,
		"half a list":            `{"incidents":[{"id":`,
	} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) })
		_, err := c.Find(t.Context(), "k1")
		require.Equal(t, fault.Retryable, failed(t, err).Class, name)
	}
}

func TestAnEmptyKeyFindsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("k1"))
	_, err := w.Find(t.Context(), "")
	require.Equal(t, fault.Permanent, failed(t, err).Class)
	require.Zero(t, w.sim.Log.Count("incidents.list"))
}

func TestWithoutATokenLookUpsAreOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *pagerduty.Options, _ *pagerdutysim.Options) { o.Token = fault.Secret{} })
	w.page(t, call("k1"))
	_, err := w.Find(t.Context(), "k1")
	require.Equal(t, fault.Off, failed(t, err).Class)
	_, err = w.FindMany(t.Context(), []string{"k1"})
	require.Equal(t, fault.Off, failed(t, err).Class)
	_, err = w.PersonEmail(t.Context(), "P1")
	require.Equal(t, fault.Off, failed(t, err).Class)
	_, err = w.Check(t.Context())
	require.Equal(t, fault.Off, failed(t, err).Class)
	require.Equal(t, 1, w.sim.Log.Count(""))
}

func TestARefusedTokenIsACredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *pagerduty.Options, _ *pagerdutysim.Options) { o.Token = fault.NewSecret("expired") })
	w.page(t, call("k1"))
	_, err := w.Find(t.Context(), "k1")
	e := failed(t, err)
	require.Equal(t, fault.Credential, e.Class)
	require.Contains(t, e.Mend, "PAGERDUTY_TOKEN")
}

func TestFindManyAsksOnceForEachKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := []string{"", "missing", "k1", "k1"}
	for i := range 20 {
		key := fmt.Sprintf("k%d", i)
		keys = append(keys, key)
		w.page(t, call(key))
		require.NoError(t, w.sim.Acknowledge(key, "bob@example.com"))
	}
	states, err := w.FindMany(t.Context(), keys)
	require.NoError(t, err)
	require.Len(t, states, 21)
	require.False(t, states["missing"].Found)
	require.Equal(t, "bob@example.com", states["k7"].By)
	require.Equal(t, 21, w.sim.Log.Count("incidents.list"))
	require.LessOrEqual(t, w.sim.Log.Count("oncalls.list"), 4, "who is on call is asked once a minute, however many pages ask; the first few ask at once")

	none, err := w.FindMany(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestFindManyGoesOnWhereOneKeyFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var keys []string
	for i := range 20 {
		keys = append(keys, fmt.Sprintf("k%02d", i))
		w.page(t, call(keys[i]))
	}
	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.list", Kind: simkit.Status, Status: 500, Skip: 3, Times: 2})
	states, err := w.FindMany(t.Context(), keys)
	require.Equal(t, 500, failed(t, err).Status)
	require.Len(t, states, 18)
	require.Equal(t, 20, w.sim.Log.Count("incidents.list"))
}

func TestFindManyStopsWhereAllWouldFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var keys []string
	for i := range 200 {
		keys = append(keys, fmt.Sprintf("k%03d", i))
		w.page(t, call(keys[i]))
	}
	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.list", Kind: simkit.RateLimited, Skip: 50, Header: map[string]string{"ratelimit-reset": "20"}})
	states, err := w.FindMany(t.Context(), keys)
	e := failed(t, err)
	require.Equal(t, fault.Retryable, e.Class)
	require.Equal(t, 20*time.Second, e.RetryAfter)
	require.NotEmpty(t, states, "what is known so far is returned")
	require.Less(t, w.sim.Log.Count("incidents.list"), 70)
	for key, state := range states {
		require.True(t, state.Found, key)
	}
}

func TestAPersonWhoseAddressIsUnknownIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.page(t, call("k1"))
	require.NoError(t, w.sim.Acknowledge("k1", "bob.brown@example.com"))
	w.sim.Faults.Add(simkit.Fault{Operation: "users.get", Kind: simkit.Status, Status: 404, Times: 1})
	require.Equal(t, "Bob Brown", w.find(t, "k1").By)
	require.Equal(t, "bob.brown@example.com", w.find(t, "k1").By)
}

func TestAddressesAreRememberedForAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.sim.AddUser("erin@example.com")
	for range 3 {
		email, err := w.PersonEmail(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, "erin@example.com", email)
	}
	require.Equal(t, 1, w.sim.Log.Count("users.get"))
	w.clock.Advance(time.Hour)
	_, err := w.PersonEmail(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, 2, w.sim.Log.Count("users.get"))
}

func TestPersonEmailRefusesWhatIsNoUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"", "me?x", "../incidents", "P 1"} {
		_, err := w.PersonEmail(t.Context(), id)
		require.Equal(t, fault.Permanent, failed(t, err).Class, id)
	}
	require.Zero(t, w.sim.Log.Count(""))
	_, err := w.PersonEmail(t.Context(), "PDELETED")
	require.Equal(t, fault.Gone, failed(t, err).Class)

	for _, body := range []string{`{}`, `{"user":{}}`, `{"user":{"id":"P1"}}`, `{"user":{"id":"P2","email":"x@example.com"}}`} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) })
		_, err := c.PersonEmail(t.Context(), "P1")
		require.Equal(t, fault.Retryable, failed(t, err).Class, body)
	}
}
