package slacksim

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/sims/simkit"
)

// outbound makes the way to the product for one kind of request. Slack waits three seconds
// for any answer (https://docs.slack.dev/interactivity/handling-user-interaction).
func (s *Sim) outbound() *simkit.Webhooks {
	return &simkit.Webhooks{
		Sign: s.sign,
		Client: &http.Client{
			Timeout:       cmp.Or(s.opts.AnswerWithin, 3*time.Second),
			Transport:     ways{s.sockets},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// ways sends requests over a socket or over HTTP, as their address says.
type ways struct{ *sockets }

func (w ways) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == socketScheme {
		return w.sockets.RoundTrip(r)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// sign adds Slack's headers to what is sent now.
func (s *Sim) sign(h http.Header, body []byte) { Sign(h, body, s.opts.SigningSecret, s.clock.Now()) }

// Sign adds the headers of https://docs.slack.dev/authentication/verifying-requests-from-slack.
// A test forges a request with another secret, makes a stale one with an earlier time, and
// replays one by sending it again with the headers that it had.
func Sign(h http.Header, body []byte, secret string, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	h.Set("X-Slack-Request-Timestamp", stamp)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

func retryHeaders(h http.Header, retry, lastStatus int) {
	if retry == 0 {
		return
	}
	h.Set("X-Slack-Retry-Num", strconv.Itoa(retry))
	h.Set("X-Slack-Retry-Reason", "http_error")
	if lastStatus == 0 {
		h.Set("X-Slack-Retry-Reason", "http_timeout")
	}
}

// responsePath is where the response_url of a command or an action points.
const responsePath = "/response/"

// response is one response_url: five uses within half an hour.
type response struct {
	User  string
	Where *channel
	Made  time.Time
	Uses  int
	From  *message // the message whose button was pressed
}

func (s *Sim) newResponse(userID string, where *channel, from *message) string {
	s.state.NextID++
	token := "r" + strconv.Itoa(s.state.NextID)
	s.state.Responses[token] = &response{User: userID, Where: where, Made: s.clock.Now(), From: from}
	return s.base + responsePath + token
}

// serveResponse takes a message that the product sends to a response_url.
func (s *Sim) serveResponse(w http.ResponseWriter, r *http.Request) {
	var args responseJSON
	err := json.NewDecoder(r.Body).Decode(&args)
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.state.Responses[strings.TrimPrefix(r.URL.Path, responsePath)]
	switch {
	case to == nil:
		s.unexpected.Add(r.Method, r.URL.Path)
		simkit.WriteJSON(w, http.StatusNotFound, refuse("not_found").body())
		return
	case err != nil:
		simkit.WriteJSON(w, http.StatusOK, refuse("invalid_payload").body())
		return
	case to.Uses >= 5 || s.clock.Now().Sub(to.Made) > 30*time.Minute:
		simkit.WriteJSON(w, http.StatusNotFound, refuse("expired_url").body())
		return
	}
	s.changed()
	to.Uses++
	m, refused := s.responseMessage(args)
	switch {
	case refused != nil:
		simkit.WriteJSON(w, http.StatusOK, refused.body())
		return
	case args.DeleteOriginal && to.From != nil:
		s.take(to.From)
	case m == nil:
		simkit.WriteJSON(w, http.StatusOK, refuse("no_text").body())
		return
	case args.ReplaceOriginal && to.From != nil:
		to.From.Text, to.From.Blocks, to.From.Buttons, to.From.Edited = m.Text, m.Blocks, m.Buttons, true
	default:
		s.showResponse(args, m, to.User, to.Where)
	}
	_, _ = w.Write([]byte("ok"))
}

// take removes a message, also one that only one person sees.
func (s *Sim) take(m *message) {
	if strings.HasPrefix(m.Subtype, ephemeral) {
		s.state.Ephemerals = slices.DeleteFunc(s.state.Ephemerals, func(other *message) bool { return other == m })
		m.Deleted = true
		return
	}
	s.erase(m)
}

// forgetOld keeps a workspace that runs for days from growing by what cannot be used again.
func (s *Sim) forgetOld() {
	now := s.clock.Now()
	if len(s.state.Triggers) > 1000 {
		for id, t := range s.state.Triggers {
			if now.Sub(t.At) > time.Hour {
				delete(s.state.Triggers, id)
			}
		}
	}
	if len(s.state.Responses) > 1000 {
		for id, r := range s.state.Responses {
			if now.Sub(r.Made) > time.Hour {
				delete(s.state.Responses, id)
			}
		}
	}
	if n := len(s.state.Views); n > 1000 {
		s.state.Views = slices.Clone(s.state.Views[n-500:])
	}
}
