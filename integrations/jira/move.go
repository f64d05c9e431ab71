package jira

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
)

const (
	opMove = "issue.move"
	// maxHops bounds the transitions of one move: To Do, In Progress, In Review, Done takes three.
	maxHops = 5
)

type wireTransition struct {
	ID     string               `json:"id"`
	Name   string               `json:"name"`
	To     wireStatus           `json:"to"`
	Fields map[string]moveField `json:"fields"`
}

type moveField struct {
	Name          string      `json:"name"`
	Required      bool        `json:"required"`
	HasDefault    bool        `json:"hasDefaultValue"`
	AllowedValues []wireNamed `json:"allowedValues"`
}

// MoveIssue brings an issue into a status that Jira counts as finished (GoalDone, GoalDropped,
// GoalDuplicate), as unfinished (GoalOpen) or as in progress (GoalProgress), and returns its state.
// An unfinished issue that cannot be brought into progress is good enough, and no error: not every
// workflow has such a status. It reads the status first,
// so an issue that is there already is a success and stays untouched, whatever its status is
// called.
//
// A transition says only where it leads, so the way is found by walking, at most 5 hops and to
// no status twice. Statuses named in prefer (the first one most) win over others, both as goals
// and on the way. resolution, or Jira's own for GoalDuplicate, is set where the transition's
// screen has the field and offers that value. Where no way is left that needs no further field,
// the error is Permanent and its Mend names the field.
func (c *Client) MoveIssue(ctx context.Context, key string, goal incident.Goal, prefer []string, resolution string) (incident.IssueState, error) {
	walk := &walk{c: c, key: key, goal: goal, prefer: prefer, resolution: cmp.Or(resolutions[goal], resolution), visited: map[string]bool{}}
	if !slices.Contains([]incident.Goal{incident.GoalOpen, incident.GoalProgress, incident.GoalDone, incident.GoalDropped, incident.GoalDuplicate}, goal) {
		return incident.IssueState{}, moveError(fmt.Sprintf("unknown goal %q", incident.Clip(string(goal), 40)), "")
	}
	var refused error
	for hop := 0; ; hop++ {
		issue, err := c.getIssue(ctx, opMove, key, stateFields)
		if err != nil {
			return incident.IssueState{}, err
		}
		state := issue.state(c.users.email)
		switch {
		case issue.Fields.Status == nil:
			return state, &fault.Error{Vendor: vendorName, Operation: opMove, Class: fault.Retryable, Reason: "answer holds no status"}
		case walk.there(issue.Fields.Status):
			return state, nil
		case refused != nil && walk.visited[issue.Fields.Status.ID]:
			// Nobody else moved it in the meantime, so the refusal stands.
			return state, walk.enough(issue.Fields.Status, refused)
		case hop >= maxHops:
			err := moveError(fmt.Sprintf("not %s after %d transitions, now %q", goal, maxHops, state.Status), walk.mend())
			return state, walk.enough(issue.Fields.Status, err)
		}
		walk.visited[issue.Fields.Status.ID] = true
		if refused, err = walk.step(ctx, state.Status); err != nil {
			return state, walk.enough(issue.Fields.Status, err)
		}
	}
}

func moveError(reason, mend string) error {
	return &fault.Error{Vendor: vendorName, Operation: opMove, Class: fault.Permanent, Reason: incident.Clip(reason, maxReason), Mend: mend}
}

// resolutions are Jira's names of those that a goal asks for by itself.
var resolutions = map[incident.Goal]string{incident.GoalDuplicate: "Duplicate"}

type walk struct {
	c          *Client
	key        string
	goal       incident.Goal
	prefer     []string
	resolution string
	visited    map[string]bool // by status ID
}

func (w *walk) there(s *wireStatus) bool {
	if w.goal == incident.GoalProgress {
		return s.Category.Key == "indeterminate"
	}
	return s.done() == (w.goal != incident.GoalOpen)
}

// enough forgives what keeps an unfinished issue from being in progress.
func (w *walk) enough(s *wireStatus, err error) error {
	if w.goal == incident.GoalProgress && !s.done() && fault.IsClass(err, fault.Permanent) {
		return nil
	}
	return err
}

// undone reports whether the issue is to be finished without being done.
func (w *walk) undone() bool {
	return w.goal == incident.GoalDropped || w.goal == incident.GoalDuplicate
}

func (w *walk) mend() string {
	setting := "tracker.done"
	switch w.goal {
	case incident.GoalOpen:
		setting = "tracker.open"
	case incident.GoalProgress:
		setting = "tracker.in_progress"
	}
	return "move the issue by hand, or name the statuses of the way in " + setting + " of the playbook, goal first"
}

// step makes one transition. refused is Jira's 400 or 409, which may mean that somebody else
// was faster: the caller reads the status again before it believes it.
func (w *walk) step(ctx context.Context, from string) (refused, err error) {
	transitions, err := w.transitions(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := w.choose(transitions, from)
	if err != nil {
		return nil, err
	}
	path, err := issuePath(opMove, w.key, "/transitions")
	if err != nil {
		return nil, err
	}
	body := map[string]any{"transition": map[string]any{"id": chosen.ID}}
	if r := w.resolve(chosen); r != "" {
		body["fields"] = map[string]any{"resolution": map[string]any{"name": r}}
	}
	err = w.c.do(ctx, call{op: opMove, method: http.MethodPost, path: path, body: body})
	if e, ok := fault.As(err); ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusConflict) {
		if e.Class == fault.Permanent && (e.Mend == "" || strings.Contains(e.Mend, "tracker.fields")) {
			e.Mend = fmt.Sprintf("transition %q asks for more than Muster knows: %s", incident.Clip(chosen.Name, 60), w.mend())
		}
		return e, nil
	}
	return nil, err
}

func (w *walk) transitions(ctx context.Context) ([]wireTransition, error) {
	path, err := issuePath(opMove, w.key, "/transitions")
	if err != nil {
		return nil, err
	}
	var answer struct {
		Transitions *[]wireTransition `json:"transitions"`
	}
	query := url.Values{"expand": {"transitions.fields"}}
	if err := w.c.do(ctx, call{op: "transitions.list", method: http.MethodGet, path: path, query: query, out: &answer}); err != nil {
		return nil, err
	}
	if answer.Transitions == nil {
		return nil, &fault.Error{Vendor: vendorName, Operation: "transitions.list", Class: fault.Retryable, Reason: "answer holds no list of transitions"}
	}
	return *answer.Transitions, nil
}

// choose picks the best transition that needs nothing Muster cannot give.
func (w *walk) choose(transitions []wireTransition, from string) (wireTransition, error) {
	best, bestRank := wireTransition{}, unusable
	var blocked []string
	for _, t := range transitions {
		rank := w.rank(t)
		if rank == unusable {
			continue
		}
		if missing := w.unfilled(t); len(missing) > 0 {
			blocked = append(blocked, fmt.Sprintf("transition %q requires %s", t.Name, strings.Join(missing, ", ")))
			continue
		}
		if rank < bestRank {
			best, bestRank = t, rank
		}
	}
	switch {
	case bestRank < unusable:
		return best, nil
	case len(blocked) > 0:
		return best, moveError(strings.Join(blocked, "; "), "make the field optional on the transition's screen in Jira, or move the issue by hand")
	default:
		return best, moveError(fmt.Sprintf("no transition leads from %q towards %s", from, w.goal),
			"let Jira's Muster account transition issues; "+w.mend())
	}
}

// unusable is worse than every rank.
const unusable = 1 << 20

// progressWords tell a status of work from one in which something waits.
var progressWords = regexp.MustCompile(`(?i)progress|doing|working|investigat|arbeit`)

// rank orders transitions, the lowest first: a preferred goal, a goal that reads right, a
// neutral goal, a preferred status on the way, one in progress, another one, and as the last
// resort a goal that reads wrong ("Cancelled" for something that was done).
func (w *walk) rank(t wireTransition) int {
	if w.visited[t.To.ID] || (w.goal == incident.GoalProgress && t.To.done()) {
		return unusable
	}
	named := slices.IndexFunc(w.prefer, func(p string) bool { return strings.EqualFold(strings.TrimSpace(p), t.To.Name) })
	const step = 1000
	if w.there(&t.To) {
		dropped := playbook.NotDone(t.To.Name)
		switch {
		case named >= 0:
			return named
		case w.undone() && dropped, w.goal == incident.GoalProgress && progressWords.MatchString(t.To.Name):
			return step
		case w.goal == incident.GoalDone && dropped:
			return 6 * step
		default:
			return 2 * step
		}
	}
	switch {
	case named >= 0:
		return 3*step + named
	case t.To.Category.Key == "indeterminate":
		return 4 * step
	default:
		return 5 * step
	}
}

// unfilled names the fields that the transition's screen requires and Muster cannot fill.
func (w *walk) unfilled(t wireTransition) []string {
	var names []string
	for _, id := range slices.Sorted(maps.Keys(t.Fields)) {
		f := t.Fields[id]
		if !f.Required || f.HasDefault || (id == "resolution" && w.resolve(t) != "") {
			continue
		}
		name := f.Name
		if name == "" {
			name = id
		}
		names = append(names, fmt.Sprintf("field %q", name))
	}
	return names
}

// resolve picks the resolution for a transition: the wished one if its screen offers it, a
// fitting one if the screen requires one, none otherwise.
func (w *walk) resolve(t wireTransition) string {
	field, ok := t.Fields["resolution"]
	if !ok || !t.To.done() {
		return ""
	}
	fitting := ""
	for _, v := range field.AllowedValues {
		if strings.EqualFold(v.Name, strings.TrimSpace(w.resolution)) {
			return v.Name
		}
		if fitting == "" && playbook.NotDone(v.Name) == w.undone() {
			fitting = v.Name
		}
	}
	if w.undone() || (field.Required && !field.HasDefault) {
		return fitting
	}
	return ""
}
