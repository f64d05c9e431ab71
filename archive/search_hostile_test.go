package archive_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/archive/query"
	"muster/incident"
)

// hostile is what somebody could ask in order to break something.
var hostile = []string{
	`"`, `'`, `\`, "a' b\" c\\d", "{title} : x", "title:x", "a NEAR b", "NEAR(a b, 3)", "a OR", "AND AND AND", "NOT", "^a", "a + b", "x* y*", "(((", ":*", "a:*A", "<->", "!a & b", "a <2> b",
	"-a -b", "-\"a b\" c* in:title", "\u00b6", "\u00b6\u00b6 a", "🔥 a", "\x00a", "a\x00b", "\xff\xfe a", "ﷺ", "½ ǆ ﬃ", "İ i̇", "abc* in:title,timeline", "tag:\"\x00\"", "person:me", "service:' tag:\" private:no",
	"ก็ ខ្មែរ မြန်မာ", "한국어 검색", strings.Repeat("a ", 24), "since:1y until:1d", strings.Repeat("字", 60), "dis* ful* -see", "\"full of\" -\"of the\"", "is -is", "\u0938\u094d\u0924\u0947",
	"\u202edisk\u202c", "dis\u200bk", "-checkout in:learnings", "𝔡𝔦𝔰𝔨", "ｄｉｓｋ", "disk\u0301", "ÐISK", "\U0001E922\U0001E944",
}

// answers asks for something, and compares with what somebody who reads everything would find.
func answers(t *testing.T, a *archive.Archive, text string) {
	t.Helper()
	q, err := query.Parse(text, noon)
	if err != nil {
		_, ok := incident.AsProblem(err)
		require.True(t, ok, "%q: %v", text, err)
		return
	}
	found, err := a.Search(t.Context(), q, archive.Viewer{Person: member}, archive.Page{})
	require.NoError(t, err, "%q", text)
	if only := (query.Query{Terms: q.Terms, Parts: q.Parts}); !reflect.DeepEqual(only, q) {
		return // filters are for other tests
	}
	want := []int{}
	for _, i := range past() {
		if reads(&q, i) {
			want = append([]int{i.Number}, want...)
		}
	}
	require.Equal(t, want, numbers(found), "%q", text)
	for _, h := range found.Hits {
		for _, e := range h.Excerpts {
			require.Equal(t, len(e.Marks), strings.Count(query.Mark(e.Text, e.Marks, "\x01", "", nil), "\x01"), "%q: every mark fits", text)
			require.True(t, utf8.ValidString(e.Text), "%q", text)
		}
	}
}

// reads finds words by reading.
func reads(q *query.Query, i *incident.Incident) bool {
	stands := func(term query.Term) bool {
		term.Not = false
		one := query.Query{Terms: []query.Term{term}}
		in := func(p query.Part, texts ...string) bool {
			return q.In(p) && slices.ContainsFunc(texts, func(s string) bool { return len(one.Spans(s)) > 0 })
		}
		if in(query.PartTitle, slices.Concat([]string{i.Title}, i.Services, i.Tags)...) {
			return true
		}
		for _, f := range i.FollowUps {
			if in(query.PartFollowUps, f.Title, f.Reason) {
				return true
			}
		}
		for _, e := range i.Timeline {
			said, learnt := strings.CutPrefix(e.Text, "Learnt: ")
			part := query.PartTimeline
			if learnt {
				part = query.PartLearnings
			}
			if in(part, strings.ReplaceAll(strings.ToValidUTF8(said, "\uFFFD"), "\x00", "")) {
				return true
			}
		}
		return false
	}
	for _, term := range q.Terms {
		if stands(term) == term.Not {
			return false
		}
	}
	return true
}

func TestWhateverIsAskedIsAnswered(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			fill(t, a, past())
			for _, text := range hostile {
				answers(t, a, text)
			}
		})
	}
}

func TestMoreThanCanBeIndexedIsKeptAllTheSame(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			for number, long := range map[int]func(n int) string{
				1: func(n int) string { return fmt.Sprintf("%064x", n) },                  // hashes
				2: func(n int) string { return strings.Repeat("ж", 900) + fmt.Sprint(n) }, // words of two bytes a letter
				3: func(int) string { return strings.Repeat("same ", 390) },               // one word very often
				4: func(n int) string { return strings.Repeat("長", 600) + fmt.Sprint(n) }, // a word a letter
			} {
				i := declared(number, "The beginning is found")
				for n := range 600 {
					var said []string
					for k := range 30 {
						said = append(said, long(100*n+k))
					}
					i.Note(noon, incident.Actor{Person: declarer}, "note", strings.Join(said, " "))
				}
				i.Note(noon, incident.Actor{Person: declarer}, "note", "the newest")
				i.FollowUps = []incident.FollowUp{{Number: 1, Title: "Shorten it", Status: incident.FollowUpProposed}}
				keep(t, a, i, 1)
			}
			require.Equal(t, []int{4, 3, 2, 1}, numbers(search(t, a, "beginning shorten newest severity:2", everybody, archive.Page{})))
		})
	}
}

func FuzzSearch(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	a, err := archive.New("sqlite:" + filepath.Join(f.TempDir(), "archive.db"))
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, a.Close()) })
	for _, i := range past() {
		_, err := a.Keep(f.Context(), record(i, 1))
		require.NoError(f, err)
	}
	f.Fuzz(func(t *testing.T, text string) { answers(t, a, text) })
}
