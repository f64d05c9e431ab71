package incident

import "time"

// The fields of an incident that say when something was.
const (
	FieldStarted   = "started_at"
	FieldDetected  = "detected_at"
	FieldMitigated = "mitigated_at"
	FieldResolved  = "resolved_at"
)

// meanings say in words what such a field is.
var meanings = map[string]string{
	FieldStarted: "when it began", FieldDetected: "when somebody first knew of it", FieldMitigated: "when it no longer hurt", FieldResolved: "when it was over",
}

// earliest is before anybody could declare anything here: an older time is a slip of the pen, or the year 1
// that programs write for none.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// clocksApart is how far the clock of whoever says when something was may be ahead.
const clocksApart = 5 * time.Minute

// CheckPast refuses a time that cannot have been: in the future, or in another century.
func CheckPast(field string, at, now time.Time) error {
	if at.After(now.Add(clocksApart)) {
		return invalid(field, mendTime(field), "%s is in the future", at.UTC().Format(time.RFC3339))
	}
	return CheckEra(field, at)
}

// CheckEra refuses a time of another century, whatever the clock says.
func CheckEra(field string, at time.Time) error {
	if at.Before(earliest) {
		return invalid(field, mendTime(field), "%s is too long ago", at.UTC().Format(time.RFC3339))
	}
	return nil
}

func mendTime(field string) string {
	return "write " + orWord(meanings[field], "when it was") + ", or leave it out"
}

// sameMinute reports whether two times are one for people, who write minutes.
func sameMinute(a, b time.Time) bool {
	return a.UTC().Truncate(time.Minute).Equal(b.UTC().Truncate(time.Minute))
}

// checkNotBefore refuses what would have been before what it follows from, as people read the two.
func checkNotBefore(field string, at time.Time, floorField string, floor time.Time) error {
	if at.IsZero() || floor.IsZero() || !at.Before(floor) || sameMinute(at, floor) {
		return nil
	}
	return invalid(field, "write a later time, or correct "+floorField+" as well",
		"%s is before %s, %s", shownTime(at), meanings[floorField], shownTime(floor))
}

// checkNotAfter is checkNotBefore for whoever says when the earlier of the two was.
func checkNotAfter(field string, at time.Time, laterField string, later time.Time) error {
	if checkNotBefore(laterField, later, field, at) == nil {
		return nil
	}
	return invalid(field, "write an earlier time, or correct "+laterField+" as well",
		"%s is after %s, %s", shownTime(at), meanings[laterField], shownTime(later))
}

// checkOver refuses what does not fit an incident that is declared after it was over.
func (d Declaration) checkOver() error {
	switch {
	case d.ResolvedAt.IsZero():
		return nil
	case d.AlertKey != "":
		return invalid("alert_key", "leave one of the two out", "belongs to what is going on, and cannot be given with resolved_at")
	}
	return checkNotBefore(FieldResolved, d.ResolvedAt, FieldStarted, d.StartedAt)
}

// CheckTimes refuses times that cannot be: in the future, or in another century.
func (d Declaration) CheckTimes(now time.Time) error {
	if !d.StartedAt.IsZero() {
		if err := CheckPast(FieldStarted, d.StartedAt, now); err != nil {
			return err
		}
	}
	if !d.ResolvedAt.IsZero() {
		return CheckPast(FieldResolved, d.ResolvedAt, now)
	}
	return nil
}

// Over reports whether it is declared after it was over: nobody is woken, and no channel is needed.
func (d Declaration) Over() bool { return !d.ResolvedAt.IsZero() }

// beginOver resolves an incident that is declared after it was over.
func (i *Incident) beginOver(now time.Time, d Declaration) {
	if !d.Over() {
		return
	}
	i.Status, i.ResolvedAt = StatusResolved, notBefore(d.ResolvedAt, d.StartedAt)
	i.Note(now, d.Actor, "resolved", "Declared after it was over: resolved "+shownTime(i.ResolvedAt))
}

// notBefore is a time, or that from which it follows where both are in one minute.
func notBefore(at, floor time.Time) time.Time {
	if at.Before(floor) && sameMinute(at, floor) {
		return floor
	}
	return at
}
