package archive

import (
	"context"
	"fmt"
	"time"
)

// Ask reads one row, for tests that look at the tables themselves.
func (a *Archive) Ask(ctx context.Context, query string, into ...any) error {
	return a.db.QueryRowContext(ctx, query).Scan(into...)
}

// Waking is a notification of the pager.
type Waking struct {
	Person, Means, Zone string
	At                  time.Time
	Night, OffHours     bool
}

// Wake writes whom the pager has asked for an incident.
func (a *Archive) Wake(ctx context.Context, number int, all ...Waking) error {
	var rows []waking
	for n, w := range all {
		rows = append(rows, waking{Page: 1, ID: fmt.Sprint("R", n), Person: w.Person, At: w.At.UnixMilli(), Means: w.Means, Night: w.Night, OffHours: w.OffHours, Zone: w.Zone})
	}
	return a.write(ctx, "wake", func(tx *tx) error { return tx.keepWakings(ctx, number, rows) })
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
