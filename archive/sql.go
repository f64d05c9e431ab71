package archive

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tx is a transaction whose queries are written with ? for both databases.
type tx struct {
	*sql.Tx
	dialect
}

func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.ExecContext(ctx, t.rebind(query), texts(args)...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// rebind writes the placeholders as the database has them. No query holds a ? in a literal.
func (d dialect) rebind(query string) string {
	if d != onPostgres {
		return query
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}

// rows asks a question within the transaction, and hands over one row after the other.
func (t *tx) rows(ctx context.Context, query string, args []any, each func(scan func(...any) error) error) error {
	return t.handOver(ctx, t.QueryContext, query, args, each)
}

// handOver asks a question, and hands over one row after the other.
func (d dialect) handOver(ctx context.Context, ask func(ctx context.Context, query string, args ...any) (*sql.Rows, error),
	query string, args []any, each func(scan func(...any) error) error,
) error {
	found, err := ask(ctx, d.rebind(query), texts(args)...)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }() // Err has said what went wrong
	for found.Next() {
		if err := each(found.Scan); err != nil {
			return err
		}
	}
	return found.Err()
}

// maxPlaceholders is how many one statement has at most: SQLite takes 32,766.
const maxPlaceholders = 20_000

// insert writes many rows in few statements. suffix is what follows the values.
func (t *tx) insert(ctx context.Context, table, columns string, rows [][]any, suffix string) error {
	width := strings.Count(columns, ",") + 1
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", width), ", ") + ")"
	for len(rows) > 0 {
		n := min(len(rows), maxPlaceholders/width)
		args := make([]any, 0, n*width)
		for _, row := range rows[:n] {
			if len(row) != width {
				return fmt.Errorf("%d values for %d columns of %s", len(row), width, table)
			}
			args = append(args, row...)
		}
		values := strings.TrimSuffix(strings.Repeat(one+", ", n), ", ")
		if _, err := t.exec(ctx, "INSERT INTO "+table+" ("+columns+") VALUES "+values+" "+suffix, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// millis is a time as the archive keeps it, NULL for none.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// text is a text that every database takes: PostgreSQL refuses NUL, and bytes that are no UTF-8.
func text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// texts are arguments of which every database takes the texts, wherever they come from.
func texts(args []any) []any {
	clean := slices.Clone(args)
	for k, arg := range clean {
		if s, ok := arg.(string); ok {
			clean[k] = text(s)
		}
	}
	return clean
}

// document is a value as JSON.
func document(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return text(string(b)), nil
}
