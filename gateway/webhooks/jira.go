package webhooks

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"muster/gateway/internal/answer"
	"muster/integrations/jira"
	"muster/workflows/api"
)

// jira takes Jira's webhooks.
func (h *hooks) jira(w http.ResponseWriter, r *http.Request) {
	if h.Vendors.Jira == nil {
		h.notSetUp(w, r, "Jira", "JIRA_WEBHOOK_SECRET")
		return
	}
	body, err := answer.Body(w, r, maxBody)
	if err != nil {
		answer.Failed(w, r, h.Logger, err)
		return
	}
	e, err := h.Vendors.Jira(r.Header, body)
	switch {
	case errors.Is(err, jira.ErrNoSecret):
		h.notSetUp(w, r, "Jira", "JIRA_WEBHOOK_SECRET")
		return
	case errors.Is(err, jira.ErrNoSignature):
		h.doubted(w, r, "jira", http.StatusUnauthorized, err)
		return
	case errors.Is(err, jira.ErrMalformed):
		h.Logger.WarnContext(r.Context(), "webhook not understood", "vendor", "jira", "error", err)
		ignore(w, "it was not understood")
		return
	case err != nil:
		h.doubted(w, r, "jira", http.StatusForbidden, err)
		return
	}
	if (e.Type != jira.EventIssueUpdated && e.Type != jira.EventIssueDeleted) || e.MusterKey == "" {
		ignore(w, e.Type+" does not concern an issue of ours")
		return
	}
	var workflow string
	if !h.known(w, r, func(installation string) bool {
		workflow = issueOf(installation, e.Labels)
		return workflow != ""
	}) {
		h.Logger.DebugContext(r.Context(), "webhook ignored", "vendor", "jira", "issue", e.Issue.Key, "labels", e.Labels)
		return
	}
	if !concerns(workflow, e.Type) {
		ignore(w, "nothing here waits for it")
		return
	}
	if h.Vendors.JiraSelf != nil && h.Vendors.JiraSelf(r.Context(), e.Actor) {
		ignore(w, "Muster did it itself")
		return
	}
	by := e.Actor.Email
	if by == "" {
		by = e.Actor.DisplayName
	}
	h.deliver(w, r, workflow, api.IssueChanged, api.IssueChangedInput{DeliveryID: e.DeliveryID, Issue: e.Issue, By: by})
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
// equal one is this installation'h.
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
