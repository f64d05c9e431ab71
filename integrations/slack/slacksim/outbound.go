package slacksim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/integrations/simkit"
)

// outbound makes the way to the product for one kind of request. Slack waits three seconds
// for any answer (https://docs.slack.dev/interactivity/handling-user-interaction).
func (s *Sim) outbound() *simkit.Webhooks {
	return &simkit.Webhooks{
		Sign: s.sign,
		Client: &http.Client{
			Timeout:       3 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// sign adds the headers of https://docs.slack.dev/authentication/verifying-requests-from-slack.
func (s *Sim) sign(h http.Header, body []byte) {
	stamp := strconv.FormatInt(s.clock.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(s.opts.SigningSecret))
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

// event tells the product what happened, if it listens.
func (s *Sim) event(kind string, event fields) {
	if s.events.Target() == "" {
		return
	}
	event["type"] = kind
	if event["event_ts"] == nil {
		event["event_ts"] = s.ts()
	}
	id := s.id("Ev")
	body, err := json.Marshal(fields{
		"type": "event_callback", "token": "deprecated", "team_id": teamID, "api_app_id": appID,
		"event": event, "event_id": id, "event_time": s.clock.Now().Unix(), "is_ext_shared_channel": false,
		"authorizations": []fields{{"team_id": teamID, "user_id": s.state.bot.id, "is_bot": true, "is_enterprise_install": false}},
	})
	if err != nil {
		return // nothing in an event fails to encode
	}
	s.events.Send(id, kind, http.Header{"Content-Type": {"application/json"}}, body)
}

func (s *Sim) messageEvent(m *message) {
	if s.events.Target() == "" || !m.channel.isMember[s.state.bot.id] {
		return
	}
	event := s.messageJSON(m, true)
	event["channel"], event["channel_type"], event["event_ts"] = m.channel.id, typeName(m.channel), m.ts
	s.event("message", event)
}

func typeName(ch *channel) string {
	switch {
	case ch.direct != "":
		return "im"
	case ch.private:
		return "group"
	}
	return "channel"
}

// responsePath is where the response_url of a command or an action points.
const responsePath = "/response/"

// response is one response_url: five uses within half an hour.
type response struct {
	user  string
	where *channel
	made  time.Time
	uses  int
	from  *message // the message whose button was pressed
}

func (s *Sim) newResponse(userID string, where *channel, from *message) string {
	s.state.nextID++
	token := "r" + strconv.Itoa(s.state.nextID)
	s.state.responses[token] = &response{user: userID, where: where, made: s.clock.Now(), from: from}
	return s.state.base + responsePath + token
}

// serveResponse takes a message that the product sends to a response_url.
func (s *Sim) serveResponse(w http.ResponseWriter, r *http.Request) {
	var args struct {
		Text            string          `json:"text"`
		Blocks          json.RawMessage `json:"blocks"`
		ResponseType    string          `json:"response_type"`
		ReplaceOriginal bool            `json:"replace_original"`
		DeleteOriginal  bool            `json:"delete_original"`
	}
	err := json.NewDecoder(r.Body).Decode(&args)
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.state.responses[strings.TrimPrefix(r.URL.Path, responsePath)]
	switch {
	case to == nil:
		s.unexpected.Add(r.Method, r.URL.Path)
		simkit.WriteJSON(w, http.StatusNotFound, refuse("not_found").body())
		return
	case err != nil:
		simkit.WriteJSON(w, http.StatusOK, refuse("invalid_payload").body())
		return
	case to.uses >= 5 || s.clock.Now().Sub(to.made) > 30*time.Minute:
		simkit.WriteJSON(w, http.StatusNotFound, refuse("expired_url").body())
		return
	}
	s.changed()
	to.uses++
	m := &message{user: s.state.bot.id, botID: botID, text: stored(args.Text)}
	if len(args.Blocks) > 0 {
		var refused *refusal
		if m.blocks, m.buttons, refused = s.readBlocks(string(args.Blocks)); refused != nil {
			simkit.WriteJSON(w, http.StatusOK, refused.body())
			return
		}
	}
	switch {
	case args.DeleteOriginal && to.from != nil:
		s.erase(to.from)
	case args.ReplaceOriginal && to.from != nil:
		to.from.text, to.from.blocks, to.from.buttons, to.from.edited = m.text, m.blocks, m.buttons, true
	case args.ResponseType == "in_channel":
		s.say(to.where, m)
	default:
		m.channel, m.ts, m.subtype = to.where, s.ts(), "ephemeral:"+to.user
		s.state.ephemerals = append(s.state.ephemerals, m)
	}
	s.state.ephemerals = s.state.ephemerals[max(0, len(s.state.ephemerals)-1000):]
	_, _ = w.Write([]byte("ok"))
}

// forgetOld keeps a workspace that runs for days from growing by what cannot be used again.
func (s *Sim) forgetOld() {
	now := s.clock.Now()
	if len(s.state.triggers) > 1000 {
		for id, t := range s.state.triggers {
			if now.Sub(t.at) > time.Hour {
				delete(s.state.triggers, id)
			}
		}
	}
	if len(s.state.responses) > 1000 {
		for id, r := range s.state.responses {
			if now.Sub(r.made) > time.Hour {
				delete(s.state.responses, id)
			}
		}
	}
	if n := len(s.state.views); n > 1000 {
		s.state.views = slices.Clone(s.state.views[n-500:])
	}
}
