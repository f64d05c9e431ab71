package archive_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
)

func evelinka(names ...string) archive.Erasure {
	return archive.Erasure{Person: "eve@example.com", Names: names, Alias: "gone@erased.invalid", By: "ada@example.com", Reason: "request 17", At: noon}
}

// left gives back what an erasure leaves of texts.
func left(t *testing.T, a *archive.Archive, e archive.Erasure, texts []string) []string {
	t.Helper()
	i := declared(7, "Laptop was stolen")
	first := len(i.Timeline)
	for _, s := range texts {
		i.Note(noon, incident.Actor{Person: "bob@example.com"}, "note", s)
	}
	keep(t, a, i, 1)
	_, err := a.Erase(t.Context(), e)
	require.NoError(t, err)
	found, err := a.Incident(t.Context(), 7)
	require.NoError(t, err)
	var out []string
	for _, entry := range found.Timeline[first:] {
		out = append(out, entry.Text)
	}
	return out
}

// erases has texts, each with is to be left of it.
func erases(t *testing.T, e archive.Erasure, cases [][2]string) {
	t.Helper()
	var texts, want []string
	for _, c := range cases {
		texts, want = append(texts, c[0]), append(want, c[1])
	}
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, left(t, empty(t), e, texts))
		})
	}
}

func TestAnAddressIsErasedHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	const gone = "gone@erased.invalid"
	erases(t, evelinka(), [][2]string{
		{"plain eve@example.com done", "plain " + gone + " done"},
		{"smart \u201ceve@example.com\u201d quotes", "smart \u201c" + gone + "\u201d quotes"},
		{"arrow \u2192eve@example.com", "arrow \u2192" + gone},
		{"bullet \u2022eve@example.com", "bullet \u2022" + gone},
		{"\u62c5\u5f53\uff1aeve@example.com", "\u62c5\u5f53\uff1a" + gone},
		{"\u62c5\u5f53eve@example.com\u3055\u3093", "\u62c5\u5f53" + gone + "\u3055\u3093"},
		{"\ub2f4\ub2f9eve@example.com\ub2d8", "\ub2f4\ub2f9" + gone + "\ub2d8"},
		{"https://wiki/x?user=eve%40example.com&b=1", "https://wiki/x?user=" + gone + "&b=1"},
		{"https://x/?u=https%3A%2F%2Fy%3Fu%3Deve%2540example%2Ecom", "https://x/?u=https%3A%2F%2Fy%3Fu%3D" + gone},
		{"zero width \u200beve@example.com and e\u200bve@exam\u00adple.com", "zero width \u200b" + gone + " and " + gone},
		{"fullwidth eve\uff20example.com \uff45\uff56\uff45@example\uff0ecom", "fullwidth " + gone + " " + gone},
		{"json {\\u003ceve\\u0040example.com}", "json {\\u003c" + gone + "}"},
		{"a line\\neve@example.com", "a line\\n" + gone},
		{"_eve@example.com_ *eve@example.com* 'eve@example.com'", "_" + gone + "_ *" + gone + "* '" + gone + "'"},
		{"eve@example.com.The next eve@example.com-", gone + ".The next " + gone + "-"},
		{"eve@example.com,eve@example.com", gone + "," + gone},
		// Somebody else's stays.
		{"steve@example.com evil.eve@example.com x-eve@example.com", "steve@example.com evil.eve@example.com x-eve@example.com"},
		{"eve@example.com.au eve@example.community \u00e9ve@example.com", "eve@example.com.au eve@example.community \u00e9ve@example.com"},
		{"1eve@example.com ste\u200bve@example.com 100% sure %zz %", "1eve@example.com ste\u200bve@example.com 100% sure %zz %"},
	})
}

func TestANameIsErasedHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	const gone = "gone@erased.invalid"
	erases(t, evelinka("Evelinka Ad\u00e1msova"), [][2]string{
		{"Evelinka\u00a0 \u00a0Adamsova", gone},
		{"Evelinka\r\n> Adamsova said", gone + " said"},
		{"evelinka.adamsova on jira", gone + " on jira"},
		{"Evelinka_Adamsova, EvelinkaAdamsova.", gone + ", " + gone + "."},
		{"wiki/Evelinka%20Adamsova", "wiki/" + gone},
		{"Eve\u00adlinka Ad\u200bamsova\u200b!", gone + "\u200b!"},
		{"#inc-7-laptop-of-evelinka-adamsova-stolen", "#inc-7-laptop-of-gone-stolen"},
		{"#inc-8-mail-to-eve-example-com", "#inc-8-mail-to-gone"},
		{"Evelinka alone, and evelinka.adamsova@other.example", "Evelinka alone, and evelinka.adamsova@other.example"},
	})
}

func TestANameIsErasedFromWhereItIsNoText(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Laptop of Evelinka Adamsova")
			i.DeclaredBy.Token = "evelinka-adamsova"
			i.Tags, i.Services = []string{"evelinka-adamsova", "laptop"}, []string{"Mail of Evelinka Adamsova"}
			i.Links.Channel.Name, i.Links.Channel.URL = "inc-7-laptop-of-evelinka-adamsova", "https://x.example/C1?u=eve%40example.com"
			i.Snags = []incident.Snag{{Mirror: "chat", Step: "speak in #" + i.Links.Channel.Name, Reason: "archived", Since: noon}}
			keep(t, a, i, 1)
			done, err := a.Erase(t.Context(), evelinka("Evelinka Adamsova"))
			require.NoError(t, err)
			require.Equal(t, 1, done.Incidents)
			i, err = a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, "inc-7-laptop-of-gone", i.Links.Channel.Name)
			var out bytes.Buffer
			_, err = a.Export(t.Context(), &out)
			require.NoError(t, err)
			require.NotContains(t, strings.ToLower(out.String()), "adamsova")
			require.NotContains(t, out.String(), "eve%40")
			var open int
			require.NoError(t, a.Ask(t.Context(), "SELECT COUNT(*) FROM snags WHERE ended_at IS NULL", &open))
			require.Equal(t, 1, open, "the snag is the same one")
		})
	}
}

// Entries are known by how they begin.
func TestWhatWasLearntStaysSoWhateverPeopleAreCalled(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Disk")
			i.Note(noon, incident.Actor{Person: "bob@example.com"}, "learning", "Learnt: Ask Mr Learnt first")
			keep(t, a, i, 1)
			_, err := a.Erase(t.Context(), evelinka("Learnt"))
			require.NoError(t, err)
			var text string
			require.NoError(t, a.Ask(t.Context(), "SELECT text FROM learnings", &text))
			require.Equal(t, "Ask Mr gone@erased.invalid first", text)
			i, err = a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, "Learnt: "+text, i.Timeline[len(i.Timeline)-1].Text)
		})
	}
}

func TestANumberIsNoName(t *testing.T) {
	t.Parallel()
	a := both["sqlite"](t)
	for _, name := range []string{"2026", "2026-03-02", "2026-03-02T10:00:00Z", "10:30", "4x", "7 of 9"} {
		_, err := a.Erase(t.Context(), evelinka(name))
		require.ErrorContains(t, err, "is a number or a time", name)
		require.ErrorContains(t, err, "write the name in letters")
	}
	_, err := a.Erase(t.Context(), evelinka("Al"))
	require.ErrorContains(t, err, "is so short")
	_, err = a.Erase(t.Context(), evelinka("U012345678", "Louis XIV", "Agent 007 Bond"))
	require.NoError(t, err, "an ID of Slack's has few letters by chance")
}

// Lists are filtered by marks of people that whoever has an address can make.
func TestTheMarkOfAMemberIsErasedToo(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Disk")
			i.Responders = append(i.Responders, incident.Responder{Person: "eve@example.com", JoinedAt: noon})
			i.Status, i.ClosedAt = incident.StatusClosed, noon
			shown := func(of *incident.Incident) string {
				marks, err := json.Marshal(of.MemberMarks())
				require.NoError(t, err)
				return `{"memo":{"fields":{"people":{"data":"` + base64.StdEncoding.EncodeToString(marks) + `"},"sealed":{"data":"AAECAw=="}}},"type":{"name":"Incident"}}`
			}
			r := record(i, 1)
			r.State, r.Shown = json.RawMessage(`{"by":"eve@example.com"}`), json.RawMessage(shown(i))
			_, err := a.Keep(t.Context(), r)
			require.NoError(t, err)
			_, err = a.Erase(t.Context(), evelinka())
			require.NoError(t, err)
			clean, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, []string{"ada@example.com", "gone@erased.invalid"}, clean.Members())
			for version := range int64(2) {
				held, err := a.Record(t.Context(), "INC-7")
				require.NoError(t, err)
				require.JSONEq(t, shown(clean), string(held.Shown))
				r.Version = version + 2
				_, err = a.Keep(t.Context(), r)
				require.NoError(t, err)
			}
		})
	}
}

// Whoever has the disk reads what the tables do not show any more.
func TestTheFileItselfForgetsWhoWasErased(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := open(t, "sqlite:"+filepath.Join(dir, "archive.db"))
	for n := 1; n <= 30; n++ {
		i := declared(n, "Disk full")
		for k := range 20 {
			i.Note(noon, incident.Actor{Person: "qwertzeve@example.com"}, "note", fmt.Sprintf("Qwertzeve Adams said %d so", k))
		}
		keep(t, a, i, 1)
	}
	_, err := a.Erase(t.Context(), archive.Erasure{Person: "qwertzeve@example.com", Names: []string{"Qwertzeve Adams"}, By: "ada@example.com", Reason: "1", At: noon})
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		held, err := os.ReadFile(f)
		require.NoError(t, err)
		require.Zero(t, bytes.Count(bytes.ToLower(held), []byte("qwertzeve")), f)
	}
	require.Equal(t, 30, indexed(t, a, "said"))
}
