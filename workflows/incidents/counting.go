package incidents

import (
	"strconv"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// count counts one of a metric.
func (s *scene) count(metric string, labels map[string]string) { mirror.Count(s.ctx, metric, labels) }

// judged counts what came of a command.
func (r *incidentRun) judged(c incident.Command, name, outcome string) {
	way := ""
	if c != nil {
		way = string(c.Head().Actor.Way)
	}
	r.count(api.MetricCommands, map[string]string{api.LabelWay: way, api.LabelCommand: name, api.LabelOutcome: outcome})
}

// reminded counts a reminder.
func (s *scene) reminded(kind string) {
	s.count(api.MetricReminders, map[string]string{api.LabelKind: kind})
}

// observeMuster measures once how long it took until everybody required was here. Drills and other
// companies' incidents are left out.
func (r *incidentRun) observeMuster() {
	if r.mustered || r.facts.MusteredAt.IsZero() {
		return
	}
	r.mustered = true
	if !r.facts.Counted() {
		return
	}
	labels := map[string]string{api.LabelSeverity: strconv.Itoa(int(r.facts.Severity))}
	mirror.Took(r.ctx, api.MetricTimeToMuster, labels, r.facts.MusteredAt.Sub(r.facts.DeclaredAt))
}
