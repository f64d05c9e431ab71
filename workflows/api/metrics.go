package api

// Metrics that workflows count through workflow.GetMetricsHandler, which is silent while a history is
// replayed. Their labels are the Label constants below; the package metrics declares and serves them.
const (
	MetricTimeToMuster = "muster_time_to_muster_seconds" // by severity
	MetricPages        = "muster_pages_total"            // by outcome and severity
	MetricCommands     = "muster_commands_total"         // by way, command and outcome
	MetricReminders    = "muster_reminders_total"        // by kind
	MetricCanaries     = "muster_canary_runs_total"      // by outcome
)

// Labels of the metrics. No label holds a title, a person or anything else that people write.
const (
	LabelSeverity = "severity"
	LabelOutcome  = "outcome"
	LabelWay      = "way"
	LabelCommand  = "command"
	LabelKind     = "kind"
)

// Outcomes of a page. It may have several: one that rings in vain is unanswered each time through its chain.
const (
	PageOutcomeAcknowledged = "acknowledged"
	PageOutcomeUnanswered   = "unanswered"  // the chain came to its end and nobody had come
	PageOutcomeUndelivered  = "undelivered" // the pager refused an attempt
	PageOutcomeWithdrawn    = "withdrawn"   // before anybody had taken it
)

// Outcomes of a command, where the incident judges it.
const (
	CommandApplied  = "applied"
	CommandRepeated = "repeated" // known by its ID, and answered as before
	CommandRefused  = "refused"
)

// Kinds of reminders.
const (
	ReminderUpdate = "update" // of an update that was promised for now
	ReminderQuiet  = "quiet"  // of an incident of which nobody has heard
	ReminderReview = "review" // of a learning review
	ReminderDigest = "digest" // what a person owes, one a day
)

// SnagListed is what the memo of an incident says of each of its snags.
type SnagListed struct {
	Vendor string `json:"vendor"`
	// Since is in seconds since 1970.
	Since int64 `json:"since"`
}
