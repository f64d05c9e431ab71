package slackdoor_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor"
	"muster/incident"
	"muster/integrations/slack"
	"muster/playbook/file"
	"muster/workflows/api"
)

// chat is a Slack that knows people and remembers what it was told.
type chat struct {
	mute
	bot   bool
	mu    sync.Mutex
	told  []string
	slow  time.Duration
	homes int
}

func (c *chat) Member(_ context.Context, userID string) (slack.Member, error) {
	return slack.Member{ID: userID, Email: "alice@example.com", Bot: c.bot}, nil
}

func (c *chat) Respond(ctx context.Context, _, text string, _ []slackapi.Block, _, _ bool) error {
	if err := after(ctx, c.slow); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = append(c.told, text)
	return nil
}

func (c *chat) Ephemeral(ctx context.Context, _, _, text string, _ []slackapi.Block) error {
	return c.Respond(ctx, "", text, nil, false, false)
}

func (c *chat) PublishHome(context.Context, string, slackapi.HomeTabViewRequest) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.homes++; c.homes == 1 {
		panic("a defect")
	}
	return nil
}

func (c *chat) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.told...)
}

func press(d *slackdoor.Door, action, value string) {
	d.Interaction(context.Background(), slack.Interaction{
		Type: slack.InteractionBlockActions, UserID: "U0ALICE00", ResponseURL: "https://hooks.slack.com/x", Channel: slack.InboundChannel{ID: "C0INC7000"},
		Actions: []slack.InboundAction{{ActionID: action, Value: value}},
	})
}

// Who stops Muster must not keep from a person that their click was not recorded.
func TestClosingLetsAnswersReachTheirPeopleAndTakesNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &chat{slow: 2 * time.Second}
		d := doorTo(t, &stalled{reads: never, queries: never, updates: never, signals: never}, c)
		press(d, incident.ActionMitigate, "INC-7/3")
		d.Close()
		require.Len(t, c.heard(), 1)
		require.Contains(t, c.heard()[0], "Not recorded")
		press(d, incident.ActionMitigate, "INC-7/3") // a handler that the server's end has cut off
		d.Close()
		require.Len(t, c.heard(), 1)
	})
}

func TestADefectBehindAnAnswerDoesNotEndTheProcess(t *testing.T) {
	t.Parallel()
	c := &chat{}
	d := slackdoor.New(slackdoor.Options{
		Incidents: newRecord(time.Now), Slack: c, Playbook: file.NewSource("../../muster.yaml", time.Now), Logger: logger(t),
	})
	for range 2 {
		d.Event(t.Context(), slack.Event{ID: "Ev1", Type: "app_home_opened", UserID: "U0ALICE00", Tab: "home"})
		require.Eventually(t, func() bool { c.mu.Lock(); defer c.mu.Unlock(); return c.homes > 0 }, 10*time.Second, time.Millisecond)
	}
	d.Close()
	require.Equal(t, 2, c.homes, "the second tab is made all the same")
}

// counting counts how often an incident without a channel is looked at.
type counting struct {
	*record
	mu    sync.Mutex
	looks int
}

func (c *counting) Snapshot(context.Context, int) (incident.Incident, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks++
	return incident.Incident{Number: 1}, nil
}

// Slack opens twenty channels a minute. In a burst the workers have better to do than to answer
// whether it has.
func TestWaitingForAChannelGrowsRare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &counting{record: newRecord(time.Now)}
		d := slackdoor.New(slackdoor.Options{
			Incidents: c, Slack: &chat{}, Playbook: file.NewSource("../../muster.yaml", time.Now), Logger: logger(t),
		})
		d.Command(t.Context(), slack.SlashCommand{Command: "/incident", Text: "checkout is down", UserID: "U0ALICE00", TriggerID: "1.2.3"})
		time.Sleep(time.Minute)
		c.mu.Lock()
		looks := c.looks
		c.mu.Unlock()
		require.Greater(t, looks, 5)
		require.Less(t, looks, 30)
		d.Close()
	})
}

// declared answers that a key was used before.
type declared struct {
	*record
	words []string
	keys  []string
}

func (c *declared) DeclareOrRecord(ctx context.Context, key, words string, decl incident.Declaration) (api.DeclareResult, bool, error) {
	c.words, c.keys = append(c.words, words), append(c.keys, key)
	if _, _, err := c.record.DeclareOrRecord(ctx, key, words, decl); err != nil {
		return api.DeclareResult{}, false, err
	}
	return api.DeclareResult{}, false, &incident.Problem{Code: incident.CodeConflict, Field: "key", Reason: "was used to declare INC-1 with other content", Incident: 1}
}

func TestWhatWasDeclaredWithOtherWordsIsFoundAgain(t *testing.T) {
	t.Parallel()
	c := &declared{record: newRecord(time.Now)}
	d := slackdoor.New(slackdoor.Options{
		Incidents: c, Slack: &chat{}, Playbook: file.NewSource("../../muster.yaml", time.Now), Logger: logger(t),
	})
	defer d.Close()
	a := d.Command(t.Context(), slack.SlashCommand{Command: "/incident", Text: "checkout is down", UserID: "U0ALICE00", TriggerID: "1.2.3"})
	require.Contains(t, body(t, a), "INC-1 is open already")
	a = d.Interaction(t.Context(), slack.Interaction{
		Type: slack.InteractionSubmission, UserID: "U0ALICE00",
		View: slack.InboundView{ID: "V1", Hash: "1.x", CallbackID: "declare", Values: map[string]slack.InboundValue{"title": {Text: "checkout is down"}}},
	})
	require.Contains(t, body(t, a), "INC-1 is declared already")
	require.NotContains(t, body(t, a), "errors")
}

// Nothing tells two requests without a trigger apart, so none may be taken for the other.
func TestRequestsWithoutATriggerAreEachTheirOwn(t *testing.T) {
	t.Parallel()
	c := &declared{record: newRecord(time.Now)}
	d := slackdoor.New(slackdoor.Options{
		Incidents: c, Slack: &chat{}, Playbook: file.NewSource("../../muster.yaml", time.Now), Logger: logger(t),
	})
	defer d.Close()
	for range 2 {
		d.Command(t.Context(), slack.SlashCommand{Command: "/incident", Text: "checkout is down", UserID: "U0ALICE00"})
	}
	require.NotEqual(t, c.keys[0], c.keys[1])
}

// nameless knows nobody's address at first, as a Slack that is slow does.
type nameless struct {
	chat
	times int
}

func (c *nameless) Member(ctx context.Context, userID string) (slack.Member, error) {
	if c.times++; c.times == 1 {
		return slack.Member{}, context.DeadlineExceeded
	}
	return c.chat.Member(ctx, userID)
}

func TestAClickCountsOnceSlackSaysWhoItIs(t *testing.T) {
	t.Parallel()
	r := newRecord(time.Now)
	_, _, err := r.DeclareOrRecord(t.Context(), "k", "", incident.Declaration{Title: "checkout is down"})
	require.NoError(t, err)
	d := slackdoor.New(slackdoor.Options{
		Incidents: r, Slack: &nameless{}, Playbook: file.NewSource("../../muster.yaml", time.Now), Logger: logger(t),
	})
	defer d.Close()
	press(d, incident.ActionJoin, "INC-1/3")
	require.Empty(t, r.commands, "it may be anybody")
	press(d, incident.ActionJoin, "INC-1/3")
	press(d, incident.ActionJoin, "INC-1/3")
	require.Len(t, r.commands, 2)
	require.Equal(t, r.commands[0], r.commands[1], "a double click is one command")
}

func TestAMentionDeclaresThoughOurOwnNameIsNotKnown(t *testing.T) {
	t.Parallel()
	r := newRecord(time.Now)
	d := slackdoor.New(slackdoor.Options{
		Incidents: r, Slack: ghost{&chat{}}, Playbook: file.NewSource("../../muster.yaml", time.Now), Logger: logger(t),
	})
	defer d.Close()
	d.Event(t.Context(), slack.Event{ID: "Ev1", Type: "app_mention", UserID: "U0ALICE00", ChannelID: "C1", Text: "<@U0MUSTER0|muster> declare checkout is down, ask <@U0BOB0000>"})
	require.Equal(t, "checkout is down, ask @U0BOB0000", r.facts[1].Title)
}

// ghost is a Slack that does not say who we are.
type ghost struct{ *chat }

func (ghost) Self(context.Context) (string, error) { return "", context.DeadlineExceeded }

// doorOf is a Door to a record.
func doorOf(t *testing.T, r slackdoor.Incidents, c slackdoor.Slack) *slackdoor.Door {
	t.Helper()
	d := slackdoor.New(slackdoor.Options{
		Incidents: r, Slack: c, Playbook: file.NewSource("../../muster.yaml", time.Now), Logger: logger(t),
	})
	t.Cleanup(d.Close)
	return d
}

func TestAppsGiveNoCommands(t *testing.T) {
	t.Parallel()
	r := newRecord(time.Now)
	a := doorOf(t, r, &chat{bot: true}).Command(t.Context(), slack.SlashCommand{Command: "/incident", Text: "checkout is down", UserID: "U0BOT0000", TriggerID: "1.2.3"})
	require.Contains(t, body(t, a), "commands from people")
	require.Empty(t, r.facts)
}

// Slack makes a new trigger for each click, so a double click is known by where it was.
func TestADoubleClickOnAQuestionIsOneAndAnotherQuestionIsAnother(t *testing.T) {
	t.Parallel()
	c := &declared{record: newRecord(time.Now)}
	d := doorOf(t, c, &chat{})
	for _, at := range []struct{ trigger, ts string }{{"1.1.1", "10.1"}, {"2.2.2", "10.1"}, {"3.3.3", "20.1"}} {
		d.Interaction(t.Context(), slack.Interaction{
			Type: slack.InteractionBlockActions, UserID: "U0ALICE00", TriggerID: at.trigger, Channel: slack.InboundChannel{ID: "C1"},
			Message: slack.InboundMessage{TS: at.ts}, Actions: []slack.InboundAction{{ActionID: incident.ActionDeclare, Value: "outage"}},
		})
	}
	require.Equal(t, c.keys[0], c.keys[1])
	require.NotEqual(t, c.keys[0], c.keys[2])
}

func TestAChannelIsSubscribedInItsOwnName(t *testing.T) {
	t.Parallel()
	r := newRecord(time.Now)
	doorOf(t, r, &chat{}).Command(t.Context(), slack.SlashCommand{
		Command: "/incident", Text: "subscribe <#C0SHOP000|shop> severity&lt;=2", UserID: "U0ALICE00", TriggerID: "1.2.3",
	})
	require.Equal(t, incident.Subscriber{Channel: "C0SHOP000"}, r.subs[0].Subscriber)
}

func TestALinkThatUnfoldsIsNoEdit(t *testing.T) {
	t.Parallel()
	r := newRecord(time.Now)
	_, _, err := r.DeclareOrRecord(t.Context(), "k", "", incident.Declaration{Title: "checkout is down"})
	require.NoError(t, err)
	d := doorOf(t, r, &chat{})
	was, is := &slack.InboundMessage{TS: "10.1", UserID: "U0ALICE00", Text: "see https://example.com"}, &slack.InboundMessage{TS: "10.1", UserID: "U0ALICE00", Text: "see https://example.com"}
	e := slack.Event{ID: "Ev1", Type: "message", Subtype: "message_changed", ChannelID: "C000000001", Message: is, Previous: was}
	d.Event(t.Context(), e)
	require.Empty(t, r.signals)
	is.Text = "never mind"
	d.Event(t.Context(), e)
	require.Equal(t, []string{"INC-1 MessageChanged"}, r.signals)
}

// Slack brings a mention that was not recorded up to three times more. Once is enough to say so.
func TestWhoseMentionWasNotRecordedIsToldOnce(t *testing.T) {
	t.Parallel()
	r, c := newRecord(time.Now), &chat{}
	r.away = true
	d := doorOf(t, r, c)
	for retry := range 4 {
		a := d.Event(t.Context(), slack.Event{ID: "Ev1", Type: "app_mention", UserID: "U0ALICE00", ChannelID: "C1", Text: "declare checkout is down", Retry: retry})
		require.True(t, a.Refused)
	}
	d.Close()
	require.Len(t, c.heard(), 1)
}

// Between two deliveries of one request a name may have been found, or a message edited. The first
// was applied, and nobody is told that they used a key twice.
func TestARequestThatComesAgainWithOtherWordsWasDoneAlready(t *testing.T) {
	t.Parallel()
	r, c := newRecord(time.Now), &chat{}
	r.declare("k", incident.Declaration{Title: "Checkout is down", Severity: 3})
	d := doorOf(t, r, c)
	for _, text := range []string{"note INC-1 seen by U1", "note INC-1 seen by Alice"} {
		d.Event(t.Context(), slack.Event{ID: "Ev1", Type: "app_mention", UserID: "U0ALICE00", ChannelID: "C1", Text: text})
	}
	d.Close()
	require.Contains(t, lastEntry(*r.facts[1]), "seen by U1")
	require.Len(t, c.heard(), 2)
	require.Contains(t, strings.Join(c.heard(), "\n"), "that was done already")
}
