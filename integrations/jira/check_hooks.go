package jira

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

// WebhookPath ends the address to which Jira's webhooks go.
const WebhookPath = "/webhooks/jira"

// HookEvents are the events that Muster reads, as Jira names them. Others do no harm.
var HookEvents = []string{EventIssueCreated, EventIssueUpdated, EventIssueDeleted}

// beside leads from version 2 of the REST API to the others that stand beside it.
const beside = "../../"

// hook is a webhook as its administration knows it.
// https://developer.atlassian.com/cloud/jira/platform/webhooks/#registering-a-webhook-using-the-rest-api
type hook struct {
	Name        string          `json:"name"`
	URL         string          `json:"url"`
	Events      []string        `json:"events"`
	Enabled     *bool           `json:"enabled"`
	ExcludeBody bool            `json:"excludeBody"`
	Filters     json.RawMessage `json:"filters"`
}

const hookSubject = "webhook"

// checkHooks looks for a webhook to Muster. Only administrators of the site see webhooks, and Muster's
// account had better be none, so mostly this ends with saying so.
func (s *survey) checkHooks(ctx context.Context) error {
	var hooks []hook
	err := s.c.do(ctx, call{op: "webhooks.list", method: http.MethodGet, path: beside + "webhooks/1.0/webhook", out: &hooks})
	if e, ok := fault.As(err); ok && (e.Class != fault.Retryable || e.Status >= 200 && e.Status < 300) {
		s.say(Finding{
			Unasked: true, Subject: hookSubject, Text: "only Jira administrators see webhooks, so Muster cannot check it; its account need not be an administrator",
			Mend: "ask a Jira administrator to look under System, WebHooks, for one that leads to the gateway's " + WebhookPath + " with the events " + strings.Join(HookEvents, ", "),
		})
		return nil
	}
	if err != nil {
		return err
	}
	before, ours := len(s.found), 0
	for _, h := range hooks {
		if u, err := url.Parse(h.URL); err == nil && strings.HasSuffix(u.Path, WebhookPath) {
			ours++
			s.checkHook(h)
		}
	}
	if ours == 0 {
		s.say(broken(hookSubject, "add one at Jira under System, WebHooks, with the address of the gateway and "+WebhookPath,
			"none leads to Muster, so what people do in Jira is seen by the sweep only"))
	} else if len(s.found) == before {
		s.say(fine(hookSubject, "registered, with all events that Muster reads"))
	}
	return nil
}

func (s *survey) checkHook(h hook) {
	subject := hookSubject + " " + incident.Clip(h.Name, 40)
	missing := slices.DeleteFunc(slices.Clone(HookEvents), func(e string) bool { return slices.Contains(h.Events, e) })
	switch {
	case h.Enabled != nil && !*h.Enabled:
		s.say(broken(subject, "enable it at Jira under System, WebHooks", "it is disabled, so what people do in Jira is seen by the sweep only"))
	case h.ExcludeBody:
		s.say(broken(subject, "untick Exclude body there", "it sends no body, so nobody knows which issue it is about"))
	case len(missing) > 0:
		s.say(warning(subject, "tick them at Jira under System, WebHooks", "it leaves out %s, which is then seen by the sweep only", strings.Join(missing, ", ")))
	}
}

// soonOver is how long before a token ends people are told.
const soonOver = 14 * 24 * time.Hour

// checkTokenLife asks when tokens end. Data Center tells of all tokens of the account, and not which one
// it was asked with; Cloud tells nothing.
// https://developer.atlassian.com/server/jira/platform/personal-access-token/
func (s *survey) checkTokenLife(ctx context.Context) (bool, error) {
	const subject = "token"
	if s.c.cloud {
		s.say(fine(subject, "Jira Cloud does not say when an API token ends; it is a year after it was made at the latest, so note the day"))
		return true, nil
	}
	if s.c.email != "" {
		return true, nil // a password
	}
	var tokens []struct {
		Name    string `json:"name"`
		Expires string `json:"expiringAt"`
	}
	err := s.c.do(ctx, call{op: "tokens.list", method: http.MethodGet, path: beside + "pat/latest/tokens", out: &tokens})
	if e, ok := fault.As(err); ok && (e.Class != fault.Retryable || e.Status >= 200 && e.Status < 300) {
		s.say(Finding{Unasked: true, Subject: subject, Text: "Jira does not say when the account's tokens end", Mend: "look in the profile of Jira's Muster account, under Personal Access Tokens"})
		return true, nil
	}
	if err != nil {
		return false, err
	}
	before := len(s.found)
	for _, t := range tokens {
		end, known := parseTime(t.Expires)
		if known && end.Sub(s.c.now()) < soonOver {
			s.say(warning(subject, "make a new one in its profile, under Personal Access Tokens, and set JIRA_TOKEN; then delete this one",
				"the account's token %q ends on %s, and nothing reaches Jira after that if it is Muster's", incident.Clip(t.Name, 40), end.Format(time.DateOnly)))
		}
	}
	if len(s.found) == before {
		s.say(fine(subject, "none of the account's tokens ends within %d days", int(soonOver.Hours()/24)))
	}
	return true, nil
}

// parseTime reads a moment as Jira writes it.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05.000-0700", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
