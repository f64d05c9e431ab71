package incidents

import (
	"slices"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// recorded is what the archive holds of the incident.
func (r *incidentRun) recorded() mirror.Recorded[IncidentInput] {
	return mirror.Recorded[IncidentInput]{
		Type: api.TypeIncident, Incident: r.facts.Number, State: &r.s.Loop.Archived, Scale: r.policy.TimeoutScale, Loop: &r.s.Loop,
		Mark: func() string { return mirror.Fingerprint(r.facts) }, Urgent: r.whoSees, Facts: func() *incident.Incident { return r.facts },
		Carried: r.carried, Bounds: stateBounds, Over: func() bool { return !r.s.Ends.IsZero() },
	}
}

// whoSees stands for who may see the incident: the archive is not asked for it by anybody else for long.
func (r *incidentRun) whoSees() string {
	if !r.facts.Private {
		return ""
	}
	return mirror.Fingerprint(r.facts.Members())
}

// trim drops the oldest entries, a quarter at a time, so that it is done rarely. Where there is an archive that
// is done early, so that there is room left while entries have yet to reach it.
func (r *incidentRun) trim() {
	held := r.s.Loop.Archived
	if held.Seq == 0 || held.Off.After(r.now()) {
		r.facts.Timeline = trimmed(r.facts.Timeline, incident.MaxTimeline, incident.MaxTimelineBytes)
		return
	}
	kept := trimmed(r.facts.Timeline, archivedTimeline, archivedTimelineBytes)
	if gone := len(r.facts.Timeline) - len(kept); gone > 0 && r.facts.Timeline[gone-1].Seq > held.Seq {
		kept = trimmed(r.facts.Timeline, incident.MaxTimeline, incident.MaxTimelineBytes)
	}
	r.facts.Timeline = kept
}

// What of the timeline an incident keeps itself where an archive has all of it.
const (
	archivedTimeline      = incident.MaxTimeline * 2 / 3
	archivedTimelineBytes = incident.MaxTimelineBytes * 2 / 3
)

// trimmed drops a quarter of the entries, or as many as are too much, once they are more than there is room for.
func trimmed(entries []incident.Entry, room, bytes int) []incident.Entry {
	n := len(entries)
	size := 0
	for _, e := range entries {
		size += weightOf(e)
	}
	if n <= room && size <= bytes {
		return entries
	}
	drop := n / 4
	for _, e := range entries[:drop] {
		size -= weightOf(e)
	}
	for ; drop < n-1 && size > bytes; drop++ {
		size -= weightOf(entries[drop])
	}
	return slices.Clone(entries[drop:])
}
