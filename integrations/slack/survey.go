package slack

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// What follows only asks, for those who look whether all is well.

const (
	// surveyPages is how far the list of channels is read, surveyPage channels a page, which is
	// the most that Slack gives.
	surveyPages = 10
	surveyPage  = 999
)

// CheckSocket asks whether Slack would let the app token open a connection, and opens none:
// Slack would send it what people do. The address that Slack gives has a ticket in it and is
// forgotten.
func (s *Socket) CheckSocket(ctx context.Context) error {
	_, err := s.address(ctx)
	return err
}

// FoundChannel is a channel that a survey has found.
type FoundChannel struct {
	ID string
	// Archived is true if no living channel has the name.
	Archived bool
	// Member is true for a channel that the app is in.
	Member bool
}

// Channels are channels of the workspace, by the names that were asked for.
type Channels struct {
	Found map[string]FoundChannel
	// Seen is how many channels were looked at, All whether these were all.
	Seen int
	All  bool
}

// Channels finds channels by #name or ID. Private ones are seen as far as the app is in them, and
// asking for them takes the scope groups:read.
func (c *Client) Channels(ctx context.Context, wanted []string, private bool) (Channels, error) {
	args := url.Values{"types": {channelType(false)}, "limit": {strconv.Itoa(surveyPage)}}
	if private {
		args.Set("types", channelType(false)+","+channelType(true))
	}
	out := Channels{Found: map[string]FoundChannel{}}
	for range surveyPages {
		var page struct {
			Channels listOf[wireChannel] `json:"channels"`
			Metadata struct {
				Cursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := c.wire.call(ctx, "conversations.list", args, &page); err != nil {
			return Channels{}, err
		}
		out.Seen += len(page.Channels)
		for _, ch := range page.Channels {
			out.take(wanted, ch)
		}
		if out.All = page.Metadata.Cursor == ""; out.All || len(out.Found) == len(wanted) {
			return out, nil
		}
		args.Set("cursor", page.Metadata.Cursor)
	}
	return out, nil
}

type wireChannel struct {
	ID       loose         `json:"id"`
	Name     loose         `json:"name"`
	Archived lenient[bool] `json:"is_archived"`
	Member   lenient[bool] `json:"is_member"`
}

// take notes a channel that was asked for. An archived channel keeps its name, and a living one
// of that name is meant.
func (c *Channels) take(wanted []string, ch wireChannel) {
	for _, name := range wanted {
		if name != string(ch.ID) && strings.TrimPrefix(name, "#") != string(ch.Name) {
			continue
		}
		if was, twice := c.Found[name]; !twice || was.Archived {
			c.Found[name] = FoundChannel{ID: string(ch.ID), Archived: ch.Archived.V, Member: ch.Member.V}
		}
	}
}

// GroupKnown reports whether the workspace has a user group, by its handle or its ID.
func (c *Client) GroupKnown(ctx context.Context, handleOrID string) (bool, error) {
	handles, err := c.groupHandles(ctx)
	if err != nil {
		return false, err
	}
	id, err := c.groupNamed(ctx, handleOrID)
	return id != "" && slices.Contains(slices.Collect(maps.Values(handles)), id), err
}

// PersonKnown reports whether somebody has an account, by e-mail address.
func (c *Client) PersonKnown(ctx context.Context, person string) (bool, error) {
	id, err := c.userID(ctx, person)
	return id != "", err
}
