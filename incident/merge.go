package incident

import (
	"time"
)

// Merge says that the incident is the same as another one, which goes on.
type Merge struct {
	Meta
	Into int `json:"into"`
}

// Shape refuses what names no incident.
func (c Merge) Shape() error {
	if c.Into < 1 {
		return invalid("into", "name another incident, such as INC-7", "%d is no incident", c.Into)
	}
	return nil
}

// Check implements Command. Whether the target may take it in is asked of the target: CanAbsorb.
func (c Merge) Check(i *Incident, _ time.Time) error {
	if c.Into < 1 || c.Into == i.Number {
		return invalid("into", "name another incident, such as INC-7", "%s cannot be merged into itself", i.Key())
	}
	if i.Status == StatusMerged && i.MergedInto == c.Into {
		return nil
	}
	return checkVerb(i, VerbMerge)
}

// Apply implements Command.
func (c Merge) Apply(i *Incident, now time.Time) Result {
	if i.Status == StatusMerged {
		return i.unchanged("already merged into %s", Key(c.Into))
	}
	i.Status, i.MergedInto, i.MergedAt, i.NextUpdate = StatusMerged, c.Into, now, time.Time{}
	i.withdrawPages()
	i.moveFollowUps(now, c.Into)
	i.waiveReview("the incident was merged into " + Key(c.Into))
	return i.changed(now, c.Actor, "merged", "Merged into %s", Key(c.Into))
}

// Declaration is what a person or an alert says to open an incident.
type Declaration struct {
	Title    string   `json:"title"`
	Kind     Kind     `json:"kind,omitempty"`
	Severity Severity `json:"severity"`
	Services []string `json:"services,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Private  bool     `json:"private,omitempty"`
	// Page makes a drill page; every other kind follows its severity.
	Page bool `json:"page,omitempty"`
	// Commander takes the role at once when set.
	Commander string `json:"commander,omitempty"`
	// StartedAt is when the impact began, zero where nobody has said.
	StartedAt time.Time `json:"started_at,omitzero"`
	// ResolvedAt is when it was over, for one that is declared after that. It is resolved from the start.
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	// AlertKey belongs to at most one live incident; declaring with a held one joins that one.
	AlertKey string `json:"alert_key,omitempty"`
	// Carried is the chat message that it was declared from; it goes onto the timeline.
	Carried *Carried `json:"carried,omitempty"`
	Actor   Actor    `json:"actor,omitzero"`
}

// Carried is a chat message that a declaration carries along.
type Carried struct {
	Text   string     `json:"text"`
	Author string     `json:"author,omitempty"`
	Source MessageRef `json:"source,omitzero"`
}

// Normal cleans a declaration and fills its defaults, or says what is wrong with it.
func (d Declaration) Normal() (Declaration, error) {
	title, err := CleanTitle("title", d.Title)
	if err != nil {
		return d, err
	}
	d.Title = title
	if d.Kind == "" {
		d.Kind = KindIncident
	}
	if err := checkKind(d.Kind); err != nil {
		return d, err
	}
	if !d.Severity.Valid() {
		return d, invalid("severity", "write a number from 1 (worst) to 5", "%d is no severity", d.Severity)
	}
	if d.Commander != "" {
		if err := CheckPerson("commander", d.Commander); err != nil {
			return d, err
		}
		d.Commander = NormalPerson(d.Commander)
	}
	if d.Carried != nil {
		if err := checkLink("carried.source.url", d.Carried.Source.URL); err != nil {
			return d, err
		}
	}
	if len(d.AlertKey) > maxID {
		return d, invalid("alert_key", "hash it", "is %d bytes long, %d are allowed", len(d.AlertKey), maxID)
	}
	if err := d.checkOver(); err != nil {
		return d, err
	}
	if d.Tags, err = cleanTags("tags", d.Tags); err != nil {
		return d, err
	}
	if c := d.Carried; c != nil { // its author wrote it for others
		d.Carried = &Carried{Text: Clip(c.Text, maxEntryText), Author: Clip(c.Author, maxName), Source: c.Source}
	}
	return d, CheckBounds(d)
}

// New opens an incident from a declaration that Normal has passed.
func New(number int, d Declaration, now time.Time) *Incident {
	i := &Incident{
		Number: number, Kind: d.Kind, Title: d.Title, Severity: d.Severity, Status: StatusOpen, Private: d.Private,
		Services: d.Services, Tags: d.Tags, AlertKey: d.AlertKey, DeclaredAt: now, DeclaredBy: d.Actor, StartedAt: d.StartedAt,
		PageDrill: d.Page && d.Kind == KindDrill,
	}
	i.Note(now, d.Actor, "declared", "Declared: "+d.Title)
	i.beginOver(now, d)
	if c := d.Carried; c != nil && CleanText(c.Text) != "" {
		Capture{Meta: Meta{Actor: d.Actor}, Text: c.Text, Author: c.Author, Source: c.Source}.Apply(i, now)
	}
	if d.Commander != "" {
		Assign{Meta: Meta{Actor: d.Actor}, Role: RoleCommander, Person: d.Commander}.Apply(i, now)
	}
	if CheckPerson("", d.Actor.Person) == nil {
		i.join(now, NormalPerson(d.Actor.Person))
	}
	return i
}

// Counted reports whether the incident is part of the counts of incidents.
func (i *Incident) Counted() bool {
	return (i.Kind == KindIncident || i.Kind == KindNearMiss) && i.Status != StatusCancelled && i.Status != StatusMerged
}

// TagCanary marks the drills by which Muster looks whether it could run an incident.
const TagCanary = "canary"

// CanaryActor declares them and ends them. No door lets anybody speak as it.
func CanaryActor() Actor { return Actor{Way: WayMuster, Token: TagCanary} }

// Canary reports whether the incident is such a drill.
func (i *Incident) Canary() bool { return i.Kind == KindDrill && i.DeclaredBy == CanaryActor() }

// Shown is the title as every text shows it: drills are marked.
func (i *Incident) Shown() string {
	if i.Kind == KindDrill {
		return "DRILL - " + i.Title
	}
	return i.Title
}
