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
		exists := slices.ContainsFunc(r.facts.Pages, func(p incident.Page) bool { return p.Target == t.Name })
		switch {
		case !exists:
			r.facts.AddPage(t.Name, true, notBefore)
		case notBefore.IsZero():
			r.facts.WakePage(t.Name)
		}
	}
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
	for _, t := range r.targets() {
		if t.Name == name {
			return t
		}
	}
	// The severity has changed since the page was raised: look through all of them.
	for _, s := range r.policy.Severities {
		for _, t := range s.Targets {
			if t.Name == name {
				return t
			}
		}
	}
	return playbook.PageTarget{Name: name}
}

// planReview plans a review at resolution, or takes up again the one that reopening held.
func (r *incidentRun) planReview(now time.Time) {
	if r.facts.Status != incident.StatusResolved {
		return
	}
	p := r.policy.Severity(r.facts.Severity).Review
	v := r.facts.Review()
	switch {
	case v != nil && v.Status == incident.ReviewOnHold:
		v.Status, v.At, v.For = incident.ReviewPlanned, r.reviewAt(now, p), r.facts.ResolvedAt
		v.Revision++
	case v != nil && v.Status == incident.ReviewPlanned:
		r.sentenceSaid(v)
	case v == nil || r.reopenedSince(v):
		r.newReview(now, p)
	}
}

// reopenedSince reports whether the incident was resolved again after its last review ended.
func (r *incidentRun) reopenedSince(v *incident.Review) bool {
	return r.facts.ResolvedAt.After(v.For) && !v.For.IsZero()
}

func (r *incidentRun) newReview(now time.Time, p playbook.ReviewPolicy) {
	track := p.Track
	if r.facts.Kind == incident.KindDrill || r.facts.Kind == incident.KindExternal {
		track = playbook.TrackNone
	}
	if track == "" || track == playbook.TrackNone || (track == playbook.TrackSentence && r.facts.Learning != "") {
		return
	}
	v := incident.Review{
		Number: len(r.facts.Reviews) + 1, Status: incident.ReviewPlanned, Track: string(track),
		At: r.reviewAt(now, p), For: r.facts.ResolvedAt,
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

func (r *incidentRun) reviewAt(now time.Time, p playbook.ReviewPolicy) time.Time {
	return r.policy.Calendar.Add(now, p.After)
}
