package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"muster/incident"
)

// Record is what one workflow leaves in the archive.
type Record struct {
	// Workflow is its ID, Type its type, Incident the number of its incident, 0 for none.
	Workflow string `json:"workflow"`
	Type     string `json:"type"`
	Incident int    `json:"incident"`
	// Version grows with every record of the workflow; one that is not above what is held is not taken.
	Version int64 `json:"version"`
	// Over means that nothing more is expected of the workflow.
	Over bool `json:"over,omitempty"`
	// Facts are those of an incident, nil for other workflows.
	Facts *incident.Incident `json:"facts,omitempty"`
	// State is the input by which the workflow would go on.
	State json.RawMessage `json:"state"`
}

// errKept ends a transaction that has nothing to write.
var errKept = errors.New("a newer version is held")

// Keep writes a record, unless one of its version or a newer one is held; it gives the version that is held
// then. It may be called any number of times, by several at once, and late.
func (a *Archive) Keep(ctx context.Context, r Record) (held int64, err error) {
	return a.keep(ctx, r, false)
}

// Renew is Keep that also writes over a record of the same version, for what is read anew from Temporal.
func (a *Archive) Renew(ctx context.Context, r Record) (held int64, err error) {
	return a.keep(ctx, r, true)
}

func (a *Archive) keep(ctx context.Context, r Record, same bool) (held int64, err error) {
	held = r.Version
	err = a.write(ctx, "keep "+r.Workflow, func(tx *tx) error {
		r, err := tx.withoutErased(ctx, r)
		if err != nil {
			return err
		}
		taken, err := tx.claim(ctx, r, same)
		if err != nil {
			return err
		}
		if !taken {
			held, err = tx.version(ctx, r.Workflow)
			return errors.Join(errKept, err)
		}
		if r.Facts == nil {
			return nil
		}
		return tx.keepIncident(ctx, r.Facts)
	})
	if errors.Is(err, errKept) {
		err = nil
	}
	return held, err
}

// claim writes the record itself and reports whether it was newer than what was held. Whoever comes second
// waits here for the one who came first.
func (t *tx) claim(ctx context.Context, r Record, same bool) (bool, error) {
	newer := "records.version < excluded.version"
	if same {
		newer = "records.version <= excluded.version"
	}
	n, err := t.exec(ctx, `INSERT INTO records (workflow, type, incident, version, over, state) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (workflow) DO UPDATE SET type = excluded.type, incident = excluded.incident, version = excluded.version,
		over = excluded.over, state = excluded.state WHERE `+newer,
		r.Workflow, r.Type, r.Incident, r.Version, flag(r.Over), text(string(r.State)))
	return n > 0, err
}

func (t *tx) version(ctx context.Context, workflow string) (int64, error) {
	var held int64
	err := t.QueryRowContext(ctx, t.rebind("SELECT version FROM records WHERE workflow = ?"), workflow).Scan(&held)
	return held, err
}

// Record gives what is held of a workflow, nil when nothing is.
func (a *Archive) Record(ctx context.Context, workflow string) (*Record, error) {
	var found *Record
	err := a.Records(ctx, "workflow = ?", []any{workflow}, func(r Record) error { found = &r; return nil })
	return found, err
}

// Versions gives the version that is held of every workflow.
func (a *Archive) Versions(ctx context.Context) (map[string]int64, error) {
	held := map[string]int64{}
	err := a.rows(ctx, "versions", "SELECT workflow, version FROM records", nil, func(scan func(...any) error) error {
		var id string
		var version int64
		if err := scan(&id, &version); err != nil {
			return err
		}
		held[id] = version
		return nil
	})
	return held, err
}

// Unfinished hands over the records of workflows of which something is still expected: incidents before what
// belongs to them, oldest first.
func (a *Archive) Unfinished(ctx context.Context, each func(Record) error) error {
	return a.Records(ctx, "over = 0 ORDER BY incident, length(workflow), workflow", nil, each)
}

// Records hands over the records for which a condition holds. Facts are not filled in.
func (a *Archive) Records(ctx context.Context, where string, args []any, each func(Record) error) error {
	return a.rows(ctx, "records", "SELECT workflow, type, incident, version, over, state FROM records WHERE "+where, args,
		func(scan func(...any) error) error {
			var r Record
			var state string
			if err := scan(&r.Workflow, &r.Type, &r.Incident, &r.Version, &r.Over, &state); err != nil {
				return err
			}
			r.State = json.RawMessage(state)
			return each(r)
		})
}

// Incident gives the facts of an incident with its whole timeline, nil when the archive has none of that
// number. Who may see it is for the caller to judge.
func (a *Archive) Incident(ctx context.Context, number int) (*incident.Incident, error) {
	var facts string
	err := a.rows(ctx, "incident", "SELECT facts FROM incidents WHERE number = ?", []any{number},
		func(scan func(...any) error) error { return scan(&facts) })
	if err != nil || facts == "" {
		return nil, err
	}
	var i incident.Incident
	if err := json.Unmarshal([]byte(facts), &i); err != nil {
		return nil, fmt.Errorf("read %s from the archive: %w", incident.Key(number), err)
	}
	i.Timeline, err = a.Timeline(ctx, number, 0)
	return &i, err
}

// Timeline gives the entries of an incident before one, or all of them for 0.
func (a *Archive) Timeline(ctx context.Context, number, before int) ([]incident.Entry, error) {
	entries := []incident.Entry{}
	query, args := "SELECT entry FROM timeline WHERE incident = ? ORDER BY seq", []any{number}
	if before > 0 {
		query, args = "SELECT entry FROM timeline WHERE incident = ? AND seq < ? ORDER BY seq", []any{number, before}
	}
	err := a.rows(ctx, "timeline", query, args, func(scan func(...any) error) error {
		var e incident.Entry
		var doc string
		if err := scan(&doc); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(doc), &e); err != nil {
			return err
		}
		entries = append(entries, e)
		return nil
	})
	return entries, err
}
