package slack

import (
	"context"
	"net/url"

	"muster/incident"
	"muster/integrations/fault"
)

// SendDirect sends a direct message to a person, each time that it is called.
func (c *Client) SendDirect(ctx context.Context, person string, m incident.Message) error {
	return c.SendDirectOnce(ctx, person, m, false)
}

// SendDirectOnce sends a direct message to a person, named by e-mail address or by PersonOf.
// With look, and if the message has a key, it first looks for one with the same key in the
// conversation with them, which takes the scopes im:write (to find the conversation) and
// im:history. Without these scopes it cannot look and sends: a retry after a lost answer then
// sends the message again.
//
// The remaining hole is, as with PostMessage, a post that lands after the look.
func (c *Client) SendDirectOnce(ctx context.Context, person string, m incident.Message, look bool) error {
	_, err := c.direct(ctx, person, m, look)
	return err
}

// TellSubscriber tells a person or a channel, given by its ID, of an incident. Of look
// SendDirectOnce and PostMessage say what it does. A group is nobody to tell: its people are
// (GroupMembers). A person is told only while they are a member of the workspace who sees it whole:
// somebody who turns out to be a stranger, a guest, an app or to have left is answered as unknown
// (fault.PersonUnknown), and nobody is told while Slack does not say who they are.
func (c *Client) TellSubscriber(ctx context.Context, s incident.Subscriber, m incident.Message, look bool) (incident.MessageRef, error) {
	switch {
	case s.Person != "":
		if err := c.checkMember(ctx, s.Person); err != nil {
			return incident.MessageRef{}, err
		}
		return c.direct(ctx, s.Person, m, look)
	case conversationID.MatchString(s.Channel):
		return c.PostMessage(ctx, s.Channel, m, look)
	case s.Group != "":
		return incident.MessageRef{}, refuse("chat.postMessage", "a user group cannot be told, only the people in it")
	}
	return incident.MessageRef{}, refuse("chat.postMessage", "there is nobody to tell")
}

// checkMember refuses whom the workspace's news are not for.
func (c *Client) checkMember(ctx context.Context, person string) error {
	id, err := c.userID(ctx, person)
	if err != nil || id == "" {
		return err // direct says that there is nobody
	}
	// What Slack said hours ago is good enough for who asks, and not for whom to tell.
	if _, fresh := c.confirmed.get(id); fresh {
		return nil
	}
	m, err := c.askMember(ctx, id)
	if err != nil {
		return err
	}
	if m.Stranger || m.Deleted || m.Bot || m.Guest {
		return asIf("users.info", "user_not_found")
	}
	c.confirmed.put(id, true, confirmedTTL)
	return nil
}

// direct sends to the user's ID, which stands for the conversation with them:
// chat.postMessage opens it, with no further call and no further scope.
func (c *Client) direct(ctx context.Context, person string, m incident.Message, look bool) (incident.MessageRef, error) {
	id, err := c.userID(ctx, person)
	if err != nil {
		return incident.MessageRef{}, err
	}
	if id == "" {
		return incident.MessageRef{}, asIf("users.lookupByEmail", "users_not_found")
	}
	msg, err := c.prepare(ctx, m)
	if err != nil {
		return incident.MessageRef{}, err
	}
	if look && m.Key != "" {
		ref, err := c.findDirect(ctx, id, m.Key)
		if err != nil || ref.ID != "" {
			return ref, c.orUnknown(person, err)
		}
	}
	ref, err := c.post(ctx, id, "", msg)
	return ref, c.orUnknown(person, err)
}

// orUnknown makes of an answer that there is no conversation with a user that Slack does not know the
// person: their account was deactivated while we remembered its ID. Slack says user_disabled when the
// conversation is opened (https://docs.slack.dev/reference/methods/conversations.open), and
// channel_not_found when a message is sent to the ID.
func (c *Client) orUnknown(person string, err error) error {
	if !fault.Means(err, fault.ChannelMissing) && !fault.Means(err, fault.PersonUnknown) && !hasReason(err, "user_disabled") {
		return err
	}
	if _, nameless := UserOf(person); !nameless {
		c.people.put(incident.NormalPerson(person), "")
	}
	return asIf("users.lookupByEmail", "users_not_found")
}

// findDirect looks for a message of ours in the conversation with a user; the ref is empty if
// there is none, or if the app may not look.
func (c *Client) findDirect(ctx context.Context, userID, key string) (incident.MessageRef, error) {
	const operation = "conversations.open"
	var answer struct {
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
	}
	err := c.wire.call(ctx, operation, url.Values{"users": {userID}}, &answer)
	switch {
	case fault.Means(err, fault.ScopeMissing):
		c.log.WarnContext(ctx, "a direct message may be sent twice, since the app may not look for it", "failure", err)
		return incident.MessageRef{}, nil
	case err != nil:
		return incident.MessageRef{}, err
	case answer.Channel.ID == "":
		return incident.MessageRef{}, emptyAnswer(operation)
	}
	ts, err := c.find(ctx, "conversations.history", answer.Channel.ID, "", key, historyPages)
	switch {
	case fault.Means(err, fault.ScopeMissing):
		c.log.WarnContext(ctx, "a direct message may be sent twice, since the app may not look for it", "failure", err)
		return incident.MessageRef{}, nil
	case err != nil || ts == "":
		return incident.MessageRef{}, err
	}
	return c.refTo(ctx, answer.Channel.ID, ts, ""), nil
}
