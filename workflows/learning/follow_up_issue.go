package learning

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/inward"
	"muster/workflows/mirror"
)

// issue is the follow-up's issue as the tracker takes it.
func (r *followUpRun) issue() incident.Issue { return r.wholeIssue().Without(r.s.Issue.LeftOff) }

// wholeIssue is the follow-up's issue as the tracker should have it.
func (r *followUpRun) wholeIssue() incident.Issue {
	f := r.followUp()
	i := incident.Issue{
		Key:         api.VendorKey(r.in.Settings.Installation, api.FollowUpID(r.in.Incident, f.Number), ""),
		Type:        r.in.Tracker.FollowUpType,
		Summary:     f.Title,
		Description: []string{fmt.Sprintf("Follow-up %d of %s %s.", f.Number, incident.Key(r.in.Incident), r.s.Brief.Title)},
		Labels:      append([]string{"muster", "follow-up"}, r.in.Tracker.Labels...),
		Parent:      r.s.Brief.Parent,
		Owner:       f.Owner,
		Unassigned:  f.Owner == "" && r.s.Issue.Unassign,
		Due:         f.Due,
		Priority:    r.in.Tracker.Priority(r.s.Brief.Severity),
		Fields:      r.in.Tracker.FollowUpFields,
	}
	if f.Status == incident.FollowUpDropped && f.Reason != "" {
		// A board without resolutions has no other place for it.
		i.Description = append(i.Description, "Dropped: "+f.Reason)
	}
	if !r.s.Brief.Private { // labels say what it is about, also where the rest is kept from outsiders
		i = i.LabelledFollowUp(*f)
	}
	if r.s.Theirs { // people have written it, and say in it what they want
		i.Summary, i.Description, i.Parent, i.Fields, i.Priority = "", nil, "", nil, ""
		i.Project = r.in.Tracker.Project
		return i
	}
	return r.in.Tracker.Place(i, r.s.Brief.Private, fmt.Sprintf("Follow-up %d of %s", f.Number, incident.Key(r.in.Incident)))
}

// child keeps the follow-up's issue.
func (r *followUpRun) child() *childIssue {
	return &childIssue{state: &r.s.Issue, Watch: inward.Watch{
		Run: r.run, Ctx: r.ctx, Known: &r.s.Issue.Known, Ref: &r.followUp().Issue, Scale: r.in.Scale, Take: r.changedAtTracker,
		Mend: "let the tracker's Muster account see it; or link another issue, or drop the follow-up with a reason",
	}}
}

// writeLeftOff writes what the tracker would not take, for as long as somebody works on it.
func (r *followUpRun) writeLeftOff() mirror.Action {
	if r.followUp().Status.Ended() {
		return nil
	}
	return r.child().writeLeftOff(r.wholeIssue())
}

// trackIssue keeps the child issue. It waits for the parent: a child cannot be made without.
func (r *followUpRun) trackIssue() mirror.Action {
	f, c := r.followUp(), r.child()
	if r.in.Tracker.Project == "" || (r.s.Brief.Parent == "" && f.Issue.Key == "" && r.s.Linking == "") {
		return nil
	}
	if r.s.Linking != "" {
		return r.linkIssue(r.s.Linking)
	}
	if f.Issue.Key == "" {
		if f.Status.Ended() && !r.s.Loop.Tried("tracker") {
			return nil
		}
		return c.create(r.issue(), func() {})
	}
	if a, out := c.Next(); out {
		return a
	}
	if issue := r.issue(); mirror.Fingerprint(issue) != r.s.Issue.Written {
		return c.update(issue)
	}
	if goal := r.goal(); goal != "" && r.s.Issue.Goal != goal {
		return c.move(goal, r.in.Tracker)
	}
	return nil
}

// goal is where the issue must be moved, "" while it may be anywhere among the open statuses.
func (r *followUpRun) goal() incident.Goal {
	switch r.followUp().Status {
	case incident.FollowUpDone:
		return incident.GoalDone
	case incident.FollowUpDropped:
		if r.followUp().MergedInto > 0 {
			return incident.GoalDuplicate
		}
		return incident.GoalDropped
	}
	if r.s.Issue.Known.Seen.Done {
		return incident.GoalOpen
	}
	return ""
}

// changedAtTracker takes in what the tracker says of the issue, as far as that goes: what people have
// changed there is changed here, and what is only absent ends nothing.
func (r *followUpRun) changedAtTracker(in api.IssueChangedInput) error {
	news, err := r.child().take(in)
	if err != nil {
		return err
	}
	f := r.followUp()
	r.s.By = in.By
	r.s.AtVendor = r.s.AtVendor || news.Has(incident.IssueKey)
	switch {
	case news.Deleted && !f.Status.Ended():
		r.endedThere(incident.FollowUpDropped, "its issue was deleted in the tracker")
	case news.Has(incident.IssueStatus):
		r.movedThere(news)
	}
	if f.Status.Ended() { // kept for as long as it may be reopened
		r.s.Missed = union(r.s.Missed, news.Fields)
		return nil
	}
	news.Fields = union(news.Fields, r.s.Missed)
	r.s.Missed = nil
	r.takeOver(news)
	return nil
}

func union(a, b []incident.IssuePart) []incident.IssuePart {
	a = slices.Clone(a)
	for _, p := range b {
		if !slices.Contains(a, p) {
			a = append(a, p)
		}
	}
	return a
}

// movedThere draws the conclusion from the issue's status.
func (r *followUpRun) movedThere(news inward.News) {
	f, seen := r.followUp(), r.s.Issue.Known.Seen
	status, reason, ended := r.in.Tracker.Ended(seen)
	switch {
	case ended && !f.Status.Ended():
		r.endedThere(status, reason)
	case !ended && news.Was.Done && f.Status.Ended():
		// Somebody has moved it back: it had ended by mistake.
		f.Status, f.Reason, f.EndedAt = r.openStatus(), "", time.Time{}
		r.s.AtVendor, r.s.Issue.Goal = true, ""
	}
}

// openStatus is what an ended follow-up was before.
func (r *followUpRun) openStatus() incident.FollowUpStatus {
	if r.s.Was == incident.FollowUpProposed {
		return incident.FollowUpProposed
	}
	return incident.FollowUpAccepted
}

// endedThere ends the follow-up because its issue ended in the tracker, which needs no moving there.
func (r *followUpRun) endedThere(status incident.FollowUpStatus, reason string) {
	f, before := r.followUp(), mirror.Fingerprint(r.issue())
	r.s.Was = f.Status
	f.Status, f.Reason, f.EndedAt = status, "", workflow.Now(r.ctx)
	if reason != "" {
		f.Reason = "closed in the tracker as " + mirror.Clipped(reason, 100)
	}
	if r.s.Issue.Known.Deleted {
		f.Reason = reason
	}
	r.s.AtVendor, r.s.Issue.Goal = true, r.goal()
	r.known(before)
}

// known notes that what has just been taken over needs no writing: the tracker knows it.
func (r *followUpRun) known(before string) {
	if r.s.Issue.Written == before {
		r.s.Issue.Written = mirror.Fingerprint(r.issue())
	}
}

// takeOver takes owner, due date and title from the tracker, where people have changed them.
func (r *followUpRun) takeOver(news inward.News) {
	f, seen := r.followUp(), r.s.Issue.Known.Seen
	before := mirror.Fingerprint(r.issue())
	if news.Has(incident.IssueOwner) {
		r.takeOwner(seen)
	}
	if news.Has(incident.IssueDue) && seen.Due != "" && seen.Due != f.Due {
		r.takeDue(seen)
	}
	putBack := news.Has(incident.IssueDue) && seen.Due == "" && f.Due != ""
	if title, err := incident.CleanTitle("title", seen.Title); news.Has(incident.IssueTitle) && err == nil && !r.s.Brief.Private && title != f.Title {
		f.Title, r.s.AtVendor = title, true
	}
	switch {
	case len(news.Fields) == 0:
	case putBack, news.Crossed && mirror.Fingerprint(r.issue()) != before: // a follow-up is always due at some time; what Muster may have undone is said again
		r.s.Issue.Written = ""
	default:
		r.known(before)
	}
}

// snagOfDue names the snag of a due date that cannot be meant.
const snagOfDue = "due date"

// takeDue takes over a due date, also one that has passed: the tracker took it. One that is years away is a
// slip of the pen; the date here stays, and people are told.
func (r *followUpRun) takeDue(seen incident.IssueState) {
	f := r.followUp()
	day, err := time.Parse(time.DateOnly, string(seen.Due))
	if err == nil {
		err = incident.CheckDue("due", max(seen.Due, incident.Date(workflow.Now(r.ctx).Format(time.DateOnly))), workflow.Now(r.ctx))
	}
	if err == nil && day.Year() > 0 {
		r.run.ClearSnag(snagOfDue)
		f.Due, r.s.AtVendor = seen.Due, true
		return
	}
	r.run.SetSnag(incident.Snag{
		Mirror: snagOfDue, Step: "take over its due date", Since: workflow.Now(r.ctx),
		Reason: f.Issue.Key + " is due on " + mirror.Clipped(string(seen.Due), 20) + " in the tracker, which cannot be meant; the date here stays " + cmp.Or(string(f.Due), "none"),
		Mend:   "correct the date in the tracker, or set it here",
	})
}

// snagOfOwner names the snag of an assignee who cannot be told anything.
const snagOfOwner = "assignee"

// takeOwner takes over whom people have assigned. Whom the tracker does not show by address is not taken
// for anybody: the owner here stays, and people are told.
func (r *followUpRun) takeOwner(seen incident.IssueState) {
	f := r.followUp()
	r.s.Issue.Unassign = false
	switch {
	case seen.Owner != "" && incident.CheckPerson("", seen.Owner) == nil:
		r.run.ClearSnag(snagOfOwner)
		f.Owner, r.s.AtVendor = incident.NormalPerson(seen.Owner), true
	case seen.OwnerName == "" && seen.Owner == "":
		r.run.ClearSnag(snagOfOwner)
		f.Owner, r.s.AtVendor = "", true
	default:
		name := cmp.Or(seen.OwnerName, seen.Owner)
		r.run.SetSnag(incident.Snag{
			Mirror: snagOfOwner, Step: "hear who owns it", Since: workflow.Now(r.ctx),
			Reason: f.Issue.Key + " is assigned to " + mirror.Clipped(name, 100) + ", whose e-mail address the tracker does not show; the owner here stays " + cmp.Or(f.Owner, "nobody"),
			Mend:   "let the tracker show that person's address, or set the owner here",
		})
	}
}

// linkIssue keeps another issue from now on, which people have made: once the tracker has shown it. Until
// then the former one stays.
func (r *followUpRun) linkIssue(key string) mirror.Action {
	return &mirror.Call{
		Name: "link " + key, Queue: api.QueueJira, Class: mirror.ClassLookUp, Urgent: true,
		Run: func(ctx workflow.Context, _ bool) error {
			var states []incident.IssueState
			in := activities.ReadIssuesInput{Keys: []string{key}}
			if err := workflow.ExecuteActivity(ctx, mirror.Tracker.ReadIssues, in).Get(ctx, &states); err != nil {
				return err
			}
			switch {
			case r.s.Linking != key: // people have thought better of it
				return nil
			case len(states) != 1 || states[0].Unseen:
				stays := "it has none so far"
				if now := r.followUp().Issue.Key; now != "" {
					stays = "its issue stays " + now
				}
				return mirror.Refuse(activities.Failure{
					Vendor: "tracker", Operation: "link", Meaning: activities.Unseen, Reason: key + " is not visible to us; " + stays,
					Mend: "correct the key, or let the tracker's Muster account see it",
				})
			}
			r.linked(states[0])
			return nil
		},
	}
}

// linked takes an issue in place of the former one, as it is: what it says so far is nobody's change here,
// but that it has ended.
func (r *followUpRun) linked(s incident.IssueState) {
	f := r.followUp()
	r.forgetIssue()
	r.s.Linking, r.s.Theirs = "", true
	f.Issue = incident.IssueRef{ID: s.ID, Key: s.Key, URL: s.URL}
	r.s.Issue.Known.Linked(s)
	if status, reason, ended := r.in.Tracker.Ended(s); ended && !f.Status.Ended() {
		r.endedThere(status, reason)
	}
}

// forgetIssue lets go of the issue.
func (r *followUpRun) forgetIssue() {
	r.child().Forget()
	r.s.Issue, r.s.Theirs = issueState{}, false
}
