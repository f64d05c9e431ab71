package slackdoor

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"muster/gateway/internal/answer"
	"muster/integrations/fault"
	"muster/integrations/slack"
)

// Where Slack sends to, below the gateway's address, as the app's manifest says.
const (
	PathCommands      = slack.CommandPath
	PathInteractivity = slack.InteractionPath
	PathEvents        = slack.EventPath
)

// maxBody is more than Slack sends: a form is at most 250 kB of JSON, in which encoding as a form triples
// some signs. maxRoom bounds all that is in memory at once of what nobody has vouched for yet.
const (
	maxBody = 1 << 20
	maxRoom = 16 << 20
)

// HTTP is the way in by signed requests.
type HTTP struct {
	// Inbound takes what was verified and read.
	Inbound slack.Inbound
	// Secrets are the signing secrets, two of them while one is being changed.
	Secrets []fault.Secret
	Logger  *slog.Logger
	Now     func() time.Time

	room *answer.Room
}

// Handler serves the three addresses that the app's manifest names.
func (h HTTP) Handler() http.Handler {
	if h.Logger == nil {
		h.Logger = slog.New(slog.DiscardHandler)
	}
	if h.Now == nil {
		h.Now = time.Now
	}
	h.room = answer.NewRoom(maxRoom)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+PathCommands, h.take(func(r *http.Request, body []byte) (slack.Answer, error) {
		c, err := slack.ParseSlashCommand(body)
		if err != nil {
			return slack.Answer{}, err
		}
		return h.Inbound.Command(r.Context(), c), nil
	}))
	mux.HandleFunc("POST "+PathInteractivity, h.take(func(r *http.Request, body []byte) (slack.Answer, error) {
		i, err := slack.ParseInteraction(body)
		if err != nil {
			return slack.Answer{}, err
		}
		return h.Inbound.Interaction(r.Context(), i), nil
	}))
	mux.HandleFunc("POST "+PathEvents, h.take(h.event))
	return mux
}

func (h HTTP) event(r *http.Request, body []byte) (slack.Answer, error) {
	e, err := slack.ParseEvent(body)
	if err != nil {
		return slack.Answer{}, err
	}
	if e.Type == slack.EventVerification {
		return slack.Answer{Body: map[string]string{"challenge": e.Challenge}}, nil
	}
	if n, err := strconv.Atoi(r.Header.Get("X-Slack-Retry-Num")); err == nil {
		e.Retry = n
	}
	return h.Inbound.Event(r.Context(), e), nil
}

// take verifies a request before it reads it, and answers Slack. Our answers go to people: what
// was refused is said in the status alone.
func (h HTTP) take(read func(r *http.Request, body []byte) (slack.Answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := slack.CheckSigned(r.Header, h.Now()); err != nil {
			h.refuse(w, r, http.StatusUnauthorized, err)
			return
		}
		body, leave, err := h.room.Body(w, r, maxBody)
		if err != nil {
			h.refuse(w, r, answer.StatusOf(err), err)
			return
		}
		defer leave()
		if err := slack.VerifySignature(r.Header, body, h.Secrets, h.Now()); err != nil {
			h.refuse(w, r, http.StatusUnauthorized, err)
			return
		}
		a, err := read(r, body)
		switch {
		case errors.Is(err, slack.ErrMalformed):
			// It is signed, so it is theirs, and sending it again would not make it readable.
			h.Logger.WarnContext(r.Context(), "request from Slack not understood", "path", r.URL.Path, "error", err)
			w.Header().Set("X-Slack-No-Retry", "1")
			w.WriteHeader(http.StatusOK)
		case err != nil:
			h.refuse(w, r, http.StatusInternalServerError, err)
		case a.Refused:
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			h.answer(w, r, a)
		}
	}
}

func (h HTTP) answer(w http.ResponseWriter, r *http.Request, a slack.Answer) {
	if a.Body == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	body, err := json.Marshal(a.Body)
	if err != nil {
		h.refuse(w, r, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body) // Slack has gone
}

func (h HTTP) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	h.Logger.WarnContext(r.Context(), "request to the Slack door refused", "path", r.URL.Path, "status", status, "error", err)
	w.WriteHeader(status)
}
