package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"muster/integrations/fault"
)

// ErrSignature is wrapped by every refusal of VerifySignature that concerns the request.
var ErrSignature = errors.New("slack signature refused")

// signatureWindow is how far a request's time may be from ours, in both directions
// (https://docs.slack.dev/authentication/verifying-requests-from-slack).
const signatureWindow = 5 * time.Minute

// VerifySignature checks that a request comes from Slack: that the header
// X-Slack-Signature holds the HMAC of the raw body and of X-Slack-Request-Timestamp under one
// of the signing secrets, and that it was made within five minutes of now. Several secrets
// are for the days of a rotation; empty ones are passed over. Without any the error is a
// *fault.Error of class fault.Off, otherwise it wraps ErrSignature.
//
// It does not notice a request that is sent again within the window: what a request says must
// be applied once by its own ID.
func VerifySignature(header http.Header, body []byte, secrets []fault.Secret, now time.Time) error {
	if err := CheckSigned(header, now); err != nil {
		return err
	}
	stamp := header.Get("X-Slack-Request-Timestamp")
	got := []byte(header.Get("X-Slack-Signature"))
	configured, matched := false, false
	for _, s := range secrets {
		if s.Empty() { // anybody can sign with an empty secret
			continue
		}
		configured = true
		// No early end: how long it takes must not tell which secret matched.
		if hmac.Equal(got, []byte(signature(s, stamp, body))) {
			matched = true
		}
	}
	switch {
	case !configured:
		return &fault.Error{
			Vendor: vendorName, Operation: "verify request", Class: fault.Off, Reason: "there is no signing secret",
			Mend: "set SLACK_SIGNING_SECRET to the Signing Secret of the app's page Basic Information",
		}
	case !matched:
		return fmt.Errorf("%w: no signing secret fits", ErrSignature)
	}
	return nil
}

// CheckSigned is the part of VerifySignature that needs no body: that the request claims to be signed, within
// five minutes of now. Its error wraps ErrSignature.
func CheckSigned(header http.Header, now time.Time) error {
	seconds, err := strconv.ParseInt(header.Get("X-Slack-Request-Timestamp"), 10, 64)
	if err != nil {
		return fmt.Errorf("%w: the timestamp is missing or no number", ErrSignature)
	}
	if d := now.Sub(time.Unix(seconds, 0)); d > signatureWindow || d < -signatureWindow {
		return fmt.Errorf("%w: the timestamp is more than 5 minutes away; check this machine's clock", ErrSignature)
	}
	if header.Get("X-Slack-Signature") == "" {
		return fmt.Errorf("%w: there is none", ErrSignature)
	}
	return nil
}

func signature(secret fault.Secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}
