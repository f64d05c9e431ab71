// Package judge says of every incident what was lost and what was doubled: by its own facts, and by what
// the simulated vendors hold. The kill campaign and the topology end with it.
package judge

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"muster/dev/caller"
	"muster/dev/vendors"
	"muster/incident"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/slacksim"
)

// Finding is something that is not as it should be.
type Finding struct {
	// story says whose it is, such as "INC-7 (Story 0003)"; empty for the whole.
	story string
	what  string
	// Doubled findings never mend themselves; all others may only not have come yet.
	Doubled bool
}

// String says it on a line.
func (f Finding) String() string {
	kind := "missing"
	if f.Doubled {
		kind = "doubled"
	}
	return strings.TrimPrefix(fmt.Sprintf("%s: %s: %s", f.story, kind, f.what), ": ")
}

// Verdict is all that was found in the end.
type Verdict struct{ Findings []Finding }

// Error lists them, a line each.
func (v *Verdict) Error() string {
	lines := make([]string, 0, len(v.Findings))
	for _, f := range v.Findings {
		lines = append(lines, f.String())
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Evidence is what there is: the incidents' own facts, and what the vendors hold.
type Evidence struct {
	Facts    map[int]incident.Incident
	Channels []slacksim.Channel
	Issues   []jirasim.Issue
	Pages    []pagerdutysim.Incident
	Woken    map[string]int // by the pager's ID of an incident
}

// NewEvidence reads what the vendors hold.
func NewEvidence(facts map[int]incident.Incident, sims *vendors.Sims) *Evidence {
	e := &Evidence{Facts: facts, Channels: sims.Slack.Channels(), Issues: sims.Jira.Issues(), Pages: sims.Pager.Incidents(), Woken: map[string]int{}}
	for _, n := range sims.Pager.Notifications() {
		e.Woken[n.IncidentID]++
	}
	return e
}

// findings collects them for one story.
type findings struct {
	story string
	all   []Finding
}

func (f *findings) missing(format string, args ...any) {
	f.all = append(f.all, Finding{story: f.story, what: fmt.Sprintf(format, args...)})
}

func (f *findings) doubled(format string, args ...any) {
	f.all = append(f.all, Finding{story: f.story, what: fmt.Sprintf(format, args...), Doubled: true})
}

// exactly requires a number of things.
func (f *findings) exactly(want, got int, format string, args ...any) {
	what := fmt.Sprintf("%d instead of %d: ", got, want) + fmt.Sprintf(format, args...)
	switch {
	case got > want:
		f.doubled("%s", what)
	case got < want:
		f.missing("%s", what)
	}
}

// Judge says of every story what was lost and what was doubled, and of the whole what belongs to none.
func (e *Evidence) Judge(stories []*Story) []Finding {
	var all []Finding
	numbers := map[int]string{}
	for _, s := range stories {
		if s.Number == 0 {
			all = append(all, Finding{what: s.Title + " was not declared"})
			continue
		}
		f := &findings{story: s.Key() + " (" + s.Title + ")"}
		if other := numbers[s.Number]; other != "" {
			f.doubled("%s has the same number", other)
		}
		numbers[s.Number] = s.Title
		i, ok := e.Facts[s.Number]
		if !ok {
			f.missing("it does not answer")
			all = append(all, f.all...)
			continue
		}
		s.judgePromises(f, &i)
		e.judgeSlack(f, &i)
		e.judgeJira(f, &i)
		e.judgePager(f, &i)
		judgeFacts(f, &i)
		all = append(all, f.all...)
	}
	return append(all, e.judgeWhole(len(stories))...)
}

// judgePromises requires that everything that an answer has said is so, each once and in order.
func (s *Story) judgePromises(f *findings, i *incident.Incident) {
	last := map[string]Promise{}
	var proposed []string
	for _, p := range s.Promises {
		last[p.What] = p
		switch p.What {
		case "update", "note":
			n := 0
			for _, e := range i.Timeline {
				if strings.Contains(e.Text, p.Text) {
					n++
				}
			}
			f.exactly(1, n, "%s on the timeline%s", p.Text, p.how())
		case "follow-up":
			n := 0
			for _, u := range i.FollowUps {
				if u.Title == p.Text {
					n++
				}
			}
			f.exactly(1, n, "follow-up %q%s", p.Text, p.how())
			proposed = append(proposed, p.Text)
		}
	}
	for what, p := range last {
		if got, want := latest(i, what), p.Text; got != want {
			f.missing("%s is %q and not %q%s", what, got, want, p.how())
		}
	}
	for k, u := range i.FollowUps {
		if k < len(proposed) && proposed[k] != u.Title {
			f.missing("follow-up %d is %q and was asked for after %q", u.Number, u.Title, proposed[k])
			break
		}
	}
	for _, r := range s.Refused {
		f.missing("%s", r)
	}
}

func (p Promise) how() string {
	if p.Recorded {
		return " (answered: recorded)"
	}
	return " (answered: done)"
}

// latest is what the facts say where the last command counts.
func latest(i *incident.Incident, what string) string {
	switch what {
	case "update":
		return i.LastUpdate
	case "severity":
		return fmt.Sprint(int(i.Severity))
	case "commander":
		return i.Holder(incident.RoleCommander)
	case "resolved":
		if i.ResolvedAt.IsZero() {
			return string(i.Status)
		}
	case "held":
		if r := i.Review(); r == nil || r.Status != incident.ReviewHeld {
			return "not held"
		}
	case "note":
		return lastOf(i.Timeline, "message")
	case "follow-up":
		if n := len(i.FollowUps); n > 0 {
			return i.FollowUps[n-1].Title
		}
	}
	return ""
}

// lastOf is the text of the last entry of a kind.
func lastOf(timeline []incident.Entry, event string) string {
	for _, e := range slices.Backward(timeline) {
		if e.Event == event {
			return e.Text
		}
	}
	return ""
}

func judgeFacts(f *findings, i *incident.Incident) {
	for _, s := range i.Snags {
		if !s.Off {
			f.missing("snag of %s at %s: %s", s.Mirror, s.Step, s.Reason)
		}
	}
	for _, w := range i.Waiting {
		f.missing("it waits: %s", w)
	}
}

// judgeSlack requires one channel, one board in it, one announcement, and no message twice.
func (e *Evidence) judgeSlack(f *findings, i *incident.Incident) {
	name := strings.ToLower(i.Key())
	channels, boards, announcements := 0, 0, 0
	times := map[string]int{}
	for _, ch := range e.Channels {
		if ch.Name == name || strings.HasPrefix(ch.Name, name+"-") {
			channels++
		}
		for _, m := range ch.Messages {
			_, step, ours := strings.Cut(m.Key, "/"+i.Key()+"/")
			if !ours {
				continue
			}
			times[ch.Name+": "+m.Key]++
			switch {
			case strings.HasPrefix(step, "board/"):
				boards++
			case step == "announcement":
				announcements++
			}
		}
	}
	f.exactly(1, channels, "channels")
	f.exactly(1, boards, "board messages")
	f.exactly(wantedAnnouncements(i, announcements), announcements, "announcements")
	for key, n := range times {
		if n > 1 {
			f.doubled("message %s, %d times", key, n)
		}
	}
}

// wantedAnnouncements is one for what is live and severe enough. What was announced stays so when it is
// milder or over; what was over before is not announced any more.
func wantedAnnouncements(i *incident.Incident, got int) int {
	if i.Links.Announcement.ID != "" || i.Status.Live() && i.Severity <= announcedTo {
		return 1
	}
	return min(got, 1)
}

// announcedTo is the mildest severity that the campaign's playbook announces.
const announcedTo = 3

// labelled is the label by which Muster knows an issue again.
var labelled = regexp.MustCompile(`INC-\d+-.*[0-9a-f]{8}$`)

// judgeJira requires one parent issue, and below it one child for each follow-up and each review.
func (e *Evidence) judgeJira(f *findings, i *incident.Incident) {
	parents := e.issuesWhere(func(is jirasim.Issue) bool { return is.Parent == "" && strings.HasPrefix(is.Summary, i.Key()+" ") })
	f.exactly(1, len(parents), "parent issues")
	if len(parents) == 0 {
		return
	}
	known := map[string]string{i.Links.Tracker.Key: "the incident"}
	for _, u := range i.FollowUps {
		n := len(e.issuesWhere(func(is jirasim.Issue) bool { return is.Parent == i.Links.Tracker.Key && is.Summary == u.Title }))
		f.exactly(1, n, "child issues of follow-up %q", u.Title)
		if u.Issue.Key == "" {
			f.missing("follow-up %q does not know its issue", u.Title)
		}
		known[u.Issue.Key] = "follow-up " + u.Title
	}
	for _, r := range i.Reviews {
		if r.Issue.Key == "" && !r.Status.Ended() { // one that was held before it had an issue needs none
			f.missing("review %d has no issue", r.Number)
		}
		known[r.Issue.Key] = fmt.Sprintf("review %d", r.Number)
	}
	for _, p := range parents {
		for _, c := range e.issuesWhere(func(is jirasim.Issue) bool { return is.Parent == p.Key }) {
			if known[c.Key] == "" {
				f.missing("a follow-up or review that knows issue %s %q below %s", c.Key, c.Summary, p.Key)
			}
		}
	}
}

func (e *Evidence) issuesWhere(is func(jirasim.Issue) bool) []jirasim.Issue {
	var out []jirasim.Issue
	for _, i := range e.Issues {
		if is(i) {
			out = append(out, i)
		}
	}
	return out
}

// judgePager requires that each planned attempt paged once and woke nobody twice, and that none of
// them rings on after the incident was resolved.
func (e *Evidence) judgePager(f *findings, i *incident.Incident) {
	times := map[string]int{}
	paged := map[string]bool{}
	for _, p := range e.Pages {
		_, step, ours := strings.Cut(p.Key, "/"+i.Key()+"/page/")
		if !ours {
			continue
		}
		number, _, _ := strings.Cut(step, "/")
		paged[number] = true
		times[p.Key]++
		if e.Woken[p.ID] > 1 {
			f.doubled("page %s woke people %d times", p.Key, e.Woken[p.ID])
		}
		if p.Status != "resolved" && !i.ResolvedAt.IsZero() {
			f.missing("page %s is still %s after the incident was resolved", p.Key, p.Status)
		}
		if !slices.ContainsFunc(i.Pages, func(page incident.Page) bool { return fmt.Sprint(page.Number) == number }) {
			f.missing("a page of the incident that is %s in the pager", p.Key)
		}
	}
	for key, n := range times {
		if n > 1 {
			f.doubled("page %s is %d incidents in the pager", key, n)
		}
	}
	for _, p := range i.Pages {
		if len(p.Tries) > 0 && p.Problem == "" && !paged[fmt.Sprint(p.Number)] {
			f.missing("page %d to %s went out and is not in the pager", p.Number, p.Target)
		}
	}
}

// pageOf finds the number of the incident in the key of a page.
var pageOf = regexp.MustCompile(`/INC-(\d+)/page/`)

// judgeWhole looks for what no story has asked for.
func (e *Evidence) judgeWhole(stories int) []Finding {
	f := &findings{}
	f.exactly(stories, len(e.Facts), "incidents that answer")
	channels := 0
	for _, ch := range e.Channels {
		if strings.HasPrefix(ch.Name, "inc-") {
			channels++
		}
	}
	f.exactly(stories, channels, "channels of incidents")
	labels := map[string][]string{}
	for _, is := range e.Issues {
		for _, l := range is.Labels {
			if labelled.MatchString(l) {
				labels[l] = append(labels[l], is.Key)
			}
		}
	}
	for l, keys := range labels {
		if len(keys) > 1 {
			f.doubled("issues %s carry the label %s", strings.Join(keys, ", "), l)
		}
	}
	for _, p := range e.Pages {
		of := pageOf.FindStringSubmatch(p.Key)
		if of == nil {
			f.doubled("page %s is of no incident", p.Key)
			continue
		}
		if n, err := strconv.Atoi(of[1]); err != nil || e.Facts[n].Number == 0 {
			f.doubled("page %s is of no incident that answers", p.Key)
		}
	}
	return f.all
}

// Promise is something that an answer has said will be so.
type Promise struct {
	// What is update, note, follow-up, severity, commander, resolved or held.
	What, Text string
	// Recorded is true when the answer was "will be applied", not "is applied".
	Recorded bool
}

// Story is one incident: what was asked for it, and what was promised.
type Story struct {
	Title string
	// Number is the incident's, 0 as long as it is not declared.
	Number   int
	Promises []Promise
	// Refused are commands that should not have been.
	Refused []string
}

// Key is the incident's name.
func (s *Story) Key() string { return incident.Key(s.Number) }

// Note keeps what the answer to a command promises, or that it was refused.
func (s *Story) Note(p Promise, a caller.Answer) {
	if !a.Done() {
		s.Refused = append(s.Refused, fmt.Sprintf("%s %q was answered %d: %s", p.What, p.Text, a.Status, strings.TrimSpace(string(a.Body))))
		return
	}
	p.Recorded = a.Status == http.StatusAccepted
	s.Promises = append(s.Promises, p)
}
