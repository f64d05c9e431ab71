package archive

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"muster/archive/record"
	"muster/incident"
	"muster/integrations/fault"
)

// Record is what one workflow leaves in the archive.
type Record = record.Record

// settingInstallation is the setting that says whose archive it is.
const settingInstallation = "installation"

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
		if err := tx.own(ctx, r.Installation); err != nil {
			return err
		}
		r, err := tx.withoutErased(ctx, r)
		if err != nil {
			return err
		}
		if err := tx.mindFuture(ctx, r); err != nil {
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
		if err := tx.same(ctx, r.Facts); err != nil {
			return err
		}
		return tx.keepIncident(ctx, r.Facts)
	})
	if errors.Is(err, errKept) {
		err = nil
	}
	return held, err
}

// same refuses the facts of another incident than the one that is held under the number: numbers were handed out
// twice, and neither of the two takes the place of the other.
func (t *tx) same(ctx context.Context, i *incident.Incident) error {
	var declared int64
	err := t.QueryRowContext(ctx, t.rebind("SELECT declared_at FROM incidents WHERE number = ?"), i.Number).Scan(&declared)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil && declared != i.DeclaredAt.UnixMilli():
		return &fault.Error{
			Vendor: Vendor, Operation: "keep " + i.Key(), Class: fault.Permanent,
			Reason: "the archive holds another " + i.Key() + ", declared at " + time.UnixMilli(declared).UTC().Format(time.RFC3339),
			Mend:   "numbers were handed out twice: keep what matters of this one under a new number, and see docs/archive.md, When Temporal is lost",
		}
	}
	return err
}

// mindFuture refuses a record that would take the place of one of which its workflow knows nothing.
func (t *tx) mindFuture(ctx context.Context, r Record) error {
	query := "SELECT version FROM records WHERE workflow = ?"
	if t.dialect == onPostgres {
		query += " FOR UPDATE"
	}
	var held int64
	err := t.QueryRowContext(ctx, t.rebind(query), r.Workflow).Scan(&held)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil && r.Strayed(held):
		return Strayed(r.Workflow)
	}
	return err
}

// Strayed is the failure to keep a record because the archive holds one of which the workflow knows nothing.
func Strayed(workflow string) error {
	return &fault.Error{
		Vendor: Vendor, Operation: "keep " + workflow, Class: fault.Permanent, Meaning: MeaningStrayed,
		Reason: "the archive knows more of " + workflow + " than Temporal does, as when Temporal was restored from a back-up",
		Mend:   "`starter archive restore --newer` goes on with what the archive knows, `starter archive rebuild --older` keeps what Temporal knows",
	}
}

// MeaningStrayed says that the archive holds a record of which the workflow knows nothing.
const MeaningStrayed fault.Meaning = "record strayed"

// own makes the archive that of an installation, or refuses a record of another one: numbers begin at 1 in each.
func (t *tx) own(ctx context.Context, installation string) error {
	if installation == "" {
		return nil
	}
	var kept string
	query := t.rebind("SELECT value FROM settings WHERE name = ?")
	err := t.QueryRowContext(ctx, query, settingInstallation).Scan(&kept)
	if errors.Is(err, sql.ErrNoRows) {
		if _, err := t.exec(ctx, "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", settingInstallation, installation); err != nil {
			return err
		}
		err = t.QueryRowContext(ctx, query, settingInstallation).Scan(&kept)
	}
	if err == nil && kept != installation {
		err = &fault.Error{
			Vendor: Vendor, Operation: "keep", Class: forAll, Reason: "it is the archive of another installation, " + kept + ", and this one is " + installation,
			Mend: "give each installation a database of its own in MUSTER_ARCHIVE",
		}
	}
	return err
}

// Installation says whose archive it is, "" for nobody's yet.
func (a *Archive) Installation(ctx context.Context) (string, error) {
	var kept string
	err := a.rows(ctx, "installation", "SELECT value FROM settings WHERE name = ?", []any{settingInstallation}, func(scan func(...any) error) error { return scan(&kept) })
	return kept, err
}

// Writable reports as an error what keeps records from being written. It changes nothing.
func (a *Archive) Writable(ctx context.Context) error {
	err := a.write(ctx, "write", func(tx *tx) error {
		if _, err := tx.exec(ctx, "UPDATE settings SET value = value WHERE name = ?", settingInstallation); err != nil {
			return err
		}
		return errKept // nothing is to be written
	})
	if errors.Is(err, errKept) {
		return nil
	}
	return err
}

// Highest is the highest number of an incident that is held, 0 for none.
func (a *Archive) Highest(ctx context.Context) (int, error) {
	var n int
	err := a.rows(ctx, "highest", "SELECT COALESCE(MAX(incident), 0) FROM records", nil, func(scan func(...any) error) error { return scan(&n) })
	return n, err
}

// claim writes the record itself and reports whether it was newer than what was held. Whoever comes second
// waits here for the one who came first.
func (t *tx) claim(ctx context.Context, r Record, same bool) (bool, error) {
	newer := "records.version < excluded.version"
	if same {
		newer = "records.version <= excluded.version"
	}
	n, err := t.exec(ctx, `INSERT INTO records (workflow, type, incident, version, over, state, shown) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (workflow) DO UPDATE SET type = excluded.type, incident = excluded.incident, version = excluded.version,
		over = excluded.over, state = excluded.state, shown = excluded.shown WHERE `+newer,
		r.Workflow, r.Type, r.Incident, r.Version, flag(r.Over), string(r.State), string(r.Shown))
	return n > 0, err
}

func (t *tx) version(ctx context.Context, workflow string) (int64, error) {
	var held int64
	err := t.QueryRowContext(ctx, t.rebind("SELECT version FROM records WHERE workflow = ?"), workflow).Scan(&held)
	return held, err
}

// Drop takes a workflow's record out, so that the next one takes its place whatever it knows. Rows of its incident stay.
func (a *Archive) Drop(ctx context.Context, workflow string) error {
	return a.write(ctx, "drop "+workflow, func(tx *tx) error {
		_, err := tx.exec(ctx, "DELETE FROM records WHERE workflow = ?", workflow)
		return err
	})
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
	return a.rows(ctx, "records", "SELECT workflow, type, incident, version, over, state, shown FROM records WHERE "+where, args,
		func(scan func(...any) error) error {
			var r Record
			var state, shown string
			if err := scan(&r.Workflow, &r.Type, &r.Incident, &r.Version, &r.Over, &state, &shown); err != nil {
				return err
			}
			r.State, r.Shown = json.RawMessage(state), json.RawMessage(shown)
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
