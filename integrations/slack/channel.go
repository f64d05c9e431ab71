package slack

import (
	"context"
	"fmt"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	// Sizes of https://docs.slack.dev/reference/methods/conversations.create, .setPurpose
	// and .setTopic, in characters.
	maxChannelName = 80
	maxPurpose     = 250
	maxTopic       = 250

	// maxSuffix is the last of -2, -3 ... that is tried when a name is taken.
	maxSuffix = 5

	// channelsPerPage is the most that users.conversations gives, and lookPages how many
	// pages we read: no bot is in 20,000 open channels.
	channelsPerPage = 999
	lookPages       = 20
)

// OpenChannel opens the incident's channel, or finds the one that an earlier attempt opened:
// one of its name (or its name with a suffix) that our bot created and that no other key has
// marked as its own. With look it looks before it creates.
//
// Names are no lock at Slack: two overlapping creates both succeed. So when several channels
// are ours, all attempts choose the same one, the oldest. A name that somebody else's or an
// archived channel has (name_taken does not say whose) is tried with a suffix, -2 to -5.
//
// The remaining hole is a create that lands after the next attempt has looked for it.
func (c *Client) OpenChannel(ctx context.Context, spec incident.ChannelSpec, look bool) (incident.ChannelRef, error) {
	const operation = "conversations.create"
	purpose := purposeOf(spec.Key)
	if spec.Name == "" || spec.Key == "" || length(purpose) > maxPurpose {
		return incident.ChannelRef{}, refuse(operation, "a channel needs a name and a key of at most 200 characters")
	}
	names := candidates(spec.Name)
	if look {
		found, err := c.ownChannel(ctx, spec, names)
		if err != nil {
			return incident.ChannelRef{}, err
		}
		if found != nil {
			return c.adopt(ctx, found, purpose)
		}
	}
	if spec.Find {
		return incident.ChannelRef{}, nil
	}
	for i, name := range names {
		created, err := c.createChannel(ctx, name, spec.Private)
		switch {
		case err == nil && look:
			return c.resolveTwins(ctx, spec, created, names, purpose)
		case err == nil:
			return c.adopt(ctx, created, purpose)
		case !hasReason(err, "name_taken"):
			return incident.ChannelRef{}, err
		}
		if i == 0 { // it may be ourselves who took it, so look now, if only once
			found, err := c.ownChannel(ctx, spec, names)
			if err != nil {
				return incident.ChannelRef{}, err
			}
			if found != nil {
				return c.adopt(ctx, found, purpose)
			}
		}
	}
	e := asIf(operation, "name_taken")
	e.Mend = fmt.Sprintf("rename the channels %s to %s; archived ones keep their names too", names[0], names[len(names)-1])
	return incident.ChannelRef{}, e
}

// candidates are the names a channel may get, in the order in which they are tried.
func candidates(name string) []string {
	names := []string{name}
	for n := 2; n <= maxSuffix; n++ {
		suffix := fmt.Sprintf("-%d", n)
		base := name
		if len(base)+len(suffix) > maxChannelName {
			base = strings.TrimRight(base[:maxChannelName-len(suffix)], "-")
		}
		names = append(names, base+suffix)
	}
	return names
}

func (c *Client) createChannel(ctx context.Context, name string, private bool) (*slackapi.Channel, error) {
	const operation = "conversations.create"
	ch, err := c.api.CreateConversationContext(ctx, slackapi.CreateConversationParams{ChannelName: name, IsPrivate: private})
	if err != nil {
		return nil, c.fail(operation, err)
	}
	if ch.ID == "" {
		return nil, emptyAnswer(operation)
	}
	return ch, nil
}

// ownChannel finds the open channel that an earlier attempt made. It asks for the channels
// that the bot is in (a creator is a member) rather than for all of the workspace: that list
// is shorter and its limit higher (users.conversations is tier 3, conversations.list tier 2).
func (c *Client) ownChannel(ctx context.Context, spec incident.ChannelSpec, names []string) (*slackapi.Channel, error) {
	me, err := c.account(ctx)
	if err != nil {
		return nil, err
	}
	rank := make(map[string]int, len(names))
	for i, n := range names {
		rank[n] = i
	}
	var best *slackapi.Channel
	err = c.eachOwnChannel(ctx, channelType(spec.Private), func(ch *slackapi.Channel) bool {
		if _, named := rank[ch.Name]; !named || ch.Creator != me.BotUserID || markedByOther(ch.Purpose.Value, spec.Key) {
			return true
		}
		if best == nil || rank[ch.Name] < rank[best.Name] || (ch.Name == best.Name && older(ch, best)) {
			best = ch
		}
		return true
	})
	return best, err
}

func older(a, b *slackapi.Channel) bool {
	if a.Created != b.Created {
		return a.Created < b.Created
	}
	return a.ID < b.ID
}

func channelType(private bool) string {
	if private {
		return "private_channel"
	}
	return "public_channel"
}

// eachOwnChannel goes through the open channels of one type that the bot is in, until visit
// says false. It pages itself: slack-go's paging sleeps inside the call when it is limited.
func (c *Client) eachOwnChannel(ctx context.Context, kind string, visit func(*slackapi.Channel) bool) error {
	const operation = "users.conversations"
	params := slackapi.GetConversationsForUserParameters{
		Types: []string{kind}, Limit: channelsPerPage, ExcludeArchived: true,
	}
	for range lookPages {
		channels, cursor, err := c.api.GetConversationsForUserContext(ctx, &params)
		if err != nil {
			return c.fail(operation, err)
		}
		for i := range channels {
			if !visit(&channels[i]) {
				return nil
			}
		}
		if cursor == "" {
			return nil
		}
		params.Cursor = cursor
	}
	e := refuse(operation, "the bot is in too many channels to look through")
	e.Mend = "archive channels of old incidents"
	return e
}

// adopt makes a channel the incident's own by marking it with its key. Purposes that people
// have written are left alone: name and creator are enough to find the channel again.
func (c *Client) adopt(ctx context.Context, ch *slackapi.Channel, purpose string) (incident.ChannelRef, error) {
	if ch.Purpose.Value == "" {
		_, err := c.api.SetPurposeOfConversationContext(ctx, ch.ID, purpose)
		if err := c.fail("conversations.setPurpose", err); err != nil {
			// A purpose that may not be set must not keep people out of their channel.
			if !fault.IsClass(err, fault.Permanent) {
				return incident.ChannelRef{}, err
			}
			c.log.WarnContext(ctx, "channel is not marked with its key", "channel", ch.ID, "failure", err)
		}
	}
	return incident.ChannelRef{ID: ch.ID, Name: ch.Name, URL: c.address(ctx, ch.ID, "", "")}, nil
}

// resolveTwins looks once more after a create that followed another attempt: the create of that
// attempt may have landed in between. The older channel is the incident's; the one that this
// call has just made, and nobody has seen, is archived.
func (c *Client) resolveTwins(ctx context.Context, spec incident.ChannelSpec, created *slackapi.Channel, names []string, purpose string) (incident.ChannelRef, error) {
	found, err := c.ownChannel(ctx, spec, names)
	if err != nil {
		return incident.ChannelRef{}, err
	}
	if found == nil || found.ID == created.ID { // nil: the list lags behind the create
		return c.adopt(ctx, created, purpose)
	}
	ref, err := c.adopt(ctx, found, purpose)
	if err != nil {
		return incident.ChannelRef{}, err
	}
	if err := c.ArchiveChannel(ctx, created.ID); err != nil {
		c.log.WarnContext(ctx, "an empty twin of a channel is left", "channel", created.ID, "failure", err)
	}
	return ref, nil
}

// The key is in the purpose, where people see it and where a search finds it.
const (
	markStart = "[key "
	markEnd   = "]"
)

func purposeOf(key string) string {
	return "Opened by Muster for one incident. " + markStart + escape(key) + markEnd
}

// markedByOther reports whether a purpose has a key in it that is not this one.
func markedByOther(purpose, key string) bool {
	_, rest, marked := strings.Cut(purpose, markStart)
	if !marked {
		return false
	}
	// A key may hold the end mark, so compare from the front instead of cutting it out.
	return !strings.HasPrefix(unescape(rest), key+markEnd)
}

// ArchiveChannel archives a channel. One that is archived already is a success; one that does
// not exist has the class fault.Gone.
func (c *Client) ArchiveChannel(ctx context.Context, channelID string) error {
	const operation = "conversations.archive"
	if channelID == "" {
		return refuse(operation, "there is no channel to archive")
	}
	err := c.inside(ctx, channelID, func() error {
		return c.fail(operation, c.api.ArchiveConversationContext(ctx, channelID))
	})
	if hasReason(err, "already_archived") {
		return nil
	}
	return err
}

// inside runs a call that needs the bot in the channel, and once more after joining it if
// the bot was not: somebody may have removed it. Private channels cannot be joined.
func (c *Client) inside(ctx context.Context, channelID string, run func() error) error {
	err := run()
	if !hasReason(err, "not_in_channel") {
		return err
	}
	if _, _, _, joinErr := c.api.JoinConversationContext(ctx, channelID); joinErr != nil {
		joinErr = c.fail("conversations.join", joinErr)
		if fault.IsClass(joinErr, fault.Permanent) {
			return err // "invite the app" says more than why it cannot invite itself
		}
		return joinErr
	}
	return run()
}
