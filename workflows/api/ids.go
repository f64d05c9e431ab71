package api

import (
	"fmt"
	"strconv"
	"strings"

	"muster/incident"
)

// RegisterID is the workflow ID of the one Register.
const RegisterID = "register"

// SweepID is the workflow ID prefix of sweeps and the ID of their schedule.
const SweepID = "sweep"

// DoctorID is the ID of the schedule of daily check-ups and the prefix of its runs.
const DoctorID = "doctor/daily"

// IncidentID is the workflow ID of an incident: INC-42.
func IncidentID(number int) string { return incident.Key(number) }

// PageID is the workflow ID of a page: INC-42/page/1.
func PageID(number, page int) string { return fmt.Sprintf("%s/page/%d", incident.Key(number), page) }

// ReviewID is the workflow ID of a review: INC-42/review, and INC-42/review/2 for a second one.
func ReviewID(number, review int) string {
	if review <= 1 {
		return incident.Key(number) + "/review"
	}
	return fmt.Sprintf("%s/review/%d", incident.Key(number), review)
}

// FollowUpID is the workflow ID of a follow-up: INC-42/follow-up/3.
func FollowUpID(number, followUp int) string {
	return fmt.Sprintf("%s/follow-up/%d", incident.Key(number), followUp)
}

// DigestID is the ID of the schedule of a time zone's digests: digest/Europe/Berlin. The workflows
// that it starts have the time of their start behind it.
func DigestID(zone string) string { return DigestPrefix + zone }

// DigestPrefix begins the ID of every schedule of digests.
const DigestPrefix = "digest/"

// PersonDigestID is the workflow ID of one person's digest of a day: digest/2026-11-18/alice@example.com.
func PersonDigestID(day incident.Date, person string) string {
	return DigestPrefix + string(day) + "/" + incident.NormalPerson(person)
}

// ReportID is the ID of the schedule of the weekly report.
const ReportID = "report/weekly"

// Child says which part of which incident a workflow ID names.
type Child struct {
	Incident int
	// Part is "", "page", "review" or "follow-up".
	Part   string
	Number int
}

// ParseID reads a workflow ID made by IncidentID, PageID, ReviewID or FollowUpID, and no other
// spelling of it.
func ParseID(id string) (Child, bool) {
	parts := strings.Split(id, "/")
	n, err := strconv.Atoi(strings.TrimPrefix(parts[0], "INC-"))
	if err != nil || n < 1 || parts[0] != incident.Key(n) {
		return Child{}, false
	}
	c := Child{Incident: n}
	switch {
	case len(parts) == 1:
		return c, true
	case len(parts) == 2 && parts[1] == "review":
		c.Part, c.Number = "review", 1
		return c, true
	case len(parts) == 3 && (parts[1] == "page" || parts[1] == "review" || parts[1] == "follow-up"):
		least := 1
		if parts[1] == "review" {
			least = 2 // the first one has no number in its ID
		}
		c.Part = parts[1]
		c.Number, err = strconv.Atoi(parts[2])
		if err == nil && c.Number >= least && parts[2] == strconv.Itoa(c.Number) {
			return c, true
		}
	}
	return Child{}, false
}

// KeyAnnouncement is the step of an incident's messages in channels that hear of it.
const KeyAnnouncement = "announcement"

// VendorKey makes the key that a side effect carries at a vendor. It is made of the
// installation, the workflow and the step, never of a run, an attempt, a clock or chance, so
// every retry of a step carries the same one and two installations never share one.
func VendorKey(installation, workflowID, step string) string {
	if step == "" {
		return installation + "/" + workflowID
	}
	return installation + "/" + workflowID + "/" + step
}

// ParseVendorKey gives the workflow ID and the step from a key made by VendorKey, without the
// installation's part; it reports false for keys of other installations.
func ParseVendorKey(installation, key string) (string, bool) {
	rest, ok := strings.CutPrefix(key, installation+"/")
	return rest, ok
}
