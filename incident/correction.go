package incident

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"muster/internal/bounds"
)

// Correction is one thing that was put right on the record.
type Correction struct {
	// Field is the JSON name of what was corrected: started_at, title, services.
	Field string `json:"field"`
	// From and To are what the record said before and says since, a time in RFC 3339 and a list with commas.
	// Either is empty for nothing.
	From   string    `json:"from,omitempty"`
	To     string    `json:"to,omitempty"`
	By     Actor     `json:"by,omitzero"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// What an incident remembers of its corrections: the newest, since all of them are on the timeline.
const (
	maxCorrections     = 20
	maxCorrectionBytes = 5000
)

// Apply implements Command.
func (c Correct) Apply(i *Incident, now time.Time) Result {
	n := corrections{c: c, i: i, now: now}
	n.times()
	n.title()
	n.services()
	n.tags()
	n.kind()
	if len(n.made) == 0 {
		return i.unchanged("the record says that already")
	}
	i.remember(n.made)
	reason := Clip(CleanText(c.Reason), maxEntryText/2)
	text := Clip("Corrected: "+strings.Join(n.said, "; ")+strings.Join(n.also, ""), maxEntryText-len([]rune(reason))-7)
	return i.changed(now, c.Actor, "corrected", "%s. Why: %s", text, reason)
}

// corrections are those that one command makes.
type corrections struct {
	c    Correct
	i    *Incident
	now  time.Time
	made []Correction
	// said tells of each in words, also what else comes of it.
	said, also []string
}

// put notes a correction, and reports whether it is one. Shown are the values in words for people.
func (n *corrections) put(field, from, to, what, shownFrom, shownTo string) bool {
	if from == to {
		return false
	}
	n.made = append(n.made, Correction{
		Field: field, From: inShort(from, maxCorrected), To: inShort(to, maxCorrected), By: n.c.Actor, At: n.now, Reason: inShort(CleanLine(n.c.Reason), maxReason),
	})
	n.said = append(n.said, fmt.Sprintf("%s %s, was %s", what, shownTo, shownFrom))
	return true
}

// maxCorrected bounds what a correction remembers of a value, such as the first of many services.
const maxCorrected = 120

// inShort is as much of a text as is remembered beside the timeline.
func inShort(s string, chars int) string { return bounds.Cut(Clip(s, chars), 2*chars) }

// times corrects when something was. A review was planned for the resolution whose time is corrected, which
// is no other one by that.
func (n *corrections) times() {
	for k, after := range n.c.after(n.i) {
		t := n.i.timed()[k]
		before := *t.at
		what := strings.TrimSuffix(t.field, "_at")
		if !n.put(t.field, written(before), written(after), what, shownTime(before), shownTime(after)) {
			continue
		}
		*t.at = after
		if t.field != FieldResolved {
			continue
		}
		for r := range n.i.Reviews {
			if v := &n.i.Reviews[r]; v.For.Equal(before) {
				v.For = after
			}
		}
	}
}

func (n *corrections) title() {
	title, err := CleanTitle("title", n.c.Title)
	if err == nil && n.put("title", n.i.Title, title, "title", "“"+n.i.Title+"”", "“"+title+"”") {
		n.i.Title = title
	}
}

func (n *corrections) services() {
	change, asked := n.c.ChangesServices(n.i)
	if n.c.known != nil {
		change, asked = *n.c.known, true
	}
	if !asked {
		return
	}
	before, after := n.i.Services, change.Of(n.i)
	if !n.put("services", strings.Join(before, ", "), strings.Join(after, ", "), "services", serviceList(before), serviceList(after)) {
		return
	}
	n.i.Services = after
	if n.i.Status.Live() { // weeks later nobody is asked to come
		n.also = append(n.also, n.i.beckoned(n.now, change))
	}
}

func (n *corrections) tags() {
	if n.c.Tags == nil {
		return
	}
	before, after := n.i.Tags, n.c.Tags
	after, _ = cleanTags("tags", after)
	if n.put("tags", strings.Join(before, ", "), strings.Join(after, ", "), "tags", serviceList(before), serviceList(after)) {
		n.i.Tags = after
	}
}

func (n *corrections) kind() {
	before, after := n.i.Kind, n.c.Kind
	if after != "" && n.put("kind", string(before), string(after), "it is", oneOfKind(before), oneOfKind(after)) {
		n.also = append(n.also, n.i.become(after))
	}
}

// remember keeps the newest corrections.
func (i *Incident) remember(made []Correction) {
	i.Corrections = append(i.Corrections, made...)
	drop := max(len(i.Corrections)-maxCorrections, 0)
	for drop < len(i.Corrections) && bytesOf(i.Corrections[drop:]) > maxCorrectionBytes {
		drop++
	}
	i.Corrections = i.Corrections[drop:]
}

// corrected reports whether something was put right lately.
func (i *Incident) corrected(field string) bool {
	return slices.ContainsFunc(i.Corrections, func(c Correction) bool { return c.Field == field })
}

// written is a time as the record of corrections has it.
func written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func shownTime(t time.Time) string {
	if t.IsZero() {
		return "not known"
	}
	return t.UTC().Format(inUTC)
}

// inUTC is how a time is written in text that cannot show it in the reader's zone.
const inUTC = "2006-01-02 15:04 UTC"

var shownInUTC = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d UTC`)

// inZone writes the times of a text in the reader's zone.
func inZone(text string, zone *time.Location) string {
	return shownInUTC.ReplaceAllStringFunc(text, func(said string) string {
		at, err := time.Parse(inUTC, said)
		if err != nil || zone == nil {
			return said
		}
		return at.In(zone).Format("2006-01-02 15:04 MST")
	})
}

// cleanTags cleans what an incident is found by, or says what is wrong with it. The caller keeps its own.
func cleanTags(field string, tags []string) ([]string, error) {
	if len(tags) > maxTags {
		return nil, invalid(field, "keep the most telling ones", "%d tags, %d are allowed", len(tags), maxTags)
	}
	var out []string
	for k, t := range tags {
		if t = bounds.Cut(Clip(CleanLine(t), maxTag), maxTagBytes); t == "" {
			return nil, invalid(field, "leave it out", "tag %d is empty", k+1)
		}
		out = append(out, t)
	}
	return out, nil
}
