package jira

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"muster/incident"
	"muster/integrations/fault"
)

// Finding is one line of a check-up.
type Finding struct {
	// OK reports that all is well with Subject.
	OK bool
	// Warning marks what Muster can live with: the issue lacks something, but it is made.
	Warning bool
	// Unasked marks what Jira would not tell, so that nobody knows how it stands.
	Unasked bool
	// Partial says that because of it something was not looked at.
	Partial bool
	// Example is the issue in Text that stands for others.
	Example string
	// Subject is what was looked at, such as "issue type Incident".
	Subject string
	// Text says what was found, and why it matters.
	Text string
	// Mend says what a person can do; empty when OK.
	Mend string
}

func broken(subject, mend, text string, args ...any) Finding {
	return Finding{Subject: subject, Text: fmt.Sprintf(text, args...), Mend: mend}
}

func warning(subject, mend, text string, args ...any) Finding {
	return Finding{Warning: true, Subject: subject, Text: fmt.Sprintf(text, args...), Mend: mend}
}

func fine(subject, text string, args ...any) Finding {
	return Finding{OK: true, Subject: subject, Text: fmt.Sprintf(text, args...)}
}

// Setup is what the playbook wants of Jira. Names that are empty are not looked at.
type Setup struct {
	Project                                string
	IncidentType, FollowUpType, ReviewType string
	// Fields are those that the playbook fills for a parent, FollowUpFields for a child.
	Fields, FollowUpFields map[string]any
	// Done and Open name the statuses to prefer.
	Done, Open []string
	// DroppedResolution and Priorities are names of resolutions and priorities that the playbook writes.
	DroppedResolution string
	Priorities        []string
	// People are addresses that issues may be assigned to; a few of them are looked up.
	People []string
	// Prefix begins the names of incidents: INC of INC-42.
	Prefix string
}

// Self reports whether an actor is the account that this client uses. It asks Jira once, and
// says no while Jira does not answer: an event too many harms less than one that is missed.
func (c *Client) Self(ctx context.Context, a Actor) bool {
	if a.Email != "" && c.email != "" {
		return incident.NormalPerson(a.Email) == incident.NormalPerson(c.email)
	}
	if a.AccountID == "" {
		return false
	}
	if me, ok := c.self.Load().(wireUser); ok {
		return c.isMe(me, a)
	}
	var me wireUser
	if err := c.do(ctx, call{op: "myself.get", method: http.MethodGet, path: "myself", out: &me}); err != nil {
		c.log.WarnContext(ctx, "own account is not known", "error", err)
		return false
	}
	c.self.Store(me)
	return c.isMe(me, a)
}

// isMe compares an account with an actor, whom Data Center may name by key, too.
func (c *Client) isMe(me wireUser, a Actor) bool {
	return a.AccountID != "" && (a.AccountID == c.site.id(&me) || a.AccountID == me.Key)
}

// survey is one check-up.
type survey struct {
	c       *Client
	want    Setup
	account wireUser
	project wireProject
	types   []metaType
	// blindToPeople says that nobody can be looked up.
	blindToPeople bool
	found         []Finding
}

func (s *survey) say(f ...Finding) { s.found = append(s.found, f...) }

// Check looks at what Muster needs in a project, and only asks. What is wrong with the set-up becomes
// findings; an error, always a *fault.Error, means that Jira could not be asked.
func (c *Client) Check(ctx context.Context, want Setup) ([]Finding, error) {
	s := &survey{c: c, want: want}
	for _, check := range []func(context.Context) (bool, error){s.checkSite, s.checkAccount, s.checkTokenLife, s.checkProject} {
		goOn, err := check(ctx)
		if err != nil {
			return s.found, err
		}
		if !goOn {
			s.found[len(s.found)-1].Partial = true
			return s.found, nil
		}
	}
	for _, check := range []func(context.Context) error{
		s.checkPermissions, s.checkTypes, s.checkWay, s.checkResolution, s.checkPriorities, s.checkPeople, s.checkHooks, s.checkPrefix,
	} {
		err := check(ctx)
		if e, ok := fault.As(err); ok && e.Class != fault.Retryable { // what one question is refused concerns no other
			mend := cmp.Or(e.Mend, "look whether Jira's Muster account and its token may ask this")
			s.say(Finding{Unasked: true, Partial: true, Subject: "question " + e.Operation, Text: "Jira refused it: " + e.Said(), Mend: mend})
			err = nil
		}
		if err != nil {
			return s.found, err
		}
	}
	return s.found, nil
}

// checkSite asks what Jira this is. Cloud and Data Center differ in what people, searches and tokens are.
func (s *survey) checkSite(ctx context.Context) (bool, error) {
	var info struct {
		Kind string `json:"deploymentType"`
	}
	err := s.c.do(ctx, call{op: "serverInfo.get", method: http.MethodGet, path: "serverInfo", out: &info})
	if err != nil || info.Kind == "" {
		return true, nil // what keeps it from answering keeps the account's question from it too
	}
	if cloud := strings.EqualFold(info.Kind, "Cloud"); cloud != s.c.cloud {
		want := DataCenter
		if cloud {
			want = Cloud
		}
		s.say(broken("site", "set JIRA_DEPLOYMENT="+want, "JIRA_URL leads to Jira %s, and Muster is set up for Jira %s", kindName(cloud), kindName(s.c.cloud)))
		return false, nil
	}
	return true, nil
}

// kindName is what people call one of the two kinds of Jira.
func kindName(cloud bool) string {
	if cloud {
		return "Cloud"
	}
	return "Data Center"
}

const accountSubject = "account"

// checkAccount asks who the token belongs to. Jira Cloud treats a token that has expired as nobody and
// answers many questions all the same, with nothing: this one it refuses.
// https://github.com/MrRefactoring/jira.js/issues/418
func (s *survey) checkAccount(ctx context.Context) (bool, error) {
	err := s.c.do(ctx, call{op: "myself.get", method: http.MethodGet, path: "myself", out: &s.account})
	e, failed := fault.As(err)
	switch {
	case failed && strings.Contains(strings.ToLower(e.Reason), "scope does not match"):
		s.say(broken(accountSubject, "make a token with the scopes read:jira-work, write:jira-work and read:jira-user, or one without scopes",
			"the API token lacks a scope, so Jira does not say who it belongs to"))
		return false, nil
	case failed && e.Class == fault.Credential:
		s.say(broken(accountSubject, e.Mend, "%s, so no issue is made, read or moved", e.Reason))
		return false, nil
	case failed && e.Status >= 200 && e.Status < 400:
		s.say(broken(accountSubject, "set JIRA_URL to the address under which Jira's REST API answers without a login page",
			"JIRA_URL leads to a page for people and not to Jira's API"))
		return false, nil
	case err != nil:
		return false, err
	case s.account.id() == "":
		s.say(broken(accountSubject, "check JIRA_EMAIL and JIRA_TOKEN: Jira takes us for nobody in particular",
			"Jira answers and names no account, so whatever it does not show is taken for hidden"))
		return false, nil
	}
	s.say(fine(accountSubject, "logged in as %s", s.account.DisplayName))
	return true, nil
}

// wireProject is a project as far as it is looked at.
type wireProject struct {
	Name       string `json:"name"`
	Archived   bool   `json:"archived"`
	Deleted    bool   `json:"deleted"` // in the trash, Cloud only
	Simplified bool   `json:"simplified"`
}

func (s *survey) checkProject(ctx context.Context) (bool, error) {
	subject := "project " + s.want.Project
	mend := "set tracker.project in the playbook to the key of a project that Jira's Muster account may browse"
	if s.want.Project == "" {
		s.say(warning("project", "set tracker.project in the playbook", "the playbook names no project, so incidents and follow-ups get no issues"))
		return false, nil
	}
	err := s.c.do(ctx, call{op: "project.get", method: http.MethodGet, path: "project/" + url.PathEscape(s.want.Project), out: &s.project})
	if e, ok := fault.As(err); ok && e.Class != fault.Retryable {
		// An archived project is hidden from everybody but administrators, so nobody can tell these apart.
		s.say(broken(subject, mend, "%s: it does not exist, is archived, or is hidden from %s", e.Reason, s.account.DisplayName))
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if s.project.Archived || s.project.Deleted {
		s.say(broken(subject, "restore it in Jira, or name another one in tracker.project", "it is archived, so no issue can be made or changed"))
		return false, nil
	}
	kind := ""
	if s.project.Simplified {
		kind = " (team-managed)"
	}
	s.say(fine(subject, "%s%s", s.project.Name, kind))
	return true, nil
}

// checkPrefix looks for a project whose issues have names like Muster's incidents.
func (s *survey) checkPrefix(ctx context.Context) error {
	if s.want.Prefix == "" {
		return nil
	}
	subject := "names " + s.want.Prefix + "-1"
	mend := "give that project another key in Jira (its issues keep their old names as links), or get used to saying which of the two is meant"
	if strings.EqualFold(s.want.Project, s.want.Prefix) {
		s.say(warning(subject, mend, "tracker.project is %s too: Jira's %s-7 is the issue of another incident than %s-7, and people will mix them up",
			s.want.Prefix, s.want.Prefix, s.want.Prefix))
		return nil
	}
	err := s.c.do(ctx, call{op: "project.get", method: http.MethodGet, path: "project/" + url.PathEscape(s.want.Prefix)})
	if e, ok := fault.As(err); ok && e.Class != fault.Retryable {
		return nil // there is none, or nobody whom it could confuse sees it through us
	}
	if err == nil {
		s.say(warning(subject, mend, "Jira has a project %s, and turns the names of incidents into links to its issues", s.want.Prefix))
	}
	return err
}

// named reports whether a list has a word, whatever its letters' size.
func named(list []string, word string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(strings.TrimSpace(one), word) })
}
