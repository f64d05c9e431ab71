package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Kind says what the cells of a column hold, and how they are written.
type Kind string

// The kinds of columns.
const (
	Text   Kind = "text"   // a string
	Count  Kind = "count"  // an int
	Span   Kind = "span"   // a time.Duration; seconds in JSON and CSV
	Moment Kind = "moment" // a time.Time
	Link   Kind = "link"   // a string, an address of the web
)

// Column is one column of a report.
type Column struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
}

// Key is the column's name in JSON and CSV; that of a span says the unit.
func (c Column) Key() string {
	if c.Kind == Span {
		return c.Name + "_seconds"
	}
	return c.Name
}

// Series is a row of numbers in the order of time.
type Series struct {
	Name   string `json:"name"`
	Points []int  `json:"points"`
}

// Report is an answer. A cell is nil where there is nothing to say.
type Report struct {
	Name         Name
	Answers      string
	By           string
	Since, Until time.Time
	Zone         *time.Location
	Columns      []Column
	Rows         [][]any
	Series       []Series
	// Notes say how it counts, and what it leaves out.
	Notes []string
}

// start is an empty answer.
func (a Ask) start(columns ...Column) *Report {
	r := &Report{Name: a.Name, By: a.By, Since: a.Since, Until: a.Until, Zone: a.Zone, Columns: columns, Rows: [][]any{}}
	for _, s := range Specs() {
		if s.Name == a.Name {
			r.Answers = s.Answers
		}
	}
	return r
}

func (r *Report) row(cells ...any) { r.Rows = append(r.Rows, cells) }

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Heard says how old it may be, by the newest of what was declared and of changes to what is not over: a report from an
// archive that nobody writes any more is old, however new it looks.
func (r *Report) Heard(at time.Time) {
	if at.Unix() > 0 { // and not the zero time, which is that of an archive with nothing in it
		r.note("The newest declaration, or change of what is open, that the archive knows is of %s.", at.In(r.Zone).Format("2006-01-02 15:04 MST"))
	}
}

// hides says what the viewer does not see.
func (r *Report) hides(v Viewer) *Report {
	switch {
	case v.All:
	case v.Guest:
		r.note("Only incidents of which you are part are in it.")
	default:
		r.note("Private incidents of which you are no part are left out.")
	}
	return r
}

// value is a cell as JSON and CSV have it.
func (r *Report) value(cell any) any {
	switch c := cell.(type) {
	case time.Duration:
		return int64(c / time.Second)
	case time.Time:
		if c.IsZero() {
			return nil
		}
		return c.In(r.zone()).Format(time.RFC3339)
	case string:
		if c == "" {
			return nil
		}
	}
	return cell
}

func (r *Report) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}

// MarshalJSON gives each row as an object whose members are in the order of the columns.
func (r *Report) MarshalJSON() ([]byte, error) {
	rows := make([]json.RawMessage, 0, len(r.Rows))
	for _, row := range r.Rows {
		var b bytes.Buffer
		for k, cell := range row {
			v, err := json.Marshal(r.value(cell))
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, ",%q:%s", r.Columns[k].Key(), v)
		}
		rows = append(rows, json.RawMessage("{"+strings.TrimPrefix(b.String(), ",")+"}"))
	}
	return json.Marshal(struct {
		Report  Name              `json:"report"`
		Answers string            `json:"answers"`
		By      string            `json:"by"`
		Since   time.Time         `json:"since"`
		Until   time.Time         `json:"until"`
		Zone    string            `json:"zone"`
		Columns []Column          `json:"columns"`
		Rows    []json.RawMessage `json:"rows"`
		Series  []Series          `json:"series,omitempty"`
		Notes   []string          `json:"notes"`
	}{r.Name, r.Answers, r.By, r.Since.In(r.zone()), r.Until.In(r.zone()), r.zone().String(), r.Columns, rows, r.Series, r.Notes})
}

// CSV writes the rows as RFC 4180 wants them, below a line with the columns' names. A text that a spreadsheet
// would take for a formula has an apostrophe in front.
func (r *Report) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	line := make([]string, len(r.Columns))
	for k, c := range r.Columns {
		line[k] = c.Key()
	}
	if err := out.Write(line); err != nil {
		return err
	}
	for _, row := range r.Rows {
		line := make([]string, len(row))
		for k, cell := range row {
			switch v := r.value(cell).(type) {
			case nil:
			case string:
				line[k] = harmless(v)
			default:
				line[k] = fmt.Sprint(v)
			}
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless keeps a spreadsheet from reckoning with a text. A number is none.
// https://owasp.org/www-community/attacks/CSV_Injection
func harmless(s string) string {
	if strings.ContainsAny(s[:min(len(s), 1)], "=+-@\t\r\n") || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠") {
		return "'" + s
	}
	return s
}

// Words are the rows for people, the columns' names first.
func (r *Report) Words() [][]string {
	head := make([]string, len(r.Columns))
	for k, c := range r.Columns {
		head[k] = strings.ToUpper(strings.ReplaceAll(c.Name, "_", " "))
	}
	out := [][]string{head}
	for _, row := range r.Rows {
		line := make([]string, len(row))
		for k, cell := range row {
			line[k] = r.word(cell)
		}
		out = append(out, line)
	}
	return out
}

func (r *Report) word(cell any) string {
	switch c := cell.(type) {
	case nil:
		return "-"
	case int:
		return strconv.Itoa(c)
	case time.Duration:
		return Short(c)
	case time.Time:
		if c.IsZero() {
			return "-"
		}
		return c.In(r.zone()).Format("2006-01-02 15:04")
	case string:
		if c != "" {
			return c
		}
		return "-"
	}
	return fmt.Sprint(cell)
}

// Short writes a time in two units at most: 4m 10s, 3h 5m, 2d 4h.
func Short(d time.Duration) string {
	d = d.Round(time.Second)
	s, m, h := int(d/time.Second), int(d/time.Minute), int(d/time.Hour)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case m < 60:
		return fmt.Sprintf("%dm %ds", m, s%60)
	case h < 48:
		return fmt.Sprintf("%dh %dm", h, m%60)
	}
	return fmt.Sprintf("%dd %dh", h/24, h%24)
}

// Sparkline draws numbers as a line of blocks. Nothing is the lowest one only where it is zero.
func Sparkline(points []int) string {
	const blocks = "▁▂▃▄▅▆▇█"
	most := 0
	for _, p := range points {
		most = max(most, p)
	}
	levels := []rune(blocks)
	var b strings.Builder
	for _, p := range points {
		k := 0
		if most > 0 && p > 0 {
			k = 1 + (p*(len(levels)-1)-1)/most
			k = min(k, len(levels)-1)
		}
		b.WriteRune(levels[k])
	}
	return b.String()
}
