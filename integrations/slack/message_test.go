package slack_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

var board = incident.Message{
	Key: "inst1/INC-42/board", Headline: "INC-42 Checkout is down", Pin: true,
	Fields:  []incident.Field{{Label: "Commander", People: []string{alice}}},
	Buttons: []incident.Button{{Label: "Resolve", Action: "resolve", Value: `{"incident":"INC-42"}`}},
}

func TestAMessageIsPostedAndPinned(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	channel := d.open(checkout)

	ref, err := d.PostMessage(t.Context(), channel.ID, board, false)

	require.NoError(t, err)
	ch := d.channel(channel.ID)
	require.Len(t, ch.Messages, 1)
	m := ch.Messages[0]
	require.Equal(t, incident.MessageRef{
		Channel: channel.ID, ID: m.TS, URL: channel.URL + "/p" + strings.ReplaceAll(m.TS, ".", ""),
	}, ref)
	require.Equal(t, board.Key, m.Key)
	require.Equal(t, board.Headline, m.Text)
	require.Contains(t, m.Shown, "<@"+d.sim.Person(alice).ID+">")
	require.Equal(t, []string{m.TS}, ch.Pins)
	b, ok := m.Button("Resolve")
	require.True(t, ok)
	require.JSONEq(t, `{"incident":"INC-42"}`, b.Value)
}

func TestAChannelMayBeNamed(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	for _, name := range []string{"#incidents", "incidents"} {
		ref, err := d.PostMessage(t.Context(), name, incident.Message{Headline: "hello"}, true)
		require.NoError(t, err)
		require.Equal(t, d.channel("incidents").ID, ref.Channel, "the answer's ID is kept")
		require.NoError(t, d.EditMessage(t.Context(), ref, incident.Message{Headline: "hello again"}))
	}
	require.Len(t, d.channel("incidents").Messages, 2)
}

func TestALostAnswerDoesNotPostTwice(t *testing.T) {
	t.Parallel()
	for _, kind := range []simkit.Kind{simkit.DropAfter, simkit.StatusAfter, simkit.EmptyAfter} {
		for _, where := range []string{"by ID", "by name", "private, by name"} {
			t.Run(string(kind)+" "+where, func(t *testing.T) {
				t.Parallel()
				d := workspace(t)
				channel := "#incidents"
				switch where {
				case "by ID":
					channel = d.open(checkout).ID
				case "private, by name":
					d.sim.AddPrivateChannel("secret")
					channel = "#secret"
				}
				d.fails("chat.postMessage", kind)
				_, err := d.PostMessage(t.Context(), channel, board, false)
				requireClass(t, err, fault.Retryable, "")

				ref, err := d.PostMessage(t.Context(), channel, board, true)

				require.NoError(t, err)
				got := d.channel(strings.TrimPrefix(channel, "#"))
				require.Len(t, got.Messages, 1)
				require.Equal(t, got.Messages[0].TS, ref.ID)
				require.NotEmpty(t, ref.URL)
				require.Equal(t, []string{ref.ID}, got.Pins, "the pin is made up for")
			})
		}
	}
}

func TestALookFindsNothingOfOthers(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	channel := d.open(checkout)
	_, err := d.PostMessage(t.Context(), channel.ID, incident.Message{Key: "other", Headline: "other"}, false)
	require.NoError(t, err)

	_, err = d.PostMessage(t.Context(), channel.ID, board, true)

	require.NoError(t, err)
	require.Len(t, d.channel(channel.ID).Messages, 2)
}

func TestALookReadsThreePages(t *testing.T) {
	t.Parallel()
	d := workspace(t, short) // three pages of three
	channel := d.open(checkout)
	_, err := d.PostMessage(t.Context(), channel.ID, incident.Message{Key: "k", Headline: "first"}, false)
	require.NoError(t, err)
	posts := func(n int) {
		for range n {
			_, err := d.PostMessage(t.Context(), channel.ID, incident.Message{Headline: "noise"}, false)
			require.NoError(t, err)
		}
	}
	post := func() {
		_, err := d.PostMessage(t.Context(), channel.ID, incident.Message{Key: "k", Headline: "first"}, true)
		require.NoError(t, err)
	}
	posts(8)
	post()
	require.Len(t, d.channel(channel.ID).Messages, 9, "found on the third page")
	posts(1)
	post()
	require.Len(t, d.channel(channel.ID).Messages, 11, "out of sight is posted again")
}

func TestAMessageWithoutAKeyIsPostedEachTime(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	for range 2 {
		_, err := d.PostMessage(t.Context(), "#incidents", incident.Message{Headline: "hello"}, true)
		require.NoError(t, err)
	}
	require.Len(t, d.channel("incidents").Messages, 2)
	require.Zero(t, d.calls("conversations.history"))
}

func TestAPinThatIsThereOrForbidden(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	channel := d.open(checkout)
	_, err := d.PostMessage(t.Context(), channel.ID, board, false)
	require.NoError(t, err)
	_, err = d.PostMessage(t.Context(), channel.ID, board, true)
	require.NoError(t, err, "already_pinned is a success")

	d.refuses("pins.add", "too_many_pins")
	ref, err := d.PostMessage(t.Context(), "#incidents", board, false)
	require.NoError(t, err, "the message is there, pinned or not")
	require.NotEmpty(t, ref.ID)

	d.fails("pins.add", simkit.DropBefore)
	_, err = d.PostMessage(t.Context(), "#incidents", board, true)
	requireClass(t, err, fault.Retryable, "no answer")
	require.Len(t, d.channel("incidents").Messages, 1)
}

func TestRepliesGoIntoTheThreadOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []simkit.Kind{simkit.DropAfter, simkit.EmptyAfter} {
		d := workspace(t, func(o *slacksim.Options) { o.PageSize = 2 })
		parent, err := d.PostMessage(t.Context(), "#incidents", board, false)
		require.NoError(t, err)
		for n := range 5 {
			_, err := d.PostReply(t.Context(), parent, incident.Message{Key: fmt.Sprint("r", n), Headline: fmt.Sprint("reply ", n)}, false)
			require.NoError(t, err)
		}
		d.fails("chat.postMessage", kind)
		last := incident.Message{Key: "last", Headline: "the last word"}
		_, err = d.PostReply(t.Context(), parent, last, false)
		requireClass(t, err, fault.Retryable, "")

		ref, err := d.PostReply(t.Context(), parent, last, true)

		require.NoError(t, err)
		messages := d.channel("incidents").Messages
		require.Len(t, messages, 7)
		require.Equal(t, messages[6].TS, ref.ID)
		require.Equal(t, parent.ID, messages[6].Thread)
		require.Contains(t, ref.URL, "?thread_ts="+parent.ID+"&cid="+parent.Channel)
	}
}

func TestAThreadWhoseParentIsGone(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	parent, err := d.PostMessage(t.Context(), "#incidents", board, false)
	require.NoError(t, err)
	require.NoError(t, d.sim.Person(alice).Deletes(parent.Channel, parent.ID))

	_, err = d.PostReply(t.Context(), parent, incident.Message{Key: "k", Headline: "reply"}, true)
	requireClass(t, err, fault.Gone, "thread_not_found")
	_, err = d.PostReply(t.Context(), incident.MessageRef{}, incident.Message{Headline: "reply"}, true)
	requireClass(t, err, fault.Permanent, "no message")
}

func TestEditingReplacesWhatAMessageSays(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref, err := d.PostMessage(t.Context(), "#incidents", board, false)
	require.NoError(t, err)

	require.NoError(t, d.EditMessage(t.Context(), ref, incident.Message{Key: board.Key, Headline: "INC-42 is resolved"}))

	m := d.channel("incidents").Messages[0]
	require.Equal(t, "INC-42 is resolved", m.Text)
	require.Equal(t, board.Key, m.Key)
	require.Empty(t, m.Buttons)
	require.True(t, m.Edited)

	require.NoError(t, d.sim.Person(alice).Deletes(ref.Channel, ref.ID))
	requireClass(t, d.EditMessage(t.Context(), ref, board), fault.Gone, "message_not_found")
	requireClass(t, d.EditMessage(t.Context(), incident.MessageRef{}, board), fault.Permanent, "no message")
	d.fails("chat.update", simkit.Empty)
	requireClass(t, d.EditMessage(t.Context(), ref, board), fault.Retryable, "empty answer")
}

func TestDirectMessages(t *testing.T) {
	t.Parallel()
	d := workspace(t)

	require.NoError(t, d.SendDirect(t.Context(), alice, incident.Message{Key: "k", Headline: "3 follow-ups are due"}))

	got := d.sim.DirectMessages(alice)
	require.Len(t, got, 1)
	require.Equal(t, "3 follow-ups are due", got[0].Text)
	require.Empty(t, d.sim.DirectMessages(bob))

	err := d.SendDirect(t.Context(), "nobody@example.com", incident.Message{Headline: "hello"})
	require.NotEmpty(t, requireClass(t, err, fault.Permanent, "users_not_found").Mend)
}

func TestPeopleAreShownByAddressWhileSlackDoesNotAnswer(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	d.sim.Faults().Add(simkit.Fault{Operation: "users.lookupByEmail", Kind: simkit.Down})

	_, err := d.PostMessage(t.Context(), "#incidents", incident.Message{Headline: "hello", Mention: []string{alice, bob}}, false)

	require.NoError(t, err)
	require.Contains(t, d.channel("incidents").Messages[0].Shown, alice)
	require.Equal(t, 1, d.calls("users.lookupByEmail"), "one failure is enough")
}

func TestPostsThatCannotBe(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	channel := d.open(checkout)
	require.NoError(t, d.ArchiveChannel(t.Context(), channel.ID))

	_, err := d.PostMessage(t.Context(), channel.ID, board, false)
	requireClass(t, err, fault.Gone, "is_archived")
	_, err = d.PostMessage(t.Context(), "#nowhere", board, true)
	require.NotEmpty(t, requireClass(t, err, fault.Gone, "channel_not_found").Mend)
	_, err = d.PostMessage(t.Context(), "", board, false)
	requireClass(t, err, fault.Permanent, "no channel")
	require.NoError(t, d.sim.Person(alice).Removes("incidents"))
	_, err = d.PostMessage(t.Context(), "#incidents", board, false)
	require.Contains(t, requireClass(t, err, fault.Permanent, "not_in_channel").Mend, "invite the app")
	tooLong := incident.Message{Headline: "x", Buttons: []incident.Button{{Label: "x", Action: "x", Value: strings.Repeat("v", 2001)}}}
	_, err = d.PostMessage(t.Context(), channel.ID, tooLong, false)
	requireClass(t, err, fault.Permanent, "button")
}

// A large message of every kind of part goes through the simulator's limits, which are Slack's.
func TestALargeMessageIsAccepted(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	m := incident.Message{Key: "k", Headline: strings.Repeat("<Head> ", 40), Mention: []string{alice, bob, "someone@example.com"}}
	for n := range 60 {
		text := strings.Repeat(fmt.Sprintf("%d & <!channel> ", n), 300)
		m.Body = append(m.Body, text)
		m.Footnotes = append(m.Footnotes, text)
		m.Fields = append(m.Fields, incident.Field{Label: text, Text: text}, incident.Field{Label: "When", Time: time.Unix(1790000000, 0)})
		m.Links = append(m.Links, incident.Link{Label: text, URL: "https://example.com/" + strings.Repeat("p", 100)})
		if n < 30 {
			m.Buttons = append(m.Buttons, incident.Button{Label: text, Action: fmt.Sprint("do-", n%28), Value: fmt.Sprint(n), Danger: n == 0})
		}
	}

	ref, err := d.PostMessage(t.Context(), "#incidents", m, false)
	require.NoError(t, err)
	require.NoError(t, d.EditMessage(t.Context(), ref, m))
	require.NotContains(t, d.channel("incidents").Messages[0].Shown, "<!channel>")
}
