package archive

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"muster/incident"
)

// The format of an export; docs/archive.md describes it.
const (
	exportFormat  = "muster-archive"
	exportVersion = 1
)

// exported is one line of an export, of which one member is there.
type exported struct {
	// Format and Version are on the first line.
	Format  string `json:"format,omitempty"`
	Version int    `json:"version,omitempty"`

	Setting  *exportedSetting  `json:"setting,omitempty"`
	Erasure  *exportedErasure  `json:"erasure,omitempty"`
	Record   *exportedRecord   `json:"record,omitempty"`
	Incident *exportedIncident `json:"incident,omitempty"`
	// End is on the last line, and counts the incidents: a file without it is not whole.
	End *exportedEnd `json:"end,omitempty"`
}

type exportedSetting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type exportedErasure struct {
	Alias     string `json:"alias"`
	At        int64  `json:"at"`
	AskedBy   string `json:"asked_by"`
	Reason    string `json:"reason"`
	Incidents int    `json:"incidents"`
	Records   int    `json:"records"`
	DoneAt    *int64 `json:"done_at"`
	Hashes    []hash `json:"hashes"`
}

type exportedRecord struct {
	Workflow string          `json:"workflow"`
	Type     string          `json:"type"`
	Incident int             `json:"incident"`
	Version  int64           `json:"version"`
	Over     bool            `json:"over"`
	State    json.RawMessage `json:"state"`
	Shown    json.RawMessage `json:"shown,omitempty"`
}

type exportedIncident struct {
	Number   int               `json:"number"`
	Facts    json.RawMessage   `json:"facts"`
	Timeline []json.RawMessage `json:"timeline"`
	Wakings  []waking          `json:"wakings"`
	Snags    []exportedSnag    `json:"snags"`
	Records  []exportedRecord  `json:"records"`
}

type exportedSnag struct {
	Mirror  string `json:"mirror"`
	Step    string `json:"step"`
	Since   int64  `json:"since"`
	Reason  string `json:"reason"`
	EndedAt *int64 `json:"ended_at"`
}

type exportedEnd struct {
	Incidents int `json:"incidents"`
}

// Export writes all that the archive holds as lines of JSON, as it was at one moment, and counts the incidents.
func (a *Archive) Export(ctx context.Context, w io.Writer) (int, error) {
	if err := a.Ready(ctx); err != nil {
		return 0, err
	}
	begun, err := a.begin(ctx, a.oneMoment()) // which keeps nobody from writing
	if err != nil {
		return 0, a.failed("export", err)
	}
	defer func() { _ = begun.Rollback() }() // nothing was written
	buffered := bufio.NewWriterSize(w, 1<<16)
	e := &exporting{tx: begun, to: json.NewEncoder(buffered)}
	e.to.SetEscapeHTML(false)
	for _, part := range []func(context.Context) error{e.begin, e.settings, e.erasures, e.records, e.incidents} {
		if err := part(ctx); err != nil {
			if own, ok := errors.AsType[*exportError](err); ok {
				return e.count, own.err
			}
			return e.count, a.failed("export", err)
		}
	}
	return e.count, buffered.Flush()
}

// exportError is a failure of whoever takes the lines, and not of the database.
type exportError struct{ err error }

func (e *exportError) Error() string { return e.err.Error() }

type exporting struct {
	*tx
	to    *json.Encoder
	count int
}

func (e *exporting) line(l exported) error {
	if err := e.to.Encode(l); err != nil {
		return &exportError{fmt.Errorf("write the export: %w", err)}
	}
	return nil
}

func each[T any](all []T, do func(T) error) error {
	for _, one := range all {
		if err := do(one); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporting) begin(context.Context) error {
	return e.line(exported{Format: exportFormat, Version: exportVersion})
}

func (e *exporting) settings(ctx context.Context) error {
	var all []exportedSetting
	err := e.rows(ctx, "SELECT name, value FROM settings", nil, func(scan func(...any) error) error {
		var s exportedSetting
		err := scan(&s.Name, &s.Value)
		all = append(all, s)
		return err
	})
	slices.SortFunc(all, func(a, b exportedSetting) int { return cmp.Compare(a.Name, b.Name) })
	if err != nil {
		return err
	}
	return each(all, func(s exportedSetting) error { return e.line(exported{Setting: &s}) })
}

func (e *exporting) erasures(ctx context.Context) error {
	hashes := map[string][]hash{}
	err := e.rows(ctx, "SELECT alias, hash, salt, words FROM erased", nil, func(scan func(...any) error) error {
		var alias string
		var h hash
		err := scan(&alias, &h.Hash, &h.Salt, &h.Words)
		hashes[alias] = append(hashes[alias], h)
		return err
	})
	if err != nil {
		return err
	}
	var all []exportedErasure
	err = e.rows(ctx, "SELECT alias, at, asked_by, reason, incidents, records, done_at FROM erasures", nil, func(scan func(...any) error) error {
		var d exportedErasure
		err := scan(&d.Alias, &d.At, &d.AskedBy, &d.Reason, &d.Incidents, &d.Records, &d.DoneAt)
		d.Hashes = hashes[d.Alias]
		slices.SortFunc(d.Hashes, func(a, b hash) int { return cmp.Compare(a.Hash, b.Hash) })
		all = append(all, d)
		return err
	})
	slices.SortFunc(all, func(a, b exportedErasure) int { return cmp.Compare(a.Alias, b.Alias) })
	if err != nil {
		return err
	}
	return each(all, func(d exportedErasure) error { return e.line(exported{Erasure: &d}) })
}

// records writes those of workflows that belong to no incident.
func (e *exporting) records(ctx context.Context) error {
	all, err := e.recordsOf(ctx, "NOT EXISTS (SELECT 1 FROM incidents i WHERE i.number = records.incident)")
	if err != nil {
		return err
	}
	return each(all, func(r exportedRecord) error { return e.line(exported{Record: &r}) })
}

func (e *exporting) recordsOf(ctx context.Context, where string, args ...any) ([]exportedRecord, error) {
	all := []exportedRecord{}
	err := e.rows(ctx, "SELECT workflow, type, incident, version, over, state, shown FROM records WHERE "+where, args, func(scan func(...any) error) error {
		var r exportedRecord
		var state, shown string
		err := scan(&r.Workflow, &r.Type, &r.Incident, &r.Version, &r.Over, &state, &shown)
		r.State, r.Shown = json.RawMessage(state), json.RawMessage(shown)
		all = append(all, r)
		return err
	})
	slices.SortFunc(all, func(a, b exportedRecord) int { return cmp.Compare(a.Workflow, b.Workflow) })
	return all, err
}

func (e *exporting) incidents(ctx context.Context) error {
	var numbers []int
	err := e.rows(ctx, "SELECT number FROM incidents ORDER BY number", nil, func(scan func(...any) error) error {
		var n int
		err := scan(&n)
		numbers = append(numbers, n)
		return err
	})
	if err != nil {
		return err
	}
	for _, number := range numbers {
		i, err := e.incident(ctx, number)
		if err != nil {
			return err
		}
		if err := e.line(exported{Incident: i}); err != nil {
			return err
		}
		e.count++
	}
	return e.line(exported{End: &exportedEnd{Incidents: e.count}})
}

func (e *exporting) incident(ctx context.Context, number int) (*exportedIncident, error) {
	i := &exportedIncident{Number: number, Timeline: []json.RawMessage{}, Wakings: []waking{}, Snags: []exportedSnag{}}
	var doc string
	if err := e.rows(ctx, "SELECT facts FROM incidents WHERE number = ?", []any{number}, func(scan func(...any) error) error { return scan(&doc) }); err != nil {
		return nil, err
	}
	i.Facts = json.RawMessage(doc)
	err := e.rows(ctx, "SELECT entry FROM timeline WHERE incident = ? ORDER BY seq", []any{number}, func(scan func(...any) error) error {
		var entry string
		err := scan(&entry)
		i.Timeline = append(i.Timeline, json.RawMessage(entry))
		return err
	})
	if err != nil {
		return nil, err
	}
	err = e.rows(ctx, "SELECT page, id, person, at, means, night, off_hours, zone FROM wakings WHERE incident = ?", []any{number}, func(scan func(...any) error) error {
		var w waking
		err := scan(&w.Page, &w.ID, &w.Person, &w.At, &w.Means, &w.Night, &w.OffHours, &w.Zone)
		i.Wakings = append(i.Wakings, w)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(i.Wakings, func(a, b waking) int { return cmp.Or(cmp.Compare(a.Page, b.Page), cmp.Compare(a.ID, b.ID)) })
	err = e.rows(ctx, "SELECT mirror, step, since, reason, ended_at FROM snags WHERE incident = ?", []any{number}, func(scan func(...any) error) error {
		var s exportedSnag
		err := scan(&s.Mirror, &s.Step, &s.Since, &s.Reason, &s.EndedAt)
		i.Snags = append(i.Snags, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(i.Snags, func(a, b exportedSnag) int {
		return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.Mirror, b.Mirror), cmp.Compare(a.Step, b.Step))
	})
	i.Records, err = e.recordsOf(ctx, "incident = ?", number)
	return i, err
}

// key is the workflow whose record decides how new an incident is.
func (in *exportedIncident) key() string { return incident.Key(in.Number) }
