package archive

import (
	"context"
	"database/sql"
	"strings"
)

// find gives the numbers of incidents before one, the newest first and as many as are wanted; 0 is before none.
func (t *tx) find(ctx context.Context, c *condition, before, want int) ([]int, error) {
	from, to, err := t.bounds(ctx, c, before)
	if err != nil || from >= to {
		return nil, err
	}
	match := c.matching()
	if match != "" && t.dialect == onPostgres {
		return t.findByBlocks(ctx, c, match, from, to, want)
	}
	statement, args := c.statement(match, from, to, want)
	return t.numbers(ctx, statement, args)
}

// bounds gives the numbers among which a page is: from the first, and before the second. Numbers grow with the
// time of declaration, but for clocks that differ, so that they bound what must be looked at, and no more.
func (t *tx) bounds(ctx context.Context, c *condition, before int) (from, to int, err error) {
	first, last := "0", "(SELECT max(number) FROM incidents)"
	var parts []string
	var args []any
	if c.since != nil {
		first = "min(number + 0)" // or SQLite reads on from the first incident until it has found one
		parts, args = append(parts, "declared_at >= ?"), append(args, c.since)
	}
	if c.until != nil {
		last = "max(number + 0)"
		parts, args = append(parts, "declared_at < ?"), append(args, c.until)
	}
	statement := "SELECT " + first + ", " + last
	if len(parts) > 0 {
		statement += " FROM incidents WHERE " + strings.Join(parts, " AND ")
	}
	var lowest, highest sql.NullInt64
	if err := t.QueryRowContext(ctx, t.rebind(statement), args...).Scan(&lowest, &highest); err != nil {
		return 0, 0, err
	}
	if !lowest.Valid || !highest.Valid {
		return 0, 0, nil
	}
	from, to = int(lowest.Int64), int(highest.Int64)+1
	if before > 0 {
		to = min(to, before)
	}
	return from, to, nil
}

func (t *tx) numbers(ctx context.Context, statement string, args []any) ([]int, error) {
	var found []int
	err := t.rows(ctx, statement, args, func(scan func(...any) error) error {
		var n int
		err := scan(&n)
		found = append(found, n)
		return err
	})
	return found, err
}

// statement asks for numbers, newest first. SQLite's index gives its rows in that order.
func (c *condition) statement(match string, from, to, limit int) (statement string, args []any) {
	tables, number := "incidents i", "i.number"
	var parts []string
	if match != "" {
		tables, number = "search s CROSS JOIN incidents i ON i.number = s.rowid", "s.rowid"
		parts, args = append(parts, "s.search MATCH ?"), append(args, match)
	}
	parts = append(append(parts, number+" >= ?", number+" < ?"), c.parts...)
	args = append(append(append(args, from, to), c.args...), limit)
	return "SELECT i.number FROM " + tables + " WHERE " + strings.Join(parts, " AND ") + " ORDER BY " + number + " DESC LIMIT ?", args
}

// PostgreSQL's index gives what it finds in no order, so that of a common word it would give everything for the
// newest fifty. So it is asked for one run of numbers after the other, the newest first, by the marks of the
// blocks in it; the run grows while little is found. There are large blocks besides small ones, since it looks
// first at what is rarest, and many small blocks are rarer than anything.
const (
	blockSize  = 1 << 10
	largeBlock = 1 << 13
	firstRun   = 2 * blockSize
	runGrows   = 4
	longestRun = 8 * largeBlock
)

func (t *tx) findByBlocks(ctx context.Context, c *condition, match string, from, to, want int) ([]int, error) {
	// Plans for other sizes of tables: joining by reading all of a table is never right here.
	if _, err := t.ExecContext(ctx, `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
		set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`); err != nil {
		return nil, err
	}
	var found []int
	for run := firstRun; to > from && len(found) < want; {
		unit := blockSize
		if run > largeBlock {
			unit = largeBlock
		}
		first := max(from, (to-run+unit-1)/unit*unit) // a run begins with a block
		statement, args := c.inBlocks("("+match+") & "+t.anyOf(t.blocks(first, to)), first, to, want-len(found))
		more, err := t.numbers(ctx, statement, args)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
		if len(more)*runGrows < want {
			run = min(run*runGrows, longestRun)
		}
		to = first
	}
	return found, nil
}

// blocks are the marks of as few blocks as cover some numbers, the first of them and those up to a last one.
func (d dialect) blocks(from, to int) []string {
	var marks []string
	for at := from / blockSize * blockSize; at < to; {
		if at%largeBlock == 0 && at+largeBlock <= to {
			marks = append(marks, d.quoted(largeBlockMark(at)))
			at += largeBlock
			continue
		}
		marks = append(marks, d.quoted(blockMark(at)))
		at += blockSize
	}
	return marks
}

// inBlocks asks for numbers by the index of words alone: + 0 keeps other indexes away.
func (c *condition) inBlocks(match string, from, to, limit int) (statement string, args []any) {
	parts := append([]string{"s.words @@ CAST(? AS tsquery)", "s.number + 0 >= ?", "s.number + 0 < ?"}, c.parts...)
	args = append(append([]any{match, from, to}, c.args...), limit)
	return "SELECT i.number FROM search s JOIN incidents i ON i.number = s.number WHERE " + strings.Join(parts, " AND ") +
		" ORDER BY s.number + 0 DESC LIMIT ?", args
}
