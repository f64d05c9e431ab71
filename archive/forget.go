package archive

import (
	"context"
	"math"
	"time"

	"muster/incident"
)

// forgottenAtOnce bounds one call of Forget, so that nobody waits long for it.
const forgottenAtOnce = 200

// Forgotten says what Forget has taken out.
type Forgotten struct {
	// Numbers are those of the incidents.
	Numbers []int `json:"numbers"`
	// More is that there are others: call it again.
	More bool `json:"more,omitempty"`
}

// Forget takes out the incidents of which nothing has been heard for as long as their kind is kept, with all that
// belongs to them; a kind that is not named is kept for ever. How late it is the newest record says, too: a clock that
// went ahead forgets nothing early. What is not over stays however old it is: incidents
// that are not closed, cancelled or merged, with open follow-ups, or with workflows of which something is still
// expected. The newest incident stays too, since by it the next number is known.
func (a *Archive) Forget(ctx context.Context, keep map[incident.Kind]time.Duration, now time.Time) (Forgotten, error) {
	f := Forgotten{Numbers: []int{}}
	err := a.aged(ctx, keep, now, func(kind incident.Kind, before int64) error {
		if f.More {
			return nil
		}
		return a.forget(ctx, kind, before, &f)
	})
	return f, err
}

// Past is what Forget would take out now.
func (a *Archive) Past(ctx context.Context, keep map[incident.Kind]time.Duration, now time.Time) ([]int, error) {
	past := []int{}
	err := a.aged(ctx, keep, now, func(kind incident.Kind, before int64) error {
		found, err := a.past(ctx, kind, before, math.MaxInt32)
		past = append(past, found...)
		return err
	})
	return past, err
}

// aged calls do with each kind that is not kept for ever, and the moment before which its incidents are past their time.
func (a *Archive) aged(ctx context.Context, keep map[incident.Kind]time.Duration, now time.Time, do func(kind incident.Kind, before int64) error) error {
	newest, err := a.newest(ctx)
	if err != nil {
		return err
	}
	if newest.Before(now) {
		now = newest
	}
	for _, kind := range incident.Kinds() {
		if kept, named := keep[kind]; named && kept > 0 {
			if err := do(kind, now.Add(-kept).UnixMilli()); err != nil {
				return err
			}
		}
	}
	return nil
}

// newest is when the newest record was asked for, by Temporal's clock: versions are microseconds since 1970.
func (a *Archive) newest(ctx context.Context) (time.Time, error) {
	var version int64
	err := a.rows(ctx, "forget", "SELECT COALESCE(MAX(version), 0) FROM records", nil, func(scan func(...any) error) error { return scan(&version) })
	return time.UnixMicro(version), err
}

// past are the oldest incidents of a kind of which nothing has been heard since a moment, limit at most.
func (a *Archive) past(ctx context.Context, kind incident.Kind, before int64, limit int) (found []int, err error) {
	err = a.rows(ctx, "forget", `SELECT i.number FROM incidents i
		WHERE i.kind = ? AND i.status IN ('closed', 'cancelled', 'merged') AND i.declared_at < ?
		AND i.number < (SELECT MAX(number) FROM incidents)
		AND NOT EXISTS (SELECT 1 FROM timeline t WHERE t.incident = i.number AND t.at >= ?)
		AND NOT EXISTS (SELECT 1 FROM follow_ups u WHERE u.incident = i.number AND u.moved = 0 AND u.status IN ('proposed', 'accepted'))
		AND NOT EXISTS (SELECT 1 FROM records r WHERE r.incident = i.number AND r.over = 0)
		ORDER BY i.number LIMIT ?`, []any{string(kind), before, before, limit},
		func(scan func(...any) error) error {
			var number int
			err := scan(&number)
			found = append(found, number)
			return err
		})
	return found, err
}

func (a *Archive) forget(ctx context.Context, kind incident.Kind, before int64, f *Forgotten) error {
	room := forgottenAtOnce - len(f.Numbers)
	found, err := a.past(ctx, kind, before, room+1)
	if err != nil {
		return err
	}
	if len(found) > room {
		found, f.More = found[:room], true
	}
	for _, number := range found {
		gone := false
		if err := a.write(ctx, "forget "+incident.Key(number), func(tx *tx) (err error) { gone, err = tx.forget(ctx, number, before); return err }); err != nil {
			return err
		}
		if gone {
			f.Numbers = append(f.Numbers, number)
		}
	}
	return nil
}

// forget takes out an incident, unless something has happened to it since it was found.
func (t *tx) forget(ctx context.Context, number int, before int64) (bool, error) {
	if err := t.hold(ctx, number); err != nil {
		return false, err
	}
	n, err := t.exec(ctx, `DELETE FROM incidents WHERE number = ? AND status IN ('closed', 'cancelled', 'merged')
		AND NOT EXISTS (SELECT 1 FROM timeline t WHERE t.incident = ? AND t.at >= ?)
		AND NOT EXISTS (SELECT 1 FROM records r WHERE r.incident = ? AND r.over = 0)`, number, number, before, number)
	if err != nil || n == 0 {
		return false, err
	}
	if t.dialect == onSQLite { // a virtual table hears of no other's rows
		if _, err := t.exec(ctx, "DELETE FROM search WHERE rowid = ?", number); err != nil {
			return false, err
		}
	}
	_, err = t.exec(ctx, "DELETE FROM records WHERE incident = ?", number)
	return true, err
}
