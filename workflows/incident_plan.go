package workflows

import (
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/playbook"
)

// invitePolicy invites whom the playbook wants in every channel and for the named services.
func (r *incidentRun) invitePolicy() {
	now := r.facts.DeclaredAt
	for _, p := range r.policy.Chat.Invite {
		r.facts.Invite(now, incident.NormalPerson(p))
	}
	for _, s := range r.policy.Services {
		for _, p := range s.Responders {
			r.facts.Invite(now, incident.NormalPerson(p))
		}
	}
}

// planPages raises the pages that severity and kind ask for and that do not exist yet. It never
// takes one back: that is a person's decision, or resolution's.
func (r *incidentRun) planPages(now time.Time) {
	if !r.facts.Status.Live() {
		return
	}
	mode := r.pageMode()
	if mode == playbook.PageNever {
		return
	}
	notBefore := time.Time{}
	if mode == playbook.PageNextMorning && !r.policy.Calendar.Working(now) {
		notBefore = r.policy.Calendar.NextWorking(now)
	}
	for _, t := range r.targets() {
		k := slices.IndexFunc(r.facts.Pages, func(p incident.Page) bool { return p.Target == t.Name })
		if k < 0 {
			r.facts.AddPage(t.Name, true, notBefore)
			continue
		}
		r.require(now, &r.facts.Pages[k])
		if notBefore.IsZero() {
			r.facts.WakePage(t.Name)
		}
	}
}

// require makes the page that a person raised by hand the one that the severity asks for.
func (r *incidentRun) require(now time.Time, p *incident.Page) {
	if p.Required {
		return
	}
	p.Required = true
	// A late report with nothing new in it makes the domain look who is here.
	r.facts.ReportPage(now, incident.PageReport{
		Page: p.Number, Status: p.Status, Attempts: p.Attempts, Step: p.Step, By: p.By, Problem: p.Problem, Revision: p.Revision - 1,
	})
}

func (r *incidentRun) pageMode() playbook.PageMode {
	switch r.facts.Kind {
	case incident.KindIncident:
		return r.policy.Severity(r.facts.Severity).Page
	case incident.KindDrill:
		if r.in.Declaration.Page {
			return playbook.PageNow
		}
	}
	return playbook.PageNever
}

// targets are those of the severity and of the services, each once.
func (r *incidentRun) targets() []playbook.PageTarget {
	var out []playbook.PageTarget
	add := func(t playbook.PageTarget) {
		if len(t.Steps) > 0 && !slices.ContainsFunc(out, func(o playbook.PageTarget) bool { return o.Name == t.Name }) {
			out = append(out, t)
		}
	}
	for _, s := range r.policy.Services {
		if s.Target != nil {
			add(*s.Target)
		}
	}
	for _, t := range r.policy.Severity(r.facts.Severity).Targets {
		add(t)
	}
	return out
}

func (r *incidentRun) target(name string) playbook.PageTarget {
	for _, t := range r.everyTarget() {
		if t.Name == name {
			return t
		}
	}
	return playbook.PageTarget{Name: name}
}

// everyTarget lists all that can be paged, those of the present severity first, each once.
func (r *incidentRun) everyTarget() []playbook.PageTarget {
	out := r.targets()
	add := func(t playbook.PageTarget) {
		if len(t.Steps) > 0 && !slices.ContainsFunc(out, func(o playbook.PageTarget) bool { return o.Name == t.Name }) {
			out = append(out, t)
		}
	}
	for _, s := range r.policy.Severities {
		for _, t := range s.Targets {
			add(t)
		}
	}
	for _, t := range r.policy.Targets {
		add(t)
	}
	return out
}

// targetNamed finds a target as people write it: by its name or that of its service, in any case.
func (r *incidentRun) targetNamed(name string) (playbook.PageTarget, bool) {
	name = incident.CleanLine(name)
	for _, t := range r.everyTarget() {
		if strings.EqualFold(t.Name, name) {
			return t, true
		}
	}
	for _, s := range r.policy.Services {
		if s.Target != nil && len(s.Target.Steps) > 0 && strings.EqualFold(s.Name, name) {
			return *s.Target, true
		}
	}
	return playbook.PageTarget{}, false
}

func (r *incidentRun) targetNames() []string {
	var out []string
	for _, t := range r.everyTarget() {
		out = append(out, t.Name)
	}
	return out
}

// planReview plans a review at resolution, or takes up again the one that reopening held. A
// nomination asks for a real one, whatever severity and kind ask for.
func (r *incidentRun) planReview(now time.Time) {
	if r.facts.Status != incident.StatusResolved {
		return
	}
	v := r.facts.Review()
	switch {
	case v != nil && v.Status == incident.ReviewOnHold:
		r.deepen(now, v)
		v.Status, v.At, v.For = incident.ReviewPlanned, r.reviewAt(now, playbook.Track(v.Track)), r.facts.ResolvedAt
		v.Revision++
	case v != nil && v.Status == incident.ReviewPlanned:
		r.deepen(now, v)
		r.sentenceSaid(v)
	case v == nil || r.reopenedSince(v) || r.nominated(v):
		r.newReview(now)
	}
	r.s.Nominated = len(r.facts.Nominations)
}

// nominated reports whether somebody has nominated the incident since its last review was
// waived, or was no more than one sentence.
func (r *incidentRun) nominated(v *incident.Review) bool {
	return len(r.facts.Nominations) > r.s.Nominated && (v.Status == incident.ReviewWaived || shallow(playbook.Track(v.Track)))
}

// shallow reports whether a track asks for less than a conversation.
func shallow(t playbook.Track) bool {
	return t == "" || t == playbook.TrackNone || t == playbook.TrackSentence
}

// deepen makes a real review of one that asked for a sentence only, once it was nominated.
func (r *incidentRun) deepen(now time.Time, v *incident.Review) {
	if !shallow(playbook.Track(v.Track)) || len(r.facts.Nominations) == 0 {
		return
	}
	v.Track = string(playbook.TrackStandard)
	v.At = r.reviewAt(now, playbook.TrackStandard)
	v.Revision++
	r.noteSelf("review", "Learning review planned, as it was nominated")
}

// reopenedSince reports whether the incident was resolved again after its last review ended.
func (r *incidentRun) reopenedSince(v *incident.Review) bool {
	return r.facts.ResolvedAt.After(v.For) && !v.For.IsZero()
}

// track is how deep the incident's learning goes.
func (r *incidentRun) track() playbook.Track {
	track := r.policy.Severity(r.facts.Severity).Review.Track
	if r.facts.Kind == incident.KindDrill || r.facts.Kind == incident.KindExternal {
		track = playbook.TrackNone
	}
	if shallow(track) && len(r.facts.Nominations) > 0 {
		return playbook.TrackStandard
	}
	return track
}

func (r *incidentRun) newReview(now time.Time) {
	track := r.track()
	if track == "" || track == playbook.TrackNone || (track == playbook.TrackSentence && r.facts.Learning != "") {
		return
	}
	v := incident.Review{
		Number: len(r.facts.Reviews) + 1, Status: incident.ReviewPlanned, Track: string(track),
		At: r.reviewAt(now, track), For: r.facts.ResolvedAt,
	}
	r.facts.Reviews = append(r.facts.Reviews, v)
	text := "Learning review planned"
	if track == playbook.TrackSentence {
		text = "One sentence of learning is asked for"
	}
	r.noteSelf("review", text)
}

// sentenceSaid ends a review that asked for no more than one sentence.
func (r *incidentRun) sentenceSaid(v *incident.Review) {
	if v.Track == string(playbook.TrackSentence) && strings.TrimSpace(r.facts.Learning) != "" {
		v.Status = incident.ReviewHeld
		v.Revision++
		r.noteSelf("review", "The one sentence was said")
	}
}

// reviewPolicy is that of a track: the severity's own, or else that of the worst severity with
// such reviews. A playbook without any gets what the default one has.
func (r *incidentRun) reviewPolicy(track playbook.Track) playbook.ReviewPolicy {
	if own := r.policy.Severity(r.facts.Severity).Review; own.Track == track {
		return own
	}
	for _, s := range r.policy.Severities {
		if s.Review.Track == track {
			return s.Review
		}
	}
	return playbook.ReviewPolicy{
		Track: track, After: playbook.Span{BusinessDays: 5, At: 10 * 60},
		Remind: []playbook.Span{playbook.BusinessDays(1), playbook.Exactly(time.Hour)}, Overdue: playbook.BusinessDays(2),
	}
}

func (r *incidentRun) reviewAt(now time.Time, track playbook.Track) time.Time {
	return r.policy.Calendar.Add(now, r.reviewPolicy(track).After)
}
