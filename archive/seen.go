package archive

import (
	"context"
	"strings"
)

// Seen reports whether the archive holds an incident that a viewer may see. It reads nothing of it, so that one that
// is hidden takes as long as one that there is not.
func (a *Archive) Seen(ctx context.Context, number int, v Viewer) (bool, error) {
	c := &condition{dialect: a.dialect}
	c.seen(v, nil)
	query := "SELECT 1 FROM incidents i WHERE " + strings.Join(append(c.parts, "i.number = ?"), " AND ")
	found := false
	err := a.rows(ctx, "incident", query, append(c.args, number), func(func(...any) error) error { found = true; return nil })
	return found, err
}
