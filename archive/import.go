package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"muster/incident"
)

// Imported says what Import has done.
type Imported struct {
	// Incidents and Records count what was taken; Held what was not, since the archive holds it as new or newer.
	Incidents int `json:"incidents"`
	Records   int `json:"records"`
	Held      int `json:"held"`
	Erasures  int `json:"erasures"`
	Settings  int `json:"settings"`
}

// Import takes in what Export has written, here or in the other kind of database. What is held already in this
// version or a newer one stays as it is, so that it may be done again, and beside workflows that go on writing.
// Whoever was erased on either side stays erased. An error that is an *incident.Problem says what is wrong with
// the file, and at which line; what was before it is taken in.
func (a *Archive) Import(ctx context.Context, from io.Reader) (Imported, error) {
	m := &importing{Archive: a}
	lines := json.NewDecoder(from)
	lines.DisallowUnknownFields()
	for {
		m.at++
		var l exported
		switch err := lines.Decode(&l); {
		case errors.Is(err, io.EOF) && m.at == 1:
			return m.done, m.bad("is empty", "write it with `starter export`")
		case errors.Is(err, io.EOF):
			return m.done, m.bad("ends too early", "write it anew with `starter export`, and import the whole of it; what there was is imported")
		case errors.Is(err, io.ErrUnexpectedEOF):
			return m.done, m.bad("ends within a line", "write it anew with `starter export`, and import the whole of it; what was before is imported")
		case err != nil:
			return m.done, m.bad("cannot be read: "+incident.Clip(err.Error(), 200), "write it with `starter export` of this version of Muster or an older one")
		}
		over, err := m.take(ctx, l)
		if err != nil || over {
			return m.done, err
		}
	}
}

type importing struct {
	*Archive
	done Imported
	at   int
	// seen counts the incidents of the file.
	seen int
}

func (m *importing) bad(reason, mend string) error {
	return &incident.Problem{Code: incident.CodeInvalid, Field: fmt.Sprintf("line %d", m.at), Reason: reason, Mend: mend}
}

// take takes in one line, and reports whether it is the last.
func (m *importing) take(ctx context.Context, l exported) (over bool, err error) {
	if m.at == 1 {
		switch {
		case l.Format != exportFormat:
			return false, m.bad("is no export of an archive", "write it with `starter export`")
		case l.Version > exportVersion:
			return false, m.bad(fmt.Sprintf("has version %d of the format, and this Muster knows those up to %d", l.Version, exportVersion), "import it with the Muster that wrote it, or a newer one")
		}
		return false, nil
	}
	switch {
	case l.Setting != nil:
		return false, m.setting(ctx, *l.Setting)
	case l.Erasure != nil:
		return false, m.erasure(ctx, *l.Erasure)
	case l.Record != nil:
		return false, m.record(ctx, *l.Record)
	case l.Incident != nil:
		m.seen++
		return false, m.incident(ctx, *l.Incident)
	case l.End != nil && l.End.Incidents != m.seen:
		return false, m.bad(fmt.Sprintf("says that there are %d incidents, and %d were there", l.End.Incidents, m.seen), "write it anew with `starter export`; what there was is imported")
	case l.End != nil:
		return true, nil
	}
	return false, m.bad("holds nothing that is known", "import it with the Muster that wrote it, or a newer one")
}

// setting takes in one that is not there yet. Numbers begin at 1 in each installation, so that the incidents of
// two do not fit into one archive.
func (m *importing) setting(ctx context.Context, s exportedSetting) error {
	if s.Name == settingInstallation {
		held, err := m.Installation(ctx)
		if err != nil {
			return err
		}
		if held != "" && held != s.Value {
			return m.bad("is of the installation "+incident.Clip(s.Value, 60)+", and this is the archive of "+held, "import it into an archive of its own")
		}
	}
	return m.write(ctx, "import", func(tx *tx) error {
		n, err := tx.exec(ctx, "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", s.Name, s.Value)
		m.done.Settings += int(n)
		return err
	})
}

// erasure takes in that somebody was erased elsewhere, and erases them here too.
func (m *importing) erasure(ctx context.Context, d exportedErasure) error {
	fresh := false
	err := m.write(ctx, "import", func(tx *tx) error {
		if err := tx.alone(ctx); err != nil {
			return err
		}
		n, err := tx.exec(ctx, "INSERT INTO erasures (alias, at, asked_by, reason, incidents, records, done_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			d.Alias, d.At, d.AskedBy, d.Reason, d.Incidents, d.Records, d.DoneAt)
		if err != nil {
			return err
		}
		fresh = n > 0
		return tx.keepHashes(ctx, d.Alias, d.Hashes)
	})
	if err != nil || !fresh {
		return err
	}
	m.done.Erasures++
	if _, _, err = m.scrub(ctx); err != nil {
		return err
	}
	return m.tidy(ctx)
}

func (r exportedRecord) record() Record {
	return Record{Workflow: r.Workflow, Type: r.Type, Incident: r.Incident, Version: r.Version, Over: r.Over, State: r.State, Shown: r.Shown}
}

func (m *importing) record(ctx context.Context, r exportedRecord) error {
	if r.Workflow == "" || !json.Valid(r.State) {
		return m.bad("is no whole record", "write it anew with `starter export`")
	}
	taken := false
	if err := m.write(ctx, "import "+r.Workflow, func(tx *tx) (err error) { taken, err = tx.take(ctx, r.record()); return err }); err != nil {
		return err
	}
	m.count(taken, &m.done.Records)
	return nil
}

func (m *importing) count(taken bool, of *int) {
	if taken {
		*of++
	} else {
		m.done.Held++
	}
}

// take writes a record without whoever was erased, and reports whether it was newer than what is held.
func (t *tx) take(ctx context.Context, r Record) (bool, error) {
	r, err := t.withoutErased(ctx, r)
	if err != nil {
		return false, err
	}
	return t.claim(ctx, r, false)
}

// incident takes in an incident with all that belongs to it. How new it is its own workflow's record says.
func (m *importing) incident(ctx context.Context, in exportedIncident) error {
	i, err := in.facts()
	if err != nil {
		return m.bad(err.Error(), "write it anew with `starter export`")
	}
	taken := false
	records := 0
	err = m.write(ctx, "import "+in.key(), func(tx *tx) error {
		taken, records = false, 0
		own := false
		for _, r := range in.Records {
			whole := r.record()
			if r.Workflow == in.key() {
				whole.Facts = i
			}
			newer, err := tx.take(ctx, whole)
			if err != nil {
				return err
			}
			if r.Workflow == in.key() {
				own, taken = true, newer
			}
			if newer {
				records++
			}
		}
		if !own { // nothing says how new it is
			var held int
			if err := tx.rows(ctx, "SELECT COUNT(*) FROM incidents WHERE number = ?", []any{in.Number}, func(scan func(...any) error) error { return scan(&held) }); err != nil {
				return err
			}
			taken = held == 0
		}
		if !taken {
			return nil
		}
		return tx.importIncident(ctx, i, in)
	})
	if err != nil {
		return err
	}
	m.done.Records += records
	m.count(taken, &m.done.Incidents)
	return nil
}

// facts are those of the incident with its whole timeline.
func (in *exportedIncident) facts() (*incident.Incident, error) {
	var i incident.Incident
	if err := json.NewDecoder(bytes.NewReader(in.Facts)).Decode(&i); err != nil {
		return nil, fmt.Errorf("holds no incident: %s", incident.Clip(err.Error(), 200))
	}
	if i.Number != in.Number || in.Number < 1 {
		return nil, fmt.Errorf("holds incident %d under the number %d", i.Number, in.Number)
	}
	for _, doc := range in.Timeline {
		var e incident.Entry
		if err := json.Unmarshal(doc, &e); err != nil {
			return nil, fmt.Errorf("holds an entry of the timeline that is none: %s", incident.Clip(err.Error(), 200))
		}
		i.Timeline = append(i.Timeline, e)
	}
	for _, r := range in.Records {
		if r.Workflow == "" || r.Incident != in.Number || !json.Valid(r.State) {
			return nil, errors.New("holds a record that is none of this incident")
		}
	}
	return &i, nil
}

func (t *tx) importIncident(ctx context.Context, i *incident.Incident, in exportedIncident) error {
	clean, err := t.withoutErased(ctx, Record{Facts: i, State: json.RawMessage("{}")})
	if err != nil {
		return err
	}
	if err := t.keepIncident(ctx, clean.Facts); err != nil {
		return err
	}
	e, err := t.eraser(ctx)
	if err != nil {
		return err
	}
	wakings := slices.Clone(in.Wakings)
	for k := range wakings {
		if e != nil {
			wakings[k].Person = e.text(wakings[k].Person)
		}
	}
	if err := t.keepWakings(ctx, i.Number, wakings); err != nil {
		return err
	}
	var rows [][]any
	for _, s := range in.Snags {
		if e != nil {
			s.Step, s.Reason = e.text(s.Step), e.text(s.Reason)
		}
		rows = append(rows, []any{i.Number, s.Mirror, s.Step, s.Since, s.Reason, s.EndedAt})
	}
	return t.insert(ctx, "snags", "incident, mirror, step, since, reason, ended_at", rows,
		"ON CONFLICT (incident, mirror, step, since) DO UPDATE SET reason = excluded.reason, ended_at = excluded.ended_at")
}
