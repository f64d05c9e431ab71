package slack_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

func TestASurveyOpensNoSocket(t *testing.T) {
	t.Parallel()
	const app = "xapp-0000-very-secret"
	d := workspace(t, func(o *slacksim.Options) { o.SocketMode, o.AppToken = true, app })
	ask := func(token string) error {
		s, err := slack.NewSocket(slack.Options{BaseURL: d.url}, fault.NewSecret(token))
		require.NoError(t, err)
		return s.CheckSocket(t.Context())
	}
	require.NoError(t, ask(app))
	require.Empty(t, d.sim.Sockets())
	e := requireClass(t, ask("xapp-of-another-app"), fault.Credential, "invalid_auth")
	require.NotContains(t, e.Error(), "xapp-of-another-app")
	d.fails("apps.connections.open", simkit.EmptyAfter)
	requireClass(t, ask(app), fault.Retryable, "empty answer")
	d.fails("apps.connections.open", simkit.DropBefore)
	requireClass(t, ask(app), fault.Retryable, "")
	require.Empty(t, d.sim.Sockets())
}

func TestASurveyFindsChannelsByNameAndID(t *testing.T) {
	t.Parallel()
	d := workspace(t, short)
	for _, name := range []string{"one", "two", "three", "four", "shop"} {
		d.sim.AddChannel(name)
	}
	closed := d.sim.AddPrivateChannel("board-room")
	shop := d.channel("shop").ID
	require.NoError(t, d.sim.Person(alice).Joins("four"))
	require.NoError(t, d.sim.Person(alice).Archives("four"))
	list, err := d.Channels(t.Context(), []string{"#shop", shop, "four", "#nowhere"}, false)
	require.NoError(t, err)
	require.True(t, list.All)
	require.Equal(t, shop, list.Found["#shop"].ID)
	require.Equal(t, list.Found["#shop"], list.Found[shop])
	require.True(t, list.Found["four"].Archived)
	require.NotContains(t, list.Found, "#nowhere")
	require.Greater(t, d.calls("conversations.list"), 1, "page by page")

	for _, private := range []bool{true, false} {
		list, err = d.Channels(t.Context(), []string{closed}, private)
		require.NoError(t, err)
		require.Equal(t, private, list.Found[closed].Member)
	}
	d.refuses("conversations.list", "missing_scope")
	requireClass(t, second(d.Channels(t.Context(), []string{"#shop"}, true)), fault.Permanent, "missing_scope")
}

// In a workspace of many channels the list is not read to its end, and what is not found in it is
// not called missing.
func TestASurveySaysThatItHasNotSeenAllChannels(t *testing.T) {
	t.Parallel()
	pages := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		pages++
		_, _ = w.Write([]byte(`{"ok":true,"channels":[{"id":"C1","name":"shop","is_archived":true},{"id":"C2","name":"shop","is_member":true},7],
			"response_metadata":{"next_cursor":"more"}}`))
	}))
	defer server.Close()
	c, err := slack.New(slack.Options{Token: fault.NewSecret(token), BaseURL: server.URL + "/api"})
	require.NoError(t, err)
	list, err := c.Channels(t.Context(), []string{"#shop", "#nowhere"}, false)
	require.NoError(t, err)
	require.Equal(t, 10, pages)
	require.False(t, list.All)
	require.Equal(t, 20, list.Seen)
	require.Equal(t, slack.FoundChannel{ID: "C2", Member: true}, list.Found["#shop"], "a living channel is meant")
}

func TestASurveyKnowsGroupsAndPeople(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	id := d.sim.AddUserGroup("sre", alice)
	for name, is := range map[string]bool{"sre": true, "@SRE": true, id: true, "dba": false, "S0NOTHERE": false} {
		known, err := d.GroupKnown(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, is, known, name)
	}
	for person, is := range map[string]bool{alice: true, "nobody@example.com": false} {
		known, err := d.PersonKnown(t.Context(), person)
		require.NoError(t, err)
		require.Equal(t, is, known, person)
	}
	d.fails("users.lookupByEmail", simkit.DropBefore)
	requireClass(t, second(d.PersonKnown(t.Context(), bob)), fault.Retryable, "")
	other := d.another(slack.Options{})
	d.refuses("usergroups.list", "missing_scope")
	requireClass(t, second(other.GroupKnown(t.Context(), "sre")), fault.Permanent, "missing_scope")
}

func TestGuestsAreKnown(t *testing.T) {
	t.Parallel()
	for user, guest := range map[string]bool{
		`"is_restricted":true`: true, `"is_restricted":true,"is_ultra_restricted":true`: true, `"is_ultra_restricted":true`: true, `"is_restricted":false`: false, `"is_admin":true`: false,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := `{"ok":true,"user":{"id":"U0ALICE00","team_id":"T1",` + user + `}}`
			if strings.HasSuffix(r.URL.Path, "auth.test") {
				answer = `{"ok":true,"user_id":"UBOT","team_id":"T1"}`
			}
			_, _ = w.Write([]byte(answer))
		}))
		c, err := slack.New(slack.Options{Token: fault.NewSecret(token), BaseURL: server.URL + "/api"})
		require.NoError(t, err)
		m, err := c.Member(t.Context(), "U0ALICE00")
		server.Close()
		require.NoError(t, err)
		require.Equal(t, guest, m.Guest, user)
	}
}
