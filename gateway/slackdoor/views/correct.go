package views

import (
	"slices"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/workflows/api"
)

// Correct is the form that puts the record right, also after the incident's end. Reason is what was typed of
// it already. Of a time that has not been there is nothing to correct.
func Correct(b Book, i incident.Incident, m Meta, reason string) slackapi.ModalViewRequest {
	m.Was = &Was{Title: i.Title, Kind: i.Kind, Tags: strings.Join(i.Tags, ", "), Times: map[string]int64{}}
	blocks := []slackapi.Block{
		about(i),
		small("The timeline keeps what it was before, and that you have corrected it. Of an incident that is over nobody is paged or invited."),
	}
	blocks = append(blocks, correctTimes(i, m.Was)...)
	blocks = append(blocks,
		optional(BlockTitle, "Title", "", line("Checkout is down", i.Title, incident.MaxTitle)),
		optional(BlockKind, "Kind", "", radio(kindOptions(), orKind(i.Kind))),
	)
	options := serviceOptions(b, i)
	m.Was.Services = shown(options, i.Services)
	// What a menu cannot show must not be taken away, and what the form cannot remember is not asked for.
	if len(options) > 0 && len(m.Was.Services) == len(i.Services) && units(strings.Join(i.Services, "")) < maxRemembered {
		blocks = append(blocks, optional(BlockServices, "What was affected?", "", selectSeveral("Choose services", options, i.Services)))
	}
	if units(m.Was.Tags) < maxRemembered {
		blocks = append(blocks, optional(BlockTags, "Tags", "Words to find it by, with commas.", line("eu, black-friday", m.Was.Tags, maxRemembered)))
	}
	blocks = append(blocks, field(BlockReason, "How do you know?", "It stays on the record.", line("The graphs show it", incident.CleanLine(reason), maxReason)))
	return modal(CallbackCorrect, "Correct", "Correct it", m, blocks...)
}

// correctTimes ask for the times that have been, and remember what they show.
func correctTimes(i incident.Incident, was *Was) []slackapi.Block {
	var blocks []slackapi.Block
	for _, t := range []struct {
		block, label string
		at           time.Time
		been         bool
	}{
		{BlockStarted, "When did the impact begin?", i.StartedAt, true},
		{BlockDetected, "When did somebody first know of it?", i.DetectedAt, true},
		{BlockMitigated, "When did it no longer hurt?", i.MitigatedAt, i.Status != incident.StatusOpen},
		{BlockResolved, "When was it over?", i.ResolvedAt, !i.ResolvedAt.IsZero()},
	} {
		if !t.been {
			continue
		}
		blocks = append(blocks, optional(t.block, t.label, "", dateTime(t.at)))
		if !t.at.IsZero() {
			was.Times[t.block] = t.at.Unix()
		}
	}
	return blocks
}

// maxRemembered is how long the names of all services, or all tags, may be that a form remembers.
const maxRemembered = 1000

// correct asks only for what was changed in the form, so that it undoes nothing that others changed while it
// was open. A form that does not know any more what it showed takes nothing away.
func (r *reader) correct() {
	was := r.asked.Meta.Was
	lost := was == nil
	if lost {
		was = &Was{}
	}
	c := incident.Correct{Reason: r.text(BlockReason)}
	for block, into := range map[string]**time.Time{
		BlockStarted: &c.StartedAt, BlockDetected: &c.DetectedAt, BlockMitigated: &c.MitigatedAt, BlockResolved: &c.ResolvedAt,
	} {
		at := r.past(block)
		if before := was.Times[block]; !at.IsZero() && at.Unix()/60 != before/60 { // it shows minutes
			*into = &at
		}
	}
	if title := incident.CleanLine(r.text(BlockTitle)); title != was.Title {
		c.Title = title
	}
	if k := incident.Kind(r.one(BlockKind)); k != was.Kind {
		c.Kind = k
	}
	if now := r.several(BlockServices); r.shows(BlockServices) && !lost && !sameItems(now, was.Services) {
		c.Services = append([]string{}, now...)
	}
	if tags := r.text(BlockTags); r.shows(BlockTags) && !lost && tags != was.Tags {
		c.Tags = []string{}
		for t := range strings.SplitSeq(tags, ",") {
			if t = incident.CleanLine(t); t != "" {
				c.Tags = append(c.Tags, t)
			}
		}
	}
	if len(c.Fields()) == 0 && len(r.errs) == 0 {
		r.fail(BlockReason, "Nothing is changed. Choose or write above what is to be corrected.")
		return
	}
	r.command(api.Correct, c)
}

// shows reports whether a form had a block.
func (r *reader) shows(block string) bool {
	_, shown := r.view.Values[block]
	return shown
}

// sameItems compares two lists, whatever their order.
func sameItems(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
