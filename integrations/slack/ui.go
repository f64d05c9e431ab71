package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"

	slackapi "github.com/slack-go/slack"

	"muster/integrations/fault"
)

// OpenView opens a modal. A trigger works once and for three seconds; one that does not work
// any more has the class fault.Gone, and only a new click gives another. So this is called
// while the person waits, and never again for the same trigger.
func (c *Client) OpenView(ctx context.Context, triggerID string, v slackapi.ModalViewRequest) error {
	return c.view(ctx, "views.open", url.Values{"trigger_id": {triggerID}}, v)
}

// PushView puts a modal on top of the open one. What OpenView says of triggers holds here too.
func (c *Client) PushView(ctx context.Context, triggerID string, v slackapi.ModalViewRequest) error {
	return c.view(ctx, "views.push", url.Values{"trigger_id": {triggerID}}, v)
}

// UpdateView replaces an open modal. With a hash it does so only if the modal is still the one
// that had the hash, and otherwise fails with class fault.Gone and reason hash_conflict.
func (c *Client) UpdateView(ctx context.Context, viewID, hash string, v slackapi.ModalViewRequest) error {
	args := url.Values{"view_id": {viewID}}
	if hash != "" {
		args.Set("hash", hash)
	}
	return c.view(ctx, "views.update", args, v)
}

// PublishHome replaces a person's home tab.
func (c *Client) PublishHome(ctx context.Context, userID string, v slackapi.HomeTabViewRequest) error {
	return c.view(ctx, "views.publish", url.Values{"user_id": {userID}}, v)
}

// view sends a view. slack-go would decode all of the view that comes back, and call it a
// failure when it cannot, though the modal is open.
func (c *Client) view(ctx context.Context, method string, args url.Values, v any) error {
	for name, value := range args {
		if len(value) == 0 || value[0] == "" {
			return refuse(method, "there is no "+name)
		}
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return refuse(method, "the view cannot be encoded")
	}
	args.Set("view", string(encoded))
	return c.wire.call(ctx, method, args, &struct{}{})
}

// Ephemeral shows a message to one person in a channel that they are in, until they reload.
// Nothing tells whether it was seen, and sending it twice shows it twice.
func (c *Client) Ephemeral(ctx context.Context, channel, userID, text string, blocks []slackapi.Block) error {
	const method = "chat.postEphemeral"
	if channel == "" || userID == "" {
		return refuse(method, "there is no channel or no user to show it to")
	}
	return c.say(ctx, method, url.Values{"channel": {channel}, "user": {userID}}, text, blocks)
}

// Direct sends a message to a user, by their ID, where there is no channel to show it in. Sending
// it twice sends it twice.
func (c *Client) Direct(ctx context.Context, userID, text string, blocks []slackapi.Block) error {
	const method = "chat.postMessage"
	if userID == "" {
		return refuse(method, "there is no user to send it to")
	}
	return c.say(ctx, method, url.Values{"channel": {userID}}, text, blocks)
}

func (c *Client) say(ctx context.Context, method string, args url.Values, text string, blocks []slackapi.Block) error {
	args.Set("text", text)
	if len(blocks) > 0 {
		encoded, err := json.Marshal(blocks)
		if err != nil {
			return refuse(method, "the blocks cannot be encoded")
		}
		args.Set("blocks", string(encoded))
	}
	return c.wire.call(ctx, method, args, &struct{}{})
}

// Response is what is sent to the response_url of a command or a click.
type Response struct {
	Text   string           `json:"text,omitempty"`
	Blocks []slackapi.Block `json:"blocks,omitempty"`
	// Type is empty for a message that only the person sees, or "in_channel".
	Type    string `json:"response_type,omitempty"`
	Replace bool   `json:"replace_original"`
}

// Respond answers a command or a click later: a response_url takes five answers within half
// an hour (https://docs.slack.dev/interactivity/handling-user-interaction#message_responses);
// after that the error has the class fault.Gone. The address comes from outside, so only
// Slack's own are called. It is a key to a conversation, and therefore in no error and no log.
func (c *Client) Respond(ctx context.Context, responseURL, text string, blocks []slackapi.Block, inChannel, replace bool) error {
	const operation = "response_url"
	if !c.wire.answersAt(responseURL) {
		return refuse(operation, "the address to answer at is not Slack's")
	}
	r := Response{Text: text, Blocks: blocks, Replace: replace}
	if inChannel {
		r.Type = "in_channel"
	}
	body, err := json.Marshal(r)
	if err != nil {
		return refuse(operation, "the blocks cannot be encoded")
	}
	return c.wire.respond(ctx, operation, responseURL, body)
}

// responseHosts are where the response_urls of Slack and of GovSlack point.
var responseHosts = map[string]bool{"hooks.slack.com": true, "hooks.slack-gov.com": true}

// answersAt reports whether an address is one of Slack's for answers, or at the same server as
// an API that was configured instead of Slack's.
func (w *wire) answersAt(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Host == "" {
		return false
	}
	if u.Scheme == "https" && responseHosts[u.Host] {
		return true
	}
	base, err := url.Parse(w.base)
	return err == nil && w.base != defaultBaseURL && u.Scheme == base.Scheme && u.Host == base.Host
}

// respond posts to a response_url, which answers "ok" or JSON as it pleases.
func (w *wire) respond(ctx context.Context, operation, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return refuse(operation, "the request cannot be made")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := w.client.Do(req)
	if err != nil {
		if inURL, ok := errors.AsType[*url.Error](err); ok { // its text has the address
			err = inURL.Err
		}
		return w.lost(ctx, operation, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return w.lost(ctx, operation, err)
	}
	failure := classifyResponse(operation, resp.StatusCode, resp.Header, answer, w)
	w.log.DebugContext(ctx, "slack call", "operation", operation, "status", resp.StatusCode, "failure", reasonOf(failure))
	if failure != nil {
		return failure
	}
	return nil
}

// classifyResponse is classify for answers that need not be JSON.
func classifyResponse(operation string, status int, header http.Header, body []byte, w *wire) *fault.Error {
	var answer envelope
	refused := json.Unmarshal(body, &answer) == nil && answer.Error != "" && !answer.OK
	switch {
	case fault.WebPage(status, header, body):
		return classify(operation, status, header, body, w.now())
	case status == http.StatusOK && !refused:
		return nil
	case status == http.StatusNotFound || status == http.StatusGone:
		e := asIf(operation, "expired_url")
		e.Status = status
		if refused {
			e.Reason = clip(answer.Error, maxReason)
		}
		return e
	}
	return classify(operation, status, header, body, w.now())
}

// Permalink is the address of a message, of a channel without a timestamp, or nothing while
// Slack does not say where the workspace is.
func (c *Client) Permalink(ctx context.Context, channel, ts, thread string) string {
	if thread == ts {
		thread = ""
	}
	return c.address(ctx, channel, ts, thread)
}

// timestamp matches what Slack calls the ts of a message.
var timestamp = regexp.MustCompile(`^\d{1,12}\.\d{1,9}$`)

// Message reads one message. thread is the timestamp of its thread's first message, if it is
// known to be a reply. One that is not there any more has the class fault.Gone. A channel that
// the app is not in is not joined to read it.
func (c *Client) Message(ctx context.Context, channel, ts, thread string) (InboundMessage, error) {
	const history, replies = "conversations.history", "conversations.replies"
	if !conversationID.MatchString(channel) || !timestamp.MatchString(ts) {
		return InboundMessage{}, refuse(history, "there is no message to read")
	}
	if thread == "" || thread == ts {
		m, err := c.oneMessage(ctx, history, channel, ts, "")
		if err != nil || m.TS == ts {
			return m, err
		}
		thread = ts // it may be a reply, which only replies finds, by its own timestamp too
	}
	m, err := c.oneMessage(ctx, replies, channel, ts, thread)
	if err == nil && m.TS != ts {
		gone := asIf(replies, "message_not_found")
		gone.Status = http.StatusOK
		err = gone
	}
	return m, err
}

// oneMessage asks for one message; the answer is empty if the page does not have it.
func (c *Client) oneMessage(ctx context.Context, method, channel, ts, thread string) (InboundMessage, error) {
	args := url.Values{"channel": {channel}, "latest": {ts}, "oldest": {ts}, "inclusive": {"true"}, "limit": {"1"}}
	if thread != "" {
		args.Set("ts", thread)
		args.Set("limit", "10") // a page of replies starts with the thread's first message
	}
	var page struct {
		Messages listOf[wireMessage] `json:"messages"`
	}
	if err := c.wire.call(ctx, method, args, &page); err != nil {
		return InboundMessage{}, err
	}
	for _, m := range page.Messages {
		if string(m.TS) == ts {
			out := m.message()
			out.Channel = channel
			return out, nil
		}
	}
	return InboundMessage{}, nil
}

// The texts of views that are built elsewhere.

// Escape makes a text plain in Slack's mrkdwn.
func Escape(s string) string { return escape(s) }

// FitPlain escapes a text and cuts it to n units, never within an escaped character. Web
// addresses in it become no links.
func FitPlain(s string, n int) string { return fit(plainTokens(s), n) }

// Clip cuts plain text (of a button, a header or an option) to n units.
func Clip(s string, n int) string { return clip(s, n) }
