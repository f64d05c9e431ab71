package slack

import (
	"net/http"
	"strings"
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
		{403, "", "denied", credential, "forbidden", 0},
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
		{200, "", `<html>maintenance</html>`, retryable, "a web page came instead of an answer", 0},
		{301, "", `<html>moved</html>`, retryable, "a web page came instead of an answer", 0},
		{401, "", `<html>log in</html>`, retryable, "a web page came instead of an answer", 0},
		{403, "30", `<html>denied</html>`, retryable, "a web page came instead of an answer", 30 * time.Second},
		{404, "", `<!doctype html>`, retryable, "a web page came instead of an answer", 0},
		{413, "", `<html>too large</html>`, permanent, "request entity too large", 0},
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

// expected says of every code what Slack's documentation makes of it, by hand: a row of the
// table that is not here, or is here as something else, fails. mend holds words of what a
// person is told to do, and nothing where there is nothing to do.
var expected = []struct {
	class   fault.Class
	meaning fault.Meaning
	mend    string
	codes   string
}{
	{fault.Credential, "", "SLACK_BOT_TOKEN", "invalid_auth not_authed token_revoked token_expired account_inactive not_allowed_token_type"},
	{fault.Credential, "", "install the app again", "org_login_required"},
	{fault.Credential, "", "two-factor", "two_factor_setup_required"},
	{fault.Credential, fault.NotAllowed, "approved", "team_access_not_granted"},

	{fault.Gone, fault.ChannelMissing, "invite the app", "channel_not_found"},
	{fault.Gone, fault.ChannelArchived, "unarchive", "is_archived is_inactive"},
	{fault.Gone, fault.ObjectGone, "", "message_not_found thread_not_found cannot_reply_to_message not_found"},
	{fault.Gone, fault.ObjectGone, "", "duplicate_channel_not_found duplicate_message_not_found"},
	{fault.Gone, fault.ObjectGone, "once more", "expired_trigger_id exchanged_trigger_id invalid_trigger_id trigger_expired trigger_exchanged"},
	{fault.Gone, fault.ObjectGone, "", "view_not_found hash_conflict expired_url used_url"},
	{fault.Gone, fault.ObjectGone, "user group", "no_such_subteam subteam_not_found"},
	{fault.Gone, fault.PersonUnknown, "", "user_not_found"},

	{fault.Retryable, fault.RateLimited, "", "ratelimited rate_limited too_many_requests message_limit_exceeded"},
	{fault.Retryable, "", "", "fatal_error internal_error service_unavailable request_timeout fetch_members_failed update_failed"},
	{fault.Retryable, "", "", "team_added_to_org external_channel_migrating invalid_cursor"},

	{fault.Permanent, fault.ScopeMissing, "scope", "missing_scope"},
	{fault.Permanent, fault.NotAllowed, "admin of the workspace", "restricted_action cannot_create_channel app_access_restricted no_permission access_denied"},
	{fault.Permanent, fault.NotAllowed, "post in this channel", "restricted_action_read_only_channel restricted_action_thread_only_channel posting_to_channel_denied"},
	{fault.Permanent, fault.NotAllowed, "allow threads", "restricted_action_non_threadable_channel"},
	{fault.Permanent, fault.NotAllowed, "unlock the thread", "restricted_action_thread_locked"},
	{fault.Permanent, fault.NotAllowed, "organisation", "ekm_access_denied"},
	{fault.Permanent, fault.NotAllowed, "network", "accesslimited"},
	{fault.Permanent, fault.NotAllowed, "/invite", "not_in_channel"},
	{fault.Permanent, fault.NotAllowed, "editing", "edit_window_closed"},
	{fault.Permanent, fault.PersonUnknown, "e-mail address", "users_not_found"},
	{fault.Permanent, "", "rename", "name_taken"},
	{fault.Permanent, "", "another name", "invalid_name invalid_name_specials invalid_name_punctuation invalid_name_maxlength invalid_name_required"},
	{fault.Permanent, "", "unpin", "too_many_pins"},
	{fault.Permanent, "", "remove a bookmark", "too_many_bookmarks"},
	{fault.Permanent, "", "link", "invalid_link"},
	{fault.Permanent, "", "SLACK_API_URL", "unknown_method"},
}

func TestEveryCodeOfTheTableMeansWhatIsExpected(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, want := range expected {
		for code := range strings.FieldsSeq(want.codes) {
			require.False(t, seen[code], "%s is expected twice", code)
			seen[code] = true
			require.Contains(t, codes, code, "it is expected and not in the table")
			e := classify("chat.postMessage", http.StatusOK, http.Header{}, []byte(`{"ok":false,"error":"`+code+`"}`), time.Time{})
			require.NotNil(t, e, code)
			require.Equal(t, want.class, e.Class, code)
			require.Equal(t, want.meaning, e.Meaning, code)
			require.Equal(t, code, e.Reason)
			if want.mend == "" {
				require.Empty(t, e.Mend, code)
			} else {
				require.Contains(t, e.Mend, want.mend, code)
			}
			found := asIf("chat.postMessage", code)
			found.Status = http.StatusOK
			require.Equal(t, e, found, "what we find out ourselves is what Slack would say")
		}
	}
	for code := range codes {
		require.True(t, seen[code], "the row %s is not tested", code)
	}
}

// A server in trouble may say anything; only a refusal means something.
func TestAServerInTroubleMeansNothingByACode(t *testing.T) {
	t.Parallel()
	for status, meaning := range map[int]fault.Meaning{429: fault.RateLimited, 500: "", 503: ""} {
		e := classify("chat.postMessage", status, http.Header{}, []byte(`{"ok":false,"error":"is_archived"}`), time.Time{})
		require.Equal(t, fault.Retryable, e.Class)
		require.Equal(t, meaning, e.Meaning)
	}
}

// The app-level token is another one, so its mends are others too.
func TestWhatToDoAboutTheAppToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status     int
		code, mend string
	}{
		{200, "missing_scope", "connections:write"},
		{200, "not_allowed_token_type", "xapp-"},
		{200, "invalid_auth", "SLACK_APP_TOKEN"},
		{200, "token_revoked", "make a new app-level token"},
		{200, "forbidden_team", "ask who administers it"},
		{200, "something_new", "switch Socket Mode on"},
		{200, "account_inactive", "switch Socket Mode on"},
		{403, "", "SLACK_MODE=http"},
	} {
		body := `{"ok":false,"error":"` + c.code + `","needed":"connections:write"}`
		e := classify("apps.connections.open", c.status, http.Header{}, []byte(body), time.Time{})
		require.Contains(t, e.Mend, c.mend, c.code)
		require.NotContains(t, e.Mend, "SLACK_BOT_TOKEN", c.code)
	}
	e := classify("apps.connections.open", http.StatusServiceUnavailable, http.Header{}, nil, time.Time{})
	require.Empty(t, e.Mend, "time mends it")
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
