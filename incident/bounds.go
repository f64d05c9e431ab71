package incident

import "muster/internal/bounds"

// How many characters people, alerts and vendors may send of what is the same in several places.
const (
	maxPerson     = 128  // an e-mail address, counted in bytes as JSON
	maxName       = 254  // what a vendor calls a person
	maxID         = 255  // a caller's key, and the ID of a command
	maxVendorID   = 100  // a vendor's ID of a message, channel, issue or event
	maxURL        = 500  // an address
	maxProse      = 4000 // what is said beside a command; the timeline has the first maxEntryText of it
	maxTarget     = 150  // whom a page asks for
	maxRole       = 60
	maxTags       = 20
	maxTag        = 50
	maxTagBytes   = 200 // as JSON
	maxListed     = 60  // the Slack channels, snags and mirrors of one incident, of each
	maxAsked      = 20  // people whom a pager asks for one page
	maxTries      = 40  // steps of a page that are shown
	maxRoles      = 20
	maxReviews    = 20
	maxVendorText = 300 // what a vendor says went wrong
)

// What an incident keeps of its lists, in bytes as JSON. With the slice of the playbook, which has
// 100 kB, they stay below the 512 kB of which Temporal warns.
const (
	// MaxTimeline and MaxTimelineBytes bound the timeline: the oldest entries go first.
	MaxTimeline      = 300
	MaxTimelineBytes = 34_000
	// maxEntryBytes bounds the text of one entry, so that none pushes out more than an eighth of the others.
	maxEntryBytes     = 4400
	maxFollowUpBytes  = 62_000
	maxPageBytes      = 30_000
	maxResponderBytes = 32_000
	maxWokenBytes     = 12_000 // of maxPageBytes
)

// Bounds is the table of how large each text and each list may be that people, alerts and vendors
// send, and that an incident keeps. Characters are counted where something comes in: what is larger
// is refused by CheckShape, whatever the way in. Bytes as JSON are what the workflows' states keep.
// docs/limits.md has what of it people and callers meet.
var Bounds = bounds.Table{
	// Words of which there is a fixed list, or that have one shape.
	"incident.Kind": {Chars: 20, Bytes: 20}, "incident.Status": {Chars: 20, Bytes: 20}, "incident.Way": {Chars: 20, Bytes: 20},
	"incident.PageStatus": {Chars: 20, Bytes: 20}, "incident.FollowUpStatus": {Chars: 20, Bytes: 20}, "incident.ReviewStatus": {Chars: 20, Bytes: 20},
	"incident.FollowUpKind": {Chars: 20, Bytes: 20}, "incident.FollowUpPriority": {Chars: 20, Bytes: 20}, "incident.Goal": {Chars: 20, Bytes: 20},
	"incident.Date": {Chars: 10, Bytes: 10}, "incident.IssuePart": {Chars: 20, Bytes: 20}, "incident.IssueField": {Chars: 20, Bytes: 20},
	"incident.Role": {Chars: maxRole, Bytes: 2 * maxRole},

	// Who, and where.
	"incident.Actor.Person": {Chars: maxName, Bytes: maxName, Spare: true}, "incident.Actor.Token": {Chars: 100, Bytes: 100, Spare: true},
	"incident.Meta.CommandID":     {Chars: maxID},
	"incident.MessageRef.Channel": {Chars: maxVendorID, Bytes: maxVendorID}, "incident.MessageRef.ID": {Chars: maxVendorID, Bytes: maxVendorID},
	"incident.MessageRef.URL": {Chars: maxURL, Bytes: maxURL, Spare: true},
	"incident.ChannelRef.ID":  {Chars: maxVendorID, Bytes: 40}, "incident.ChannelRef.Name": {Chars: maxChannelName, Bytes: 2 * maxChannelName, Prose: true},
	"incident.ChannelRef.URL":  {Chars: maxURL, Bytes: maxURL, Spare: true},
	"incident.ChannelSpec.Key": {Chars: maxVendorID, Bytes: maxVendorID}, "incident.ChannelSpec.Name": {Chars: maxChannelName, Bytes: 2 * maxChannelName},
	"incident.IssueRef.ID": {Chars: maxVendorID, Bytes: 40}, "incident.IssueRef.Key": {Chars: maxVendorID, Bytes: 50},
	"incident.IssueRef.URL": {Chars: maxURL, Bytes: maxURL, Spare: true},
	"incident.Link.Label":   {Chars: 120, Bytes: 240}, "incident.Link.URL": {Chars: 2 * maxURL, Bytes: 2 * maxURL},
	"incident.Subscriber.Person": {Chars: maxPerson, Bytes: maxPerson}, "incident.Subscriber.Channel": {Chars: 80, Bytes: 80}, "incident.Subscriber.Group": {Chars: 80, Bytes: 80},

	// What is declared.
	"incident.Declaration.Title": {Chars: MaxTitle}, "incident.Declaration.Services": {Items: maxServices, Chars: maxServiceName, Bytes: maxServiceName, Total: 4000},
	"incident.Declaration.Tags": {Items: maxTags, Chars: maxTag, Bytes: maxTagBytes}, "incident.Declaration.Commander": {Chars: maxPerson, Bytes: maxPerson},
	"incident.Declaration.AlertKey": {Chars: maxID}, "incident.Carried.Text": {Chars: maxEntryText}, "incident.Carried.Author": {Chars: maxName},
	"incident.Repetition.Title":      {Chars: MaxTitle},
	"incident.Subscription.Services": {Items: maxConditions, Chars: maxCondition, Bytes: maxCondition},
	"incident.Subscription.Tags":     {Items: maxConditions, Chars: maxCondition, Bytes: maxCondition},
	"incident.Subscription.By":       {Chars: maxName, Bytes: maxPerson},
	"incident.Subscription.Kinds":    {Items: maxConditions, Chars: 20, Bytes: 20},

	// What commands say.
	"incident.Mitigate.Text": {Chars: maxProse}, "incident.Resolve.Text": {Chars: maxProse}, "incident.Resolve.Learning": {Chars: maxProse},
	"incident.Reopen.Reason": {Chars: maxProse}, "incident.Cancel.Reason": {Chars: maxProse}, "incident.Update.Text": {Chars: maxEntryText},
	"incident.ChangeSeverity.Reason": {Chars: maxProse}, "incident.Retitle.Title": {Chars: MaxTitle},
	"incident.ChangeServices.Add": {Items: maxServices, Chars: maxServiceName}, "incident.ChangeServices.Remove": {Items: maxServices, Chars: maxServiceName},
	"incident.Remove.Person": {Chars: maxPerson}, "incident.Remove.Reason": {Chars: maxProse}, "incident.Join.Channel": {Chars: maxVendorID},
	"incident.Assign.Person": {Chars: maxPerson}, "incident.Join.Person": {Chars: maxPerson}, "incident.Invite.Person": {Chars: maxPerson},
	"incident.Acknowledge.Person": {Chars: maxPerson}, "incident.Acknowledge.Target": {Chars: maxTarget}, "incident.RaisePage.Target": {Chars: maxTarget},
	"incident.Capture.Text": {Chars: maxProse}, "incident.Capture.Author": {Chars: maxName}, "incident.Nominate.Reason": {Chars: maxProse},
	"incident.AddFollowUp.Title": {Chars: MaxTitle}, "incident.AddFollowUp.Owner": {Chars: maxPerson}, "incident.AddFollowUp.Labels": {Items: 4 * maxLabels, Chars: maxLabel},
	"incident.ChangeFollowUp.Owner": {Chars: maxPerson}, "incident.ChangeFollowUp.Labels": {Items: 4 * maxLabels, Chars: maxLabel},
	"incident.ChangeFollowUp.Reason": {Chars: maxProse}, "incident.ChangeFollowUp.Issue": {Chars: maxVendorID}, "incident.SnoozeFollowUp.Reason": {Chars: maxProse},
	"incident.Correct.Title": {Chars: MaxTitle}, "incident.Correct.Services": {Items: maxServices, Chars: maxServiceName}, "incident.Correct.Tags": {Items: maxTags, Chars: maxTag},
	"incident.Correct.Clear": {Items: 4, Chars: 20}, "incident.Correct.Reason": {Chars: maxProse},
	"incident.HoldReview.Learning": {Chars: maxProse}, "incident.WaiveReview.Reason": {Chars: maxProse},
	"incident.Retry.Connections": {Bytes: 128 << 10}, // of the playbook, which the way in fills in

	// What vendors and other workflows say.
	"incident.MessageChange.Text": {Chars: maxEntryText}, "incident.MessageChange.Author": {Chars: maxName},
	"incident.PageReport.Step": {Chars: 120, Bytes: 120}, "incident.PageReport.By": {Chars: maxName, Bytes: maxName}, "incident.PageReport.URL": {Chars: maxURL, Bytes: maxURL},
	"incident.PageReport.Problem": {Chars: maxVendorText, Bytes: 2 * maxVendorText}, "incident.PageReport.Snags": {Items: maxListed},
	"incident.PageReport.Asked": {Items: maxAsked, Chars: maxName, Bytes: maxName}, "incident.PageReport.Tries": {Items: maxTries},
	"incident.Try.Step":          {Chars: 120, Bytes: 120},
	"incident.WokenReport.Woken": {Items: MaxWoken, Total: maxWokenBytes, Spare: true}, "incident.WokenReport.Unknown": {Chars: maxVendorText, Bytes: 2 * maxVendorText, Prose: true},
	"incident.Woken.ID": {Chars: maxVendorID, Bytes: maxVendorID}, "incident.Woken.Person": {Chars: maxName, Bytes: maxName}, "incident.Woken.Step": {Chars: 120, Bytes: 120},
	"incident.Woken.Zone": {Chars: 60, Bytes: 60}, "incident.Means": {Chars: 20, Bytes: 20},
	"incident.PageState.ID": {Chars: maxVendorID, Bytes: maxVendorID}, "incident.PageState.URL": {Chars: maxURL, Bytes: maxURL}, "incident.PageState.By": {Chars: maxName, Bytes: maxName},
	"incident.PageState.Asked": {Items: maxAsked, Chars: maxName, Bytes: maxName}, "incident.PageState.Silent": {Chars: maxVendorText, Bytes: 2 * maxVendorText},
	"incident.IssueState.ID": {Chars: maxVendorID, Bytes: maxVendorID}, "incident.IssueState.Key": {Chars: maxVendorID, Bytes: maxVendorID},
	"incident.IssueState.URL": {Chars: maxURL, Bytes: maxURL}, "incident.IssueState.Title": {Chars: 300}, "incident.IssueState.Status": {Chars: 120},
	"incident.IssueState.Resolution": {Chars: 120}, "incident.IssueState.Owner": {Chars: maxName, Bytes: maxName}, "incident.IssueState.OwnerName": {Chars: maxName},
	"incident.IssueState.OwnerID": {Chars: maxName, Bytes: maxName}, "incident.IssueState.Parent": {Chars: maxVendorID, Bytes: maxVendorID},
	"incident.LeftOff.Reason": {Chars: maxVendorText, Bytes: 2 * maxVendorText}, "incident.LeftOff.Mend": {Chars: maxVendorText, Bytes: 2 * maxVendorText},

	// What an incident keeps.
	"incident.Incident.Title": {Chars: MaxTitle}, "incident.Incident.AlertKey": {Chars: maxID},
	"incident.Incident.Services": {Items: maxServices, Chars: maxServiceName, Bytes: maxServiceName, Total: 4000}, "incident.Incident.Tags": {Items: maxTags, Chars: maxTag, Bytes: maxTagBytes},
	"incident.Incident.Roles": {Items: maxRoles}, "incident.Incident.Responders": {Items: maxResponders, Total: maxResponderBytes, Whole: true},
	"incident.Incident.Pages": {Items: maxRequiredPages, Total: maxPageBytes, Whole: true}, "incident.Incident.PagesNobody": {Chars: 300, Bytes: 600},
	"incident.Incident.LastUpdate": {Chars: maxEntryText, Bytes: maxEntryBytes}, "incident.Incident.Learning": {Chars: maxEntryText, Bytes: maxEntryBytes},
	"incident.Incident.FollowUps": {Items: maxFollowUps, Total: maxFollowUpBytes, Whole: true}, "incident.Incident.Reviews": {Items: maxReviews, Total: 8000, Whole: true},
	"incident.Incident.Nominations": {Items: maxNominations, Total: 6000}, "incident.Incident.Absorbed": {Items: 3 * maxAbsorbed, Total: 8000},
	"incident.Incident.Snags": {Items: maxListed, Total: 10_000}, "incident.Incident.Waiting": {Items: maxListed, Chars: maxVendorText, Total: 5000},
	"incident.Incident.Corrections": {Items: maxCorrections, Total: maxCorrectionBytes}, "incident.Correction.Field": {Chars: 20, Bytes: 20},
	"incident.Correction.From": {Chars: maxCorrected, Bytes: 2 * maxCorrected, Prose: true}, "incident.Correction.To": {Chars: maxCorrected, Bytes: 2 * maxCorrected, Prose: true},
	"incident.Correction.Reason": {Chars: maxReason, Bytes: 2 * maxReason, Prose: true},
	"incident.Incident.Timeline": {Items: MaxTimeline, Total: MaxTimelineBytes}, "incident.Incident.Unsaid": {Items: maxUnsaid, Total: 2000},
	"incident.Incident.Removed": {Items: maxRemoved, Whole: true}, "incident.Removal.Person": {Chars: maxPerson, Bytes: maxPerson},
	"incident.RoleHolder.Person": {Chars: maxPerson, Bytes: maxPerson}, "incident.Responder.Person": {Chars: maxPerson, Bytes: maxPerson},
	"incident.Page.Target": {Chars: maxTarget, Bytes: maxTarget}, "incident.Page.Step": {Chars: 120, Bytes: 120, Spare: true}, "incident.Page.By": {Chars: maxName, Bytes: maxName, Spare: true},
	"incident.Page.Via": {Chars: 100, Bytes: 100, Spare: true}, "incident.Page.URL": {Chars: maxURL, Bytes: maxURL, Spare: true}, "incident.Page.Asked": {Items: maxAsked, Chars: maxName, Bytes: maxName, Spare: true},
	"incident.Page.Tries": {Items: maxTries, Spare: true}, "incident.Page.Problem": {Chars: maxVendorText, Bytes: 2 * maxVendorText, Prose: true},
	"incident.FollowUp.Title": {Chars: MaxTitle, Prose: true}, "incident.FollowUp.Owner": {Chars: maxPerson, Bytes: maxPerson}, "incident.FollowUp.Reason": {Chars: maxReason, Prose: true},
	"incident.FollowUp.Linked": {Chars: 50, Bytes: 50}, "incident.FollowUp.Origin": {Chars: 30, Bytes: 30}, "incident.FollowUp.Labels": {Items: maxLabels, Chars: maxLabel, Spare: true},
	"incident.FollowUp.SnoozeReason": {Chars: maxReason, Prose: true}, "incident.FollowUp.ChangedBy": {Chars: maxName, Bytes: maxName, Spare: true},
	"incident.Review.Track": {Chars: maxRole, Bytes: 2 * maxRole}, "incident.Review.Reason": {Chars: maxReason, Prose: true},
	"incident.Links.Announcements": {Items: maxListed, Total: 7000}, "incident.Announced.Channel": {Chars: maxChannelName, Bytes: 100}, "incident.Links.Former": {Items: 20, Total: 4000},
	"incident.Nomination.Person": {Chars: maxName, Bytes: maxName}, "incident.Nomination.Reason": {Chars: maxReason, Prose: true},
	"incident.Snag.Mirror": {Chars: 120, Bytes: 120}, "incident.Snag.Step": {Chars: 200, Bytes: 200, Prose: true}, "incident.Snag.Vendor": {Chars: 40, Bytes: 40}, "incident.Snag.From": {Chars: 40, Bytes: 40},
	"incident.Snag.Reason": {Chars: maxVendorText, Bytes: 2 * maxVendorText, Prose: true}, "incident.Snag.Mend": {Chars: maxVendorText, Bytes: 2 * maxVendorText, Prose: true},
	"incident.Entry.Event": {Chars: 40, Bytes: 40}, "incident.Entry.Text": {Chars: maxEntryText, Bytes: maxEntryBytes},
}

// CheckBounds refuses a message in which a text or a list is larger than Bounds allows.
func CheckBounds(v any) error { return Excess(Bounds.Check(v)) }

// Excess is the refusal of what is too large, or nil.
func Excess(e *bounds.Excess) error {
	switch {
	case e == nil:
		return nil
	case e.Items:
		return invalid(e.Field, "keep the most telling ones", "holds %d, %d are allowed", e.Has, e.Allowed)
	}
	return invalid(e.Field, "shorten it and link to the rest", "is %d characters long, %d are allowed", e.Has, e.Allowed)
}

// shaped is a command that can be refused by what it says alone, whatever incident it is given to.
type shaped interface{ Shape() error }

// CheckShape refuses what no incident would take at any time: what is too long, what is missing, what
// is no person, severity or kind. Every way in asks it before a command is recorded, since what is
// recorded while no worker runs can only be refused when nobody waits for the answer any more.
func CheckShape(c Command) error {
	if err := CheckBounds(c); err != nil {
		return err
	}
	if s, ok := c.(shaped); ok {
		return s.Shape()
	}
	return nil
}

// AtDoor is a command as a way in hands it on: of a chat message that is captured, which its author wrote
// for others, as much as the timeline has.
func AtDoor(c Command) Command {
	if m, ok := c.(Capture); ok && m.Source.ID != "" {
		m.Text, m.Author = Clip(m.Text, maxEntryText), Clip(m.Author, maxName)
		return m
	}
	return c
}

// Fitting is news of a chat message with as much of its words as the timeline has.
func (c MessageChange) Fitting() MessageChange {
	c.Text, c.Author = Clip(c.Text, maxEntryText), Clip(c.Author, maxName)
	return c
}

// bytesOf is how many bytes of JSON a list has, for those that are bounded by it.
func bytesOf(list any) int { return bounds.Size(list) }

// noRoom says that a list is as full as it may be, whatever its length.
func noRoom(field, what string) error {
	return illegal(field, "shorten what is there, or keep it in the tracker", "there is no room for more %s", what)
}
