package slack_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

// door keeps what people do, as Socket Mode brings it.
type door struct {
	commands     chan slack.SlashCommand
	interactions chan slack.Interaction
	events       chan slack.Event
}

func (d door) Command(_ context.Context, c slack.SlashCommand) slack.Answer {
	d.commands <- c
	return slack.Answer{}
}

func (d door) Interaction(_ context.Context, i slack.Interaction) slack.Answer {
	d.interactions <- i
	return slack.Answer{}
}

func (d door) Event(_ context.Context, e slack.Event) slack.Answer {
	d.events <- e
	return slack.Answer{}
}

// next waits for the next thing that arrives.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing arrives")
		var none T
		return none
	}
}

func overSocket(o *slacksim.Options) { o.SocketMode, o.AppToken = true, "xapp-1-very-secret" }

// attended is a workspace with a door.
func attended(t *testing.T, change ...func(*slacksim.Options)) (*desk, door) {
	t.Helper()
	d := workspace(t, append(change, overSocket)...)
	in := door{make(chan slack.SlashCommand, 100), make(chan slack.Interaction, 100), make(chan slack.Event, 100)}
	s, err := slack.NewSocket(slack.Options{BaseURL: d.url}, fault.NewSecret("xapp-1-very-secret"))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx, in) })
	t.Cleanup(func() { cancel(); running.Wait() })
	require.NoError(t, d.sim.WaitSockets(ctx, 1))
	return d, in
}

func plain(s string) *slackapi.TextBlockObject {
	return slackapi.NewTextBlockObject(slackapi.PlainTextType, s, false, false)
}

// modal asks for a title.
func modal(title string) slackapi.ModalViewRequest {
	input := slackapi.NewInputBlock("title", plain("Title"), nil, slackapi.NewPlainTextInputBlockElement(nil, "value"))
	return slackapi.ModalViewRequest{
		Type: slackapi.VTModal, CallbackID: "declare", Title: plain(title), Submit: plain("Declare"), PrivateMetadata: "meta",
		Blocks: slackapi.Blocks{BlockSet: []slackapi.Block{input}},
	}
}

func TestAPersonIsLedThroughModals(t *testing.T) {
	t.Parallel()
	d, in := attended(t)
	person := d.sim.Person(alice)
	_, err := person.Slash("/incident")
	require.NoError(t, err)
	c := next(t, in.commands)
	require.Equal(t, person.ID, c.UserID)

	require.NoError(t, d.OpenView(t.Context(), c.TriggerID, modal("Declare")))
	shown, open := person.Modal()
	require.True(t, open)
	require.Equal(t, "Declare", shown.Title)

	require.NoError(t, d.UpdateView(t.Context(), shown.ID, shown.Hash, modal("Once more")))
	err = d.UpdateView(t.Context(), shown.ID, shown.Hash, modal("Too late"))
	requireClass(t, err, fault.Gone, "hash_conflict")
	shown, _ = person.Modal()
	require.Equal(t, "Once more", shown.Title)
	require.NoError(t, d.UpdateView(t.Context(), shown.ID, "", modal("Declare")))

	shown, _ = person.Modal()
	_, err = person.Submits(shown, map[string]string{"title": "Checkout is down & <out>"})
	require.NoError(t, err)
	i := next(t, in.interactions)
	require.Equal(t, slack.InteractionSubmission, i.Type)
	require.Equal(t, "declare", i.CallbackID)
	require.Equal(t, "meta", i.View.Meta)
	require.Equal(t, "Checkout is down & <out>", i.View.Values["title"].Text)
	require.Equal(t, shown.Hash, i.View.Hash)
	_, open = person.Modal()
	require.False(t, open)
	requireClass(t, d.UpdateView(t.Context(), shown.ID, "", modal("Gone")), fault.Gone, "not_found")
}

func TestATriggerWorksOnceAndNotForLong(t *testing.T) {
	t.Parallel()
	clock := simkit.NewManualClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	d, in := attended(t, func(o *slacksim.Options) { o.Clock = clock })
	_, err := d.sim.Person(alice).Slash("/incident")
	require.NoError(t, err)
	trigger := next(t, in.commands).TriggerID
	require.NoError(t, d.OpenView(t.Context(), trigger, modal("Declare")))
	e := requireClass(t, d.OpenView(t.Context(), trigger, modal("Declare")), fault.Gone, "exchanged_trigger_id")
	require.NotEmpty(t, e.Mend)

	_, err = d.sim.Person(alice).Slash("/incident")
	require.NoError(t, err)
	trigger = next(t, in.commands).TriggerID
	clock.Advance(5 * time.Second)
	requireClass(t, d.PushView(t.Context(), trigger, modal("More")), fault.Gone, "expired_trigger_id")
	requireClass(t, d.OpenView(t.Context(), "", modal("Declare")), fault.Permanent, "there is no trigger_id")
}

func TestAModalThatSlackRefusesSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	d, in := attended(t)
	_, err := d.sim.Person(alice).Slash("/incident")
	require.NoError(t, err)
	err = d.OpenView(t.Context(), next(t, in.commands).TriggerID, modal(strings.Repeat("x", 25)))
	requireClass(t, err, fault.Permanent, "invalid_arguments: [ERROR]")
	_ = d.sim.Unexpected()
}

func TestTheHomeTabIsReplaced(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	home := slackapi.HomeTabViewRequest{Type: slackapi.VTHomeTab, Blocks: slackapi.Blocks{BlockSet: []slackapi.Block{slackapi.NewDividerBlock()}}}
	require.NoError(t, d.PublishHome(t.Context(), d.sim.Person(alice).ID, home))
	require.NoError(t, d.PublishHome(t.Context(), d.sim.Person(alice).ID, home))
	_, shown := d.sim.Person(alice).Home()
	require.True(t, shown)
	requireClass(t, d.PublishHome(t.Context(), "", home), fault.Permanent, "no user_id")
}

func TestOnePersonIsShownAMessage(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	where := d.sim.AddChannel("general")
	person := d.sim.Person(alice)
	require.NoError(t, person.Joins(where))
	blocks := []slackapi.Block{slackapi.NewSectionBlock(plain("Which one?"), nil, nil)}
	require.NoError(t, d.Ephemeral(t.Context(), where, person.ID, "Which one?", blocks))
	require.Len(t, d.sim.Ephemerals(alice), 1)
	require.Empty(t, d.sim.Ephemerals(bob))
	requireClass(t, d.Ephemeral(t.Context(), "", person.ID, "x", nil), fault.Permanent, "no channel")
}

func TestAResponseGoesToSlackAndNowhereElse(t *testing.T) {
	t.Parallel()
	d, in := attended(t)
	_, err := d.sim.Person(alice).Slash("/incident help")
	require.NoError(t, err)
	c := next(t, in.commands)
	for range 5 {
		require.NoError(t, d.Respond(t.Context(), c.ResponseURL, "done", nil, false, false))
	}
	require.Len(t, d.sim.Ephemerals(alice), 5)
	err = d.Respond(t.Context(), c.ResponseURL, "done", nil, false, false)
	requireClass(t, err, fault.Gone, "expired_url")
	require.NotContains(t, err.Error(), c.ResponseURL)

	called := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(other.Close)
	for _, address := range []string{
		"", other.URL, "http://hooks.slack.com/x", "https://hooks.slack.com.example.com/x", "https://hooks.slack.com@example.com/",
		"https://hooks.slack.com:1@example.com/", "file:///etc/passwd", "https://example.com/hooks.slack.com", "//hooks.slack.com/x", ":",
	} {
		requireClass(t, d.Respond(t.Context(), address, "x", nil, false, false), fault.Permanent, "is not Slack's")
	}
	require.False(t, called)
}

func TestAResponseThatIsLostIsNoSecretGivenAway(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	var log strings.Builder
	c := d.another(slack.Options{
		Logger:     slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		HTTPClient: &http.Client{Transport: broken{}},
	})
	err := c.Respond(t.Context(), "https://hooks.slack.com/actions/T1/very-secret", "x", nil, true, true)
	requireClass(t, err, fault.Retryable, "no answer")
	require.NotContains(t, err.Error()+log.String(), "very-secret")
}

// broken answers nothing.
type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, http.ErrHandlerTimeout }

func TestOneMessageIsRead(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	where := d.sim.AddChannel("general")
	person := d.sim.Person(alice)
	require.NoError(t, person.Joins(where))
	first, err := person.Posts(where, "first")
	require.NoError(t, err)
	reply, err := person.Replies(where, first.TS, "reply")
	require.NoError(t, err)
	last, err := person.Posts(where, "last & least")
	require.NoError(t, err)

	for _, c := range []struct{ ts, thread, text string }{
		{first.TS, "", "first"}, {first.TS, first.TS, "first"}, {reply.TS, first.TS, "reply"}, {reply.TS, "", "reply"}, {last.TS, "", "last &amp; least"},
	} {
		m, err := d.Message(t.Context(), where, c.ts, c.thread)
		require.NoError(t, err)
		require.Equal(t, c.text, m.Text)
		require.Equal(t, [3]string{where, c.ts, person.ID}, [3]string{m.Channel, m.TS, m.UserID})
		require.True(t, m.ByPerson())
	}
	require.NoError(t, person.Deletes(where, last.TS))
	_, err = d.Message(t.Context(), where, last.TS, "")
	requireClass(t, err, fault.Gone, "not_found")
	_, err = d.Message(t.Context(), where, "yesterday", "")
	requireClass(t, err, fault.Permanent, "no message to read")
	_, err = d.Message(t.Context(), "C0NOTHERE", first.TS, "")
	requireClass(t, err, fault.Gone, "channel_not_found")
}

func TestWhoAPersonIs(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	m, err := d.Member(t.Context(), d.sim.Person(alice).ID)
	require.NoError(t, err)
	require.Equal(t, "Alice Ahlgren", m.Name)
	require.Equal(t, alice, m.Person())
	require.False(t, m.Deleted || m.Bot || m.Stranger)
	_, err = d.Member(t.Context(), d.sim.Person(alice).ID)
	require.NoError(t, err)
	require.Equal(t, 1, d.calls("users.info"), "what Slack said is remembered")
	require.NoError(t, d.SendDirect(t.Context(), alice, hello))
	require.Zero(t, d.calls("users.lookupByEmail"), "the address too")

	d.sim.HideEmail(bob)
	hidden := d.sim.Person(bob).ID
	m, err = d.Member(t.Context(), hidden)
	require.NoError(t, err)
	require.Equal(t, strings.ToLower(hidden)+"@slack", m.Person())
	require.NoError(t, d.SendDirect(t.Context(), m.Person(), hello))
	require.Len(t, d.sim.DirectMessages(bob), 1, "a person without an address is found all the same")

	stranger := d.sim.AddStranger("mallory@example.com", "Mallory")
	m, err = d.Member(t.Context(), stranger)
	require.NoError(t, err)
	require.True(t, m.Stranger)
	require.Equal(t, slack.PersonOf(stranger), m.Person())

	d.sim.DeactivateUser(carol)
	m, err = d.Member(t.Context(), d.sim.Person(carol).ID)
	require.NoError(t, err)
	require.True(t, m.Deleted)

	m, err = d.Member(t.Context(), "U0NOBODY")
	require.NoError(t, err)
	require.True(t, m.Stranger, "whom Slack does not find is none of ours")
	requireClass(t, second(d.Member(t.Context(), "")), fault.Permanent, "no user")
}

func second[T any](_ T, err error) error { return err }

func TestPeopleOfOurOrganisationAreOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		enterprise, user string
		stranger         bool
	}{
		{"", `"team_id":"T1"`, false},
		{"", `"team_id":"T2","is_stranger":false`, true},
		{"", `"team_id":"T1","is_stranger":true`, true},
		{"E1", `"team_id":"T2","enterprise_user":{"enterprise_id":"E1"}`, false},
		{"E1", `"team_id":"T2","enterprise_user":{"enterprise_id":"E2"}`, true},
		{"E1", `"team_id":"T2"`, true},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := `{"ok":true,"user":{"id":"U0ALICE00",` + c.user + `,"tz":"Europe/Oslo","profile":{"email":"` + alice + `","display_name":"Alice","image":7}}}`
			if strings.HasSuffix(r.URL.Path, "auth.test") {
				answer = `{"ok":true,"user_id":"UBOT","team_id":"T1","enterprise_id":"` + c.enterprise + `"}`
			}
			_, _ = w.Write([]byte(answer))
		}))
		client, err := slack.New(slack.Options{Token: fault.NewSecret(token), BaseURL: server.URL + "/api"})
		require.NoError(t, err)
		m, err := client.Member(t.Context(), "U0ALICE00")
		server.Close()
		require.NoError(t, err)
		require.Equal(t, c.stranger, m.Stranger, "%+v", c)
		require.Equal(t, !c.stranger, m.Person() == alice)
		require.Equal(t, [2]string{"Europe/Oslo", "Alice"}, [2]string{m.Zone, m.Name})
	}
}

func TestWhatWasNotAcknowledgedComesAgain(t *testing.T) {
	t.Parallel()
	d := workspace(t, overSocket)
	seen, release := make(chan string, 10), make(chan struct{})
	s, err := slack.NewSocket(slack.Options{BaseURL: d.url}, fault.NewSecret("xapp-1-very-secret"))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx, slow{seen, release}) })
	t.Cleanup(func() { cancel(); running.Wait() })
	require.NoError(t, d.sim.WaitSockets(ctx, 1))

	where := d.sim.AddChannel("general")
	person := d.sim.Person(alice)
	require.NoError(t, person.Joins(where))
	_, err = person.Posts(where, "hello")
	require.NoError(t, err)
	first := next(t, seen)
	d.sim.DropSockets()
	again := next(t, seen)
	close(release)
	for again != first { // other events may come in between
		again = next(t, seen)
	}
}

// slow tells which messages arrive, and takes its time until it is released.
type slow struct {
	seen    chan string
	release chan struct{}
}

func (slow) Command(context.Context, slack.SlashCommand) slack.Answer    { return slack.Answer{} }
func (slow) Interaction(context.Context, slack.Interaction) slack.Answer { return slack.Answer{} }
func (s slow) Event(_ context.Context, e slack.Event) slack.Answer {
	s.seen <- e.ID
	<-s.release
	return slack.Answer{}
}

func TestNobodyIsOneOfUsByCallingThemselvesSo(t *testing.T) {
	t.Parallel()
	for _, m := range []slack.Member{
		{ID: "U0MALLORY", Email: alice, Stranger: true},
		{ID: "U0MALLORY", Email: "u0alice00@slack"},
		{ID: "U0MALLORY", Email: "no address"},
		{ID: "U0MALLORY"},
	} {
		require.Equal(t, "u0mallory@slack", m.Person())
	}
	require.Equal(t, alice, slack.Member{ID: "U1", Email: " Alice@Example.com "}.Person())
	id, ok := slack.UserOf("u0mallory@slack")
	require.True(t, ok)
	require.Equal(t, "U0MALLORY", id)
	for _, p := range []string{alice, "mallory@slack", "u0@slack", "u0mallory@slack.com", "xu0mallory@slack"} {
		_, ok = slack.UserOf(p)
		require.False(t, ok, p)
	}
}

func TestTextsOfPeopleBecomePlain(t *testing.T) {
	t.Parallel()
	name := func(id string) string { return map[string]string{"U1": "Alice <3"}[id] }
	for text, want := range map[string]string{
		"a &lt;b&gt; &amp;amp; c":                             "a <b> &amp; c",
		"<@U1> and <@U2> and <@U3|bob>":                       "@Alice",
		"see <https://example.com/a?b=1&amp;c=2|the graph>":   "see the graph (https://example.com/a?b=1&c=2)",
		"<https://example.com>":                               "https://example.com",
		"<https://example.com|example.com>":                   "https://example.com",
		"<http://api.example.com|api.example.com> is down":    "api.example.com is down",
		"<http://api.example.com/|api.example.com>, too":      "api.example.com, too",
		"call <tel:+4930123456|+4930123456>":                  "call +4930123456",
		"<mailto:bob@example.com|bob@example.com>":            "bob@example.com",
		"in <#C1|general>, <#C2>":                             "in #general, #C2",
		"<!here> <!subteam^S1|@sre> <!subteam^S2> <!channel>": "@here @sre @S2 @channel",
		"<!date^1795600000^{date}|tomorrow>":                  "tomorrow",
		"a < b, c > d, <>":                                    "a < b, c > d, <>",
	} {
		if strings.HasPrefix(text, "<@U1>") {
			want = "Alice <3 and @U2 and @bob"
		}
		require.Equal(t, want, slack.Plain(text, name), text)
	}
	require.Equal(t, "@U1", slack.Plain("<@U1>", nil))
}

func TestTextsForViews(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a &lt;b&gt; &amp;", slack.Escape("a <b> &"))
	require.Equal(t, "see https://example.com/", slack.FitPlain("see https://example.com/", 100))
	require.Equal(t, "&amp;…", slack.FitPlain("&&&&", 8))
	require.Equal(t, "ab…", slack.Clip("abcd", 3))
}
