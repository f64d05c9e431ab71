package doctor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/config"
	"muster/playbook"
	"muster/playbook/file"
	"muster/workflows/api"
)

// rehearsal tries something for real, on request.
type rehearsal struct {
	*examination
	// installation is part of the keys, so that two installations never share a test's traces.
	installation string
}

// rehearse reads settings and playbook; false when they do not serve.
func rehearse(ctx context.Context, o Options, check string) (*rehearsal, bool) {
	r := &rehearsal{examination: &examination{Options: o, watch: watched(&o)}, installation: "doctor"}
	r.HTTPClient = o.HTTPClient
	c, err := config.Load(o.Lookup)
	r.config = c
	if err != nil {
		r.say(Broken, check, "run `starter doctor` and mend the settings first", "%s", fault.Words(strings.ReplaceAll(err.Error(), "\n", " / ")))
		return r, false
	}
	if r.playbook, err = file.Load(o.Playbook, o.Now()); err != nil {
		r.say(Broken, check, "run `starter playbook check` and correct it first", "the playbook cannot be used")
		return r, false
	}
	bounded, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	if state, err := o.Register(bounded); err == nil && state.Installation != "" {
		r.installation = state.Installation
	}
	return r, true
}

// key names what a test makes on a day, so that a test that is repeated finds it.
func (r *rehearsal) key(what string) string {
	today := r.Now().In(r.playbook.Calendar().Location()).Format(time.DateOnly)
	return api.VendorKey(r.installation, "doctor/"+what+"/"+today, "")
}

// failed says what did not work, and reports whether something did not.
func (r *rehearsal) failed(check, what string, err error) bool {
	if err == nil {
		return false
	}
	mend := mendOf(err)
	if e, ok := fault.As(err); ok && e.Status == http.StatusTooManyRequests {
		mend = "wait a minute and run it again: it goes on with the same issues; Jira takes only so many changes of one issue at a time"
		if e.Vendor != "jira" {
			mend = "wait a minute and run it again"
		}
	}
	r.say(Broken, check, mend, "%s: %s", what, reason(err))
	return true
}

const issueCheck = "test issue"

// TestIssue makes an incident's issue with a follow-up below it as Muster makes them, updates them, moves
// them to done, back and to done again, and leaves them there, clearly named. What an earlier test of the
// day has made is used again.
func TestIssue(ctx context.Context, o Options) []Finding {
	r, ok := rehearse(ctx, o, issueCheck)
	if ok {
		r.issues(ctx)
	}
	return r.found
}

func (r *rehearsal) issues(ctx context.Context) {
	t := r.playbook.Tracker()
	if !r.config.Jira.On() || t.Project == "" {
		r.say(Broken, issueCheck, "set JIRA_URL, JIRA_EMAIL and JIRA_TOKEN, and tracker.project in the playbook", "Jira is not set up, so nothing was tried")
		return
	}
	client, err := r.tracker()
	if r.failed(issueCheck, "Jira's client", err) {
		return
	}
	parent := incident.Issue{
		Key: r.issueKey(t.Project, t.IncidentType, t.Fields), Project: t.Project, Type: t.IncidentType, Summary: "[Muster test] an incident's issue",
		Description: []string{"`starter doctor --test-issue` made this to see whether it can. Nothing is wrong; it may be deleted."},
		Labels:      append([]string{"muster-test"}, t.Labels...), Owner: r.config.Jira.Email, Fields: t.Fields,
	}
	ref, ok := r.made(ctx, client, parent)
	if !ok {
		return
	}
	child := parent
	child.Type, child.Summary, child.Fields, child.Parent = t.FollowUpType, "[Muster test] a follow-up", t.FollowUpFields, ref.Key
	child.Key = r.issueKey(t.Project, t.IncidentType, t.Fields, "below", t.FollowUpType, t.FollowUpFields)
	child.Due = incident.Date(r.Now().AddDate(0, 0, 7).Format(time.DateOnly))
	below, ok := r.made(ctx, client, child)
	if ok {
		r.moved(ctx, client, below, child, t)
	}
	r.moved(ctx, client, ref, parent, t)
}

// issueKey is the key of a test issue of the day and of what the playbook says of it: an issue that was
// made before the playbook was mended proves nothing of the mend.
func (r *rehearsal) issueKey(said ...any) string {
	raw, err := json.Marshal(said)
	if err != nil { // what a playbook holds came from text
		raw = []byte(fmt.Sprint(said...))
	}
	sum := sha256.Sum256(raw)
	return r.key("test-issue") + "/" + hex.EncodeToString(sum[:6])
}

// How often and how long a test waits when Jira asks for it: its limit for writes to one issue is over
// within half a minute, and a second test just after the first one meets it.
const (
	testWaits   = 2
	longestWait = 15 * time.Second
)

// patiently makes a call again when Jira says that it will take it soon.
func (r *rehearsal) patiently(ctx context.Context, call func() error) error {
	wait := r.Wait
	if wait == nil {
		wait = pause
	}
	err := call()
	for range testWaits {
		e, ok := fault.As(err)
		if !ok || e.Class != fault.Retryable || e.RetryAfter <= 0 || e.RetryAfter > longestWait || wait(ctx, e.RetryAfter) != nil {
			break
		}
		err = call()
	}
	return err
}

// testTracker is Jira as a test uses it.
type testTracker interface {
	FindIssue(ctx context.Context, issue incident.Issue) (incident.IssueRef, bool, error)
	CreateIssue(ctx context.Context, issue incident.Issue, look bool) (incident.IssueWritten, error)
	UpdateIssue(ctx context.Context, key string, issue incident.Issue) ([]incident.LeftOff, error)
	MoveIssue(ctx context.Context, key string, goal incident.Goal, prefer []string, resolution string) (incident.IssueState, error)
}

// made looks for an issue and makes it if there is none.
func (r *rehearsal) made(ctx context.Context, client testTracker, issue incident.Issue) (incident.IssueRef, bool) {
	var ref incident.IssueRef
	var found bool
	err := r.patiently(ctx, func() (err error) {
		ref, found, err = client.FindIssue(ctx, issue)
		return err
	})
	if r.failed(issueCheck, "look for an earlier "+issue.Type, err) {
		return ref, false
	}
	if found {
		r.say(OK, issueCheck, "", "%s of an earlier test today is used again: %s", ref.Key, ref.URL)
		return ref, true
	}
	var written incident.IssueWritten
	look := false
	err = r.patiently(ctx, func() (err error) {
		written, err = client.CreateIssue(ctx, issue, look)
		look = true // a refusal does not prove that nothing was made
		return err
	})
	if r.failed(issueCheck, "make an issue of type "+issue.Type, err) {
		return written.IssueRef, false
	}
	r.say(OK, issueCheck, "", "made %s, of type %s: %s", written.Key, issue.Type, written.URL)
	r.leftOff(written.Key, written.LeftOff)
	return written.IssueRef, true
}

// leftOff says which fields Jira would not take.
func (r *rehearsal) leftOff(key string, left []incident.LeftOff) {
	for _, l := range left {
		r.say(Warning, issueCheck, l.Mend, "%s is without its %s: %s", key, l.Field, l.Reason)
	}
}

// moved updates an issue and takes it to done, back and to done again.
func (r *rehearsal) moved(ctx context.Context, client testTracker, ref incident.IssueRef, issue incident.Issue, t playbook.TrackerPolicy) {
	changed := issue
	changed.Summary += " (updated)"
	var without []incident.LeftOff
	err := r.patiently(ctx, func() (err error) {
		without, err = client.UpdateIssue(ctx, ref.Key, changed)
		return err
	})
	if r.failed(issueCheck, "update "+ref.Key+", which stays where it is", err) {
		return
	}
	r.leftOff(ref.Key, without)
	var path []string
	for _, step := range []struct {
		goal   incident.Goal
		prefer []string
	}{{incident.GoalProgress, t.InProgress}, {incident.GoalDone, t.Done}, {incident.GoalOpen, t.Open}, {incident.GoalDone, t.Done}} {
		var state incident.IssueState
		err := r.patiently(ctx, func() (err error) {
			was := state
			if state, err = client.MoveIssue(ctx, ref.Key, step.goal, step.prefer, ""); state.Status == "" {
				state = was
			}
			return err
		})
		if r.failed(issueCheck, fmt.Sprintf("move %s to %s, and it was last seen in %s", ref.Key, step.goal, lastSeen(state.Status, path)), err) {
			return
		}
		path = append(path, state.Status)
	}
	r.say(OK, issueCheck, "", "%s was updated and moved: %s; it stays there", ref.Key, strings.Join(path, ", "))
	if issue.Owner != "" || issue.Due != "" {
		r.arrived(ctx, ref, issue)
	}
}

// lastSeen is the status in which an issue was last seen.
func lastSeen(now string, path []string) string {
	switch {
	case now != "":
		return strconv.Quote(now)
	case len(path) > 0:
		return strconv.Quote(path[len(path)-1])
	}
	return "the status that it had before"
}

// arrived looks whether owner and due date came through: where Jira refuses them they are left off.
func (r *rehearsal) arrived(ctx context.Context, ref incident.IssueRef, issue incident.Issue) {
	client, err := r.tracker()
	if err != nil {
		return
	}
	states, err := client.IssueStates(ctx, []string{ref.Key})
	if r.failed(issueCheck, "read "+ref.Key, err) || len(states) != 1 {
		return
	}
	if issue.Due != "" && states[0].Due != issue.Due {
		r.say(Warning, issueCheck, "put Due date on the screens of its type, and give Schedule Issues to Jira's Muster account", "%s has no due date, though it was made with one", ref.Key)
	}
	if issue.Owner != "" && states[0].Owner == "" {
		r.say(Warning, issueCheck, "put Assignee on the screens of its type, and give Assign Issues to Jira's Muster account and Assignable User to whom it assigns",
			"%s has no assignee, though it was assigned to Muster's own account", ref.Key)
	}
}
