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
		return err
	}
	if t.link.Key != before {
		t.note("tracker", "The tracker issue "+before+" is "+t.link.Key+" now")
	}
	if news.Has(incident.IssueLabels) {
		t.state.Issue = mirror.Mark{}
	}
	if news.Deleted {
		t.note("tracker", "The tracker issue "+t.link.Key+" was deleted")
	}
	return nil
}
