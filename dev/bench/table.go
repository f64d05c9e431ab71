package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// table is printed as Markdown whose columns line up, so that it can be read as it is and pasted.
type table struct {
	title string
	head  []string
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(out io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	if t.title != "" {
		fmt.Fprintf(out, "\n%s\n\n", t.title)
	}
	width := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for k, c := range row {
			width[k] = max(width[k], utf8.RuneCountInString(c))
		}
	}
	line := func(row []string) {
		for k, w := range width {
			c := ""
			if k < len(row) {
				c = row[k]
			}
			gap := strings.Repeat(" ", w-utf8.RuneCountInString(c))
			if k == 0 {
				fmt.Fprintf(out, "| %s%s ", c, gap)
			} else {
				fmt.Fprintf(out, "| %s%s ", gap, c)
			}
		}
		fmt.Fprintln(out, "|")
	}
	line(t.head)
	for k, w := range width {
		if k == 0 {
			fmt.Fprint(out, "|"+strings.Repeat("-", w+2))
		} else {
			fmt.Fprint(out, "|"+strings.Repeat("-", w+1)+":")
		}
	}
	fmt.Fprintln(out, "|")
	for _, row := range t.rows {
		line(row)
	}
}

func (b *bench) print(out io.Writer) {
	b.table.head = []string{"measure", "Muster", "bare Temporal", "ratio, target"}
	b.table.print(out)
	for _, n := range b.notes {
		n.print(out)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func rate(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

func perSecond(n int, d time.Duration) string { return fmt.Sprintf("%.1f /s", rate(n, d)) }

// atMost compares two times with a target ratio, 0 for none.
func atMost(muster, floor time.Duration, target float64) string {
	ratio := float64(muster) / float64(floor)
	if target == 0 {
		return fmt.Sprintf("%.2f x", ratio)
	}
	return fmt.Sprintf("%.2f x, at most %.1f x: %s", ratio, target, verdict(ratio <= target))
}

// atLeast compares two rates with the target of one over so much.
func atLeast(muster, floor, over float64) string {
	return fmt.Sprintf("1/%.1f, at least 1/%.0f: %s", floor/muster, over, verdict(muster >= floor/over))
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "missed"
}
