package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/integrations/fault"
)

// verdict is what one of Slack's error codes means to us. The meaning is empty where the class
// says all.
type verdict struct {
	class   fault.Class
	meaning fault.Meaning
	mend    string
}

const (
	mendToken   = "install the app again and set SLACK_BOT_TOKEN to its new Bot User OAuth Token"
	mendChannel = "check that the channel exists, and invite the app to it if it is private"
	mendSetting = "a setting of the workspace forbids it to apps; ask an admin of the workspace to allow it"
	mendInvite  = "invite the app to the channel: /invite @ and its name"
	mendTrigger = "press the button or give the command once more"
	mendName    = "choose another name: up to 80 small letters, digits, - and _"
	mendGroup   = "name a user group of the workspace by its handle, such as @sre"
	mendPage    = "nothing needs to be done if it passes; if it does not, check SLACK_API_URL, and let Muster through the proxy between here and Slack"
	mendSocket  = "switch Socket Mode on in the app's settings, or set SLACK_MODE=http and SLACK_SIGNING_SECRET"
)

// opOpenSocket is the one method that takes the app-level token, to which the mends of the
// others do not apply.
const opOpenSocket = "apps.connections.open"

// socketMends say what to do about a code that is given to the app-level token. For all others
// there is mendSocket.
var socketMends = map[string]string{
	"missing_scope":          "make an app-level token with the scope connections:write and set SLACK_APP_TOKEN to it",
	"not_allowed_token_type": "set SLACK_APP_TOKEN to an app-level token (xapp-...)",
	"invalid_auth":           "set SLACK_APP_TOKEN to an app-level token of this app; it may have been revoked",
	"token_revoked":          "make a new app-level token and set SLACK_APP_TOKEN to it",
	"forbidden_team":         "the workspace does not allow it; ask who administers it",
}

// codes is the table of what Slack's error codes mean. Slack lists the codes of each method
// on its page (https://docs.slack.dev/reference/methods), and nearly all of them say that
// the same call will never work. So a code that is not here is permanent, and everything
// that passes by itself must be here.
var codes = map[string]verdict{
	// Who we are is refused: no call will work.
	"invalid_auth":              {fault.Credential, "", mendToken},
	"not_authed":                {fault.Credential, "", mendToken},
	"token_revoked":             {fault.Credential, "", mendToken},
	"token_expired":             {fault.Credential, "", mendToken},
	"account_inactive":          {fault.Credential, "", mendToken},
	"not_allowed_token_type":    {fault.Credential, "", mendToken},
	"org_login_required":        {fault.Credential, "", "the workspace is moving to an organisation; install the app again when it has"},
	"team_access_not_granted":   {fault.Credential, fault.NotAllowed, "have the app approved for this workspace of the organisation"},
	"two_factor_setup_required": {fault.Credential, "", "set up two-factor authentication for the account that installed the app"},

	// What the call names is no more.
	"channel_not_found":           {fault.Gone, fault.ChannelMissing, mendChannel},
	"is_archived":                 {fault.Gone, fault.ChannelArchived, "unarchive the channel, or leave it"},
	"is_inactive":                 {fault.Gone, fault.ChannelArchived, "unarchive the channel, or leave it"},
	"message_not_found":           {fault.Gone, fault.ObjectGone, ""},
	"thread_not_found":            {fault.Gone, fault.ObjectGone, ""},
	"cannot_reply_to_message":     {fault.Gone, fault.ObjectGone, ""},
	"not_found":                   {fault.Gone, fault.ObjectGone, ""},
	"duplicate_channel_not_found": {fault.Gone, fault.ObjectGone, ""},
	"duplicate_message_not_found": {fault.Gone, fault.ObjectGone, ""},
	"expired_trigger_id":          {fault.Gone, fault.ObjectGone, mendTrigger},
	"exchanged_trigger_id":        {fault.Gone, fault.ObjectGone, mendTrigger},
	"invalid_trigger_id":          {fault.Gone, fault.ObjectGone, mendTrigger},
	"trigger_expired":             {fault.Gone, fault.ObjectGone, mendTrigger},
	"trigger_exchanged":           {fault.Gone, fault.ObjectGone, mendTrigger},
	"view_not_found":              {fault.Gone, fault.ObjectGone, ""},
	"hash_conflict":               {fault.Gone, fault.ObjectGone, ""},
	"expired_url":                 {fault.Gone, fault.ObjectGone, ""},
	"used_url":                    {fault.Gone, fault.ObjectGone, ""},
	"no_such_subteam":             {fault.Gone, fault.ObjectGone, mendGroup},
	"subteam_not_found":           {fault.Gone, fault.ObjectGone, mendGroup},
	"user_not_found":              {fault.Gone, fault.PersonUnknown, ""},

	// It passes by itself. fatal_error and internal_error may have been applied in part.
	"ratelimited":                {fault.Retryable, fault.RateLimited, ""},
	"rate_limited":               {fault.Retryable, fault.RateLimited, ""},
	"too_many_requests":          {fault.Retryable, fault.RateLimited, ""},
	"message_limit_exceeded":     {fault.Retryable, fault.RateLimited, ""},
	"fatal_error":                {fault.Retryable, "", ""},
	"internal_error":             {fault.Retryable, "", ""},
	"service_unavailable":        {fault.Retryable, "", ""},
	"request_timeout":            {fault.Retryable, "", ""},
	"fetch_members_failed":       {fault.Retryable, "", ""},
	"update_failed":              {fault.Retryable, "", ""},
	"team_added_to_org":          {fault.Retryable, "", ""},
	"external_channel_migrating": {fault.Retryable, "", ""},
	"invalid_cursor":             {fault.Retryable, "", ""}, // the next look starts from the first page

	// A person can mend it.
	"missing_scope":                            {fault.Permanent, fault.ScopeMissing, "give the app the scope it lacks and reinstall it"},
	"restricted_action":                        {fault.Permanent, fault.NotAllowed, mendSetting},
	"restricted_action_read_only_channel":      {fault.Permanent, fault.NotAllowed, "allow the app to post in this channel"},
	"restricted_action_thread_only_channel":    {fault.Permanent, fault.NotAllowed, "allow the app to post in this channel"},
	"restricted_action_non_threadable_channel": {fault.Permanent, fault.NotAllowed, "allow threads in this channel"},
	"restricted_action_thread_locked":          {fault.Permanent, fault.NotAllowed, "unlock the thread"},
	"cannot_create_channel":                    {fault.Permanent, fault.NotAllowed, mendSetting},
	"posting_to_channel_denied":                {fault.Permanent, fault.NotAllowed, "allow the app to post in this channel"},
	"app_access_restricted":                    {fault.Permanent, fault.NotAllowed, mendSetting},
	"no_permission":                            {fault.Permanent, fault.NotAllowed, mendSetting},
	"access_denied":                            {fault.Permanent, fault.NotAllowed, mendSetting},
	"ekm_access_denied":                        {fault.Permanent, fault.NotAllowed, "the organisation's admins have suspended posting"},
	"accesslimited":                            {fault.Permanent, fault.NotAllowed, "allow this network in the workspace's settings"},
	"not_in_channel":                           {fault.Permanent, fault.NotAllowed, mendInvite},
	"name_taken":                               {fault.Permanent, "", "rename the channels that have the name"},
	"invalid_name":                             {fault.Permanent, "", mendName},
	"invalid_name_specials":                    {fault.Permanent, "", mendName},
	"invalid_name_punctuation":                 {fault.Permanent, "", mendName},
	"invalid_name_maxlength":                   {fault.Permanent, "", mendName},
	"invalid_name_required":                    {fault.Permanent, "", mendName},
	"users_not_found":                          {fault.Permanent, fault.PersonUnknown, "use the e-mail address that the person has in Slack"},
	"edit_window_closed":                       {fault.Permanent, fault.NotAllowed, "allow editing of messages in the workspace's settings"},
	"too_many_pins":                            {fault.Permanent, "", "unpin something in the channel"},
	"too_many_bookmarks":                       {fault.Permanent, "", "remove a bookmark from the channel"},
	"invalid_link":                             {fault.Permanent, "", "give the link as an address that Slack can open"},
	"unknown_method":                           {fault.Permanent, "", "check SLACK_API_URL"},
}

// maxReason bounds what an answer of the vendor can add to an error.
const maxReason = 100

// envelope is the part that all answers of the Web API share.
type envelope struct {
	OK     bool   `json:"ok"`
	Error  string `json:"error"`
	Needed string `json:"needed"`
	// Errors is a list whose shape depends on the method.
	Errors           json.RawMessage `json:"errors"`
	ResponseMetadata struct {
		Messages []string `json:"messages"`
	} `json:"response_metadata"`
}

// classify says what an answer means; nil is success. It sees every answer before slack-go
// does, because slack-go v0.34 takes 200 with {} and {"ok":false} for success, stumbles over
// a Retry-After that is a date, and has no place for Retry-After beside a code.
func classify(operation string, status int, header http.Header, body []byte, now time.Time) *fault.Error {
	e := &fault.Error{
		Vendor: vendorName, Operation: operation, Status: status,
		RetryAfter: fault.ParseRetryAfter(header.Get("Retry-After"), now),
	}
	var answer envelope
	parsed := json.Unmarshal(body, &answer) == nil
	switch {
	case status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		// Whatever the body says, the server was in no state to say it.
		e.Class, e.Reason = fault.Retryable, statusReason(status)
		if parsed && answer.Error != "" {
			e.Reason = clip(answer.Error, maxReason)
		}
		if status == http.StatusTooManyRequests {
			e.Meaning = fault.RateLimited
		}
	case parsed && answer.Error != "" && !answer.OK:
		judge(e, answer)
	case fault.WebPage(status, header, body):
		e.Class, e.Reason, e.Mend = fault.Retryable, fault.PageReason, mendPage
	case status != http.StatusOK:
		e.Class, e.Reason = fault.Permanent, statusReason(status)
		if status == http.StatusUnauthorized || status == http.StatusForbidden {
			e.Class, e.Mend = fault.Credential, mendToken
		} else {
			// Slack answers 200 to whatever reaches a method, even one that does not exist.
			e.Mend = "check SLACK_API_URL and what is between here and Slack"
		}
	case !parsed:
		e.Class, e.Reason = fault.Retryable, "undecodable answer"
	case !answer.OK:
		e.Class, e.Reason = fault.Retryable, "empty answer"
	default:
		return nil
	}
	if operation == opOpenSocket && e.Class != fault.Retryable {
		e.Mend = cmp.Or(socketMends[answer.Error], mendSocket)
	}
	return e
}

// judge looks a code up in the table.
func judge(e *fault.Error, answer envelope) {
	e.Class, e.Reason = fault.Permanent, clip(answer.Error, maxReason)
	if v, ok := codes[answer.Error]; ok {
		e.Class, e.Meaning, e.Mend = v.class, v.meaning, v.mend
	}
	if answer.Error == "missing_scope" && answer.Needed != "" {
		e.Reason = clip("missing_scope: "+answer.Needed, maxReason)
		e.Mend = fmt.Sprintf("give the app the scope %s and reinstall it", clip(answer.Needed, maxReason))
	}
	var listed refusals
	if e.Operation == "conversations.invite" && json.Unmarshal(answer.Errors, &listed) == nil && len(listed) > 0 {
		e.Err = listed
	}
	if (answer.Error == "invalid_blocks" || answer.Error == "invalid_arguments") && len(answer.ResponseMetadata.Messages) > 0 {
		e.Reason = clip(answer.Error+": "+answer.ResponseMetadata.Messages[0], 2*maxReason)
	}
}

func statusReason(status int) string {
	if text := http.StatusText(status); text != "" {
		return strings.ToLower(text)
	}
	return "unknown status"
}

// noAnswer is the failure of a request that may or may not have been applied.
func noAnswer(operation string, err error) *fault.Error {
	e := &fault.Error{Vendor: vendorName, Operation: operation, Class: fault.Retryable, Reason: "no answer", Err: err}
	switch {
	case errors.Is(err, context.Canceled):
		e.Reason = "cancelled"
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		e.Reason = "timeout"
	}
	return e
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// emptyAnswer is a success without the ID it should have brought: it may have been applied.
func emptyAnswer(operation string) *fault.Error {
	return &fault.Error{Vendor: vendorName, Operation: operation, Class: fault.Retryable, Reason: "empty answer", Status: http.StatusOK}
}

// asIf is the failure that Slack would answer with a code, where we find out ourselves.
func asIf(operation, code string) *fault.Error {
	v := codes[code]
	return &fault.Error{Vendor: vendorName, Operation: operation, Class: v.class, Meaning: v.meaning, Reason: code, Mend: v.mend}
}

// refuse is a request that is not worth making.
func refuse(operation, reason string) *fault.Error {
	return &fault.Error{Vendor: vendorName, Operation: operation, Class: fault.Permanent, Reason: reason}
}

// fail makes a *fault.Error of what slack-go returns. What wire did not classify already is
// a success that slack-go could not decode, so it may have been applied.
func (c *Client) fail(operation string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := fault.As(err); ok {
		return err
	}
	return &fault.Error{
		Vendor: vendorName, Operation: operation, Class: fault.Retryable, Reason: "undecodable answer",
		Status: http.StatusOK, Err: errors.New(c.wire.scrub(err.Error())),
	}
}

// hasReason reports whether Slack gave one of the codes.
func hasReason(err error, reasons ...string) bool {
	e, ok := fault.As(err)
	if !ok {
		return false
	}
	return slices.Contains(reasons, e.Reason)
}
