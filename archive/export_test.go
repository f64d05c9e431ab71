package archive

import "context"

// Ask reads one row, for tests that look at the tables themselves.
func (a *Archive) Ask(ctx context.Context, query string, into ...any) error {
	return a.db.QueryRowContext(ctx, query).Scan(into...)
}
