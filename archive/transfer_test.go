package archive_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
)

func exported(t *testing.T, a *archive.Archive) string {
	t.Helper()
	var b bytes.Buffer
	_, err := a.Export(t.Context(), &b)
	require.NoError(t, err)
	return b.String()
}

func imported(t *testing.T, a *archive.Archive, lines string) archive.Imported {
	t.Helper()
	done, err := a.Import(t.Context(), strings.NewReader(lines))
	require.NoError(t, err)
	return done
}

// full is an archive with something in each of its tables.
func full(t *testing.T, a *archive.Archive) {
	t.Helper()
	i := everywhere(7)
	i.Title = "<b>\"Quotes\"</b> & 🔥 \x00 ملاحظة"
	keep(t, a, i, 1)
	i.Snags = nil
	for range 50 {
		i.Note(noon, bob, "note", "something")
	}
	keep(t, a, i, 2)
	i.Timeline = i.Timeline[30:]
	i.Pages[0].Woken.Woken = nil
	keep(t, a, i, 3)
	keep(t, a, declared(8, "Second"), 1)
	for _, r := range []archive.Record{
		{Workflow: "register", Type: "Register", Version: 9, State: []byte(`{"next": 9, "text":"a < b"}`)},
		{Workflow: "INC-7/follow-up/1", Type: "FollowUp", Incident: 7, Version: 4, Over: true, State: []byte(`{}`), Shown: []byte(`{"memo":{}}`)},
		{Workflow: "digest", Type: "Digest", Version: 1, Installation: "0a1b", State: []byte(`{}`)},
	} {
		_, err := a.Keep(t.Context(), r)
		require.NoError(t, err)
	}
	_, err := a.Erase(t.Context(), archive.Erasure{Person: eve, Names: []string{"Eve Adams"}, By: "ada@example.com", Reason: "request 17", At: noon})
	require.NoError(t, err)
}

func TestAnExportIsTakenInByTheOtherDatabase(t *testing.T) {
	t.Parallel()
	for from, fill := range both {
		for to, empty := range both {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				a, b := fill(t), empty(t)
				full(t, a)
				lines := exported(t, a)
				require.True(t, strings.HasPrefix(lines, `{"format":"muster-archive","version":1}`+"\n"))
				require.True(t, strings.HasSuffix(lines, `{"end":{"incidents":2}}`+"\n"))

				require.Equal(t, archive.Imported{Incidents: 2, Records: 5, Erasures: 1, Settings: 1}, imported(t, b, lines))
				require.Equal(t, lines, exported(t, b))
				one, err := a.Incident(t.Context(), 7)
				require.NoError(t, err)
				other, err := b.Incident(t.Context(), 7)
				require.NoError(t, err)
				require.Equal(t, one, other)
				require.Len(t, other.Timeline, other.Entries, "older entries came too")
				require.Equal(t, 2, strings.Count(lines, `"means":`), "and whom the facts do not name any more")
				nowhere(t, b)

				// Again it changes nothing, and who was erased there stays erased here.
				require.Equal(t, archive.Imported{Held: 4}, imported(t, b, lines))
				require.Equal(t, lines, exported(t, b))
				keep(t, b, everywhere(20), 1)
				nowhere(t, b)
			})
		}
	}
}

func TestAnImportNeverTakesThePlaceOfSomethingNewer(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			keep(t, a, declared(7, "Older"), 5)
			lines := exported(t, a)
			keep(t, a, declared(7, "Newer"), 6)
			require.Equal(t, archive.Imported{Held: 1}, imported(t, a, lines))
			i, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, "Newer", i.Title)
		})
	}
}

func TestTheIncidentsOfTwoInstallationsAreNotMixed(t *testing.T) {
	t.Parallel()
	a, b := both["sqlite"](t), both["sqlite"](t)
	for name, own := range map[string]*archive.Archive{"one": a, "two": b} {
		r := record(declared(1, name), 1)
		r.Installation = name
		_, err := own.Keep(t.Context(), r)
		require.NoError(t, err)
	}
	_, err := b.Import(t.Context(), strings.NewReader(exported(t, a)))
	require.ErrorContains(t, err, "line 2: is of the installation one, and this is the archive of two; import it into an archive of its own")
	i, err := b.Incident(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, "two", i.Title)
}

// Whoever was erased since an export was made does not come back with it, nor do they stay where only the other
// archive knows that they were erased.
func TestAnImportBringsNobodyBack(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			source := both["sqlite"](t)
			keep(t, source, everywhere(7), 1)
			old := exported(t, source)
			_, err := source.Erase(t.Context(), erasure("Eve Adams"))
			require.NoError(t, err)

			keep(t, a, everywhere(3), 1)
			keep(t, a, everywhere(9), 1)
			imported(t, a, exported(t, source))
			nowhere(t, a)

			b := both["sqlite"](t)
			_, err = b.Erase(t.Context(), erasure("Eve Adams"))
			require.NoError(t, err)
			imported(t, b, old)
			nowhere(t, b)
		})
	}
}

func TestAFileThatIsNoWholeExportIsSaidToBeNone(t *testing.T) {
	t.Parallel()
	a := both["sqlite"](t)
	keep(t, a, declared(7, "There"), 5)
	lines := exported(t, a)
	b := both["sqlite"](t)
	head, rest, _ := strings.Cut(lines, "\n")
	for want, text := range map[string]string{
		"line 1: is empty":                            "",
		"line 1: is no export of an archive":          `{"version":1}` + "\n" + rest,
		"line 1: has version 2 of the format":         `{"format":"muster-archive","version":2}`,
		"line 1: cannot be read":                      "PK\x03\x04",
		"line 2: ends too early":                      head + "\n",
		"line 2: ends within a line":                  head + "\n" + rest[:100],
		"line 2: holds nothing that is known":         head + "\n{}\n",
		"line 2: cannot be read":                      head + "\n" + `{"novelty":1}` + "\n",
		"line 2: holds incident 7 under the number 8": head + "\n" + strings.Replace(rest, `{"number":7`, `{"number":8`, 1),
		"says that there are 3 incidents, and 1 were": head + "\n" + strings.Replace(rest, `{"incidents":1}`, `{"incidents":3}`, 1),
	} {
		_, err := b.Import(t.Context(), strings.NewReader(text))
		p, ok := incident.AsProblem(err)
		require.True(t, ok, "%s: %v", want, err)
		require.ErrorContains(t, err, want)
		require.NotEmpty(t, p.Mend)
	}
}

// broken takes some bytes, and then no more.
type broken struct{ room int }

func (b *broken) Write(p []byte) (int, error) {
	if b.room -= len(p); b.room < 0 {
		return 0, bytes.ErrTooLarge
	}
	return len(p), nil
}

func TestAnExportThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	a := both["sqlite"](t)
	for n := range 200 {
		keep(t, a, declared(n+1, strings.Repeat("long ", 200)), 1)
	}
	_, err := a.Export(t.Context(), &broken{room: 100})
	require.ErrorIs(t, err, bytes.ErrTooLarge)
}

// Nobody waits for an export, and it shows one moment.
func TestAnExportShowsOneMomentWhileOthersWrite(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			for n := range 50 {
				keep(t, a, declared(n+1, "Before"+strings.Repeat(" and before", 300)), 1)
			}
			seen := &during{then: func() {
				for n := range 60 {
					keep(t, a, declared(n+1, "After"), 2)
				}
			}}
			_, err := a.Export(t.Context(), seen)
			require.NoError(t, err)
			require.Greater(t, strings.Count(seen.String(), "Before"), strings.Count(seen.early, "Before"), "there was more to read")
			require.NotContains(t, seen.String(), "After")
			require.Equal(t, 50, strings.Count(seen.String(), `{"incident":`))
		})
	}
}

// during does something once the first bytes have come.
type during struct {
	bytes.Buffer
	then  func()
	early string
	done  bool
}

func (d *during) Write(p []byte) (int, error) {
	if !d.done {
		d.done, d.early = true, string(p)
		d.then()
	}
	return d.Buffer.Write(p)
}
