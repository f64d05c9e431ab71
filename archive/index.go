package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muster/archive/words"
	"muster/incident"
)

// The bounds of what is indexed of one incident. PostgreSQL keeps positions up to 16,383 and one megabyte, of
// which a word takes some bytes more than it has.
const (
	maxIndexed      = 16_000
	maxIndexedBytes = 900_000
	bytesOfWord     = 8
	maxEntries      = 2_000
)

// everywhere is a word that no text has and every incident does. It also parts what does not belong together,
// so that no phrase is found across it.
const everywhere = "\u00b6"

// Marks are words that begin as no text does: an incident has one for each of the filters that it fulfils.
// Columns and other tables have the last word, so that two values may share a mark.
const (
	markService   = "service"
	markTag       = "tag"
	markPerson    = "person"
	markMember    = "member"
	markCommander = "commander"
	markPrivate   = "private"
)

func mark(name, value string) string {
	sum := sha256.Sum256([]byte(name + ":" + text(value)))
	return everywhere + hex.EncodeToString(sum[:8])
}

// blockMark and largeBlockMark are those of the run of numbers in which one is.
func blockMark(number int) string      { return everywhere + "b" + strconv.Itoa(number/blockSize) }
func largeBlockMark(number int) string { return everywhere + "c" + strconv.Itoa(number/largeBlock) }

func marksOf(i *incident.Incident) []string {
	marks := []string{
		everywhere, blockMark(i.Number), largeBlockMark(i.Number),
		mark("severity", strconv.Itoa(int(i.Severity))), mark("kind", string(i.Kind)), mark("status", string(i.Status)),
	}
	if i.Private {
		marks = append(marks, mark(markPrivate, ""))
	}
	for _, s := range i.Services {
		marks = append(marks, mark(markService, strings.ToLower(s)))
	}
	for _, s := range i.Tags {
		marks = append(marks, mark(markTag, strings.ToLower(s)))
	}
	for _, p := range partsOf(i) {
		marks = append(marks, mark(markPerson, p.person))
		switch p.part {
		case partMember:
			marks = append(marks, mark(markMember, p.person))
		case partCommander:
			marks = append(marks, mark(markCommander, p.person))
		}
	}
	slices.Sort(marks)
	return slices.Compact(marks)
}

// keepWords indexes an incident. Entries of the timeline that the facts do not hold any more are read back.
func (t *tx) keepWords(ctx context.Context, i *incident.Incident) error {
	var parts [4][]string
	marks := marksOf(i)
	add := func(k int, text string) { parts[k] = append(append(parts[k], words.Forms(text)...), everywhere) }
	add(0, i.Title)
	for _, name := range append(append([]string{}, i.Services...), i.Tags...) {
		add(0, name)
	}
	for _, f := range i.FollowUps {
		add(2, f.Title)
		add(2, f.Reason)
	}
	if err := t.said(ctx, i, add); err != nil {
		return err
	}
	bounded(&parts)
	if t.dialect == onPostgres {
		_, err := t.exec(ctx, `INSERT INTO search (number, words) VALUES (?, CAST(? AS tsvector))
			ON CONFLICT (number) DO UPDATE SET words = excluded.words WHERE search.words <> excluded.words`, i.Number, vector(marks, parts))
		return err
	}
	_, err := t.exec(ctx, "INSERT OR REPLACE INTO search (rowid, marks, title, learnings, follow_ups, timeline) VALUES (?, ?, ?, ?, ?, ?)",
		i.Number, strings.Join(marks, " "), strings.Join(parts[0], " "), strings.Join(parts[1], " "), strings.Join(parts[2], " "), strings.Join(parts[3], " "))
	return err
}

// learnt begins the timeline entry of what was learnt.
const learnt = "Learnt: "

// said adds what people have learnt and written. An address is found by its words.
func (t *tx) said(ctx context.Context, i *incident.Incident, add func(part int, text string)) error {
	return t.rows(ctx, "SELECT event, text FROM timeline WHERE incident = ? ORDER BY seq DESC LIMIT ?", []any{i.Number, maxEntries},
		func(scan func(...any) error) error {
			var event, said string
			if err := scan(&event, &said); err != nil {
				return err
			}
			if sentence, ok := strings.CutPrefix(said, learnt); ok && event == "learning" {
				add(1, sentence)
				return nil
			}
			add(3, said)
			return nil
		})
}

// bounded cuts what is too much, the timeline first.
func bounded(parts *[4][]string) {
	room, bytes := maxIndexed, maxIndexedBytes
	for k, words := range parts {
		n := 0
		for n < min(len(words), room) && bytes >= len(words[n])+bytesOfWord {
			bytes -= len(words[n]) + bytesOfWord
			n++
		}
		parts[k] = words[:n]
		room -= n
	}
}

// vector writes the words as PostgreSQL keeps them, with positions by which phrases are found and labels for
// the parts.
func vector(marks []string, parts [4][]string) string {
	var b strings.Builder
	for _, m := range marks {
		fmt.Fprintf(&b, "'%s' ", m)
	}
	at := 0
	for k, label := range []string{"A", "B", "C", "D"} {
		for _, w := range parts[k] {
			if at++; w != everywhere {
				fmt.Fprintf(&b, "'%s':%d%s ", w, at, label)
			}
		}
		at++
	}
	return b.String()
}
