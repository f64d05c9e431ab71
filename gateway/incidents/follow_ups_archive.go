package incidents

import (
	"context"
	"fmt"
	"time"

	"muster/archive"
	"muster/incident"
)

// everywhere is how long after its end a day has ended wherever an owner may be. Visibility knows where they are,
// the archive does not.
const everywhere = 12 * time.Hour

// dayOver is the first day that may not have ended everywhere.
func dayOver(now time.Time) incident.Date {
	return incident.Date(now.UTC().Add(-everywhere).Format(time.DateOnly))
}

// wanted is what the archive is asked for.
func (f FollowUpFilter) wanted(now time.Time) archive.FollowUpsWanted {
	w := archive.FollowUpsWanted{Open: !f.All, Owner: f.Owner, Nobody: f.Nobody, Service: f.Service, Incident: f.Incident}
	switch {
	case f.Overdue:
		w.Statuses, w.DueBefore = []incident.FollowUpStatus{incident.FollowUpAccepted}, dayOver(now)
	case f.Undecided:
		w.Statuses = []incident.FollowUpStatus{incident.FollowUpProposed}
	}
	return w
}

// followUpsOfAllTimes asks the archive.
func (c *Client) followUpsOfAllTimes(ctx context.Context, f FollowUpFilter, name string, limit int) (FollowUpList, error) {
	token, err := c.resume(ctx, SourceArchive, f.Viewer, name, f.PageToken)
	if err != nil {
		return FollowUpList{}, err
	}
	page := archive.FollowUpPage{Limit: limit}
	if len(token) > 0 {
		if _, err := fmt.Sscanf(string(token), "%d/%d", &page.Incident, &page.Number); err != nil {
			return FollowUpList{}, fmt.Errorf("continue a list of the archive: %w", err)
		}
	}
	list, more, err := c.archivedFollowUps(ctx, f, page)
	if err != nil || len(list.FollowUps) == 0 {
		return list, err
	}
	last := list.FollowUps[len(list.FollowUps)-1]
	var next []byte
	if more {
		next = fmt.Appendf(nil, "%d/%d", last.Incident, last.Number)
	}
	list.NextPageToken, list.Note = c.goesOn(ctx, f.Viewer, name, next, c.hide(ctx, &list, f.Viewer))
	return list, nil
}

// followUpsStandIn lists what is open while Temporal does not answer.
func (c *Client) followUpsStandIn(ctx context.Context, f FollowUpFilter, limit int) (FollowUpList, error) {
	list, more, err := c.archivedFollowUps(ctx, f, archive.FollowUpPage{Limit: limit})
	if err != nil {
		return list, err
	}
	list.Note = c.alone(ctx, more)
	return list, nil
}

func (c *Client) archivedFollowUps(ctx context.Context, f FollowUpFilter, p archive.FollowUpPage) (FollowUpList, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	now := c.Now()
	found, more, err := c.Archive.FollowUps(ctx, f.wanted(now), f.Viewer.archive(), p)
	if err != nil {
		return FollowUpList{}, false, archiveError("list follow-ups", err)
	}
	return FollowUpList{FollowUps: archivedAll(found, now), Source: SourceArchive}, more, nil
}

func archivedAll(found []archive.FollowUp, now time.Time) []ListedFollowUp {
	out := make([]ListedFollowUp, 0, len(found))
	for _, a := range found {
		l := ListedFollowUp{
			Incident: a.Incident, Key: incident.Key(a.Incident), Number: a.Number, Title: a.Title, Status: a.Status, Owner: a.Owner, Due: a.Due,
			Overdue: a.Status == incident.FollowUpAccepted && a.Due != "" && a.Due < dayOver(now),
			Kind:    a.Kind, Priority: a.Priority, Labels: a.Labels, Urgent: a.Urgent, Services: a.Services, Issue: a.Issue, Private: a.Private, Revision: a.Revision,
		}
		if a.SnoozedUntil.After(now) && !a.Status.Ended() {
			l.SnoozedUntil = a.SnoozedUntil
		}
		out = append(out, l)
	}
	return out
}

// hide leaves out follow-ups of incidents that have become private a moment ago, or that the viewer was taken out of.
func (c *Client) hide(ctx context.Context, list *FollowUpList, v Viewer) error {
	var of []Listed
	seen := map[int]bool{}
	for _, f := range list.FollowUps {
		if !seen[f.Incident] {
			seen[f.Incident] = true
			of = append(of, Listed{Number: f.Incident})
		}
	}
	left, err := c.freshen(ctx, of, v)
	if err != nil {
		return err
	}
	shown := map[int]bool{}
	for _, l := range left {
		shown[l.Number] = true
	}
	kept := []ListedFollowUp{}
	for _, f := range list.FollowUps {
		if shown[f.Incident] {
			kept = append(kept, f)
		}
	}
	list.FollowUps = kept
	return nil
}
