package archive

import "context"

// Ask reads one row, for tests that look at the tables themselves.
func (a *Archive) Ask(ctx context.Context, query string, into ...any) error {
	return a.db.QueryRowContext(ctx, query).Scan(into...)
}

// Change runs a statement, for tests that do what a person could.
func (a *Archive) Change(ctx context.Context, statement string) error {
	_, err := a.db.ExecContext(ctx, statement)
	return err
}

// Address opens the same database once more.
func (a *Archive) Address() string { return a.address }
