package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	// maxInvite is the most users of one conversations.invite
	// (https://docs.slack.dev/reference/methods/conversations.invite).
	maxInvite = 100
	// Sizes of https://docs.slack.dev/reference/methods/bookmarks.add, in characters.
	maxBookmarkTitle = 256
	maxBookmarkLink  = 2048
)

// FurnishChannel gives a channel its people (also those of user groups) and takes others out, topic and bookmarks. All of it is set-state, so
// a retry is harmless: the topic is set only if it differs (each change posts a message that
// people see), and bookmarks are added only if they are not there.
//
// A part that Slack refuses for good does not keep the other parts from being done; the error
// then holds all refusals, and Furnished what came of the invitations.
func (c *Client) FurnishChannel(ctx context.Context, channelID string, f incident.Furnishing) (incident.Furnished, error) {
	if channelID == "" {
		return incident.Furnished{}, refuse("conversations.invite", "there is no channel to furnish")
	}
	var done incident.Furnished
	var refused []error
	for _, part := range []func() error{
		func() error { return c.kick(ctx, channelID, f.Remove) },
		func() (err error) { done.Uninvited, err = c.invite(ctx, channelID, f.Invite, f.Groups); return err },
		func() error { return c.setTopic(ctx, channelID, f.Topic) },
		func() error { return c.setBookmarks(ctx, channelID, f.Bookmarks) },
	} {
		err := part()
		if err == nil {
			continue
		}
		if !fault.IsClass(err, fault.Permanent) {
			return done, err
		}
		refused = append(refused, err)
	}
	if len(refused) == 1 {
		return done, refused[0]
	}
	return done, errors.Join(refused...)
}

func (c *Client) setTopic(ctx context.Context, channelID, topic string) error {
	if topic == "" {
		return nil
	}
	// Topics are read like message text: escaped on the way in and in the answer.
	want := fit(plainTokens(incident.CleanLine(topic)), maxTopic)
	info, err := c.api.GetConversationInfoContext(ctx, &slackapi.GetConversationInfoInput{ChannelID: channelID})
	if err != nil {
		return c.fail("conversations.info", err)
	}
	if info.ID == "" {
		return emptyAnswer("conversations.info")
	}
	if unescape(info.Topic.Value) == unescape(want) {
		return nil
	}
	return c.inside(ctx, channelID, func() error {
		_, err := c.api.SetTopicOfConversationContext(ctx, channelID, want)
		return c.fail("conversations.setTopic", err)
	})
}

// setBookmarks adds what is missing and mends the address of what has one of our titles.
// bookmarks.add knows no duplicates, so it is asked only for what bookmarks.list lacks.
func (c *Client) setBookmarks(ctx context.Context, channelID string, want []incident.Link) error {
	if len(want) == 0 {
		return nil
	}
	have, err := c.api.ListBookmarksContext(ctx, channelID)
	if err != nil {
		return c.fail("bookmarks.list", err)
	}
	for _, link := range want {
		if err := c.setBookmark(ctx, channelID, have, link); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) setBookmark(ctx context.Context, channelID string, have []slackapi.Bookmark, link incident.Link) error {
	title := clip(incident.CleanLine(link.Label), maxBookmarkTitle)
	if title == "" {
		title = clip(link.URL, maxBookmarkTitle)
	}
	if length(link.URL) > maxBookmarkLink {
		return refuse("bookmarks.add", "a link is longer than 2048 characters")
	}
	i := slices.IndexFunc(have, func(b slackapi.Bookmark) bool { return unescape(b.Title) == title })
	switch {
	case i < 0:
		added, err := c.api.AddBookmarkContext(ctx, channelID, slackapi.AddBookmarkParameters{Title: title, Type: "link", Link: link.URL})
		if err != nil {
			return c.fail("bookmarks.add", err)
		}
		if added.ID == "" {
			return emptyAnswer("bookmarks.add")
		}
		return nil
	case unescape(have[i].Link) == link.URL:
		return nil
	default:
		_, err := c.api.EditBookmarkContext(ctx, channelID, have[i].ID, slackapi.EditBookmarkParameters{Title: &title, Link: link.URL})
		return c.fail("bookmarks.edit", err)
	}
}

// guest is a person to be invited.
type guest struct{ person, id string }

// invite brings people into the channel and reports those who cannot be. People who are in
// it already stay as they are. A person or a group that Slack does not know keeps nobody out.
func (c *Client) invite(ctx context.Context, channelID string, people, groups []string) ([]incident.Uninvited, error) {
	var out []incident.Uninvited
	var guests []guest
	seen := map[string]bool{}
	for _, p := range people {
		id, err := c.userID(ctx, p)
		switch {
		case err != nil:
			return nil, err
		case id == "" && !seen[strings.ToLower(p)]:
			out = append(out, incident.Uninvited{Person: p, Reason: "Slack knows nobody by this address"})
		case id != "" && !seen[id]:
			guests = append(guests, guest{person: p, id: id})
		}
		seen[strings.ToLower(p)], seen[id] = true, true
	}
	members, unknown, err := c.groupGuests(ctx, groups)
	out = append(out, unknown...)
	for _, g := range members {
		if !seen[g.id] {
			guests = append(guests, g)
		}
		seen[g.id] = true
	}
	if err != nil && len(guests) == 0 {
		return out, err
	}
	failed := err
	for batch := range slices.Chunk(guests, maxInvite) {
		refused, err := c.inviteBatch(ctx, channelID, batch)
		out = append(out, refused...)
		if err != nil {
			return out, err
		}
	}
	return out, failed // people need not wait for groups that cannot be read just now
}

// kick takes people out of a channel. Whoever is not in it, or is nobody here, is out of it. A workspace can
// keep apps from it, and then says restricted_action
// (https://docs.slack.dev/reference/methods/conversations.kick).
func (c *Client) kick(ctx context.Context, channelID string, people []string) error {
	for _, p := range people {
		id, err := c.userID(ctx, p)
		if err != nil {
			return err
		}
		if id == "" {
			continue
		}
		err = c.fail("conversations.kick", c.api.KickUserFromConversationContext(ctx, channelID, id))
		if err != nil && !hasReason(err, "not_in_channel") && !hasReason(err, "user_not_found") {
			return err
		}
	}
	return nil
}

// refusal is what conversations.invite says about one person.
type refusal struct {
	User  string `json:"user"`
	Error string `json:"error"`
}

// refusals travels in the *fault.Error of a failed conversations.invite.
type refusals []refusal

func (r refusals) Error() string { return fmt.Sprintf("%d people are not invited", len(r)) }

// inviteBatch invites at most 100 people. With force Slack invites whom it can and lists the
// others, be the answer ok (some were invited) or not (nobody was). Without such a list a
// refusal may mean anyone, so each person is then invited by themselves.
func (c *Client) inviteBatch(ctx context.Context, channelID string, batch []guest) ([]incident.Uninvited, error) {
	ids := make([]string, len(batch))
	for i, g := range batch {
		ids[i] = g.id
	}
	args := url.Values{"channel": {channelID}, "users": {strings.Join(ids, ",")}}
	if len(batch) > 1 {
		args.Set("force", "true")
	}
	var answer struct {
		Errors refusals `json:"errors"`
	}
	err := c.inside(ctx, channelID, func() error { return c.wire.call(ctx, "conversations.invite", args, &answer) })
	if err == nil {
		return uninvited(batch, answer.Errors), nil
	}
	failure, _ := fault.As(err)
	var listed refusals
	switch {
	case !present[failure.Reason] && personalReasons[failure.Reason] == "":
		return nil, err // it is about the channel or us
	case errors.As(err, &listed):
		return uninvited(batch, listed), nil
	case len(batch) == 1:
		return uninvited(batch, refusals{{User: batch[0].id, Error: failure.Reason}}), nil
	}
	return c.inviteEach(ctx, channelID, batch)
}

func (c *Client) inviteEach(ctx context.Context, channelID string, batch []guest) ([]incident.Uninvited, error) {
	var all []incident.Uninvited
	for _, g := range batch {
		refused, err := c.inviteBatch(ctx, channelID, []guest{g})
		all = append(all, refused...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func uninvited(batch []guest, listed refusals) []incident.Uninvited {
	var out []incident.Uninvited
	for _, r := range listed {
		i := slices.IndexFunc(batch, func(g guest) bool { return g.id == r.User })
		if i >= 0 && !present[r.Error] {
			out = append(out, incident.Uninvited{Person: batch[i].person, Reason: reasonFor(r.Error)})
		}
	}
	return out
}

// present are the answers to an invitation that mean the person is in the channel.
var present = map[string]bool{"already_in_channel": true, "cant_invite_self": true}

// personalReasons are the codes of conversations.invite that concern one person and not the
// channel or us.
var personalReasons = map[string]string{
	"user_not_found":                "Slack does not find this person",
	"no_user":                       "Slack does not find this person",
	"user_disabled":                 "this person's account is deactivated",
	"cant_invite":                   "Slack does not admit this person to this channel",
	"app_cannot_join_channel":       "Slack does not admit this app to this channel",
	"user_is_restricted":            "this person is a guest who may not be in this channel",
	"ura_max_channels":              "this person is a guest who may be in one channel only",
	"org_user_not_in_team":          "this person is in the organisation but not in this workspace",
	"invitee_cant_see_channel":      "this person cannot see this channel",
	"no_permission":                 "the app may not invite this person",
	"no_external_invite_permission": "the app may not invite people from outside",
}

func reasonFor(code string) string {
	if r, ok := personalReasons[code]; ok {
		return r
	}
	return fmt.Sprintf("Slack refuses: %s", clip(code, maxReason))
}
