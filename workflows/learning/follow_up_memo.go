package learning

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// FollowUpListing is what a follow-up's workflow has from its start, so that lists find it: the
// status and the services as search attributes, and in the memo what a list shows.
func FollowUpListing(b api.FollowUpBrief, c playbook.Calendar) ([]temporal.SearchAttributeUpdate, map[string]any) {
	attributes := []temporal.SearchAttributeUpdate{mirror.AttrStatus.ValueSet(string(b.FollowUp.Status)), mirror.AttrPrivate.ValueSet(b.Private)}
	if services := foundBy(b); len(services) > 0 {
		attributes = append(attributes, mirror.AttrServices.ValueSet(services))
	}
	return attributes, map[string]any{api.MemoFollowUp: listed(b, c)}
}

// foundBy are the services by which a follow-up is found. Search attributes are for everybody to read
// who may look at Temporal, and those of a private incident would tell what it is about.
func foundBy(b api.FollowUpBrief) []string {
	if b.Private {
		return nil
	}
	return mirror.Fitting(b.Services)
}

// listed is what lists show of a follow-up.
func listed(b api.FollowUpBrief, c playbook.Calendar) api.FollowUpListed {
	f := b.FollowUp.Outside(b.Private)
	if b.Private { // a list is read by more than its owner
		f.Owner, f.Issue = "", incident.IssueRef{}
	}
	return api.FollowUpListed{
		Private: b.Private, Status: f.Status, Due: f.Due, Late: dayAfter(f.Due, c.Location()), SnoozedUntil: f.SnoozedUntil, Revision: f.Revision,
		Title: f.Title, Owner: f.Owner, Issue: f.Issue, Kind: f.Kind, Priority: f.Priority, Labels: f.Labels, Urgent: f.Urgent,
	}
}

// dayAfter is when a day is over, the zero time for none.
func dayAfter(d incident.Date, zone *time.Location) time.Time {
	day, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	next := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, zone).UTC()
	if next.Year() > 9999 { // no later year can be written as JSON
		return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	return next
}

// keepListed tells visibility what has changed of what lists go by and show. An upsert of attributes
// is an action that costs, one of the memo is not.
func (r *followUpRun) keepListed() {
	log := workflow.GetLogger(r.ctx)
	if updates := r.listedBy(workflow.GetTypedSearchAttributes(r.ctx)); len(updates) > 0 {
		if err := workflow.UpsertTypedSearchAttributes(r.ctx, updates...); err != nil {
			log.Error("search attributes not upserted", "error", err.Error())
		}
	}
	now := listed(r.s.Brief, r.calendar())
	if mark := mirror.Short(mirror.Fingerprint(now)); mark != r.s.Listed {
		if err := workflow.UpsertMemo(r.ctx, map[string]any{api.MemoFollowUp: now}); err != nil {
			log.Error("memo not upserted", "error", err.Error())
		}
		r.s.Listed = mark
	}
}

// listedBy are the attributes that differ from those that the workflow has.
func (r *followUpRun) listedBy(have temporal.SearchAttributes) []temporal.SearchAttributeUpdate {
	var updates []temporal.SearchAttributeUpdate
	status := string(r.followUp().Status)
	if is, _ := have.GetKeyword(mirror.AttrStatus); is != status {
		updates = append(updates, mirror.AttrStatus.ValueSet(status))
	}
	if is, set := have.GetBool(mirror.AttrPrivate); !set || is != r.s.Brief.Private {
		updates = append(updates, mirror.AttrPrivate.ValueSet(r.s.Brief.Private))
	}
	is, _ := have.GetKeywordList(mirror.AttrServices)
	switch services := foundBy(r.s.Brief); {
	case slices.Equal(is, services):
	case len(services) == 0:
		updates = append(updates, mirror.AttrServices.ValueUnset())
	default:
		updates = append(updates, mirror.AttrServices.ValueSet(services))
	}
	return updates
}
