package slackdoor_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor"
	"muster/incident"
	"muster/internal/sims/slacksim"
)

func TestForgedAndStaleRequestsDoNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	body := url.Values{"command": {"/incident"}, "text": {"checkout is down"}, "user_id": {w.alice.ID}, "trigger_id": {"1.2.3"}, "channel_id": {"C1"}}.Encode()
	sign := func(secret string, at time.Time) http.Header {
		h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		slacksim.Sign(h, []byte(body), secret, at)
		return h
	}
	for name, h := range map[string]http.Header{
		"unsigned":          {},
		"another's secret":  sign("not-the-secret", w.now()),
		"an empty secret":   sign("", w.now()),
		"six minutes old":   sign(secret, w.now().Add(-6*time.Minute)),
		"six minutes ahead": sign(secret, w.now().Add(6*time.Minute)),
	} {
		for _, path := range []string{slackdoor.PathCommands, slackdoor.PathInteractivity, slackdoor.PathEvents} {
			status, said := w.post(path, body, h)
			require.Equal(t, http.StatusUnauthorized, status, "%s at %s", name, path)
			require.Empty(t, said, "nothing is told to who forges")
		}
	}
	require.Zero(t, w.declared())
	status, _ := w.post(slackdoor.PathCommands, body+"&text=more", sign(secret, w.now()))
	require.Equal(t, http.StatusUnauthorized, status, "the body is part of the signature")
}

func TestAReplayedRequestDeclaresOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	body := url.Values{
		"command": {"/incident"}, "text": {"checkout is down"}, "user_id": {w.alice.ID}, "trigger_id": {"1.2.3"}, "channel_id": {"C1"}, "team_id": {slacksim.TeamID},
	}.Encode()
	for range 3 {
		h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		slacksim.Sign(h, []byte(body), secret, w.now())
		status, _ := w.post(slackdoor.PathCommands, body, h)
		require.Equal(t, http.StatusOK, status)
	}
	require.Equal(t, 1, w.declared())
}

func TestWhileASecretIsChangedBothAreTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	for k, s := range []string{secret, "an-older-secret"} {
		body := url.Values{"command": {"/incident"}, "text": {fmt.Sprintf("checkout %d is down", k)}, "user_id": {w.alice.ID}, "trigger_id": {fmt.Sprint(k)}}.Encode()
		h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		slacksim.Sign(h, []byte(body), s, w.now())
		status, _ := w.post(slackdoor.PathCommands, body, h)
		require.Equal(t, http.StatusOK, status)
	}
	require.Equal(t, 2, w.declared())
}

func TestRequestsThatMakeNoSenseAreTakenQuietly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	for _, c := range []struct{ path, body string }{
		{slackdoor.PathInteractivity, "payload=%7B"},
		{slackdoor.PathInteractivity, "payload="},
		{slackdoor.PathInteractivity, `payload={"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"no-such"}]}`},
		{slackdoor.PathInteractivity, `payload={"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","callback_id":"no-such"}}`},
		{slackdoor.PathEvents, `{"type":"event_callback","event":{"type":"no_such_event"},"event_id":"Ev1"}`},
		{slackdoor.PathEvents, `[]`},
		{slackdoor.PathCommands, "text=x"},
	} {
		h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		slacksim.Sign(h, []byte(c.body), secret, w.now())
		status, said := w.post(c.path, c.body, h)
		require.Equal(t, http.StatusOK, status, "%s %s: %s", c.path, c.body, said)
	}
	require.Zero(t, w.declared())
}

func TestTheURLIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	body := `{"type":"url_verification","token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}`
	h := http.Header{"Content-Type": {"application/json"}}
	slacksim.Sign(h, []byte(body), secret, w.now())
	status, said := w.post(slackdoor.PathEvents, body, h)
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}`, said)
}

func TestStrangersAndDeactivatedPeopleAreRefused(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.sim.AddStranger("mallory@example.com", "Mallory")
		mallory := w.person("mallory@example.com")
		require.Contains(t, mallory.slash("/incident checkout is down"), "Only people of this workspace")
		w.sim.DeactivateUser("bob@example.com")
		require.Contains(t, w.bob.slash("/incident checkout is down"), "deactivated")
		require.Zero(t, w.declared())
	})
}

func TestAPrivateIncidentDoesNotExistForOutsiders(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident")
		w.alice.submits(map[string]string{"title": "Insider takeover", "options": "private"})
		ch := w.channelOf(1, w.alice)
		for _, line := range []string{"list", "list all", "show INC-1", "update INC-1 hello", "mitigate INC-1", "merge INC-1", "note hello"} {
			said := w.bob.slash("/incident " + line)
			require.NotContains(t, said, "Insider", line)
			require.NotContains(t, said, "insider", line)
		}
		w.bob.slash("/incident search is down")
		w.bob.slash("/incident merge INC-2 into INC-1")
		require.Equal(t, incident.StatusOpen, w.incident(2).Status, "what cannot be seen cannot be merged into")
		require.Equal(t, incident.StatusOpen, w.incident(1).Status)
		require.NoError(t, w.bob.OpensHome())
		w.eventually(func() bool { _, ok := w.bob.Home(); return ok }, "bob's home tab")
		home, _ := w.bob.Home()
		require.NotContains(t, home.Shown(), "Insider")
		require.NotContains(t, home.Shown(), "INC-1")

		require.Contains(t, w.alice.slashIn(ch, "/incident update The badge was copied"), "INC-1", "its own people work on it")
		require.Contains(t, w.alice.slash("/incident list"), "Insider takeover", "and find it in their list")
		require.Contains(t, w.alice.slash("/incident note hello"), "Insider takeover", "and are offered it")
		require.NoError(t, w.alice.OpensHome())
		w.eventually(func() bool { _, ok := w.alice.Home(); return ok }, "alice's home tab")
		home, _ = w.alice.Home()
		require.Contains(t, home.Shown(), "Insider takeover")
	})
}

func TestWhoIsLetIntoAPrivateChannelMayWorkThere(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident")
		w.alice.submits(map[string]string{"title": "Insider takeover", "options": "private"})
		ch := w.channelOf(1, w.alice)
		require.NoError(t, w.alice.Invites(ch, "bob@example.com"))
		w.eventually(func() bool { return invited(w.incident(1), "bob@example.com") }, "the invitation is heard of")
		require.Contains(t, w.bob.slashIn(ch, "/incident mitigate rolled back"), "INC-1")
		require.Equal(t, incident.StatusMitigated, w.incident(1).Status)
	})
}

func TestTheHomeTabShowsWhatIsMineFirst(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		w.bob.slash("/incident search is down")
		ch := w.channelOf(1, w.alice)
		w.alice.slashIn(ch, "/incident follow-up Alert on disk space <@"+w.bob.ID+"> due:2030-01-02")
		require.NoError(t, w.bob.OpensHome())
		w.eventually(func() bool { _, ok := w.bob.Home(); return ok }, "the home tab")
		home, _ := w.bob.Home()
		shown := home.Shown()
		require.Contains(t, shown, "Alert on disk space")
		require.Less(t, indexOf(t, shown, "search is down"), indexOf(t, shown, "checkout is down"), "one's own comes first")
		b, ok := home.Button(incident.ActionDeclare)
		require.True(t, ok)
		w.bob.clicks(b)
		w.bob.sees("declare")
	})
}
