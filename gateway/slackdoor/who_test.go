package slackdoor_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor"
	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

// asks are what somebody may type who is after an incident, each of which must be refused to
// whoever is not known.
var asks = []string{
	"list", "list all", "show INC-1", "join INC-1", "ack INC-1", "note INC-1 hello", "update INC-1 hello", "severity INC-1 5", "page INC-1 now",
	"role INC-1 commander", "resolve INC-1", "merge INC-1 into INC-2", "follow-ups", "follow-up INC-1 look at it", "subscribe", "subscriptions", "retry INC-1",
}

// slashAs sends a signed command of a user whom the simulator need not know.
func (w *world) slashAs(userID, teamID, text string) string {
	w.t.Helper()
	body := url.Values{
		"command": {"/incident"}, "text": {text}, "user_id": {userID}, "team_id": {teamID}, "channel_id": {"C0OTHER00"}, "channel_name": {"general"},
	}.Encode()
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	slacksim.Sign(h, []byte(body), secret, w.now())
	status, said := w.post(slackdoor.PathCommands, body, h)
	require.Equal(w.t, http.StatusOK, status)
	return said
}

// untouched is an incident that nobody but alice did anything to.
func (w *world) untouched(test func()) {
	w.t.Helper()
	w.alice.slash("/incident checkout is down")
	w.alice.slash("/incident search is down")
	before := w.incident(1)
	test()
	require.Equal(w.t, before, w.incident(1))
	require.Empty(w.t, w.subs)
}

func TestWhomSlackDoesNotFindIsAStranger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	w.untouched(func() {
		for _, line := range append([]string{"the database is on fire", "declare it is mine"}, asks...) {
			said := w.slashAs("U0NOBODY99", slacksim.TeamID, line)
			require.Contains(t, said, "Only people of this workspace", line)
			require.NotContains(t, said, "checkout")
		}
	})
	require.Equal(t, 2, w.declared())
}

func TestAnotherWorkspaceIsToldWhateverSlackSaysOfItsPeople(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simkit.Fault{
		"well":         {Operation: "none", Kind: simkit.Down},
		"rate-limited": {Operation: "users.info", Kind: simkit.Status, Status: http.StatusTooManyRequests},
		"down":         {Operation: "users.info", Kind: simkit.Down},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, byHTTP)
			w.untouched(func() {
				w.sim.Faults().Add(fault)
				for _, line := range append([]string{"the database is on fire"}, asks...) {
					require.Contains(t, w.slashAs("U0MALLORY9", "T0OTHERWORKSPACE", line), "Only people of this workspace", line)
				}
			})
			require.Equal(t, 2, w.declared())
		})
	}
}

// Somebody whom Slack does not name may be one of ours, who must be able to declare, or a stranger,
// who must not be able to do anything else.
func TestWhileSlackDoesNotSayWhoSomebodyIsTheyOnlyDeclare(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.untouched(func() {
			r := w.alice.answer("incidents", "/incident list")
			w.sim.Faults().Add(simkit.Fault{Operation: "users.info", Kind: simkit.Status, Status: http.StatusTooManyRequests})
			for _, line := range asks {
				said := w.bob.slash("/incident " + line)
				require.Contains(t, said, "does not say at this moment who you are", line)
				require.NotContains(t, said, "checkout", line)
			}
			require.Contains(t, w.bob.slash("/incident help"), "/incident")
			require.Contains(t, w.bob.slash("/incident the cache is down"), "INC-3 is declared")
			require.NotEmpty(t, r.Shown())
			w.bob.slash("/incident")
			w.bob.submits(map[string]string{"title": "and the queue"})
			require.Equal(t, "and the queue", w.incident(4).Title)
			require.Contains(t, w.alice.slash("/incident note INC-2 I am known"), "INC-2", "who was named before still is")
		})
	})
}

func TestPeopleOfASharedChannelAreStrangersThoughSlackDoesNotSaySo(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		ch := w.channelOf(1, w.alice)
		w.sim.AddStranger("mallory@example.com", "Mallory")
		mallory := w.person("mallory@example.com")
		require.NoError(t, mallory.Joins(ch))
		require.Contains(t, mallory.slashIn(ch, "/incident list"), "Only people of this workspace")
		before := w.incident(1)
		_, err := mallory.Posts(ch, "is it fixed?")
		require.NoError(t, err)
		require.False(t, invited(before, "mallory@example.com"))
		require.Equal(t, incident.StatusOpen, w.incident(1).Status)
	})
}
