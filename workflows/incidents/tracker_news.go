package incidents

import (
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/inward"
	"muster/workflows/mirror"
)

// watch follows the parent issue in the tracker.
func (t *tracker) watch() inward.Watch {
	return inward.Watch{
		Run: t.run, Ctx: t.ctx, Known: &t.state.Known, Ref: t.link, Scale: t.policy.TimeoutScale, Take: t.changed,
		Mend: "let the tracker's Muster account see it",
	}
}

// changed hears what happened to the parent issue. People may close or delete it: that is noted where
// it is news and not undone, and it does not close the incident, which waits for its own people. It is
// followed when it is moved, and its labels are put back.
func (t *tracker) changed(in api.IssueChangedInput) error {
	before := t.link.Key
	news, err := t.watch().Changed(in)
	if err != nil {
		t.log.Info("news of another issue", "error", err.Error()) // such as a copy with our labels
		return nil
	}
	if t.link.Key != before {
		t.note("tracker", "The tracker issue "+before+" is "+t.link.Key+" now")
	}
	if news.Has(incident.IssueLabels) && t.watch().PutBack() {
		t.state.Issue = mirror.Mark{}
	}
	if news.Deleted {
		t.lost(in.By)
	}
	return nil
}

// lost lets go of an issue that was deleted. Another one is made when somebody asks for it.
func (t *tracker) lost(by string) {
	text := "The tracker issue " + t.link.Key + " was deleted"
	if by != "" {
		text += " by " + mirror.Clipped(by, 100)
	}
	t.note("tracker", text)
	t.run.SetSnag(incident.Snag{
		Mirror: snagOfDeleted, Step: "keep " + t.link.Key, Since: t.now(), RetryAt: mirror.Never,
		Reason: t.link.Key + " was deleted in the tracker, so the incident has no issue there",
		Mend:   "retry to have another one made",
	})
	*t.state, *t.link = trackerState{Lost: true}, incident.IssueRef{}
}

// snagOfDeleted names the snag of a parent issue that was deleted.
const snagOfDeleted = "deleted issue"

// retry makes another issue in place of one that was deleted, and puts labels back.
func (t *tracker) retry() {
	if t.watch().Retried() {
		t.state.Issue = mirror.Mark{}
	}
	if t.state.Lost {
		t.state.Lost = false
		t.run.ClearSnag(snagOfDeleted)
	}
}
