package pagerdutysim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Means is a way in which PagerDuty notifies a person.
type Means string

// The means, as the log of an incident calls them without "_notification".
const (
	Push  Means = "push"
	Phone Means = "phone"
	SMS   Means = "sms"
	Email Means = "email"
)

// Rule is one of a person's notification rules for high urgency: how long after an incident was
// assigned to them PagerDuty notifies them, while nobody has acknowledged it, and by which means.
// https://support.pagerduty.com/docs/user-profile#notification-rules
type Rule struct {
	After time.Duration `json:"after,omitempty"`
	Means Means         `json:"means"`
}

// DefaultRules are those of people who have not been given others.
var DefaultRules = []Rule{{Means: Push}}

// quietRules are everybody's for low urgency.
var quietRules = []Rule{{Means: Email}}

// dueNotice is a notification that a rule asks for at a moment, if it is still wanted then.
type dueNotice struct {
	Incident *record
	Who      *user
	Means    Means
	At       time.Time
	Urgency  string
}

// SetRules gives a person notification rules of their own for high urgency.
func (s *Sim) SetRules(email string, rules ...Rule) {
	s.lock()
	defer s.unlock()
	s.changed()
	s.person(email).Rules = slices.Clone(rules)
}

// DeleteUser does what an administrator does who deletes somebody: the REST API does not know them any
// more, and what they did and were told keeps their name alone.
func (s *Sim) DeleteUser(email string) error {
	s.lock()
	defer s.unlock()
	u := s.state.UsersByEmail[strings.ToLower(email)]
	if u == nil {
		return fmt.Errorf("pagerdutysim: there is no user %s", email)
	}
	s.changed()
	u.Deleted = true
	delete(s.state.UsersByEmail, strings.ToLower(email))
	return nil
}

// deleteUser serves POST /_sim/delete_user.
func (s *Sim) deleteUser(w http.ResponseWriter, r *http.Request) {
	var a action
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&a)
	if err == nil {
		err = s.DeleteUser(a.By)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// notify applies a person's rules: what they ask for at once is done, the rest waits for its time.
func (s *Sim) notify(rec *record, who *user, now time.Time) {
	rules := quietRules
	if rec.Urgency == string(AlwaysHigh) {
		rules = DefaultRules
		if who.Rules != nil {
			rules = who.Rules
		}
	}
	for _, rule := range rules {
		n := dueNotice{Incident: rec, Who: who, Means: rule.Means, At: now.Add(rule.After), Urgency: rec.Urgency}
		if rule.After <= 0 {
			s.notified(n)
			continue
		}
		s.state.Due = append(s.state.Due, n)
		s.later(rule.After)
	}
	slices.SortStableFunc(s.state.Due, func(a, b dueNotice) int { return a.At.Compare(b.At) })
}

// notifyDue notifies by the rules whose time has come.
func (s *Sim) notifyDue(now time.Time) {
	for len(s.state.Due) > 0 && !s.state.Due[0].At.After(now) {
		n := s.state.Due[0]
		s.state.Due = s.state.Due[1:]
		s.changed()
		rec := n.Incident
		if rec.Status == Triggered && (slices.Contains(rec.Assignees, n.Who) || slices.Contains(rec.Responders, n.Who)) {
			s.notified(n)
		}
	}
}

// hush forgets what rules ask for later, since somebody has answered or the incident is another's.
func (s *Sim) hush(rec *record) {
	s.state.Due = slices.DeleteFunc(s.state.Due, func(n dueNotice) bool { return n.Incident == rec })
}

func (s *Sim) notified(n dueNotice) {
	rec := n.Incident
	s.state.Notifications = append(s.state.Notifications, Notification{
		At: n.At, Person: n.Who.Email, IncidentID: rec.ID, IncidentKey: rec.firstKey(), Summary: rec.Title, Urgency: n.Urgency, Means: n.Means,
	})
	s.note(rec, logEntry{Kind: notifyEntry, Summary: "Notified " + n.Who.Name + " by " + string(n.Means), Notified: n.Who, Means: n.Means}, n.At)
}

// notifyEntry is the kind of the entries that say whom PagerDuty has notified.
const notifyEntry = "notify_log_entry"

// overview are the kinds that the log shows with is_overview: "the most important changes to the
// incident", says the description of the parameter.
var overview = []string{
	"trigger_log_entry", "acknowledge_log_entry", "unacknowledge_log_entry", "resolve_log_entry", "assign_log_entry",
	"escalate_log_entry", "delegate_log_entry", "snooze_log_entry", "annotate_log_entry",
}

// listLogEntries serves GET /incidents/{id}/log_entries, the newest first. An entry is seen only some
// time after what it says: Options.LogLag.
func (s *Sim) listLogEntries(r *request) answer {
	rec := s.addressed(r)
	if rec == nil {
		return notFound
	}
	q := r.URL.Query()
	var since, until time.Time
	for parameter, target := range map[string]*time.Time{"since": &since, "until": &until} {
		if text := q.Get(parameter); text != "" {
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return invalid(parameter + " is invalid")
			}
			*target = at
		}
	}
	var shown []logEntry
	for _, e := range rec.Log {
		at := e.At.Truncate(time.Second)
		hidden := e.At.Add(s.options.LogLag).After(r.now) || at.Before(since) || (!until.IsZero() && at.After(until))
		if !hidden && (q.Get("is_overview") != "true" || slices.Contains(overview, e.Kind)) {
			shown = append(shown, e)
		}
	}
	slices.Reverse(shown)
	return page(r, "log_entries", shown, func(e logEntry) map[string]any { return s.restLogEntry(rec, e) })
}

// restLogEntry is an entry of an incident's log. Only the user and the channel of a notification say
// whom it went to and how: PagerDuty/go-pagerduty#200.
func (s *Sim) restLogEntry(rec *record, e logEntry) map[string]any {
	channel := "auto"
	if e.Agent != nil {
		channel = "website"
	}
	out := map[string]any{
		"id": e.ID, "type": e.Kind, "summary": e.Summary, "self": apiURL("log_entries", e.ID), "html_url": nil,
		"created_at": stamp(e.At), "agent": s.agentReference(e.Agent, rec.Service),
		"channel": map[string]any{"type": channel}, "incident": s.incidentReference(rec),
		"service": s.serviceReference(rec.Service), "teams": []any{}, "contexts": []any{},
	}
	if e.Kind == "trigger_log_entry" {
		out["event_details"] = map[string]any{"description": rec.Title}
	}
	if e.Assignees != nil {
		assignees := []any{}
		for _, u := range e.Assignees {
			assignees = append(assignees, s.userReference(u))
		}
		out["assignees"] = assignees
	}
	if e.Notified != nil {
		out["channel"] = map[string]any{"type": "auto", "notification": map[string]any{
			"type": string(cmp.Or(e.Means, Push)) + "_notification", "status": "success", "address": e.address(),
		}}
		out["user"] = s.userReference(e.Notified)
	}
	return out
}

// address is where a notification went; there is none for the app on a phone.
func (e logEntry) address() any {
	switch e.Means {
	case Email:
		return e.Notified.Email
	case Phone, SMS:
		return "+1 555 0100"
	case Push:
	}
	return nil
}

func namesOf(users []*user) string {
	var names []string
	for _, u := range users {
		names = append(names, u.Name)
	}
	return strings.Join(names, ", ")
}
