package archive

import (
	"context"
	"fmt"

	"muster/archive/query"
)

// Ask reads one row, for tests that look at the tables themselves.
func (a *Archive) Ask(ctx context.Context, query string, into ...any) error {
	return a.db.QueryRowContext(ctx, query).Scan(into...)
}

// Everything gives all that stands in the tables, as text.
func (a *Archive) Everything(ctx context.Context) (string, error) {
	all := ""
	for _, table := range []string{"settings", "records", "incidents", "services", "tags", "people", "timeline", "pages", "wakings", "follow_ups", "reviews", "learnings", "snags", "erasures", "erased"} {
		found, err := a.db.QueryContext(ctx, "SELECT * FROM "+table)
		if err != nil {
			return "", err
		}
		columns, err := found.Columns()
		if err != nil {
			return "", err
		}
		for found.Next() {
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for k := range values {
				into[k] = &values[k]
			}
			if err := found.Scan(into...); err != nil {
				return "", err
			}
			for k, v := range values {
				if s, ok := v.(string); ok {
					all += table + "." + columns[k] + "=" + s + "\n"
				}
			}
		}
		if err := found.Close(); err != nil {
			return "", err
		}
	}
	return all, nil
}

// Change runs a statement, for tests that do what a person could.
func (a *Archive) Change(ctx context.Context, statement string) error {
	_, err := a.db.ExecContext(ctx, statement)
	return err
}

// Explain gives the plan of a search.
func (a *Archive) Explain(ctx context.Context, explain string, q query.Query, v Viewer, p Page) (plan []string, err error) {
	c, err := a.condition(&q, v)
	if err != nil {
		return nil, err
	}
	statement, args := c.statement(c.matching(), 1, 1_000_000, maxCount+1)
	if a.dialect == onPostgres && c.matching() != "" {
		statement, args = c.inBlocks(c.matching()+" & "+blockMark(99_000), 1, 1_000_000, maxCount+1)
	}
	rows, err := a.db.QueryContext(ctx, a.rebind(explain+" "+statement), args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // for tests
	columns, err := rows.Columns()
	for rows.Next() {
		into := make([]any, len(columns))
		for k := range into {
			into[k] = new(any)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		plan = append(plan, fmt.Sprint(*into[len(into)-1].(*any)))
	}
	return append(plan, statement), err
}

// KeepAll writes many records in one transaction.
func (a *Archive) KeepAll(ctx context.Context, records []Record) error {
	return a.write(ctx, "keep many", func(tx *tx) error {
		for _, r := range records {
			if _, err := tx.claim(ctx, r, false); err != nil {
				return err
			}
			if err := tx.keepIncident(ctx, r.Facts); err != nil {
				return err
			}
		}
		return nil
	})
}
