package everycommand_test

import (
	"context"
	"net/http"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/gateway"
	"muster/gateway/access"
	"muster/gateway/httpapi"
	"muster/gateway/incidents"
	"muster/gateway/slackdoor"
	"muster/incident"
	"muster/integrations/slack"
	"muster/starter/internal/cli"
)

// hands stand behind a way in and keep the command that they were given, and its name.
type hands struct {
	given   string
	command incident.Command
}

func (h *hands) take(name string, c incident.Command) (incidents.Outcome, error) {
	h.given, h.command = name, c
	return incidents.Outcome{Result: incident.Result{Changed: true, Status: incident.StatusOpen, Text: "Done"}}, nil
}

// atTerminal, atAPI and atDoor are the hands as each way in wants them. What a test has no use
// for is not there, and whoever asks for it panics.
type (
	atTerminal struct {
		cli.Incidents
		*hands
	}
	atAPI struct {
		gateway.Incidents
		*hands
	}
	atDoor struct {
		slackdoor.Incidents
		*hands
	}
)

func (a atTerminal) Command(_ context.Context, _ int, name string, c incident.Command) (incidents.Outcome, error) {
	return a.take(name, c)
}

func (a atAPI) Command(_ context.Context, _ int, name string, c incident.Command) (incidents.Outcome, error) {
	return a.take(name, c)
}

func (a atAPI) MayCommand(context.Context, int, incidents.Viewer) error { return nil }

func (a atDoor) Command(_ context.Context, _ int, name string, c incident.Command) (incidents.Outcome, error) {
	return a.take(name, c)
}

func (a atDoor) MayCommand(context.Context, int, incidents.Viewer) error { return nil }

// ByChannel takes every channel for that of INC-1.
func (a atDoor) ByChannel(context.Context, string, string) (int, error) { return 1, nil }

func (a atDoor) Snapshot(_ context.Context, number int) (incident.Incident, error) {
	return *snapshot(number), nil
}

func (a atDoor) List(context.Context, incidents.Filter) (incidents.List, error) {
	return incidents.List{}, nil
}

func snapshot(number int) *incident.Incident {
	return incident.New(number, incident.Declaration{Title: "Checkout is down", Kind: incident.KindIncident, Severity: 3}, now)
}

// now is when everything here happens.
var now = time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)

// everybody may call the API.
type everybody struct{}

func (everybody) Caller(*http.Request) (httpapi.Caller, error) {
	return httpapi.Caller{Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayAPI}, Scopes: access.Scopes{access.Read, access.Respond}}, nil
}

// workspace is a Slack in which everybody is Alice. It keeps the form that was opened.
type workspace struct {
	slackdoor.Slack
	opened string
}

func (w *workspace) Foreign(context.Context, slack.Origin) (bool, error) { return false, nil }

func (w *workspace) Member(_ context.Context, userID string) (slack.Member, error) {
	return slack.Member{ID: userID, Email: "alice@example.com", Name: "Alice"}, nil
}

func (w *workspace) UserID(context.Context, string) (string, error) { return "U0000000001", nil }

func (w *workspace) OpenView(_ context.Context, _ string, v slackapi.ModalViewRequest) error {
	w.opened = v.CallbackID
	return nil
}
