package archive

import "context"

// Seen reports whether the archive holds an incident that a viewer may see. It reads nothing of it, so that one that
// is hidden takes as long as one that there is not.
func (a *Archive) Seen(ctx context.Context, number int, v Viewer) (bool, error) {
	c := &condition{dialect: a.dialect}
	c.seen(v, nil)
	query, args := "SELECT 1 FROM incidents i WHERE i.number = ?", []any{number}
	for _, part := range c.parts {
		query += " AND " + part
	}
	found := false
	err := a.rows(ctx, "incident", query, append(args, c.args...), func(func(...any) error) error { found = true; return nil })
	return found, err
}
