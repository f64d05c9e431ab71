package archive

import (
	"context"
	"fmt"
	"strings"
	"time"

	"muster/archive/reports"
	"muster/archive/words"
	"muster/incident"
)

// Report answers one of the standing questions. What the viewer may not see is left out by the database, before
// anything is counted.
func (a *Archive) Report(ctx context.Context, ask reports.Ask) (*reports.Report, error) {
	r, err := a.report(ctx, ask)
	if err != nil {
		return nil, err
	}
	at, err := a.AsOf(ctx)
	if err != nil {
		return nil, err
	}
	r.Heard(at)
	return r, nil
}

func (a *Archive) report(ctx context.Context, ask reports.Ask) (*reports.Report, error) {
	r := &reporting{Archive: a, ask: ask}
	switch ask.Name {
	case reports.Nights:
		all, err := r.notifications(ctx, "w.night = 1")
		return reports.NightsOf(ask, all), err
	case reports.OffHours:
		return r.offHours(ctx)
	case reports.Counts:
		all, err := r.declared(ctx, ask.Since)
		return reports.CountsOf(ask, all), err
	case reports.Muster:
		all, err := r.declared(ctx, ask.Since)
		return reports.MusterOf(ask, all), err
	case reports.FollowUps:
		all, err := r.followUps(ctx)
		return reports.FollowUpsOf(ask, all), err
	case reports.Overdue:
		all, err := r.followUps(ctx)
		return reports.OverdueOf(ask, all), err
	case reports.Repeats:
		all, err := r.declared(ctx, ask.Since.Add(-reports.RepeatWithin()))
		return reports.RepeatsOf(ask, all, func(title string) string { return strings.Join(words.Forms(title), " ") }), err
	case reports.Learnings:
		all, err := r.learnings(ctx)
		return reports.LearningsOf(ask, all), err
	}
	return nil, &incident.Problem{Code: incident.CodeInvalid, Field: "report", Reason: fmt.Sprintf("%q is no report", ask.Name)}
}

// reporting is the making of one report.
type reporting struct {
	*Archive
	ask reports.Ask
}

// seen is the condition under which the viewer may know of the incident that a query calls i.
func (r *reporting) seen() (string, []any) {
	v := r.ask.Viewer
	if v.All {
		return "1 = 1", nil
	}
	member := "EXISTS (SELECT 1 FROM people m WHERE m.incident = i.number AND m.part = 'member' AND m.person = ?)"
	args := []any{incident.NormalPerson(v.Person)}
	if v.Guest {
		return member, args
	}
	return "(i.private = 0 OR " + member + ")", args
}

// notCanary leaves out the drills by which Muster looks after itself, and uncounted what came to nothing.
const (
	notCanary = "NOT (i.kind = 'drill' AND i.declared_way = 'muster')"
	counted   = "i.status NOT IN ('cancelled', 'merged')"
)

// scanned asks a question about incidents; its condition follows what everybody's has.
func (r *reporting) scanned(ctx context.Context, query, condition string, args []any, each func(scan func(...any) error) error) error {
	seen, who := r.seen()
	return r.rows(ctx, "report "+string(r.ask.Name), query+" WHERE "+seen+" AND "+notCanary+" AND "+condition, append(who, args...), each)
}

// named are what incidents name in a table of theirs, services or tags.
func (r *reporting) named(ctx context.Context, table, column, condition string, args []any) (map[int][]string, error) {
	found := map[int][]string{}
	err := r.scanned(ctx, "SELECT n.incident, n."+column+" FROM "+table+" n JOIN incidents i ON i.number = n.incident", condition+" ORDER BY n.incident, n."+column, args,
		func(scan func(...any) error) error {
			var number int
			var name string
			if err := scan(&number, &name); err != nil {
				return err
			}
			found[number] = append(found[number], name)
			return nil
		})
	return found, err
}

func (r *reporting) span() []any { return []any{r.ask.Since.UnixMilli(), r.ask.Until.UnixMilli()} }

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// notifications are those of the span of which a condition on w holds.
func (r *reporting) notifications(ctx context.Context, condition string) ([]reports.Notification, error) {
	services, err := r.named(ctx, "services", "service", "EXISTS (SELECT 1 FROM wakings w WHERE w.incident = i.number AND w.at >= ? AND w.at < ?)", r.span())
	if err != nil {
		return nil, err
	}
	var all []reports.Notification
	err = r.scanned(ctx, `SELECT w.person, w.zone, w.means, w.at, w.night, w.off_hours, w.incident, i.kind
		FROM wakings w JOIN incidents i ON i.number = w.incident`, condition+" AND w.at >= ? AND w.at < ?", r.span(),
		func(scan func(...any) error) error {
			var n reports.Notification
			var ms int64
			var kind string
			if err := scan(&n.Person, &n.Zone, &n.Means, &ms, &n.Night, &n.OffHours, &n.Incident, &kind); err != nil {
				return err
			}
			n.At, n.Drill, n.Services = at(ms), kind == string(incident.KindDrill), services[n.Incident]
			all = append(all, n)
			return nil
		})
	return all, err
}

// calming are the events after which an incident asks nothing of anybody off-hours.
const calming = "('mitigated', 'resolved', 'cancelled', 'merged')"

func (r *reporting) offHours(ctx context.Context) (*reports.Report, error) {
	all, err := r.notifications(ctx, "w.off_hours = 1")
	if err != nil {
		return nil, err
	}
	deeds := map[int][]reports.Deed{}
	woken := "EXISTS (SELECT 1 FROM wakings w WHERE w.incident = i.number AND w.off_hours = 1 AND w.at >= ? AND w.at < ?)"
	err = r.scanned(ctx, `SELECT t.incident, t.at, t.person, t.event IN `+calming+`, t.event = 'acknowledged'
		FROM timeline t JOIN incidents i ON i.number = t.incident`,
		woken+" AND (t.person <> '' OR t.event IN "+calming+") AND t.at >= ? ORDER BY t.incident, t.seq", append(r.span(), r.ask.Since.UnixMilli()),
		func(scan func(...any) error) error {
			var d reports.Deed
			var ms int64
			if err := scan(&d.Incident, &ms, &d.Person, &d.Calms, &d.Answers); err != nil {
				return err
			}
			d.At, d.Person = at(ms), incident.NormalPerson(d.Person)
			deeds[d.Incident] = append(deeds[d.Incident], d)
			return nil
		})
	return reports.OffHoursOf(r.ask, all, deeds), err
}

// declared are the incidents that were declared from a moment on and before the span ends, and that count.
func (r *reporting) declared(ctx context.Context, since time.Time) ([]reports.Declared, error) {
	condition, args := counted+" AND i.declared_at >= ? AND i.declared_at < ?", []any{since.UnixMilli(), r.ask.Until.UnixMilli()}
	var services, tags map[int][]string
	var err error
	if r.ask.By == reports.ByService || r.ask.Name == reports.Repeats {
		if services, err = r.named(ctx, "services", "service", condition, args); err != nil {
			return nil, err
		}
	}
	if r.ask.Name == reports.Repeats {
		if tags, err = r.named(ctx, "tags", "tag", condition, args); err != nil {
			return nil, err
		}
	}
	var all []reports.Declared
	err = r.scanned(ctx, `SELECT i.number, i.kind, i.severity, i.title, i.declared_at, COALESCE(i.mustered_at, 0), i.alert_key, i.tracker_url,
		EXISTS (SELECT 1 FROM pages p WHERE p.incident = i.number AND p.required = 1) FROM incidents i`, condition, args,
		func(scan func(...any) error) error {
			var d reports.Declared
			var declared, mustered int64
			if err := scan(&d.Number, &d.Kind, &d.Severity, &d.Title, &declared, &mustered, &d.AlertKey, &d.URL, &d.Required); err != nil {
				return err
			}
			if d.At = at(declared); mustered > 0 {
				d.Mustered = at(mustered)
			}
			d.Services, d.Tags = services[d.Number], tags[d.Number]
			all = append(all, d)
			return nil
		})
	return all, err
}

// followUps are those that are open, and those that have ended in the span.
func (r *reporting) followUps(ctx context.Context) ([]reports.FollowUp, error) {
	const which = "f.moved = 0 AND (f.status IN ('proposed', 'accepted') OR (f.ended_at >= ? AND f.ended_at < ?))"
	services, err := r.named(ctx, "services", "service", "EXISTS (SELECT 1 FROM follow_ups f WHERE f.incident = i.number AND "+which+")", r.span())
	if err != nil {
		return nil, err
	}
	var all []reports.FollowUp
	err = r.scanned(ctx, `SELECT f.incident, f.number, f.title, f.owner, f.status, f.due, COALESCE(f.proposed_at, i.declared_at), COALESCE(f.ended_at, 0), f.issue_url
		FROM follow_ups f JOIN incidents i ON i.number = f.incident`, which, r.span(),
		func(scan func(...any) error) error {
			var f reports.FollowUp
			var proposed, ended int64
			if err := scan(&f.Incident, &f.Number, &f.Title, &f.Owner, &f.Status, &f.Due, &proposed, &ended, &f.URL); err != nil {
				return err
			}
			if f.Proposed = at(proposed); ended > 0 {
				f.Ended = at(ended)
			}
			f.Services = services[f.Incident]
			all = append(all, f)
			return nil
		})
	return all, err
}

// learnings are the newest wordings of their incidents, as far as they were written in the span.
func (r *reporting) learnings(ctx context.Context) ([]reports.Learnt, error) {
	const which = "l.at >= ? AND l.at < ? AND NOT EXISTS (SELECT 1 FROM learnings o WHERE o.incident = l.incident AND o.seq > l.seq)"
	services, err := r.named(ctx, "services", "service", "EXISTS (SELECT 1 FROM learnings l WHERE l.incident = i.number AND l.at >= ? AND l.at < ?)", r.span())
	if err != nil {
		return nil, err
	}
	var all []reports.Learnt
	err = r.scanned(ctx, "SELECT l.incident, l.at, l.text, i.title, i.tracker_url FROM learnings l JOIN incidents i ON i.number = l.incident", which, r.span(),
		func(scan func(...any) error) error {
			var l reports.Learnt
			var ms int64
			if err := scan(&l.Incident, &ms, &l.Text, &l.Title, &l.URL); err != nil {
				return err
			}
			l.At, l.Services = at(ms), services[l.Incident]
			all = append(all, l)
			return nil
		})
	return all, err
}
