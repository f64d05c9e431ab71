package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/integrations/vendor"
)

// verdict is what one of Slack's error codes means to us.
type verdict struct {
	class vendor.Class
	mend  string
}

const (
	mendToken   = "install the app again and set SLACK_BOT_TOKEN to its new Bot User OAuth Token"
	mendChannel = "check that the channel exists, and invite the app to it if it is private"
	mendSetting = "a setting of the workspace forbids it to apps; ask an admin of the workspace to allow it"
	mendInvite  = "invite the app to the channel: /invite @ and its name"
	mendTrigger = "press the button or give the command once more"
	mendName    = "choose another name: up to 80 small letters, digits, - and _"
)

// codes is the table of what Slack's error codes mean. Slack lists the codes of each method
// on its page (https://docs.slack.dev/reference/methods), and nearly all of them say that
// the same call will never work. So a code that is not here is permanent, and everything
// that passes by itself must be here.
var codes = map[string]verdict{
	// Who we are is refused: no call will work.
	"invalid_auth":              {vendor.Credential, mendToken},
	"not_authed":                {vendor.Credential, mendToken},
	"token_revoked":             {vendor.Credential, mendToken},
	"token_expired":             {vendor.Credential, mendToken},
	"account_inactive":          {vendor.Credential, mendToken},
	"not_allowed_token_type":    {vendor.Credential, mendToken},
	"org_login_required":        {vendor.Credential, "the workspace is moving to an organisation; install the app again when it has"},
	"team_access_not_granted":   {vendor.Credential, "have the app approved for this workspace of the organisation"},
	"two_factor_setup_required": {vendor.Credential, "set up two-factor authentication for the account that installed the app"},

	// What the call names is no more.
	"channel_not_found":           {vendor.Gone, mendChannel},
	"is_archived":                 {vendor.Gone, "unarchive the channel, or leave it"},
	"is_inactive":                 {vendor.Gone, "unarchive the channel, or leave it"},
	"message_not_found":           {vendor.Gone, ""},
	"thread_not_found":            {vendor.Gone, ""},
	"cannot_reply_to_message":     {vendor.Gone, ""},
	"not_found":                   {vendor.Gone, ""},
	"duplicate_channel_not_found": {vendor.Gone, ""},
	"duplicate_message_not_found": {vendor.Gone, ""},
	"expired_trigger_id":          {vendor.Gone, mendTrigger},
	"exchanged_trigger_id":        {vendor.Gone, mendTrigger},
	"invalid_trigger_id":          {vendor.Gone, mendTrigger},
	"trigger_expired":             {vendor.Gone, mendTrigger},
	"trigger_exchanged":           {vendor.Gone, mendTrigger},
	"view_not_found":              {vendor.Gone, ""},
	"hash_conflict":               {vendor.Gone, ""},
	"expired_url":                 {vendor.Gone, ""},
	"used_url":                    {vendor.Gone, ""},
	"no_such_subteam":             {vendor.Gone, ""},
	"subteam_not_found":           {vendor.Gone, ""},
	"user_not_found":              {vendor.Gone, ""},

	// It passes by itself. fatal_error and internal_error may have been applied in part.
	"ratelimited":                {vendor.Retryable, ""},
	"rate_limited":               {vendor.Retryable, ""},
	"too_many_requests":          {vendor.Retryable, ""},
	"message_limit_exceeded":     {vendor.Retryable, ""},
	"fatal_error":                {vendor.Retryable, ""},
	"internal_error":             {vendor.Retryable, ""},
	"service_unavailable":        {vendor.Retryable, ""},
	"request_timeout":            {vendor.Retryable, ""},
	"fetch_members_failed":       {vendor.Retryable, ""},
	"update_failed":              {vendor.Retryable, ""},
	"team_added_to_org":          {vendor.Retryable, ""},
	"external_channel_migrating": {vendor.Retryable, ""},
	"invalid_cursor":             {vendor.Retryable, ""}, // the next look starts from the first page

	// A person can mend it.
	"missing_scope":                            {vendor.Permanent, "give the app the scope it lacks and reinstall it"},
	"restricted_action":                        {vendor.Permanent, mendSetting},
	"restricted_action_read_only_channel":      {vendor.Permanent, "allow the app to post in this channel"},
	"restricted_action_thread_only_channel":    {vendor.Permanent, "allow the app to post in this channel"},
	"restricted_action_non_threadable_channel": {vendor.Permanent, "allow threads in this channel"},
	"restricted_action_thread_locked":          {vendor.Permanent, "unlock the thread"},
	"cannot_create_channel":                    {vendor.Permanent, mendSetting},
	"posting_to_channel_denied":                {vendor.Permanent, "allow the app to post in this channel"},
	"app_access_restricted":                    {vendor.Permanent, mendSetting},
	"no_permission":                            {vendor.Permanent, mendSetting},
	"access_denied":                            {vendor.Permanent, mendSetting},
	"ekm_access_denied":                        {vendor.Permanent, "the organisation's admins have suspended posting"},
	"accesslimited":                            {vendor.Permanent, "allow this network in the workspace's settings"},
	"not_in_channel":                           {vendor.Permanent, mendInvite},
	"name_taken":                               {vendor.Permanent, "rename the channels that have the name"},
	"invalid_name":                             {vendor.Permanent, mendName},
	"invalid_name_specials":                    {vendor.Permanent, mendName},
	"invalid_name_punctuation":                 {vendor.Permanent, mendName},
	"invalid_name_maxlength":                   {vendor.Permanent, mendName},
	"invalid_name_required":                    {vendor.Permanent, mendName},
	"users_not_found":                          {vendor.Permanent, "use the e-mail address that the person has in Slack"},
	"edit_window_closed":                       {vendor.Permanent, "allow editing of messages in the workspace's settings"},
	"too_many_pins":                            {vendor.Permanent, "unpin something in the channel"},
	"too_many_bookmarks":                       {vendor.Permanent, "remove a bookmark from the channel"},
	"invalid_link":                             {vendor.Permanent, "give the link as an address that Slack can open"},
	"unknown_method":                           {vendor.Permanent, "check SLACK_API_URL"},
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
func classify(operation string, status int, header http.Header, body []byte, now time.Time) *vendor.Error {
	e := &vendor.Error{
		Vendor: vendorName, Operation: operation, Status: status,
		RetryAfter: vendor.ParseRetryAfter(header.Get("Retry-After"), now),
	}
	var answer envelope
	parsed := json.Unmarshal(body, &answer) == nil
	switch {
	case status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		// Whatever the body says, the server was in no state to say it.
		e.Class, e.Reason = vendor.Retryable, statusReason(status)
		if parsed && answer.Error != "" {
			e.Reason = clip(answer.Error, maxReason)
		}
	case parsed && answer.Error != "" && !answer.OK:
		judge(e, answer)
	case status != http.StatusOK:
		e.Class, e.Reason = vendor.Permanent, statusReason(status)
		if status == http.StatusUnauthorized || status == http.StatusForbidden {
			e.Class, e.Mend = vendor.Credential, mendToken
		} else {
			// Slack answers 200 to whatever reaches a method, even one that does not exist.
			e.Mend = "check SLACK_API_URL and what is between here and Slack"
		}
	case !parsed:
		e.Class, e.Reason = vendor.Retryable, "undecodable answer"
	case !answer.OK:
		e.Class, e.Reason = vendor.Retryable, "empty answer"
	default:
		return nil
	}
	return e
}

// judge looks a code up in the table.
func judge(e *vendor.Error, answer envelope) {
	e.Class, e.Reason = vendor.Permanent, clip(answer.Error, maxReason)
	if v, ok := codes[answer.Error]; ok {
		e.Class, e.Mend = v.class, v.mend
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
func noAnswer(operation string, err error) *vendor.Error {
	e := &vendor.Error{Vendor: vendorName, Operation: operation, Class: vendor.Retryable, Reason: "no answer", Err: err}
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
func emptyAnswer(operation string) *vendor.Error {
	return &vendor.Error{Vendor: vendorName, Operation: operation, Class: vendor.Retryable, Reason: "empty answer", Status: http.StatusOK}
}

// refuse is a request that is not worth making.
func refuse(operation, reason string) *vendor.Error {
	return &vendor.Error{Vendor: vendorName, Operation: operation, Class: vendor.Permanent, Reason: reason}
}

// fail makes a *vendor.Error of what slack-go returns. What wire did not classify already is
// a success that slack-go could not decode, so it may have been applied.
func (c *Client) fail(operation string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := vendor.As(err); ok {
		return err
	}
	return &vendor.Error{
		Vendor: vendorName, Operation: operation, Class: vendor.Retryable, Reason: "undecodable answer",
		Status: http.StatusOK, Err: errors.New(c.wire.scrub(err.Error())),
	}
}

// hasReason reports whether Slack gave one of the codes.
func hasReason(err error, reasons ...string) bool {
	e, ok := vendor.As(err)
	if !ok {
		return false
	}
	return slices.Contains(reasons, e.Reason)
}
