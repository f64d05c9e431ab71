package incidents

import (
	"fmt"
	"slices"
	"time"

	"muster/incident"
	"muster/workflows/api"
)

// restored takes in that the incident's workflow was ended by hand and is started again. Its pages that
// do not run any more were withdrawn at the pager, and nobody is paged anew before somebody says so.
func (r *incidentRun) restored() {
	in := r.in.Restored
	if in == nil {
		return
	}
	r.in.Restored = nil
	text := fmt.Sprintf("Restored: its workflow was %s%s, and nothing was followed since", in.How, at(in.At))
	if in.Archived {
		r.s.Visibility.Memo, r.s.Ends = "", time.Time{} // lists are told anew, and it lingers anew
		text = "Restored from the archive"
		if in.How != "" {
			text += fmt.Sprintf(": its workflow was %s, and nothing was followed%s", in.How, after(in.At))
		}
	}
	var gone []string
	for _, n := range in.Pages {
		p := r.facts.Page(n)
		if p == nil || p.Status == incident.PageWithdrawn {
			continue
		}
		p.Status = incident.PageWithdrawn
		p.Revision++
		if !slices.Contains(gone, p.Target) {
			gone = append(gone, p.Target)
		}
	}
	held := in.Archived && r.facts.HoldPages
	r.facts.HoldPages = (held || !in.Page) && r.facts.Status.Live()
	if len(gone) > 0 {
		text += "; the pages to " + incident.And(gone) + " were withdrawn"
	}
	r.facts.Note(r.now(), in.Actor, "restored", text)
	r.alertKeys.retake()
	r.subscribers.state.Asked = "" // who is still to be told, and has come since
}

// childEnded notes that somebody has ended a workflow of the incident by hand.
func (r *incidentRun) childEnded(in api.EndedInput) error {
	child, ok := api.ParseID(in.Workflow)
	if !ok || child.Incident != r.facts.Number || child.Part == "" {
		return fmt.Errorf("%q is no workflow below %s", in.Workflow, r.facts.Key())
	}
	without := map[string]string{
		"page": "nobody is escalated to", "review": "nobody is reminded of the review", "follow-up": "nobody is reminded of the follow-up",
	}[child.Part]
	r.note("ended_by_hand", fmt.Sprintf("%s was %s%s: %s. `starter restore %s` starts it again", in.Workflow, in.How, at(in.At), without, in.Workflow))
	return nil
}

// briefAsked tells a workflow of the incident what is wanted of it now, whatever it was told before: one that
// was ended by hand may not have heard it, and what it knows is as old as its end.
func (r *incidentRun) briefAsked(in api.BriefAskedInput) error {
	child, ok := api.ParseID(in.Workflow)
	if !ok || child.Incident != r.facts.Number || !r.children.forget(in.Workflow) {
		return fmt.Errorf("%q is no workflow below %s", in.Workflow, r.facts.Key())
	}
	switch {
	case in.Restored != nil:
		by := in.Restored.Actor
		r.facts.Note(r.now(), by, "restored", fmt.Sprintf("%s was restored; it was %s%s", in.Workflow, in.Restored.How, at(in.Restored.At)))
	case in.Orphaned:
		r.noteOnce("orphaned", fmt.Sprintf("Somebody told %s that %s does not run, which is not so: it goes on", in.Workflow, r.facts.Key()))
	}
	return nil
}

// noteOnce writes on the timeline what is there only once, however often somebody does it.
func (r *incidentRun) noteOnce(event, text string) {
	if !slices.ContainsFunc(r.facts.Timeline, func(e incident.Entry) bool { return e.Event == event && e.Text == text }) {
		r.note(event, text)
	}
}

func at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " at " + t.UTC().Format("2006-01-02 15:04 MST")
}

func after(t time.Time) string {
	if t.IsZero() {
		return " since"
	}
	return " after " + t.UTC().Format("2006-01-02 15:04 MST")
}
