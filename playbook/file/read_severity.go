package file

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"muster/playbook"
	"muster/playbook/internal/words"

	"go.yaml.in/yaml/v3"
)

var (
	roleName   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,29}$`)
	emailShape = regexp.MustCompile(`^[a-z0-9.!#$%&'*+/=?^_{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)*$`)
	numberish  = regexp.MustCompile(`(?i)^(sev)?[- ]*\d+$`)
)

var (
	pageModes = []playbook.PageMode{playbook.PageNow, playbook.PageNextMorning, playbook.PageNever}
	tracks    = []playbook.Track{playbook.TrackNone, playbook.TrackSentence, playbook.TrackStandard, playbook.TrackDeep}
)

// severities reads all five, each on top of its default.
func (r *reader) severities(t table, targets []playbook.PageTarget) []playbook.SeverityPolicy {
	all := defaultSeverities()
	t.only("1", "2", "3", "4", "5")
	for i := range all {
		p := &all[i]
		st := t.sub(strconv.Itoa(int(p.Level)))
		st.only("name", "hint", "page", "quiet_after", "announce", "review", "targets")
		if n, ok := st.text("name", maxName, &p.Name); ok && numberish.MatchString(p.Name) {
			r.fail(n, st.at("name"), "give it a word", "%s reads like a number of a severity", words.Quote(p.Name))
		}
		st.text("hint", maxHint, &p.Hint)
		word(st, "page", "page mode", pageModes, &p.Page)
		spanOrNever(st, "quiet_after", &p.QuietAfter)
		st.boolean("announce", &p.Announce)
		r.review(st, &p.Review)
		for _, it := range r.unique(st.list("targets")) {
			if target := r.findTarget(it, targets); target != nil {
				p.Targets = append(p.Targets, *target)
			}
		}
		if p.Page == playbook.PageNever && len(p.Targets) > 0 {
			r.warn(st.get("targets"), st.at("targets"), "remove them, or change page", "are never paged, because page is never")
		}
		for j := range i {
			if strings.EqualFold(all[j].Name, p.Name) {
				n := cmp.Or(st.get("name"), t.sub(strconv.Itoa(j+1)).get("name"))
				r.fail(n, st.at("name"), "give each severity a name of its own", "%s is also the name of severity %d", words.Quote(p.Name), all[j].Level)
			}
		}
	}
	return all
}

// review reads a track alone (review: sentence) or a mapping. A severity whose track is changed
// takes that track's defaults.
func (r *reader) review(t table, p *playbook.ReviewPolicy) {
	n := t.get("review")
	if n == nil {
		return
	}
	track := p.Track
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		word(t, "review", "review track", tracks, &track)
		*p = trackDefaults(track)
		return
	}
	rt := t.sub("review")
	rt.only("track", "after", "remind", "overdue")
	word(rt, "track", "review track", tracks, &track)
	*p = trackDefaults(track)
	if track == playbook.TrackNone && len(rt.entries) > 1 {
		r.fail(n, rt.path, "write review: none, or another track", "plans a review whose track is none")
		return
	}
	rt.span("after", anySpan, &p.After)
	rt.span("overdue", positiveSpan, &p.Overdue)
	if rt.has("remind") {
		p.Remind = r.reminders(rt)
	}
}

func (r *reader) reminders(t table) []playbook.Span {
	var out []playbook.Span
	for _, it := range r.unique(t.list("remind")) {
		var sp playbook.Span
		r.span(it, positiveSpan, &sp)
		if !sp.IsZero() {
			out = append(out, sp)
		}
	}
	slices.SortStableFunc(out, func(a, b playbook.Span) int { return int(b.Rough() - a.Rough()) })
	return out
}
