package jira

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

// maxReason bounds what of Jira's words goes into an error.
const maxReason = 300

// refusal is Jira's own account of a 4xx, as its ErrorCollection has it. It is kept as the
// cause of the fault.Error, so that a caller here can see which field was refused.
type refusal struct {
	Messages []string          `json:"errorMessages"`
	Fields   map[string]string `json:"errors"`
	Message  string            `json:"message"` // the gateway in front of Jira writes this one
	text     string
}

func (r *refusal) Error() string { return r.text }

// refused classifies an answer outside 2xx.
func (c *Client) refused(op string, status int, header http.Header, body []byte) *fault.Error {
	r := parseRefusal(body)
	r.text = incident.Clip(c.scrub(r.words(status)), maxReason)
	e := &fault.Error{Vendor: vendorName, Operation: op, Status: status, Reason: r.text, Err: r}
	v := judge(op, status, header, body, r)
	e.Class, e.Meaning, e.Mend = v.class, v.meaning, v.mend
	switch {
	case loginFailed(header):
		e.Reason = failedLogin(status, r.text)
	case v.mend == mendPage:
		e.Reason = fault.PageReason
	}
	if e.Class == fault.Retryable {
		e.RetryAfter = retryAfter(header, c.now())
	}
	return e
}

func parseRefusal(body []byte) *refusal {
	r := &refusal{}
	if json.Unmarshal(body, r) == nil {
		return r
	}
	// A field's error may be something else than text; the rest is still worth having.
	var loose struct {
		Messages []string       `json:"errorMessages"`
		Fields   map[string]any `json:"errors"`
	}
	r = &refusal{}
	if json.Unmarshal(body, &loose) == nil {
		r.Messages = loose.Messages
		r.Fields = map[string]string{}
		for k, v := range loose.Fields {
			r.Fields[k] = loosely(v)
		}
	}
	return r
}

// loosely writes what should have been a text as Jira wrote it.
func loosely(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "" // it was JSON
	}
	return string(raw)
}

func (r *refusal) words(status int) string {
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(r.Fields)) {
		parts = append(parts, field+": "+r.Fields[field])
	}
	parts = append(parts, r.Messages...)
	if r.Message != "" {
		parts = append(parts, r.Message)
	}
	if len(parts) == 0 {
		return cmp.Or(strings.ToLower(http.StatusText(status)), "status "+strconv.Itoa(status))
	}
	for k, part := range parts {
		parts[k] = strings.TrimRight(part, ". \n") // our own sentences go on behind it
	}
	return strings.Join(strings.Fields(strings.Join(parts, "; ")), " ")
}

// names reports whether Jira named the field as a reason.
func (r *refusal) names(field string) bool {
	_, ok := r.Fields[field]
	return ok
}

// verdict is what an answer means to us. The meaning is empty where the class says all.
type verdict struct {
	class   fault.Class
	meaning fault.Meaning
	mend    string
}

// judge decides what an answer means and what a person can do about it. It is the one place
// where that is decided.
func judge(op string, status int, header http.Header, body []byte, r *refusal) verdict {
	switch {
	case loginFailed(header):
		return verdict{class: fault.Credential, mend: mendLogin}
	case lockedOut(header):
		return judgeForbidden(header)
	case status < 500 && inBetween(status, header, body):
		return verdict{class: fault.Retryable, mend: mendPage}
	case status >= 300 && status <= 399:
		return verdict{class: fault.Permanent, mend: "JIRA_URL leads elsewhere; set it to the address that a browser ends up at"}
	case status == http.StatusUnauthorized:
		return verdict{class: fault.Credential, mend: mendLogin}
	case status == http.StatusForbidden:
		return judgeForbidden(header)
	case status == http.StatusNotFound || status == http.StatusGone:
		return verdict{fault.Permanent, fault.Unseen, mendUnseen}
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		return judgeFields(op, r)
	case status == http.StatusConflict:
		// Somebody changed the issue at the same moment; edits and transitions set state.
		return verdict{class: fault.Retryable}
	default:
		// 408, 425, 429 and 5xx are Retryable, 413 and the rest Permanent.
		return verdict{class: fault.ClassOfStatus(status)}
	}
}

const (
	mendLogin  = "the API token was refused: it expired, was revoked or is another account's; make a new one and set JIRA_EMAIL and JIRA_TOKEN"
	mendUnseen = "let Jira's Muster account see it (Browse projects, and the issue's security level); if it was deleted, drop the follow-up or link another issue"
	mendPage   = "a login page or a proxy answers in Jira's place; if it does not pass, set JIRA_URL to the site's own address, and let Muster through to it"
)

// loginFailed reports that Jira did not take the login and served the request as an anonymous
// visitor's. Cloud does so with any status, 200 with nothing in it and 404 among them.
// See MrRefactoring/jira.js#418, raycast/extensions#27550 and tenable/integration-jira-cloud#165.
func loginFailed(header http.Header) bool {
	reason := strings.ToUpper(header.Get("X-Seraph-LoginReason"))
	return strings.Contains(reason, "AUTHENTICATED_FAILED") || strings.Contains(reason, "AUTHORISATION_FAILED")
}

// stranger is what Jira's answer means to whom it did not take for who they are.
const stranger = "the login failed, and Jira answered as to a stranger"

// failedLogin is the reason of a refusal to somebody whose login failed. What Jira says besides 401 and
// 403 was said to a stranger, such as that an issue does not exist, and misleads.
func failedLogin(status int, said string) string {
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		return incident.Clip("the login failed: "+said, maxReason)
	}
	return stranger
}

// notAdmitted finds out that an answer which looks like a success is none: it was given to an anonymous
// visitor, or it is a page for a browser. It comes before anything is concluded from the answer.
func (c *Client) notAdmitted(op string, status int, header http.Header, body []byte) error {
	e := &fault.Error{Vendor: vendorName, Operation: op, Status: status}
	switch {
	case loginFailed(header):
		e.Class, e.Reason, e.Mend = fault.Credential, stranger, mendLogin
	case inBetween(status, header, body):
		e.Class, e.Reason, e.Mend = fault.Retryable, fault.PageReason, mendPage
	default:
		return nil
	}
	return e
}

// inBetween reports that something else than Jira answered, with a page for a browser. Jira's own pages, such
// as Data Center's for 401, carry what it thinks of the login.
func inBetween(status int, header http.Header, body []byte) bool {
	own := header.Get("X-Seraph-LoginReason") != "" && (status == http.StatusUnauthorized || status == http.StatusForbidden)
	return !own && fault.WebPage(status, header, body)
}

// lockedOut reports that Jira wants a CAPTCHA to be solved.
func lockedOut(header http.Header) bool {
	return strings.Contains(strings.ToUpper(header.Get("X-Seraph-LoginReason")), "AUTHENTICATION_DENIED")
}

// judgeForbidden tells a refused person from a refused deed.
func judgeForbidden(header http.Header) verdict {
	if lockedOut(header) {
		return verdict{class: fault.Credential, mend: "Jira locked the account after failed logins: log in once in a browser and solve the CAPTCHA, then check JIRA_TOKEN"}
	}
	return verdict{fault.Permanent, fault.NotAllowed, "give Jira's Muster account the permissions that it needs in the project (browse, create, edit, transition, assign, schedule, link)"}
}

var (
	requiredWords = regexp.MustCompile(`(?i)\bis required\b`)
	screenWords   = regexp.MustCompile(`(?i)cannot be set\. it is not on the appropriate screen`)
	projectWords  = regexp.MustCompile(`(?i)for the field 'project'`)
	// permissionWords are those of a 400 that means a 403.
	permissionWords = regexp.MustCompile(`(?i)not have (?:the )?permission to (create|edit|comment)`)
	permissionTo    = map[string]string{"create": "Create issues", "edit": "Edit issues", "comment": "Add comments"}
	goneWords       = regexp.MustCompile(`(?i)does not exist|could not find|not found|cannot be found`)
	customFieldID   = regexp.MustCompile(`^customfield_[0-9]+$`)
	ownFieldsNames  = map[string]string{
		"priority": "Priority", "components": "Components", "security": "Security Level",
		"labels": "Labels", "description": "Description", "duedate": "Due date", "summary": "Summary", "assignee": "Assignee", "parent": "Parent",
	}
)

// judgeFields reads a 400. The first field (by name) that is understood decides the mend.
func judgeFields(op string, r *refusal) verdict {
	for _, field := range slices.Sorted(maps.Keys(r.Fields)) {
		words := r.Fields[field]
		switch {
		case field == "issuetype":
			return verdict{class: fault.Permanent, mend: "the project has no such issue type, or not for this use: set tracker.incident_type, tracker.follow_up_type or tracker.review_type (a sub-task type needs a parent) in the playbook"}
		case field == "project" || field == "pid":
			return verdict{class: fault.Permanent, mend: "set tracker.project in the playbook to the key of a project that Jira's Muster account may use"}
		case (field == "parent" || field == "parentId") && goneWords.MatchString(words):
			return verdict{fault.Permanent, fault.Unseen, "Jira does not show the parent issue to Muster's account: " + mendUnseen}
		case field == "parent" || field == "parentId":
			return verdict{class: fault.Permanent, mend: "set tracker.follow_up_type in the playbook to a type that may be a child of tracker.incident_type's"}
		case screenWords.MatchString(words):
			return verdict{class: fault.Permanent, mend: offScreenMend(op, field)}
		case requiredWords.MatchString(words):
			return verdict{class: fault.Permanent, mend: "fill tracker.fields." + field + " (tracker.follow_up_fields for a child) in the playbook or make it optional in Jira"}
		case customFieldID.MatchString(field) || ownFieldsNames[field] == "":
			return verdict{class: fault.Permanent, mend: "Jira does not take this value: check " + field + " in tracker.fields and tracker.follow_up_fields of the playbook"}
		}
	}
	for _, m := range r.Messages {
		if deed := permissionWords.FindStringSubmatch(m); deed != nil {
			return verdict{fault.Permanent, fault.NotAllowed, "give Jira's Muster account the permission " + permissionTo[strings.ToLower(deed[1])] + " in the project"}
		}
	}
	if slices.ContainsFunc(r.Messages, projectWords.MatchString) {
		return verdict{class: fault.Permanent, mend: "set tracker.project in the playbook to the key of a project that Jira's Muster account may use"}
	}
	return verdict{class: fault.Permanent}
}

func offScreenMend(op, field string) string {
	screen := "edit"
	if op == opCreate {
		screen = "create"
	}
	if name := ownFieldsNames[field]; name != "" {
		mend := fmt.Sprintf("put the field %s on the project's %s screen in Jira", name, screen)
		if permission := permissionOf[field]; permission != "" {
			mend += fmt.Sprintf(", and give its Muster account the permission %s", permission)
		} else if op == opUpdate {
			mend += ", and give its Muster account the permission Edit issues"
		}
		return mend
	}
	return fmt.Sprintf("put the field %s on the project's %s screen in Jira, or remove it from tracker.fields and tracker.follow_up_fields of the playbook", field, screen)
}

// retryAfter reads Retry-After, and X-RateLimit-Reset where a gateway left the former out.
// https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
func retryAfter(header http.Header, now time.Time) time.Duration {
	if d := fault.ParseRetryAfter(header.Get("Retry-After"), now); d > 0 {
		return d
	}
	reset := strings.TrimSpace(header.Get("X-RateLimit-Reset"))
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, reset); err == nil {
			return min(max(t.Sub(now), 0), time.Hour)
		}
	}
	return 0
}
