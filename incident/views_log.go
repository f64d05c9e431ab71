package incident

import (
	"fmt"
	"slices"
	"strings"
)

// told are the timeline's events that people in the channel are told of as they happen.
var told = []string{
	"update", "severity", "services", "kind", "title", "mitigated", "resolved", "reopened", "closed", "cancelled", "merged", "absorbed",
	"nominated", "role", "follow_up", "page", "learning", "review", "reminders", "removed", "privacy", "corrected",
}

// kept are the events of commands that the channel is not told of, and why.
var kept = map[string]string{
	"joined":       "the board shows who is here",
	"acknowledged": "the board shows how the pages stand",
	"invited":      "the chat itself says who was invited",
	"message":      "it was said in the channel, or is for the timeline only",
	"retry":        "what comes of it is told",
}

// ToldInChannel says whether people in the channel are told of an event of a command. Decided is
// false for an event of which nobody has said either.
func ToldInChannel(event string) (yes, decided bool) {
	yes = slices.Contains(told, event)
	return yes, yes || kept[event] != ""
}

// toldOutside are those of which the readers of the announcement are told.
var toldOutside = []string{"severity", "kind", "mitigated", "resolved", "reopened", "closed", "cancelled", "merged"}

// Noted picks from a timeline what is to be told in the incident's channel, of the entries that
// come after the one numbered after.
func Noted(entries []Entry, after int) []Entry {
	return pick(entries, after, func(e Entry) bool {
		// What follow-ups do by themselves is told to their owners, and that a pause is over by the
		// reminders that come.
		byItself := e.Actor.Way == WayMuster && (e.Event == "follow_up" || e.Event == "reminders")
		return slices.Contains(told, e.Event) && !byItself
	})
}

// NotedOutside picks what is to be told in the thread of an announcement.
func NotedOutside(entries []Entry, after int) []Entry {
	return pick(entries, after, func(e Entry) bool { return slices.Contains(toldOutside, e.Event) })
}

func pick(entries []Entry, after int, wanted func(Entry) bool) []Entry {
	var out []Entry
	for _, e := range entries {
		if e.Seq > after && wanted(e) {
			out = append(out, e)
		}
	}
	return out
}

// LogMessage tells the incident's channel what happened, all of it in one message.
func LogMessage(i *Incident, entries []Entry) Message { return happened(i, entries) }

// ThreadMessage tells the readers of an announcement what happened.
func ThreadMessage(i *Incident, entries []Entry) Message { return happened(i, entries) }

// happened says what and by whom: one event as its own text with its person below it, several in
// a line each.
func happened(i *Incident, entries []Entry) Message {
	m := Message{Headline: i.marked() + ": " + headlineOf(entries)}
	if len(entries) == 1 {
		e := entries[0]
		m.Body, m.Quiet, m.Credits = []string{e.Text}, true, []Field{byField(e.Actor)}
		if !e.Next.IsZero() {
			m.Credits = append(m.Credits, Field{Label: "Next update", Time: e.Next})
		}
		if i.Kind == KindDrill {
			m.Credits = append([]Field{{Label: "DRILL", Text: i.Key()}}, m.Credits...)
		}
		return m
	}
	for _, e := range lastOf(entries) {
		m.Body = append(m.Body, fmt.Sprintf("%s (%s)", e.Text, e.Actor))
	}
	if n := len(entries) - len(m.Body); n > 0 {
		m.Footnotes = []string{fmt.Sprintf("%d more before these are on the timeline", n)}
	}
	return m
}

// maxLines is how much of a long outage's news one message tells.
const maxLines = 20

func lastOf(entries []Entry) []Entry { return entries[max(0, len(entries)-maxLines):] }

// headlines name an event in the words that a notification shows.
var headlines = map[string]string{
	"update": "status update", "severity": "severity changed", "services": "services changed", "kind": "kind changed", "title": "new title", "merged": "merged",
	"absorbed": "another incident was merged into this", "nominated": "nominated for a learning review", "role": "roles",
	"follow_up": "follow-up", "page": "page", "learning": "what was learnt", "review": "learning review",
	"reminders": "reminders", "removed": "somebody was taken out", "privacy": "who may see it", "corrected": "corrected",
}

// headlineOf names the newest change of status, or else the newest event.
func headlineOf(entries []Entry) string {
	if len(entries) == 0 {
		return "nothing new"
	}
	e := entries[len(entries)-1]
	for _, o := range slices.Backward(entries) {
		if slices.Contains(toldOutside, o.Event) {
			e = o
			break
		}
	}
	return orWord(headlines[e.Event], e.Event)
}

// byField names who did it, in words: a mention would notify them of what they did themselves.
// Whoever has no address but the chat's own is only known there by a mention.
func byField(a Actor) Field {
	if strings.HasSuffix(a.Person, "@slack") {
		return Field{Label: "By", People: []string{a.Person}}
	}
	return Field{Label: "By", Text: a.String()}
}
