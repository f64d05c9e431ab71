package incidents

import (
	"strings"
	"time"

	"muster/incident"
	"muster/playbook"
)

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
	r.note("review", "Learning review planned, as it was nominated")
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

// maxReviews bounds the reviews of one incident, each of which is a workflow.
const maxReviews = 20

func (r *incidentRun) newReview(now time.Time) {
	track := r.track()
	if len(r.facts.Reviews) >= maxReviews { // it was reopened again and again, and has been spoken of often
		return
	}
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
	r.note("review", text)
}

// sentenceSaid ends a review that asked for no more than one sentence.
func (r *incidentRun) sentenceSaid(v *incident.Review) {
	if v.Track == string(playbook.TrackSentence) && strings.TrimSpace(r.facts.Learning) != "" {
		v.Status = incident.ReviewHeld
		v.Revision++
		r.note("review", "The one sentence was said")
	}
}

// reviewPolicy is that of a track: the severity's own, or else that of the worst severity with
// such reviews. A playbook without any gets what the default one has.
func reviewPolicy(policy *playbook.Slice, severity incident.Severity, track playbook.Track) playbook.ReviewPolicy {
	if own := policy.Severity(severity).Review; own.Track == track {
		return own
	}
	for _, s := range policy.Severities {
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
	return r.policy.Calendar.Add(now, reviewPolicy(r.policy, r.facts.Severity, track).After)
}
