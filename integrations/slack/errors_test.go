package slack

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
)

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	const (
		retryable  = fault.Retryable
		permanent  = fault.Permanent
		credential = fault.Credential
		gone       = fault.Gone
	)
	code := func(c string) string { return `{"ok":false,"error":"` + c + `"}` }
	for _, c := range []struct {
		status     int
		retryAfter string
		body       string
		class      fault.Class
		reason     string
		after      time.Duration
	}{
		{200, "", code("invalid_auth"), credential, "invalid_auth", 0},
		{200, "", code("not_authed"), credential, "not_authed", 0},
		{200, "", code("token_revoked"), credential, "token_revoked", 0},
		{200, "", code("token_expired"), credential, "token_expired", 0},
		{200, "", code("account_inactive"), credential, "account_inactive", 0},
		{200, "", code("not_allowed_token_type"), credential, "not_allowed_token_type", 0},
		{200, "", code("org_login_required"), credential, "org_login_required", 0},
		{200, "", code("team_access_not_granted"), credential, "team_access_not_granted", 0},
		{200, "", code("two_factor_setup_required"), credential, "two_factor_setup_required", 0},
		{401, "", "", credential, "unauthorized", 0},
		{403, "", "<html>", credential, "forbidden", 0},
		{403, "", code("invalid_auth"), credential, "invalid_auth", 0},

		{200, "", code("channel_not_found"), gone, "channel_not_found", 0},
		{200, "", code("is_archived"), gone, "is_archived", 0},
		{200, "", code("is_inactive"), gone, "is_inactive", 0},
		{200, "", code("message_not_found"), gone, "message_not_found", 0},
		{200, "", code("thread_not_found"), gone, "thread_not_found", 0},
		{200, "", code("cannot_reply_to_message"), gone, "cannot_reply_to_message", 0},
		{200, "", code("not_found"), gone, "not_found", 0},
		{200, "", code("expired_trigger_id"), gone, "expired_trigger_id", 0},
		{200, "", code("exchanged_trigger_id"), gone, "exchanged_trigger_id", 0},
		{200, "", code("invalid_trigger_id"), gone, "invalid_trigger_id", 0},
		{200, "", code("view_not_found"), gone, "view_not_found", 0},
		{200, "", code("hash_conflict"), gone, "hash_conflict", 0},
		{200, "", code("expired_url"), gone, "expired_url", 0},
		{200, "", code("user_not_found"), gone, "user_not_found", 0},
		{200, "", code("no_such_subteam"), gone, "no_such_subteam", 0},

		{429, "7", code("ratelimited"), retryable, "ratelimited", 7 * time.Second},
		{429, "", code("ratelimited"), retryable, "ratelimited", 0},
		{429, "", "", retryable, "too many requests", 0},
		{429, "Fri, 20 Nov 2026 09:00:30 GMT", "", retryable, "too many requests", 30 * time.Second},
		{429, "soon", "", retryable, "too many requests", 0},
		{200, "3", code("ratelimited"), retryable, "ratelimited", 3 * time.Second},
		{200, "", code("rate_limited"), retryable, "rate_limited", 0},
		{200, "", code("message_limit_exceeded"), retryable, "message_limit_exceeded", 0},
		{200, "", code("fatal_error"), retryable, "fatal_error", 0},
		{200, "", code("internal_error"), retryable, "internal_error", 0},
		{200, "", code("service_unavailable"), retryable, "service_unavailable", 0},
		{200, "", code("request_timeout"), retryable, "request_timeout", 0},
		{200, "", code("team_added_to_org"), retryable, "team_added_to_org", 0},
		{200, "", code("external_channel_migrating"), retryable, "external_channel_migrating", 0},
		{200, "", code("fetch_members_failed"), retryable, "fetch_members_failed", 0},
		{200, "", code("update_failed"), retryable, "update_failed", 0},
		{200, "", code("invalid_cursor"), retryable, "invalid_cursor", 0},
		{200, "", code("too_many_requests"), retryable, "too_many_requests", 0},
		{200, "", `{}`, retryable, "empty answer", 0},
		{200, "", `{"ok":false}`, retryable, "empty answer", 0},
		{200, "", ``, retryable, "undecodable answer", 0},
		{200, "", `<html>maintenance</html>`, retryable, "undecodable answer", 0},
		{200, "", `{"ok":tr`, retryable, "undecodable answer", 0},
		{200, "", `null`, retryable, "empty answer", 0},
		{408, "", "", retryable, "request timeout", 0},
		{500, "", "<html>", retryable, "internal server error", 0},
		{500, "", code("invalid_auth"), retryable, "invalid_auth", 0},
		{502, "", "", retryable, "bad gateway", 0},
		{503, "120", "", retryable, "service unavailable", 2 * time.Minute},
		{504, "", "", retryable, "gateway timeout", 0},
		{599, "", "", retryable, "unknown status", 0},

		{200, "", code("missing_scope"), permanent, "missing_scope", 0},
		{200, "", code("restricted_action"), permanent, "restricted_action", 0},
		{200, "", code("cannot_create_channel"), permanent, "cannot_create_channel", 0},
		{200, "", code("no_permission"), permanent, "no_permission", 0},
		{200, "", code("ekm_access_denied"), permanent, "ekm_access_denied", 0},
		{200, "", code("not_in_channel"), permanent, "not_in_channel", 0},
		{200, "", code("name_taken"), permanent, "name_taken", 0},
		{200, "", code("invalid_name_specials"), permanent, "invalid_name_specials", 0},
		{200, "", code("invalid_name_maxlength"), permanent, "invalid_name_maxlength", 0},
		{200, "", code("msg_too_long"), permanent, "msg_too_long", 0},
		{200, "", code("msg_blocks_too_long"), permanent, "msg_blocks_too_long", 0},
		{200, "", code("invalid_blocks"), permanent, "invalid_blocks", 0},
		{200, "", code("no_text"), permanent, "no_text", 0},
		{200, "", code("metadata_too_large"), permanent, "metadata_too_large", 0},
		{200, "", code("cant_update_message"), permanent, "cant_update_message", 0},
		{200, "", code("edit_window_closed"), permanent, "edit_window_closed", 0},
		{200, "", code("too_many_pins"), permanent, "too_many_pins", 0},
		{200, "", code("users_not_found"), permanent, "users_not_found", 0},
		{200, "", code("unknown_method"), permanent, "unknown_method", 0},
		{200, "", code("something_new"), permanent, "something_new", 0},
		{200, "", `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["[ERROR] too long"]}}`, permanent, "invalid_blocks: [ERROR] too long", 0},
		{200, "", code("view_too_large"), permanent, "view_too_large", 0},
		{200, "", code("push_limit_reached"), permanent, "push_limit_reached", 0},
		{200, "", code("duplicate_external_id"), permanent, "duplicate_external_id", 0},
		{200, "", code("user_not_in_channel"), permanent, "user_not_in_channel", 0},
		{200, "", `{"ok":false,"error":"invalid_arguments","response_metadata":{"messages":["[ERROR] /view/title"]}}`, permanent, "invalid_arguments: [ERROR] /view/title", 0},
		{301, "", "", permanent, "moved permanently", 0},
		{400, "", "", permanent, "bad request", 0},
		{404, "", "page not found", permanent, "not found", 0},
		{405, "", "", permanent, "method not allowed", 0},
		{413, "", "", permanent, "request entity too large", 0},
	} {
		header := http.Header{}
		if c.retryAfter != "" {
			header.Set("Retry-After", c.retryAfter)
		}
		e := classify("chat.postMessage", c.status, header, []byte(c.body), now)
		require.NotNil(t, e, "%d %s", c.status, c.body)
		require.Equal(t, c.class, e.Class, "%d %s", c.status, c.body)
		require.Equal(t, c.reason, e.Reason, "%d %s", c.status, c.body)
		require.Equal(t, c.after, e.RetryAfter, "%d %q", c.status, c.retryAfter)
		require.Equal(t, c.status, e.Status)
		require.Equal(t, "chat.postMessage", e.Operation)
	}
	require.Nil(t, classify("auth.test", 200, http.Header{}, []byte(`{"ok":true}`), now))
}

func TestAMissingScopeIsNamed(t *testing.T) {
	t.Parallel()
	e := classify("pins.add", 200, http.Header{}, []byte(`{"ok":false,"error":"missing_scope","needed":"pins:write","provided":"chat:write"}`), time.Time{})
	require.Equal(t, "slack pins.add: missing_scope: pins:write (200); give the app the scope pins:write and reinstall it", e.Error())
}

func TestWhatAPersonCanMendIsSaid(t *testing.T) {
	t.Parallel()
	for code, v := range codes {
		if v.class == fault.Credential || v.class == fault.Permanent {
			require.NotEmpty(t, v.mend, code)
		}
	}
}

func TestAReasonIsBounded(t *testing.T) {
	t.Parallel()
	long := make([]byte, 10_000)
	for i := range long {
		long[i] = 'x'
	}
	e := classify("auth.test", 200, http.Header{}, []byte(`{"ok":false,"error":"`+string(long)+`"}`), time.Time{})
	require.LessOrEqual(t, len([]rune(e.Reason)), maxReason)
}
