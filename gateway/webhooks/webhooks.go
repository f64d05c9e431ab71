// Package webhooks takes what vendors send of their own accord: it believes what is signed, finds the
// workflow that it concerns, and signals it.
package webhooks

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"muster/gateway/internal/answer"
	"muster/incident"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/internal/logs"
	"muster/workflows/api"
)

// What may be in memory at once of bodies that nobody has vouched for yet, as the signature is over the
// whole body. Jira sends whole issues, with descriptions of up to 32,767 characters each.
const (
	maxBody = 1 << 20
	maxRoom = 16 << 20
)

// Incidents is what the webhooks need of incidents.Client.
type Incidents interface {
	Register(ctx context.Context) (api.RegisterState, error)
	Deliver(ctx context.Context, workflowID, signal string, input any) error
	// ByIssue finds the incident whose own tracker issue has the ID, or 0.
	ByIssue(ctx context.Context, issueID string) (int, error)
}

// Vendors verify and read what each vendor sends. A nil one means that the vendor is not set up;
// its deliveries are answered 503, so that the vendor keeps them until it is.
type Vendors struct {
	PagerDuty func(header http.Header, body []byte) (pagerduty.Event, error)
	Jira      func(header http.Header, body []byte) (jira.Event, error)
	// JiraSelf reports whether Muster's own account did something: its echo is no news, and
	// taking it for a person's act would answer every change with another one. It may be nil.
	JiraSelf func(ctx context.Context, a jira.Actor) bool
	// PersonEmail gives the e-mail address of a PagerDuty user. It may be nil.
	PersonEmail func(ctx context.Context, userID string) (string, error)
	// PageAlerts gives the alerts of a PagerDuty incident, FindPage what PagerDuty says of the page
	// with a key. They are nil where Muster may not ask.
	PageAlerts func(ctx context.Context, incidentID string) ([]pagerduty.Alert, error)
	FindPage   func(ctx context.Context, key string) (incident.PageState, error)
	// PagerDutyFrom is the e-mail address in whose name Muster itself acts at PagerDuty, or empty.
	PagerDutyFrom string
}

// Options are what the webhooks need.
type Options struct {
	Incidents Incidents
	Vendors   Vendors
	Logger    *slog.Logger
	Now       func() time.Time
	// Delivered, if set, hears what came of each delivery.
	Delivered func(vendor string, o Outcome)
}

type hooks struct {
	Options
	installation installation
	// pagerDutyRoom and jiraRoom are apart: a flood at one vendor's door leaves the other's open.
	pagerDutyRoom, jiraRoom *answer.Room
	// pagerDutySigned and jiraSigned remember whether the vendor's signatures fit.
	pagerDutySigned, jiraSigned *signatures
}

// Mount makes a mux take the vendors' webhooks.
func Mount(mux *http.ServeMux, o Options) {
	h := &hooks{Options: o, pagerDutySigned: newSignatures("pagerduty"), jiraSigned: newSignatures("jira")}
	h.pagerDutyRoom, h.jiraRoom = answer.NewRoom(maxRoom), answer.NewRoom(maxRoom)
	h.installation.ask = o.Incidents.Register
	h.installation.now = o.Now
	mux.HandleFunc("POST /webhooks/pagerduty", h.counted("pagerduty", h.pagerDuty))
	mux.HandleFunc("POST /webhooks/jira", h.counted("jira", h.jira))
}

// delivered gives what is logged for a delivery the vendor's own ID of it.
func delivered(ctx context.Context, id string) context.Context {
	return logs.With(ctx, slog.String("delivery_id", id))
}

// answered tells whoever tries the webhook by hand what came of it; vendors do not read it.
type answered struct {
	Signalled string `json:"signalled,omitempty"`
	Ignored   string `json:"ignored,omitempty"`
}

func ignore(w http.ResponseWriter, why string) {
	if o, ok := w.(*outcomeWriter); ok {
		o.ignored = true
	}
	answer.JSON(w, http.StatusOK, answered{Ignored: why})
}

func (h *hooks) notSetUp(w http.ResponseWriter, r *http.Request, vendor, variable string) {
	h.Logger.WarnContext(r.Context(), "webhook of a vendor that is not set up", "vendor", vendor)
	answer.Problem(w, http.StatusServiceUnavailable, incident.Problem{
		Code: "away", Reason: vendor + " webhooks are not set up here", Mend: "set " + variable + " where Muster runs",
	})
}

// deliver signals a workflow and answers the vendor. A workflow that has ended needs to hear
// nothing. Anything else that fails is 503: the vendor tries again later.
func (h *hooks) deliver(w http.ResponseWriter, r *http.Request, workflow, signal string, in any) {
	switch ended, err := h.signal(r, workflow, signal, in); {
	case ended:
		ignore(w, workflow+" has ended")
	case err != nil:
		unavailable(w, "not_recorded", "the event could not be recorded")
	default:
		answer.JSON(w, http.StatusOK, answered{Signalled: workflow})
	}
}

// signal signals a workflow, or says that it has ended.
func (h *hooks) signal(r *http.Request, workflow, signal string, in any) (ended bool, err error) {
	err = h.Incidents.Deliver(r.Context(), workflow, signal, in)
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		return true, nil
	}
	if err != nil {
		h.Logger.ErrorContext(r.Context(), "webhook not delivered", "workflow_id", workflow, "signal", signal, "error", err)
	}
	return false, err
}

// unavailable asks a vendor to deliver again later.
func unavailable(w http.ResponseWriter, code incident.Code, reason string) {
	w.Header().Set("Retry-After", "5")
	answer.Problem(w, http.StatusServiceUnavailable, incident.Problem{Code: code, Reason: reason, Mend: "deliver it again"})
}

// doubted answers a delivery that is not believed.
func (h *hooks) doubted(w http.ResponseWriter, r *http.Request, vendor string, status int, err error) {
	h.Logger.WarnContext(r.Context(), "webhook refused", "vendor", vendor, "error", err)
	code := incident.Code("forbidden")
	switch status {
	case http.StatusUnauthorized:
		code = "unauthorized"
	case http.StatusServiceUnavailable:
		code = "bad_signature"
	}
	answer.Problem(w, status, incident.Problem{Code: code, Reason: err.Error(), Mend: "compare the webhook's secret at the vendor with the one that Muster has"})
}

// known gives the installation, or answers the vendor itself: 503 while it cannot be known.
func (h *hooks) known(w http.ResponseWriter, r *http.Request, ours func(installation string) bool) bool {
	is, err := h.installation.matches(r.Context(), ours)
	if err != nil {
		h.unknown(w, r, err)
		return false
	}
	if !is {
		ignore(w, "it belongs to another installation, or to none")
	}
	return is
}

func (h *hooks) unknown(w http.ResponseWriter, r *http.Request, err error) {
	h.Logger.ErrorContext(r.Context(), "webhook not delivered: the installation is not known", "error", err)
	unavailable(w, "away", "no worker answers")
}
