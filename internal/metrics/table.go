package metrics

import (
	"strconv"

	"muster/gateway/incidents"
	"muster/gateway/webhooks"
	"muster/incident"
	"muster/workflows/api"
)

// Type is what Prometheus takes a metric for.
type Type string

// The types.
const (
	Counter   Type = "counter"
	Gauge     Type = "gauge"
	Histogram Type = "histogram"
)

// Where a metric is served.
const (
	Worker  = "worker"
	Gateway = "gateway"
	Both    = "worker, gateway"
)

// Label is one dimension of a metric. A value that is none of Values becomes Other; where Values is nil they
// are words of Muster's own code, and Other comes after maxOpen of them.
type Label struct {
	Name   string
	Values []string
}

// Other stands for every value that a label does not know.
const Other = "other"

// maxOpen is how many values a label may take whose values are not listed. The clients make some 60 kinds
// of calls to all vendors together.
const maxOpen = 100

// Spec is one metric of Muster's own.
type Spec struct {
	Name, Help string
	Type       Type
	Labels     []Label
	// Buckets are those of a histogram, in seconds.
	Buckets []float64
	// Served says by whom.
	Served string
}

// Names of the metrics that no workflow counts.
const (
	BuildInfo      = "muster_build_info"
	VendorCalls    = "muster_vendor_calls_total"
	VendorDuration = "muster_vendor_call_duration_seconds"
	Answers        = "muster_command_answers_total"
	Webhooks       = "muster_webhooks_total"

	ArchiveCalls    = "muster_archive_calls_total"
	ArchiveDuration = "muster_archive_call_duration_seconds"
	ArchiveKept     = "muster_archive_kept_timestamp_seconds"
	ArchiveFailing  = "muster_archive_failing_since_timestamp_seconds"

	IncidentsOpen    = "muster_incidents_open"
	PagesOpen        = "muster_pages_open"
	Snags            = "muster_snags"
	VendorRefused    = "muster_vendor_refused_timestamp_seconds"
	FollowUpsOpen    = "muster_follow_ups_open"
	FollowUpsOverdue = "muster_follow_ups_overdue"
	QueueBacklog     = "muster_task_queue_backlog"
	QueueAge         = "muster_task_queue_backlog_age_seconds"
	QueuePollers     = "muster_task_queue_pollers"
	RegisterBytes    = "muster_register_state_bytes"
	ReadingUp        = "muster_reading_up"
	CanaryEvery      = "muster_canary_interval_seconds"
	CanarySuccess    = "muster_canary_last_success_timestamp_seconds"
	CanaryLeg        = "muster_canary_leg_seconds"
	CanaryLegOK      = "muster_canary_leg_ok"
)

var (
	severity = Label{api.LabelSeverity, severities()}
	vendor   = Label{"vendor", []string{"pagerduty", "slack", "jira"}}
	way      = Label{api.LabelWay, words(incident.WaySlack, incident.WayAPI, incident.WayCLI, incident.WayWebUI, incident.WayVendor, incident.WayMuster)}
	command  = Label{api.LabelCommand, commands()}
	queue    = Label{"queue", words(queues...)}
	leg      = Label{"leg", api.CanaryLegs()}
	taskType = Label{"type", []string{"workflow", "activity"}}
)

// Table has every metric of Muster's own, in the order of docs/metrics.md.
func Table() []Spec {
	return append(counted(), read()...)
}

// counted are the metrics of what this process does.
func counted() []Spec {
	return []Spec{
		{
			Name: api.MetricTimeToMuster, Type: Histogram, Labels: []Label{severity}, Served: Worker,
			Help:    "Time from declaration until everybody required had acknowledged or joined, of incidents and near misses.",
			Buckets: []float64{15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200},
		},
		{
			Name: api.MetricPages, Type: Counter, Served: Worker,
			Labels: []Label{{api.LabelOutcome, []string{api.PageOutcomeAcknowledged, api.PageOutcomeUnanswered, api.PageOutcomeUndelivered, api.PageOutcomeWithdrawn}}, severity},
			Help:   "What became of pages; unanswered counts each time through the chain, so that a page may have several outcomes.",
		},
		{
			Name: api.MetricCommands, Type: Counter, Served: Worker,
			Labels: []Label{way, command, {api.LabelOutcome, []string{api.CommandApplied, api.CommandRepeated, api.CommandRefused}}},
			Help:   "Commands as their incidents judged them, whichever way they came in.",
		},
		{
			Name: api.MetricReminders, Type: Counter, Served: Worker,
			Labels: []Label{{api.LabelKind, []string{api.ReminderUpdate, api.ReminderQuiet, api.ReminderReview, api.ReminderDigest}}},
			Help:   "Reminders that were sent to people or channels.",
		},
		{
			Name: api.MetricCanaries, Type: Counter, Served: Worker, Labels: []Label{{api.LabelOutcome, []string{api.CanaryPassed, api.CanaryFailed}}},
			Help: "Canaries by what they have found.",
		},
		{
			Name: VendorCalls, Type: Counter, Served: Both, Labels: []Label{vendor, {Name: "call"}, {api.LabelOutcome, outcomes}},
			Help: "Calls to vendors by what came of them.",
		},
		{
			Name: VendorDuration, Type: Histogram, Served: Both, Labels: []Label{vendor, {Name: "call"}},
			Help: "Time that calls to vendors took, whatever came of them.", Buckets: []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
		},
		{
			Name: Answers, Type: Counter, Served: Gateway, Labels: []Label{way, {api.LabelOutcome, words(incidents.Answers()...)}},
			Help: "What the gateway answered to declarations and commands; recorded ones are not confirmed by a worker yet.",
		},
		{
			Name: Webhooks, Type: Counter, Served: Gateway, Labels: []Label{vendor, {api.LabelOutcome, words(webhooks.Outcomes()...)}},
			Help: "Deliveries from vendors by what came of them, those over Slack's Socket Mode among them.",
		},
		{
			Name: ArchiveCalls, Type: Counter, Served: Both, Labels: []Label{{Name: "call"}, {api.LabelOutcome, archiveOutcomes}},
			Help: "Calls to the archive by what came of them; keep writes a record.",
		},
		{
			Name: ArchiveDuration, Type: Histogram, Served: Both, Labels: []Label{{Name: "call"}},
			Help: "Time that calls to the archive took, whatever came of them.", Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		},
		{Name: ArchiveKept, Type: Gauge, Served: Worker, Help: "When this worker last wrote a record into the archive, 0 for not yet; absent where there is no archive."},
		{
			Name: ArchiveFailing, Type: Gauge, Served: Worker,
			Help: "Since when this worker fails to write records into the archive, 0 while it does not; absent where there is no archive.",
		},
		{Name: BuildInfo, Type: Gauge, Served: Both, Labels: []Label{{Name: "version"}}, Help: "The version that runs, as a label of the value 1."},
	}
}

// read are the metrics that the gateway reads from Temporal, for the whole installation.
func read() []Spec {
	return []Spec{
		{
			Name: IncidentsOpen, Type: Gauge, Served: Gateway, Labels: []Label{{"status", words(live...)}, severity},
			Help: "Incidents and near misses of which something is still expected; drills and other companies' are left out.",
		},
		{
			Name: PagesOpen, Type: Gauge, Served: Gateway, Labels: []Label{{"status", words(pageStatuses...)}},
			Help: "Pages that were not withdrawn; unanswered ones have tried everybody, and nobody has come.",
		},
		{
			Name: Snags, Type: Gauge, Served: Gateway, Labels: []Label{{"vendor", append(vendor.Values[:3:3], "muster")}, {"age", ages}},
			Help: "Steps of incidents that need a person, by the vendor that refused them.",
		},
		{Name: VendorRefused, Type: Gauge, Served: Gateway, Labels: []Label{vendor}, Help: "Since when a vendor has refused our credential, for every incident."},
		{Name: FollowUpsOpen, Type: Gauge, Served: Gateway, Labels: []Label{{"status", words(openFollowUps...)}}, Help: "Follow-ups that are neither done nor dropped."},
		{Name: FollowUpsOverdue, Type: Gauge, Served: Gateway, Help: "Accepted follow-ups whose due day is over, read every ten minutes."},
		{Name: QueueBacklog, Type: Gauge, Served: Gateway, Labels: []Label{queue, taskType}, Help: "Tasks that wait for a worker, roughly."},
		{Name: QueueAge, Type: Gauge, Served: Gateway, Labels: []Label{queue, taskType}, Help: "How long the oldest of them has waited, roughly."},
		{Name: QueuePollers, Type: Gauge, Served: Gateway, Labels: []Label{queue, taskType}, Help: "Workers that have asked for such tasks within the last minutes."},
		{Name: RegisterBytes, Type: Gauge, Served: Gateway, Help: "Size of the state that Register carries from run to run, as JSON."},
		{Name: CanaryEvery, Type: Gauge, Served: Gateway, Help: "How often the canary runs; absent where the playbook has none."},
		{Name: CanarySuccess, Type: Gauge, Served: Gateway, Help: "When the last canary ended in which every leg was in time; 0 where there is none yet."},
		{Name: CanaryLeg, Type: Gauge, Served: Gateway, Labels: []Label{leg}, Help: "How long each leg of the last canary took; one that was not tried is absent."},
		{Name: CanaryLegOK, Type: Gauge, Served: Gateway, Labels: []Label{leg}, Help: "1 where a leg of the last canary was in time, 0 where it failed or was not tried."},
		{Name: ReadingUp, Type: Gauge, Served: Gateway, Labels: []Label{{"part", partNames()}}, Help: "1 where the gateway could read a part of the above; without it that part is absent."},
	}
}

func severities() []string {
	var out []string
	for s := incident.Severity(1); s.Valid(); s++ {
		out = append(out, strconv.Itoa(int(s)))
	}
	return out
}

func commands() []string {
	var out []string
	for _, r := range incident.Commands() {
		out = append(out, r.Name)
	}
	return out
}

func words[T ~string](list ...T) []string {
	out := make([]string, len(list))
	for k, w := range list {
		out[k] = string(w)
	}
	return out
}
