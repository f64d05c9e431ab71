package slack_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/slack"
)

// The example of https://docs.slack.dev/authentication/verifying-requests-from-slack.
const (
	documentedSecret    = "8f742231b10e8888abcd99yyyzzz85a5"
	documentedTime      = 1531420618
	documentedBody      = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	documentedSignature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
)

func documentedHeader() http.Header {
	return http.Header{
		"X-Slack-Request-Timestamp": {strconv.Itoa(documentedTime)},
		"X-Slack-Signature":         {documentedSignature},
	}
}

func TestTheDocumentedSignatureIsAccepted(t *testing.T) {
	t.Parallel()
	right, other := fault.NewSecret(documentedSecret), fault.NewSecret("other")
	for _, secrets := range [][]fault.Secret{{right}, {other, right}, {right, other}, {{}, right}} {
		for _, off := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute} {
			now := time.Unix(documentedTime, 0).Add(off)
			require.NoError(t, slack.VerifySignature(documentedHeader(), []byte(documentedBody), secrets, now))
		}
	}
}

func TestForgedAndStaleRequestsAreRefused(t *testing.T) {
	t.Parallel()
	right := []fault.Secret{fault.NewSecret(documentedSecret)}
	now := time.Unix(documentedTime, 0)
	with := func(name, value string) http.Header {
		h := documentedHeader()
		h.Set(name, value)
		return h
	}
	for name, c := range map[string]struct {
		header  http.Header
		body    string
		secrets []fault.Secret
		now     time.Time
	}{
		"another body":     {documentedHeader(), documentedBody + "&text=x", right, now},
		"another secret":   {documentedHeader(), documentedBody, []fault.Secret{fault.NewSecret("other")}, now},
		"another time":     {with("X-Slack-Request-Timestamp", strconv.Itoa(documentedTime+1)), documentedBody, right, now},
		"no time":          {with("X-Slack-Request-Timestamp", ""), documentedBody, right, now},
		"no number":        {with("X-Slack-Request-Timestamp", "today"), documentedBody, right, now},
		"too old":          {documentedHeader(), documentedBody, right, now.Add(5*time.Minute + time.Second)},
		"from the future":  {documentedHeader(), documentedBody, right, now.Add(-5*time.Minute - time.Second)},
		"no signature":     {with("X-Slack-Signature", ""), documentedBody, right, now},
		"half a signature": {with("X-Slack-Signature", documentedSignature[:20]), documentedBody, right, now},
		"another version":  {with("X-Slack-Signature", "v1"+documentedSignature[2:]), documentedBody, right, now},
		"no headers":       {http.Header{}, documentedBody, right, now},
	} {
		err := slack.VerifySignature(c.header, []byte(c.body), c.secrets, c.now)
		require.ErrorIs(t, err, slack.ErrSignature, name)
		require.NotContains(t, err.Error(), documentedSecret)
	}
}

func TestAnEmptySecretSignsNothing(t *testing.T) {
	t.Parallel()
	mac := hmac.New(sha256.New, nil)
	mac.Write([]byte("v0:" + strconv.Itoa(documentedTime) + ":body"))
	header := http.Header{
		"X-Slack-Request-Timestamp": {strconv.Itoa(documentedTime)},
		"X-Slack-Signature":         {"v0=" + hex.EncodeToString(mac.Sum(nil))},
	}
	for _, secrets := range [][]fault.Secret{nil, {{}}, {{}, {}}} {
		err := slack.VerifySignature(header, []byte("body"), secrets, time.Unix(documentedTime, 0))
		require.NotEmpty(t, requireClass(t, err, fault.Off, "no signing secret").Mend)
	}
}
