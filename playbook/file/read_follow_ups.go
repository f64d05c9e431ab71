package file

import (
	"strings"
	"time"

	"muster/playbook"
	"muster/playbook/internal/words"
)

// maxEscalate bounds whom an overdue follow-up may reach at last, maxReportChannels where the
// weekly report is read.
const (
	maxEscalate       = 5
	maxReportChannels = 10
)

func (r *reader) followUps(t table, people []playbook.Person) (playbook.FollowUpPolicy, playbook.ReportPolicy) {
	t.only("soak", "due", "nudge", "overdue", "escalate_after", "escalate", "report", "grace")
	p := defaultFollowUps()
	t.span("soak", anySpan, &p.Soak)
	r.due(t, &p)
	t.span("nudge", anySpan, &p.Nudge)
	t.span("overdue", positiveSpan, &p.Overdue)
	t.number("escalate_after", 1, 100, &p.EscalateAfter)
	t.span("grace", anySpan, &p.Grace)
	if t.has("escalate") {
		p.Escalate = r.hearsToo(t, people)
	}
	return p, r.report(t.sub("report"))
}

// hearsToo reads whom an overdue follow-up reaches, one after the other: the commander, people
// by e-mail address, and channels.
func (r *reader) hearsToo(t table, people []playbook.Person) []string {
	var out []string
	for k, it := range r.unique(t.list("escalate")) {
		switch {
		case k == maxEscalate:
			r.fail(it.node, it.path, "leave out those at the end", "there are more than %d", maxEscalate)
			return out
		case strings.EqualFold(it.text, playbook.EscalateCommander):
			out = append(out, playbook.EscalateCommander)
		case strings.HasPrefix(it.text, "#"):
			if channel, ok := r.channel(it); ok {
				out = append(out, channel)
			}
		case !strings.Contains(it.text, "@") || strings.HasPrefix(it.text, "@"):
			r.fail(it.node, it.path, `write commander, an e-mail address, or a channel such as "#sre"`, "%s is nobody who can be told", words.Quote(it.text))
		default:
			out = append(out, r.emails([]item{it}, people)...)
		}
	}
	return out
}

// report reads where and when the weekly report is read; without channels there is none.
func (r *reader) report(t table) playbook.ReportPolicy {
	t.only("channels", "on")
	p := playbook.ReportPolicy{On: int(time.Monday)}
	for k, it := range r.unique(t.list("channels")) {
		if k == maxReportChannels {
			r.fail(it.node, it.path, "leave some out", "there are more than %d channels", maxReportChannels)
			break
		}
		if channel, ok := r.channel(it); ok {
			p.Channels = append(p.Channels, channel)
		}
	}
	var on string
	if n, ok := t.text("on", maxName, &on); ok {
		if p.On = weekday(on); p.On < 0 {
			r.fail(n, t.at("on"), "write it like monday", "%s is no weekday", words.Quote(on))
		}
	}
	return p
}
