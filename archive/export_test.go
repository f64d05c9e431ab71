package archive

import "context"

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

// Address opens the same database once more.
func (a *Archive) Address() string { return a.address }
