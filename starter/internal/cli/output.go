package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/integrations/fault"
)

// The forms of output.
const (
	outputText = "text"
	outputJSON = "json"
)

// usage is an error in what was typed.
func usage(format string, args ...any) error {
	return &incident.Problem{Code: incident.CodeInvalid, Reason: fmt.Sprintf(format, args...)}
}

// answer prints v as JSON, or what text writes.
func (s *session) answer(v any, text func(w io.Writer)) error {
	if s.output == outputJSON {
		return writeJSON(s.Stdout, v)
	}
	text(s.Stdout)
	return nil
}

// fail prints an error, in JSON as {"error":{...}}.
func (s *session) fail(err error) {
	p, ok := incident.AsProblem(err)
	if s.output != outputJSON {
		fmt.Fprintln(s.Stderr, plainText(spoken(err)))
		return
	}
	if !ok {
		p = &incident.Problem{Code: "failed", Reason: spoken(err)}
		lost, unknown := errors.AsType[*incidents.NotRecordedError](err)
		switch {
		case unknown && lost.Unconfirmed:
			p.Code, p.Mend = "not_recorded", "try again with --key "+lost.ID
		case unknown:
			p.Code = "not_recorded"
		case errors.Is(err, incidents.ErrAway), errors.Is(err, incidents.ErrArchiveAway):
			p.Code = "away"
		}
	}
	_ = writeJSON(s.Stderr, map[string]any{"error": p}) // there is nowhere left to say it
}

// spoken is an error in words for people, line by line: a joined error has several.
func spoken(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for k, l := range lines {
		lines[k] = fault.Words(l)
	}
	return strings.Join(lines, "\n")
}

// writeJSON writes one line of JSON in which also those characters are escaped that JSON allows
// and a terminal obeys.
func writeJSON(w io.Writer, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	var b strings.Builder
	for _, r := range string(raw) {
		if obeyed(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	_, err = fmt.Fprintln(w, b.String())
	return err
}

// obeyed characters make a terminal do something, or show another text than was written.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029
}

// plain makes one harmless line of what somebody wrote.
func plain(s string) string {
	return incident.CleanLine(strings.Map(func(r rune) rune {
		if obeyed(r) {
			return ' '
		}
		return r
	}, s))
}

// plainText keeps line breaks.
func plainText(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for k, l := range lines {
		lines[k] = strings.Map(func(r rune) rune {
			if obeyed(r) {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(l, " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n ")
}

// table writes columns of harmless text.
func table(w io.Writer, indent string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for k, c := range row {
			cells[k] = plain(c)
		}
		fmt.Fprintln(t, indent+strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	_ = t.Flush() // as with every other print
}

// moment writes a time for people, in UTC, since a page is read in several zones.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }
