package archive

import (
	"context"
	"encoding/json"
	"strings"

	"muster/incident"
)

// scrubbed is how many incidents, or records, are looked through at once.
const scrubbed = 100

// scrub goes through all that is held, and takes out whoever was erased. Each incident is a transaction of its
// own, so that mirrors go on meanwhile.
func (a *Archive) scrub(ctx context.Context) (incidents, records int, err error) {
	var e *eraser
	if err := a.write(ctx, "erase a person", func(tx *tx) error { e, err = tx.eraser(ctx); return err }); err != nil || e == nil {
		return 0, 0, err
	}
	for after, more := 0, true; more; {
		var found []int
		if found, after, more, err = a.standsIn(ctx, e, after); err != nil {
			return incidents, records, err
		}
		for _, number := range found {
			if err := a.write(ctx, "erase a person", func(tx *tx) error { return tx.scrubIncident(ctx, e, number) }); err != nil {
				return incidents, records, err
			}
			incidents++
		}
	}
	records, err = a.scrubTable(ctx, e, "records", "workflow", []string{"state", "shown"})
	if err != nil {
		return incidents, records, err
	}
	for _, t := range []struct {
		table, key string
		columns    []string
	}{{"settings", "name", []string{"value"}}, {"erasures", "alias", []string{"asked_by", "reason"}}} {
		if _, err := a.scrubTable(ctx, e, t.table, t.key, t.columns); err != nil {
			return incidents, records, err
		}
	}
	return incidents, records, nil
}

// standsIn finds those of the next incidents in which somebody stands who was erased.
func (a *Archive) standsIn(ctx context.Context, e *eraser, after int) (found []int, last int, more bool, err error) {
	dirty, n := map[int]bool{}, 0
	numbered := func(clean func(string) string) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			var number int
			var doc string
			if err := scan(&number, &doc); err != nil {
				return err
			}
			if clean(doc) != doc && !dirty[number] {
				dirty[number], found = true, append(found, number)
			}
			return nil
		}
	}
	err = a.rows(ctx, "erase a person", "SELECT number, facts FROM incidents WHERE number > ? ORDER BY number LIMIT ?", []any{after, scrubbed},
		func(scan func(...any) error) error {
			n++
			return numbered(e.document)(func(into ...any) error {
				err := scan(into...)
				last = *into[0].(*int) //nolint:forcetypeassert // as numbered has it
				return err
			})
		})
	if err != nil || n == 0 {
		return nil, last, false, err
	}
	for _, q := range []struct {
		query string
		clean func(string) string
	}{
		{"SELECT incident, entry FROM timeline WHERE incident > ? AND incident <= ?", e.document},
		{"SELECT incident, step FROM snags WHERE incident > ? AND incident <= ?", e.text},
		{"SELECT incident, reason FROM snags WHERE incident > ? AND incident <= ?", e.text},
		{"SELECT incident, person FROM wakings WHERE incident > ? AND incident <= ?", e.text},
	} {
		if err := a.rows(ctx, "erase a person", q.query, []any{after, last}, numbered(q.clean)); err != nil {
			return nil, last, false, err
		}
	}
	return found, last, n == scrubbed, nil
}

// scrubIncident writes an incident anew without whoever was erased.
func (t *tx) scrubIncident(ctx context.Context, e *eraser, number int) error {
	if err := t.hold(ctx, number); err != nil {
		return err
	}
	i, err := t.whole(ctx, number, e.document)
	if err != nil || i == nil {
		return err
	}
	for _, c := range []struct{ table, column string }{{"snags", "step"}, {"snags", "reason"}, {"wakings", "person"}} {
		if err := t.scrubColumn(ctx, e, c.table, c.column, number); err != nil {
			return err
		}
	}
	return t.keepIncident(ctx, i)
}

// hold keeps others from writing an incident until the transaction ends, in the order in which they write.
func (t *tx) hold(ctx context.Context, number int) error {
	if t.dialect != onPostgres {
		return nil
	}
	nothing := func(scan func(...any) error) error { return nil }
	if err := t.rows(ctx, "SELECT 1 FROM records WHERE incident = ? ORDER BY workflow FOR UPDATE", []any{number}, nothing); err != nil {
		return err
	}
	return t.rows(ctx, "SELECT 1 FROM incidents WHERE number = ? FOR UPDATE", []any{number}, nothing)
}

// whole reads an incident with its whole timeline, each document as a function gives it back; nil when there is
// none.
func (t *tx) whole(ctx context.Context, number int, clean func(string) string) (*incident.Incident, error) {
	var i *incident.Incident
	read := func(into any) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			var doc string
			if err := scan(&doc); err != nil {
				return err
			}
			return json.Unmarshal([]byte(clean(doc)), into)
		}
	}
	if err := t.rows(ctx, "SELECT facts FROM incidents WHERE number = ?", []any{number}, read(&i)); err != nil || i == nil {
		return nil, err
	}
	err := t.rows(ctx, "SELECT entry FROM timeline WHERE incident = ? ORDER BY seq", []any{number}, func(scan func(...any) error) error {
		var entry incident.Entry
		err := read(&entry)(scan)
		i.Timeline = append(i.Timeline, entry)
		return err
	})
	return i, err
}

// scrubColumn takes erased people out of a column of an incident's rows.
func (t *tx) scrubColumn(ctx context.Context, e *eraser, table, column string, number int) error {
	var found []string
	err := t.rows(ctx, "SELECT DISTINCT "+column+" FROM "+table+" WHERE incident = ?", []any{number}, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		found = append(found, s)
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range found {
		if clean := e.text(s); clean != s {
			if _, err := t.exec(ctx, "UPDATE "+table+" SET "+column+" = ? WHERE incident = ? AND "+column+" = ?", clean, number, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// scrubTable takes erased people out of columns of a table whose rows have a key, and counts the rows.
func (a *Archive) scrubTable(ctx context.Context, e *eraser, table, key string, columns []string) (int, error) {
	changed := 0
	for after, more := "", true; more; {
		var keys []string
		n := 0
		query := "SELECT " + key + ", " + strings.Join(columns, ", ") + " FROM " + table + " WHERE " + key + " > ? ORDER BY " + key + " LIMIT ?"
		err := a.rows(ctx, "erase a person", query, []any{after, scrubbed}, func(scan func(...any) error) error {
			values := make([]string, 1+len(columns))
			into := make([]any, len(values))
			for k := range values {
				into[k] = &values[k]
			}
			if err := scan(into...); err != nil {
				return err
			}
			n, after = n+1, values[0]
			for _, v := range values[1:] {
				if e.document(v) != v {
					keys = append(keys, values[0])
					break
				}
			}
			return nil
		})
		if err != nil {
			return changed, err
		}
		more = n == scrubbed
		for _, own := range keys {
			if err := a.write(ctx, "erase a person", func(tx *tx) error { return tx.scrubRow(ctx, e, table, key, own, columns) }); err != nil {
				return changed, err
			}
			changed++
		}
	}
	return changed, nil
}

// incidentOf is the number of the incident whose own workflow has an ID, 0 for another workflow's.
func incidentOf(workflow string) int {
	if n, err := incident.ParseKey(workflow); err == nil && incident.Key(n) == workflow {
		return n
	}
	return 0
}

func (t *tx) scrubRow(ctx context.Context, e *eraser, table, key, own string, columns []string) error {
	for _, c := range columns {
		var v string
		query := "SELECT " + c + " FROM " + table + " WHERE " + key + " = ?"
		if t.dialect == onPostgres {
			query += " FOR UPDATE"
		}
		if err := t.rows(ctx, query, []any{own}, func(scan func(...any) error) error { return scan(&v) }); err != nil {
			return err
		}
		clean := e.document(v)
		if c == "shown" {
			i, err := t.whole(ctx, incidentOf(own), e.document)
			if err != nil {
				return err
			}
			if i != nil {
				clean = string(marked(json.RawMessage(clean), i))
			}
		}
		if clean != v {
			if _, err := t.exec(ctx, "UPDATE "+table+" SET "+c+" = ? WHERE "+key+" = ?", clean, own); err != nil {
				return err
			}
		}
	}
	return nil
}
