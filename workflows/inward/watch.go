package inward

import (
	"cmp"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// Watch follows one issue for a workflow that keeps it: by its ID when it is moved, and with a snag, and a
// look every day, when it is not shown any more.
type Watch struct {
	Run   *mirror.Run
	Ctx   workflow.Context
	Known *Issue
	Ref   *incident.IssueRef
	// Mend says what people can do about an issue that is not shown.
	Mend  string
	Scale float64
	// Take is given what was read of the issue.
	Take func(api.IssueChangedInput) error
}

// snagOfIssue names the snag of an issue that is not shown.
const snagOfIssue = "issue"

// lookEvery is how often an issue that is not shown is looked for.
const lookEvery = 24 * time.Hour

// Name is by what the tracker is asked: an ID outlives a move to another project.
func (w Watch) Name() string { return cmp.Or(w.Ref.ID, w.Ref.Key) }

// Shown reports whether the issue can be written to.
func (w Watch) Shown() bool {
	return w.Ref.Key != "" && !w.Known.Deleted && w.Known.UnseenSince.IsZero()
}

// Next says what to do before anything is written to the issue; out is true when nothing can be.
func (w Watch) Next() (a mirror.Action, out bool) {
	switch {
	case w.Known.Deleted:
		return nil, true
	case w.Known.Doubt:
		return w.read(), true
	case !w.Known.UnseenSince.IsZero():
		return &mirror.Wait{
			Until: w.Known.LookAt, Summary: "look whether " + w.Ref.Key + " is visible again", OnRetry: true,
			Done: func(time.Time) { w.Known.Doubt = true },
		}, true
	}
	return nil, false
}

// read asks the tracker how the issue is, since that was left open.
func (w Watch) read() mirror.Action {
	return &mirror.Call{
		Name: "read the issue", Queue: api.QueueJira, Class: mirror.ClassLookUp, Summary: "read " + w.Ref.Key,
		Run: func(ctx workflow.Context, _ bool) error {
			at, name := workflow.Now(ctx), w.Name()
			var states []incident.IssueState
			in := activities.ReadIssuesInput{Keys: []string{name}}
			if err := workflow.ExecuteActivity(ctx, mirror.Tracker.ReadIssues, in).Get(ctx, &states); err != nil {
				return err
			}
			if w.Name() != name {
				return nil // another issue has taken its place meanwhile
			}
			w.Known.Doubt, w.Known.LookAt = false, at.Add(mirror.Scaled(lookEvery, w.Scale))
			if len(states) != 1 {
				return nil // the activity answers one state for each key
			}
			return w.Take(api.IssueChangedInput{Issue: states[0], ReadAt: at})
		},
	}
}

// Changed takes in news of the issue.
func (w Watch) Changed(in api.IssueChangedInput) (News, error) {
	now := workflow.Now(w.Ctx)
	news, err := w.Known.Take(*w.Ref, in, now)
	if err != nil {
		return news, err
	}
	if news.Unseen {
		w.Known.LookAt = now.Add(mirror.Scaled(lookEvery, w.Scale))
	}
	if news.Unseen || news.SeenAgain || news.Deleted {
		w.worry()
	}
	if key := w.Known.Seen.Key; news.Has(incident.IssueKey) && key != "" {
		*w.Ref = w.Ref.Moved(key)
	}
	w.Ref.ID, w.Ref.URL = cmp.Or(w.Ref.ID, in.Issue.ID), cmp.Or(w.Ref.URL, in.Issue.URL)
	return news, nil
}

// Refused makes what mirror.Call asks when a write is refused: it takes it as it is when the tracker does not
// show the issue any more, which needs somebody to look, and no further calls.
func (w Watch) Refused() func(activities.Failure) bool {
	name := w.Name()
	return func(f activities.Failure) bool {
		if f.Meaning != activities.Unseen {
			return false
		}
		if w.Name() == name { // or else another issue has taken its place meanwhile
			now := workflow.Now(w.Ctx)
			w.Known.UnseenSince, w.Known.LookAt = now, now.Add(mirror.Scaled(lookEvery, w.Scale))
			w.worry()
		}
		return true
	}
}

// worry tells people that the issue is not shown. Nothing follows from it by itself.
func (w Watch) worry() {
	since := w.Known.UnseenSince
	if since.IsZero() || w.Known.Deleted {
		w.Run.ClearSnag(snagOfIssue)
		return
	}
	w.Run.SetSnag(incident.Snag{
		Mirror: snagOfIssue, Step: "see " + w.Ref.Key, Since: since, RetryAt: w.Known.LookAt, Mend: w.Mend,
		Reason: w.Ref.Key + " is not visible to us since " + since.UTC().Format("2 Jan 15:04 MST") + "; it may be hidden from Muster, or deleted",
	})
}

// snagOfLabels names the snag of labels that somebody takes away time and again.
const snagOfLabels = "labels"

// PutBack reports whether what others have taken away is to be put back. Somebody's automation that takes it
// away each time is not fought for ever: people are told.
func (w Watch) PutBack() bool {
	now := workflow.Now(w.Ctx)
	if w.Known.MayPutBack(now) {
		w.Run.ClearSnag(snagOfLabels)
		return true
	}
	w.Run.SetSnag(incident.Snag{
		Mirror: snagOfLabels, Step: "put its labels back", Since: now, RetryAt: mirror.Never,
		Reason: fmt.Sprintf("Muster's labels were taken off %s %d times within a day", w.Ref.Key, w.Known.PutBack),
		Mend:   "stop whatever takes them off, such as an automation rule of the project; then retry",
	})
	return false
}

// Retried forgets how often labels were put back, and reports whether they are to be put back now.
func (w Watch) Retried() bool {
	stuck := w.Known.PutBack > maxPutBack
	w.Known.PutBack, w.Known.PutBackFrom = 0, time.Time{}
	w.Run.ClearSnag(snagOfLabels)
	return stuck
}

// Forget lets go of the issue, for another one to take its place.
func (w Watch) Forget() {
	*w.Known, *w.Ref = Issue{}, incident.IssueRef{}
	w.Run.ClearSnag(snagOfIssue)
	w.Run.ClearSnag(snagOfLabels)
}
