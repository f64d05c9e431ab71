package archive

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// keepIncident writes an incident's facts as rows. What the facts do not name any more goes, but for timeline
// entries before the first one of the facts, which live here only, and snags, which are marked as ended.
func (t *tx) keepIncident(ctx context.Context, i *incident.Incident) error {
	for _, write := range []func(context.Context, *incident.Incident) error{
		t.keepFacts, t.keepTimeline, t.keepNames, t.keepPages, t.keepLearning, t.keepCorrections, t.keepSnags, t.keepWords,
	} {
		if err := write(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

const incidentColumns = `number, kind, title, severity, status, private, declared_at, declared_by, declared_way,
	started_at, detected_at, mustered_at, mitigated_at, resolved_at, closed_at, merged_at, merged_into, commander, learning, last_update,
	tracker, tracker_url, channel, channel_url, follow_ups, alert_key, facts`

func (t *tx) keepFacts(ctx context.Context, i *incident.Incident) error {
	facts := *i
	facts.Timeline = nil
	doc, err := document(facts)
	if err != nil {
		return err
	}
	var into any
	if i.MergedInto > 0 {
		into = i.MergedInto
	}
	row := []any{
		i.Number, string(i.Kind), i.Title, int(i.Severity), string(i.Status), flag(i.Private),
		i.DeclaredAt.UnixMilli(), i.DeclaredBy.Person, string(i.DeclaredBy.Way),
		millis(i.StartedAt), millis(i.DetectedAt), millis(i.MusteredAt), millis(i.MitigatedAt), millis(i.ResolvedAt), millis(i.ClosedAt), millis(i.MergedAt), into,
		i.Holder(incident.RoleCommander), i.Learning, i.LastUpdate,
		i.Links.Tracker.Key, i.Links.Tracker.URL, i.Links.Channel.Name, i.Links.Channel.URL, i.OpenFollowUps(), i.AlertKey, doc,
	}
	return t.insert(ctx, "incidents", incidentColumns, [][]any{row}, "ON CONFLICT (number) DO UPDATE SET "+overwritten(incidentColumns, "number"))
}

// overwritten sets every column but the keys to what was to be inserted.
func overwritten(columns string, keys ...string) string {
	var set []string
	for c := range strings.SplitSeq(columns, ",") {
		if c = strings.TrimSpace(c); !slices.Contains(keys, c) {
			set = append(set, c+" = excluded."+c)
		}
	}
	return strings.Join(set, ", ")
}

// keepTimeline writes the entries that the facts hold. A workflow that was reset has fewer than it had: what
// it does not know any more did not happen.
func (t *tx) keepTimeline(ctx context.Context, i *incident.Incident) error {
	const columns = "incident, seq, at, person, way, event, text, entry"
	var rows [][]any
	for _, e := range i.Timeline {
		doc, err := document(e)
		if err != nil {
			return err
		}
		rows = append(rows, []any{i.Number, e.Seq, e.At.UnixMilli(), e.Actor.Person, string(e.Actor.Way), e.Event, e.Text, doc})
	}
	if _, err := t.exec(ctx, "DELETE FROM timeline WHERE incident = ? AND seq > ?", i.Number, i.Entries); err != nil {
		return err
	}
	if err := t.insert(ctx, "timeline", columns, rows,
		"ON CONFLICT (incident, seq) DO UPDATE SET "+overwritten(columns, "incident", "seq")+" WHERE timeline.entry <> excluded.entry"); err != nil {
		return err
	}
	return t.unsay(ctx, i)
}

// unsay takes the words of messages that were deleted in the chat out of entries that live here only.
func (t *tx) unsay(ctx context.Context, i *incident.Incident) error {
	if len(i.Unsaid) == 0 {
		return nil
	}
	var held []incident.Entry
	err := t.rows(ctx, "SELECT entry FROM timeline WHERE incident = ? AND event = 'message'", []any{i.Number}, func(scan func(...any) error) error {
		var doc string
		if err := scan(&doc); err != nil {
			return err
		}
		var e incident.Entry
		if err := json.Unmarshal([]byte(doc), &e); err != nil {
			return nil //nolint:nilerr // what cannot be read is nobody's message
		}
		if i.Unsay(&e) {
			held = append(held, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range held {
		doc, err := document(e)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE timeline SET text = ?, entry = ? WHERE incident = ? AND seq = ?", e.Text, doc, i.Number, e.Seq); err != nil {
			return err
		}
	}
	return nil
}

// renew replaces the rows that a table has of an incident.
func (t *tx) renew(ctx context.Context, table, columns string, number int, rows [][]any) error {
	if _, err := t.exec(ctx, "DELETE FROM "+table+" WHERE incident = ?", number); err != nil {
		return err
	}
	return t.insert(ctx, table, columns, rows, "ON CONFLICT DO NOTHING")
}

// Parts that people have in an incident; a role's part is "role/" and its name.
const (
	partMember    = "member"
	partDeclared  = "declared"
	partResponder = "responder"
	partRole      = "role/"
	partOwner     = "owner"
	partCommander = partRole + string(incident.RoleCommander)
)

func (t *tx) keepNames(ctx context.Context, i *incident.Incident) error {
	var services, tags, people [][]any
	for _, s := range i.Services {
		services = append(services, []any{i.Number, strings.ToLower(s)})
	}
	for _, s := range i.Tags {
		tags = append(tags, []any{i.Number, strings.ToLower(s)})
	}
	for _, p := range partsOf(i) {
		people = append(people, []any{i.Number, p.person, p.part, millis(p.since)})
	}
	if err := t.renew(ctx, "services", "incident, service", i.Number, services); err != nil {
		return err
	}
	if err := t.renew(ctx, "tags", "incident, tag", i.Number, tags); err != nil {
		return err
	}
	return t.renew(ctx, "people", "incident, person, part, since", i.Number, people)
}

// taken is the part that a person has in an incident.
type taken struct {
	person, part string
	since        time.Time
}

// partsOf gives who belongs to an incident, and as what.
func partsOf(i *incident.Incident) []taken {
	var all []taken
	part := func(person, part string, since time.Time) {
		if who := incident.NormalPerson(person); who != "" {
			all = append(all, taken{person: who, part: part, since: since})
		}
	}
	for _, m := range i.Members() {
		part(m, partMember, time.Time{})
	}
	part(i.DeclaredBy.Person, partDeclared, i.DeclaredAt)
	for _, r := range i.Responders {
		since := r.JoinedAt
		if since.IsZero() {
			since = r.InvitedAt
		}
		part(r.Person, partResponder, since)
	}
	for _, h := range i.Roles {
		part(h.Person, partRole+string(h.Role), time.Time{})
	}
	for _, f := range i.FollowUps {
		part(f.Owner, partOwner, f.ProposedAt)
	}
	return all
}

func (t *tx) keepPages(ctx context.Context, i *incident.Incident) error {
	var pages [][]any
	for _, p := range i.Pages {
		var first, answered time.Time
		if len(p.Tries) > 0 {
			first = p.Tries[0].At
		}
		if p.By != "" {
			answered = answeredAt(i, p)
		}
		pages = append(pages, []any{
			i.Number, p.Number, p.Target, string(p.Status), flag(p.Required), p.Attempts, millis(first), p.By, millis(answered),
		})
	}
	if err := t.renew(ctx, "pages", "incident, number, target, status, required, attempts, first_at, answered_by, answered_at", i.Number, pages); err != nil {
		return err
	}
	return t.keepWakings(ctx, i.Number, wakingsOf(i))
}

// answeredAt is when a page was acknowledged. One that was withdrawn since says only by whom.
func answeredAt(i *incident.Incident, p incident.Page) time.Time {
	if p.Status == incident.PageAcknowledged {
		return p.At
	}
	for _, e := range slices.Backward(i.Timeline) {
		if e.Event == "acknowledged" && e.Actor.Person == p.By {
			return e.At
		}
	}
	return time.Time{}
}

// keepCorrections writes those that the facts remember, the newest. All of them are on the timeline.
func (t *tx) keepCorrections(ctx context.Context, i *incident.Incident) error {
	var rows [][]any
	for _, c := range i.Corrections {
		rows = append(rows, []any{i.Number, c.At.UnixMilli(), c.Field, c.From, c.To, c.By.Person, c.Reason})
	}
	return t.renew(ctx, "corrections", "incident, at, field, before, after, person, reason", i.Number, rows)
}

// wakingsOf are those that the facts hold.
func wakingsOf(i *incident.Incident) []waking {
	var all []waking
	for _, p := range i.Pages {
		for _, w := range p.Woken.Woken {
			all = append(all, waking{
				Page: p.Number, ID: w.ID, Person: w.Person, At: w.At.UnixMilli(), Means: string(w.Means), Night: w.Night, OffHours: w.OffHours, Zone: w.Zone,
			})
		}
	}
	return all
}

// waking is one notification of a person, as the pager has logged it.
type waking struct {
	Page int `json:"page"`
	// ID is the pager's own of the entry, Person an address, or a name where the pager has no address any more.
	ID       string `json:"id"`
	Person   string `json:"person"`
	At       int64  `json:"at"`
	Means    string `json:"means"`
	Night    bool   `json:"night"`
	OffHours bool   `json:"off_hours"`
	Zone     string `json:"zone"`
}

// keepWakings writes whom the pager has really asked for an incident. What was written before stays: the facts
// have room for some of it only.
func (t *tx) keepWakings(ctx context.Context, number int, all []waking) error {
	const columns = "incident, page, id, person, at, means, night, off_hours, zone"
	var rows [][]any
	for _, w := range all {
		if incident.CheckPerson("", w.Person) == nil {
			w.Person = incident.NormalPerson(w.Person)
		}
		rows = append(rows, []any{number, w.Page, w.ID, w.Person, w.At, w.Means, flag(w.Night), flag(w.OffHours), w.Zone})
	}
	return t.insert(ctx, "wakings", columns, rows, "ON CONFLICT (incident, page, id) DO UPDATE SET "+overwritten(columns, "incident", "page", "id"))
}

func (t *tx) keepLearning(ctx context.Context, i *incident.Incident) error {
	var followUps, reviews, learnings [][]any
	for _, f := range i.FollowUps {
		followUps = append(followUps, []any{
			i.Number, f.Number, f.Title, string(f.Status), f.Owner, string(f.Due), f.Reason, string(f.Kind), string(f.Priority),
			f.ProposedBy.Person, millis(f.ProposedAt), f.DecidedBy.Person, millis(f.DecidedAt), millis(f.EndedAt),
			flag(f.Moved()), f.Issue.Key, f.Issue.URL,
		})
	}
	for _, r := range i.Reviews {
		reviews = append(reviews, []any{i.Number, r.Number, string(r.Status), r.Track, millis(r.At), r.Reason, r.Issue.Key, r.Issue.URL})
	}
	for _, e := range i.Timeline {
		if said, ok := strings.CutPrefix(e.Text, "Learnt: "); ok && e.Event == "learning" {
			learnings = append(learnings, []any{i.Number, e.Seq, e.At.UnixMilli(), e.Actor.Person, said})
		}
	}
	if err := t.renew(ctx, "follow_ups", `incident, number, title, status, owner, due, reason, kind, priority, proposed_by, proposed_at,
		decided_by, decided_at, ended_at, moved, issue, issue_url`, i.Number, followUps); err != nil {
		return err
	}
	if err := t.renew(ctx, "reviews", "incident, number, status, track, at, reason, issue, issue_url", i.Number, reviews); err != nil {
		return err
	}
	// Of what the facts hold they are the last word: after a reset an entry is another one.
	first := i.Entries + 1
	if len(i.Timeline) > 0 {
		first = i.Timeline[0].Seq
	}
	if _, err := t.exec(ctx, "DELETE FROM learnings WHERE incident = ? AND seq >= ?", i.Number, first); err != nil {
		return err
	}
	return t.insert(ctx, "learnings", "incident, seq, at, person, text", learnings,
		"ON CONFLICT (incident, seq) DO UPDATE SET text = excluded.text, person = excluded.person, at = excluded.at")
}

// keepSnags notes those that there are, and ends those that there are no more.
func (t *tx) keepSnags(ctx context.Context, i *incident.Incident) error {
	now := latest(i)
	args := []any{now.UnixMilli(), i.Number}
	var rows [][]any
	for _, s := range i.Snags {
		if s.Off {
			continue
		}
		rows = append(rows, []any{i.Number, s.Mirror, s.Step, s.Since.UnixMilli(), s.Reason})
		args = append(args, s.Mirror, s.Step, s.Since.UnixMilli())
	}
	ended := "UPDATE snags SET ended_at = ? WHERE incident = ? AND ended_at IS NULL" + strings.Repeat(" AND NOT (mirror = ? AND step = ? AND since = ?)", len(rows))
	if _, err := t.exec(ctx, ended, args...); err != nil {
		return err
	}
	return t.insert(ctx, "snags", "incident, mirror, step, since, reason", rows,
		"ON CONFLICT (incident, mirror, step, since) DO UPDATE SET reason = excluded.reason, ended_at = NULL")
}

// latest is the newest moment that the facts know of, for what ended without saying when.
func latest(i *incident.Incident) time.Time {
	at := i.DeclaredAt
	for _, t := range []time.Time{i.MitigatedAt, i.ResolvedAt, i.ClosedAt, i.MergedAt, i.UpdatedAt} {
		if t.After(at) {
			at = t
		}
	}
	if n := len(i.Timeline); n > 0 && i.Timeline[n-1].At.After(at) {
		at = i.Timeline[n-1].At
	}
	return at
}
