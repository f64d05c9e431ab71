package file

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"muster/incident"
	"muster/playbook"
)

// due reads one span for all (due: 20bd) or a mapping by severity, in which default is for those
// that it leaves out.
func (r *reader) due(t table, p *playbook.FollowUpPolicy) {
	n := t.get("due")
	if n == nil || n.Kind != yaml.MappingNode {
		t.span("due", anySpan, &p.Due)
		return
	}
	by := t.sub("due")
	by.only("1", "2", "3", "4", "5", "default")
	by.span("default", anySpan, &p.Due)
	for level := incident.WorstSeverity; level <= incident.MildSeverity; level++ {
		key := strconv.Itoa(int(level))
		if !by.has(key) {
			continue
		}
		span := p.Due
		by.span(key, anySpan, &span)
		if p.DueBy == nil {
			p.DueBy = map[incident.Severity]playbook.Span{}
		}
		p.DueBy[level] = span
	}
}
