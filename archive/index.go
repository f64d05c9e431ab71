package archive

import (
	"context"
	"fmt"
	"strings"

	"muster/archive/words"
	"muster/incident"
)

// The bounds of what is indexed of one incident. PostgreSQL keeps positions up to 16,383 and one megabyte.
const (
	maxIndexed = 16_000
	maxEntries = 2_000
)

// keepWords indexes an incident. Entries of the timeline that the facts do not hold any more are read back.
func (t *tx) keepWords(ctx context.Context, i *incident.Incident) error {
	parts := [4][]string{0: words.Forms(i.Title)}
	for _, f := range i.FollowUps {
		parts[2] = append(parts[2], words.Forms(f.Title+" "+f.Reason)...)
	}
	if err := t.said(ctx, i, &parts); err != nil {
		return err
	}
	bounded(&parts)
	if t.dialect == onPostgres {
		_, err := t.exec(ctx, `INSERT INTO search (number, words) VALUES (?, CAST(? AS tsvector))
			ON CONFLICT (number) DO UPDATE SET words = excluded.words`, i.Number, vector(parts))
		return err
	}
	_, err := t.exec(ctx, "INSERT OR REPLACE INTO search (rowid, title, learnings, follow_ups, timeline) VALUES (?, ?, ?, ?, ?)",
		i.Number, strings.Join(parts[0], " "), strings.Join(parts[1], " "), strings.Join(parts[2], " "), strings.Join(parts[3], " "))
	return err
}

// said adds what people have learnt and written. An address is found by its words.
func (t *tx) said(ctx context.Context, i *incident.Incident, parts *[4][]string) error {
	rows, err := t.QueryContext(ctx, t.rebind("SELECT event, text FROM timeline WHERE incident = ? ORDER BY seq DESC LIMIT ?"), i.Number, maxEntries)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has said what went wrong
	for rows.Next() {
		var event, said string
		if err := rows.Scan(&event, &said); err != nil {
			return err
		}
		k := 3
		if event == "learning" {
			k = 1
			said = strings.TrimPrefix(said, "Learnt: ")
		}
		parts[k] = append(parts[k], words.Forms(said)...)
	}
	return rows.Err()
}

// bounded cuts what is too much, the timeline first.
func bounded(parts *[4][]string) {
	room := maxIndexed
	for k := range parts {
		parts[k] = parts[k][:min(len(parts[k]), room)]
		room -= len(parts[k])
	}
}

// vector writes the words as PostgreSQL keeps them, with positions by which phrases are found and labels for
// the parts. Between two parts there is a gap, so that no phrase goes over it.
func vector(parts [4][]string) string {
	var b strings.Builder
	at := 0
	for k, label := range []string{"A", "B", "C", "D"} {
		for _, w := range parts[k] {
			at++
			fmt.Fprintf(&b, "'%s':%d%s ", w, at, label)
		}
		at += 2
	}
	return b.String()
}
