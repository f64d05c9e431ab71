package slack

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	// quietPages is how many pages of a channel are read, newest first, and quietThreads how
	// many threads that went on, before a channel counts as quiet.
	quietPages   = 10
	quietThreads = 20
)

// ArchiveQuiet archives a channel in which no person has written since a moment, be it in a
// thread. If somebody has, it answers when (that or a little earlier) and archives nothing.
// Bots and Slack's own notices count as silence. A channel that is archived or deleted already
// is archived.
//
// What is written between the look and the archiving is archived with the rest; nothing is
// lost, and people can unarchive.
func (c *Client) ArchiveQuiet(ctx context.Context, channelID string, quietSince time.Time) (incident.Quiet, error) {
	const operation = "conversations.info"
	if channelID == "" {
		return incident.Quiet{}, refuse("conversations.archive", "there is no channel to archive")
	}
	info, err := c.api.GetConversationInfoContext(ctx, &slackapi.GetConversationInfoInput{ChannelID: channelID})
	err = c.fail(operation, err)
	switch {
	case fault.IsClass(err, fault.Gone):
		return incident.Quiet{Archived: true}, nil
	case err != nil:
		return incident.Quiet{}, err
	case info.ID == "":
		return incident.Quiet{}, emptyAnswer(operation)
	case info.IsArchived:
		return incident.Quiet{Archived: true}, nil
	}
	said, err := c.lastSaid(ctx, channelID, quietSince)
	if err == nil && said.IsZero() {
		err = c.ArchiveChannel(ctx, channelID)
	}
	switch {
	case fault.IsClass(err, fault.Gone): // somebody was faster
		return incident.Quiet{Archived: true}, nil
	case err != nil:
		return incident.Quiet{}, err
	}
	return incident.Quiet{Archived: said.IsZero(), LastSaid: said}, nil
}

// lastSaid finds when a person wrote after a moment; never is the zero time.
func (c *Client) lastSaid(ctx context.Context, channelID string, since time.Time) (time.Time, error) {
	args := url.Values{"channel": {channelID}, "limit": {strconv.Itoa(messagesPerPage)}}
	var last time.Time
	threads := 0
	for range quietPages {
		p, err := c.saidPage(ctx, "conversations.history", channelID, args)
		if err != nil {
			return time.Time{}, err
		}
		for _, m := range p.Messages {
			last = later(last, said(m, since))
			if last.IsZero() && threads < quietThreads && wentOn(m, since) {
				threads++
				inThread, err := c.saidInThread(ctx, channelID, string(m.TS), since)
				if err != nil {
					return time.Time{}, err
				}
				last = later(last, inThread)
			}
		}
		if !last.IsZero() || p.ResponseMetadata.NextCursor == "" {
			break
		}
		args.Set("cursor", p.ResponseMetadata.NextCursor)
	}
	return last, nil
}

// wentOn reports whether a thread may have replies after a moment. A page of history has its
// first message only, however old.
func wentOn(w wireMessage, since time.Time) bool {
	return w.ReplyCount.V > 0 && (w.LatestReply == "" || momentOf(string(w.LatestReply)).After(since))
}

func (c *Client) saidInThread(ctx context.Context, channelID, thread string, since time.Time) (time.Time, error) {
	p, err := c.saidPage(ctx, "conversations.replies", channelID, url.Values{
		"channel": {channelID}, "ts": {thread}, "limit": {strconv.Itoa(messagesPerPage)},
		"oldest": {fmt.Sprintf("%d.%06d", since.Unix(), since.Nanosecond()/1000)},
	})
	var last time.Time
	for _, m := range p.Messages {
		last = later(last, said(m, since))
	}
	return last, err
}

// saidPage is a page of messages, read without any of their blocks.
type saidPage struct {
	Messages         listOf[wireMessage] `json:"messages"`
	ResponseMetadata struct {
		NextCursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

func (c *Client) saidPage(ctx context.Context, method, channelID string, args url.Values) (saidPage, error) {
	var p saidPage
	err := c.inside(ctx, channelID, func() error { return c.wire.call(ctx, method, args, &p) })
	return p, err
}

// said is when a person wrote a message, if it was after a moment.
func said(w wireMessage, since time.Time) time.Time {
	at := momentOf(string(w.TS))
	if !w.message().ByPerson() || !at.After(since) {
		return time.Time{}
	}
	return at
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// momentOf is the time in a message's timestamp, and the zero time of what is none.
func momentOf(ts string) time.Time {
	seconds, fraction, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	micros, _ := strconv.ParseInt(fraction, 10, 64)
	return time.Unix(s, micros*int64(time.Microsecond)).UTC()
}
