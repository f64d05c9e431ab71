package pagerduty

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations/fault"
)

// Codes of PagerDuty's refusals: https://developer.pagerduty.com/docs/errors
const (
	codeResolved     = 1001
	codeAcknowledged = 1002
	codeNoAssignee   = 1007
	codeNoRequester  = 1008
	codeNoPolicy     = 1014
	codeNobodyOnCall = 1015
	codeNoService    = 5002
)

// maxBody is the most characters that are said besides the title.
const maxBody = 4000

// create makes the incident. One with the key that is open already is what was wanted.
func (c *Client) create(ctx context.Context, call incident.PageRequest, to target) (*library.Incident, error) {
	request := map[string]any{
		"type": "incident", "title": summary(call), "urgency": "high", "incident_key": call.Key,
		"service": refer(c.service, "service_reference"),
		"body":    map[string]any{"type": "incident_body", "details": bodyOf(call)},
	}
	if to.kind == incident.ReachPolicy {
		request["escalation_policy"] = refer(to.name, "escalation_policy_reference")
	} else {
		// More than one cannot be given here.
		request["assignments"] = assignments(to.users[:1])
	}
	var answer struct {
		Incident library.Incident `json:"incident"`
	}
	var code int
	err := c.restCall(ctx, opCreate, func(ctx context.Context) error {
		err := c.do(ctx, http.MethodPost, "/incidents", map[string]any{"incident": request}, &answer)
		code = refusalCode(ctx)
		if err == nil && (answer.Incident.ID == "" || answer.Incident.IncidentKey != call.Key) {
			return incomplete(opCreate, "the answer does not say that the incident was made")
		}
		return err
	})
	if e, ok := fault.As(err); ok && e.Status >= 400 && e.Status < 500 && e.Class != fault.Credential && e.Class != fault.Retryable {
		return c.refusedCreate(ctx, call, to, code, e)
	}
	return &answer.Incident, err
}

// refusedCreate says what a refusal to make an incident means. That one with the key is open has no
// code of its own, so it is looked for.
func (c *Client) refusedCreate(ctx context.Context, call incident.PageRequest, to target, code int, e *fault.Error) (*library.Incident, error) {
	e.Class = fault.Permanent // a missing service or policy is nothing that the page was about
	e.Meaning = ""
	switch code {
	case codeNobodyOnCall:
		return nil, nobodyOnCall(strings.TrimSpace(map[string]string{incident.ReachPolicy: "the escalation policy "}[to.kind] + to.name))
	case codeNoAssignee:
		c.users.forget(incident.NormalPerson(to.name))
		e.Meaning = fault.PersonUnknown
		e.Mend = "invite them to PagerDuty, or page a service that they are on call for"
		return nil, e
	case codeNoRequester:
		e.Mend = "set PAGERDUTY_FROM to the e-mail address of a PagerDuty user"
		return nil, e
	case codeNoPolicy:
		e.Reason, e.Mend = "PagerDuty has no escalation policy "+to.name, "look its ID up in the address of the policy's page"
		return nil, e
	case codeNoService:
		e.Mend = "set PAGERDUTY_SERVICE to the ID of a PagerDuty service, as it is in the address of the service's page"
		return nil, e
	}
	open, err := c.openWith(ctx, call.Key)
	if err == nil && open != nil {
		return open, nil
	}
	if e.Mend == "" {
		e.Mend = "see whether PAGERDUTY_SERVICE and PAGERDUTY_FROM are right: `starter doctor` looks"
	}
	return nil, e
}

// addOthers assigns an incident to the others on call too, which cannot be done when it is made. One
// person is reached by then, so that a failure is only logged.
func (c *Client) addOthers(ctx context.Context, made *library.Incident, to target) {
	if len(to.users) < 2 || made.Status != "triggered" || len(made.Assignments) >= len(to.users) {
		return
	}
	change := map[string]any{"id": made.ID, "type": "incident_reference", "assignments": assignments(to.users)}
	if err := c.manage(ctx, change); err != nil {
		c.log.WarnContext(ctx, "pagerduty: only one of those on call was paged", "schedule", to.name, "error", err)
	}
}

// AcknowledgeReached acknowledges the open incident that was made for a person, a policy or a
// schedule with the key. Nothing happens when none is open. Errors are as for Trigger.
func (c *Client) AcknowledgeReached(ctx context.Context, key string) error {
	return c.set(ctx, key, "acknowledged")
}

// ResolveReached resolves it.
func (c *Client) ResolveReached(ctx context.Context, key string) error {
	return c.set(ctx, key, "resolved")
}

func (c *Client) set(ctx context.Context, key, status string) error {
	if err := c.canWrite(opManage); err != nil {
		return err
	}
	if key == "" {
		return refused(opManage, "the page has no key", "")
	}
	open, err := c.openWith(ctx, key)
	if err != nil || open == nil || open.Status == status {
		return err
	}
	return c.manage(ctx, map[string]any{"id": open.ID, "type": "incident_reference", "status": status})
}

// openWith gives the open incident of Muster's own making that has the key, or nil.
func (c *Client) openWith(ctx context.Context, key string) (*library.Incident, error) {
	list, err := c.list(ctx, key)
	for i := range list {
		if list[i].IncidentKey == key && list[i].Status != "resolved" && objectID.MatchString(list[i].ID) {
			return &list[i], nil
		}
	}
	return nil, err
}

// manage changes one incident. That it is so already is no failure.
func (c *Client) manage(ctx context.Context, change map[string]any) error {
	return c.restCall(ctx, opManage, func(ctx context.Context) error {
		var answer struct {
			Incidents []library.Incident `json:"incidents"`
		}
		err := c.do(ctx, http.MethodPut, "/incidents", map[string]any{"incidents": []any{change}}, &answer)
		if code := refusalCode(ctx); err != nil && (code == codeResolved || code == codeAcknowledged) {
			return nil
		}
		if err == nil && len(answer.Incidents) == 0 {
			return incomplete(opManage, "the answer does not say that the incident was changed")
		}
		return err
	})
}

// do makes a request that the library does not make, or not well: it would send a priority of null
// with every new incident, which is none. What changes something is in the name of a user.
func (c *Client) do(ctx context.Context, method, path string, body, answer any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, c.apiURL+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	if body != nil {
		request.Header.Set("From", c.from)
	}
	response, err := c.rest.Do(request, true)
	if err != nil {
		return fmt.Errorf("call PagerDuty: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return errors.New(response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	return nil
}

// refusalCode is PagerDuty's own code of the refusal in the call that the context belongs to.
func refusalCode(ctx context.Context) int {
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return 0
	}
	var refusal struct {
		Error struct {
			Code int `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(x.body, &refusal) // what is no refusal has no code
	return refusal.Error.Code
}

func refer(id, kind string) map[string]string { return map[string]string{"id": id, "type": kind} }

func assignments(users []string) []any {
	list := make([]any, 0, len(users))
	for _, id := range users {
		list = append(list, map[string]any{"assignee": refer(id, "user_reference")})
	}
	return list
}

// bodyOf is what is said besides the title; PagerDuty takes plain text alone.
func bodyOf(call incident.PageRequest) string {
	lines := []string{fmt.Sprintf("%s, severity %d", incident.CleanLine(call.Incident), call.Severity)}
	if call.Service != "" {
		lines = append(lines, "Service: "+incident.CleanLine(call.Service))
	}
	for _, link := range call.Links {
		if address := webLink(link.URL); address != "" {
			lines = append(lines, strings.TrimSpace(incident.CleanLine(link.Label)+" "+address))
		}
	}
	return incident.Clip(strings.Join(lines, "\n"), maxBody)
}
