package gateway

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"muster/integrations/jira"
	"muster/workflows/api"
)

// jira takes Jira's webhooks.
func (s *server) jira(w http.ResponseWriter, r *http.Request) {
	if s.Webhooks.Jira == nil {
		s.notSetUp(w, r, "Jira", "JIRA_WEBHOOK_SECRET")
		return
	}
	body, err := readBody(w, r, maxWebhook)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	e, err := s.Webhooks.Jira(r.Header, body)
	switch {
	case errors.Is(err, jira.ErrNoSecret):
		s.notSetUp(w, r, "Jira", "JIRA_WEBHOOK_SECRET")
		return
	case errors.Is(err, jira.ErrNoSignature):
		s.doubted(w, r, "jira", http.StatusUnauthorized, err)
		return
	case errors.Is(err, jira.ErrMalformed):
		s.Logger.WarnContext(r.Context(), "webhook not understood", "vendor", "jira", "error", err)
		ignore(w, "it was not understood")
		return
	case err != nil:
		s.doubted(w, r, "jira", http.StatusForbidden, err)
		return
	}
	if (e.Type != jira.EventIssueUpdated && e.Type != jira.EventIssueDeleted) || e.MusterKey == "" {
		ignore(w, e.Type+" does not concern an issue of ours")
		return
	}
	var workflow string
	if !s.known(w, r, func(installation string) bool {
		workflow = issueOf(installation, e.Labels)
		return workflow != ""
	}) {
		s.Logger.DebugContext(r.Context(), "webhook ignored", "vendor", "jira", "issue", e.Issue.Key, "labels", e.Labels)
		return
	}
	if !concerns(workflow, e.Type) {
		ignore(w, "nothing here waits for it")
		return
	}
	if s.Webhooks.JiraSelf != nil && s.Webhooks.JiraSelf(r.Context(), e.Actor) {
		ignore(w, "Muster did it itself")
		return
	}
	by := e.Actor.Email
	if by == "" {
		by = e.Actor.DisplayName
	}
	s.deliver(w, r, workflow, api.IssueChanged, api.IssueChangedInput{DeliveryID: e.DeliveryID, Issue: e.Issue, By: by})
}

// concerns reports whether a workflow acts on what happened to its issue: a follow-up on any
// change, the others on a deletion only.
func concerns(workflow, event string) bool {
	child, _ := api.ParseID(workflow)
	return child.Part == "follow-up" || event == jira.EventIssueDeleted
}

// labelled finds in a label of Muster's what the key was about: INC-42, and perhaps a follow-up
// or a review. The hash at its end was made of the whole key.
var labelled = regexp.MustCompile(`INC-(\d{1,9})-(?:(follow-up|review|issue)-)?(?:(\d{1,9})-)?[0-9a-f]{8}$`)

// issueOf gives the workflow that keeps an issue with these labels, or "". A label cannot be
// read back, so the key that it seems to have been made of is made into a label again: only an
// equal one is this installation's.
func issueOf(installation string, labels []string) string {
	for _, label := range labels {
		m := labelled.FindStringSubmatch(label)
		if m == nil || !strings.HasPrefix(label, jira.LabelPrefix) {
			continue
		}
		number, err := strconv.Atoi(m[1])
		if err != nil {
			continue
		}
		part, err := strconv.Atoi(m[3])
		if err != nil {
			part = 1
		}
		workflow, step := api.IncidentID(number), ""
		switch m[2] {
		case "follow-up":
			workflow = api.FollowUpID(number, part)
		case "review":
			workflow = api.ReviewID(number, part)
		case "issue":
			step = "issue"
		}
		if jira.Label(api.VendorKey(installation, workflow, step)) == label {
			return workflow
		}
	}
	return ""
}
