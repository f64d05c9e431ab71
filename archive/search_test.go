package archive_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/archive/query"
	"muster/incident"
)

const (
	declarer = "ada@example.com" // declares everything
	member   = "bob@example.com" // is in the private one
	stranger = "eve@example.com" // is in none
)

// everybody may see what is public.
var everybody = archive.Viewer{Person: stranger}

// about gives an incident that happened a number of days before noon.
func about(number, daysAgo int, title string, more func(i *incident.Incident)) *incident.Incident {
	i := declared(number, title)
	i.DeclaredAt = noon.AddDate(0, 0, -daysAgo)
	if more != nil {
		more(i)
	}
	return i
}

func says(i *incident.Incident, event, text string) {
	i.Note(i.DeclaredAt.Add(time.Minute), incident.Actor{Person: declarer, Way: incident.WaySlack}, event, text)
}

// past is what has happened in the tests of searching.
func past() []*incident.Incident {
	return []*incident.Incident{
		about(1, 400, "Checkout is down", func(i *incident.Incident) {
			i.Severity, i.Status, i.Services, i.Tags = 1, incident.StatusClosed, []string{"Checkout"}, []string{"black-friday"}
			i.ResolvedAt = i.DeclaredAt.Add(time.Hour)
			i.Links.Tracker, i.Links.Channel = incident.IssueRef{ID: "1", Key: "OPS-1", URL: "https://jira.example/OPS-1"}, incident.ChannelRef{ID: "C1", Name: "inc-1", URL: "https://slack.example/C1"}
			i.FollowUps = []incident.FollowUp{{Number: 1, Title: "Alert on disk space", Status: incident.FollowUpDropped, Owner: member, Reason: "the vendor does it"}}
			i.Learning = "Disks fill silently"
			says(i, "learning", "Learnt: Disks fill silently")
			says(i, "update", "The database has no disk left")
		}),
		about(2, 200, "Payments are slow", func(i *incident.Incident) {
			i.Severity, i.Status, i.Services = 3, incident.StatusResolved, []string{"payments", "checkout"}
			i.Roles = []incident.RoleHolder{{Role: incident.RoleCommander, Person: member}}
			says(i, "update", "Timeouts at the bank; error=504 http://bank.example/pay?x=1")
		}),
		about(3, 100, "Le Café est fermé", func(i *incident.Incident) {
			i.Kind, i.Severity, i.Status = incident.KindNearMiss, 4, incident.StatusCancelled
			says(i, "note", "Straße, naïve, İstanbul")
		}),
		about(4, 50, "決済障害が発生", func(i *incident.Incident) {
			i.Severity, i.Tags = 2, []string{"東京"}
			says(i, "note", "ملاحظة: قاعدة البيانات معطلة 🔥")
		}),
		about(5, 20, "Secret breach at checkout", func(i *incident.Incident) {
			i.Private, i.Severity, i.Services = true, 1, []string{"checkout"}
			i.Responders = []incident.Responder{{Person: member, InvitedAt: i.DeclaredAt}}
			i.FollowUps = []incident.FollowUp{{Number: 1, Title: "Rotate the zebra keys", Status: incident.FollowUpAccepted, Owner: member}}
			says(i, "learning", "Learnt: Zebras leak")
			says(i, "update", "The zebra was seen")
		}),
		about(6, 10, "Drill: the disk is full", func(i *incident.Incident) {
			i.Kind, i.Severity, i.Status = incident.KindDrill, 5, incident.StatusMitigated
			says(i, "update", "is full of disk")
		}),
		about(7, 1, "Nothing to see; DROP TABLE incidents", func(i *incident.Incident) {
			says(i, "note", "\x00 half \xff 'quoted' \"twice\" OR NEAR(a b) {title}: x* & !y | z")
			says(i, "note", strings.Repeat("long ", 300)+"needle "+strings.Repeat("tail ", 60))
		}),
	}
}

// fill keeps incidents in an empty archive.
func fill(t *testing.T, a *archive.Archive, incidents []*incident.Incident) {
	t.Helper()
	for _, i := range incidents {
		keep(t, a, i, 1)
	}
}

// search asks as a person would.
func search(t *testing.T, a *archive.Archive, text string, v archive.Viewer, p archive.Page) archive.Results {
	t.Helper()
	q, err := query.Parse(text, noon)
	require.NoError(t, err, text)
	found, err := a.Search(t.Context(), q, v, p)
	require.NoError(t, err, text)
	return found
}

func numbers(found archive.Results) []int {
	out := []int{}
	for _, h := range found.Hits {
		out = append(out, h.Number)
	}
	return out
}

func TestBothDatabasesFindTheSame(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			fill(t, a, past())
			for text, want := range map[string][]int{
				"":                                    {7, 6, 4, 3, 2, 1},
				"checkout":                            {2, 1}, // a service's name too
				"CHECKOUT":                            {2, 1},
				"check":                               {},
				"check*":                              {2, 1},
				"checkout down":                       {1},
				"disk":                                {6, 1},
				"disk*":                               {6, 1},
				"disks":                               {1},
				`"disk is full"`:                      {6},
				`"is full of disk"`:                   {6},
				`"full is"`:                           {}, // what ends one text and begins the next is no phrase
				`"down checkout"`:                     {},
				`"disk is fu*"`:                       {},
				"disk -drill":                         {1},
				`disk -"is full"`:                     {1},
				"-disk":                               {7, 4, 3, 2},
				"-disk -checkout":                     {7, 4, 3},
				"cafe":                                {3},
				"CAFÉ ferme":                          {3},
				"strasse":                             {},
				"straße NAIVE istanbul":               {3},
				"障害":                                  {4},
				"害障":                                  {},
				"決済 発生":                               {4},
				"東京":                                  {4},
				"ملاحظة":                              {4},
				`"قاعدة البيانات"`:                    {4},
				"🔥 البيانات":                          {4},
				"error=504":                           {2},
				"http://bank.example/pay":             {2},
				"bank.example":                        {2},
				"vendor":                              {1}, // why a follow-up was dropped
				"disks in:learnings":                  {1},
				"disk in:learnings":                   {},
				"disk in:title":                       {6},
				"disk in:follow_ups":                  {1},
				"disk in:timeline":                    {6, 1},
				"disk in:title,follow_ups":            {6, 1},
				"checkout in:title":                   {2, 1}, // the names of services stand with the title
				"disk space in:follow_ups":            {1},
				"disk -space in:timeline":             {6, 1}, // space is in a follow-up only
				"-disk in:title":                      {7, 4, 3, 2, 1},
				"severity<=2":                         {7, 4, 1},
				"severity<=2 checkout":                {1},
				"sev3":                                {2},
				"-sev2":                               {6, 3, 2, 1},
				"kind:near_miss,drill":                {6, 3},
				"-kind:incident":                      {6, 3},
				"status:live":                         {7, 6, 4},
				"status:ended":                        {3, 2, 1},
				"status:closed":                       {1},
				"-status:live,cancelled":              {2, 1},
				"service:checkout":                    {2, 1},
				"service:checkout,payments":           {2, 1},
				"service:checkout service:payments":   {2},
				"service:checkout -service:payments":  {1},
				"-service:checkout":                   {7, 6, 4, 3},
				"tag:black-friday":                    {1},
				"tag:東京":                              {4},
				"person:bob@example.com":              {2, 1},
				"person:BOB@example.com disk":         {1},
				"commander:bob@example.com":           {2},
				"person:me":                           {},
				"since:60d":                           {7, 6, 4},
				"until:60d":                           {3, 2, 1},
				"since:2025-01 until:2025-12 payment": {},
				"since:2025-08-14 until:2025-08-14":   {2},
				"since:150d until:20d":                {4, 3},
				"private:yes":                         {},
				"private:no disk":                     {6, 1},
				"INC-3":                               {3},
				"INC-3 INC-7 INC-99":                  {7, 3},
				"INC-3 disk":                          {},
				"service:'; -- \\":                    nil,
				`tag:"a' OR 1=1 --"`:                  {},
				`"'; DROP TABLE incidents; --"`:       {7},
				"drop' table\" incidents*":            {7},
				"%":                                   nil,
				"near(a b)":                           {7},
				"NOT OR AND":                          {},
				"OR":                                  {7},
				"half quoted twice":                   {7},
			} {
				if want == nil {
					continue
				}
				require.Equal(t, want, numbers(search(t, a, text, everybody, archive.Page{})), text)
			}
		})
	}
}

func TestAHitSaysWhatAListShowsAndWhereTheWordsStand(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			fill(t, a, past())
			found := search(t, a, "disk* checkout", everybody, archive.Page{})
			require.Len(t, found.Hits, 1)
			h := found.Hits[0]
			excerpts := h.Excerpts
			h.Excerpts = nil
			require.Equal(t, archive.Hit{
				Number: 1, Key: "INC-1", Title: "Checkout is down", Kind: incident.KindIncident, Status: incident.StatusClosed, Severity: 1,
				Services: []string{"checkout"}, DeclaredAt: noon.AddDate(0, 0, -400), ResolvedAt: noon.AddDate(0, 0, -400).Add(time.Hour),
				Links: []incident.Link{{Label: "#inc-1", URL: "https://slack.example/C1"}, {Label: "OPS-1", URL: "https://jira.example/OPS-1"}},
			}, h)
			var shown []string
			for _, e := range excerpts {
				shown = append(shown, fmt.Sprintf("%s/%d: %s", e.Part, e.Entry, query.Mark(e.Text, e.Marks, "[", "]", nil)))
			}
			require.Equal(t, []string{
				"title/0: [Checkout] is down", "learnings/2: [Disks] fill silently", "follow_ups/1: Alert on [disk] space",
			}, shown, "what the timeline has of them was shown already")
			left := search(t, a, "disk* checkout left", everybody, archive.Page{}).Hits[0].Excerpts
			require.Equal(t, "The database has no [disk] [left]", query.Mark(left[3].Text, left[3].Marks, "[", "]", nil))
			require.Equal(t, 1, found.Count)
			require.False(t, found.More)

			needle := search(t, a, "needle", everybody, archive.Page{}).Hits[0].Excerpts
			require.Len(t, needle, 1)
			require.Less(t, len(needle[0].Text), 300)
			require.Regexp(t, `^…long .*\[needle\] tail .*…$`, query.Mark(needle[0].Text, needle[0].Marks, "[", "]", nil))

			require.Empty(t, search(t, a, "severity<=2", everybody, archive.Page{}).Hits[0].Excerpts, "where there are no words, none are shown")
			for _, e := range search(t, a, "disk in:follow_ups", everybody, archive.Page{}).Hits[0].Excerpts {
				require.Equal(t, query.PartFollowUps, e.Part)
			}
		})
	}
}

func TestAPrivateIncidentIsThereForItsMembersAlone(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			fill(t, a, past())
			for _, text := range []string{"zebra*", "breach", "zebra in:follow_ups", "INC-5", "private:yes", "service:checkout sev1 since:30d", "checkout -down -payments"} {
				for who, v := range map[string]archive.Viewer{
					"an outsider": {Person: stranger}, "nobody": {}, "a guest": {Person: stranger, Guest: true}, "a guest whom nobody knows": {Guest: true},
				} {
					found := search(t, a, text, v, archive.Page{})
					require.Equal(t, archive.Results{Hits: []archive.Hit{}}, found, "%s, %s: no hit, no count, no excerpt, no next page", who, text)
				}
				for who, v := range map[string]archive.Viewer{
					"a member": {Person: "BOB@example.com "}, "who may see all": {All: true}, "a member who is a guest": {Person: member, Guest: true},
				} {
					found := search(t, a, text, v, archive.Page{})
					require.Equal(t, []int{5}, numbers(found), "%s, %s", who, text)
					require.Equal(t, 1, found.Count)
					require.Equal(t, "Secret breach at checkout", found.Hits[0].Title)
				}
			}
			// It takes no place on a page, and does not count.
			require.Equal(t, []int{6, 4}, numbers(search(t, a, "", everybody, archive.Page{Before: 7, Limit: 2})))
			require.Equal(t, 6, search(t, a, "", everybody, archive.Page{Limit: 1}).Count)
			require.Equal(t, 7, search(t, a, "", archive.Viewer{Person: member}, archive.Page{Limit: 1}).Count)
			require.Equal(t, []int{5, 2}, numbers(search(t, a, "", archive.Viewer{Person: member, Guest: true}, archive.Page{})), "a guest sees what they are part of; their follow-up of the first was dropped")

			// Whoever was taken out is no member any more, and what becomes public is there for all.
			i := past()[4]
			i.Removed = []incident.Removal{{Person: member, At: noon}}
			i.FollowUps = nil
			keep(t, a, i, 2)
			require.Empty(t, search(t, a, "breach", archive.Viewer{Person: member}, archive.Page{}).Hits)
			i.Private = false
			keep(t, a, i, 3)
			require.Equal(t, []int{5}, numbers(search(t, a, "breach", everybody, archive.Page{})))
			require.Empty(t, search(t, a, "zebra in:follow_ups", everybody, archive.Page{}).Hits, "what is gone is not found")
		})
	}
}

func TestMeIsWhoeverAsks(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			fill(t, a, past())
			require.Equal(t, []int{5, 2, 1}, numbers(search(t, a, "person:me", archive.Viewer{Person: member}, archive.Page{})))
			require.Equal(t, []int{2}, numbers(search(t, a, "commander:me", archive.Viewer{Person: member}, archive.Page{})))
			q, err := query.Parse("person:me", noon)
			require.NoError(t, err)
			_, err = a.Search(t.Context(), q, archive.Viewer{All: true}, archive.Page{})
			p, ok := incident.AsProblem(err)
			require.True(t, ok)
			require.Equal(t, "q: it is not known who asks; write the e-mail address instead of me", p.Error())
		})
	}
}

func TestPagesHoldWhileIncidentsAreDeclared(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			for n := 1; n <= 23; n++ {
				keep(t, a, about(n, 100-n, fmt.Sprintf("The disk %d is full", n), func(i *incident.Incident) { i.Private = n%4 == 0 }), 1)
			}
			for _, text := range []string{"disk", "severity=2", "-zebra", "full since:200d"} {
				var seen []int
				p := archive.Page{Limit: 5}
				for pages := 0; ; pages++ {
					found := search(t, a, text, everybody, p)
					seen = append(seen, numbers(found)...)
					if pages == 0 {
						require.GreaterOrEqual(t, found.Count, 18, text)
					} else {
						require.Zero(t, found.Count, "only the first page counts")
					}
					keep(t, a, about(1000+pages+10*len(text), 0, "Another disk is full", nil), 1)
					if found.Next == 0 {
						break
					}
					require.Len(t, found.Hits, 5, "a page is full while there is more")
					p.Before = found.Next
				}
				seen = seen[len(seen)-18:] // those that a former query has brought come first
				require.Equal(t, []int{23, 22, 21, 19, 18, 17, 15, 14, 13, 11, 10, 9, 7, 6, 5, 3, 2, 1}, seen, text)
			}
			for _, limit := range []int{-1, archive.MaxHits + 1} {
				_, err := a.Search(t.Context(), query.Query{}, everybody, archive.Page{Limit: limit})
				_, ok := incident.AsProblem(err)
				require.True(t, ok, limit)
			}
		})
	}
}

func TestNumbersFarApartAreFoundInTheirOrder(t *testing.T) {
	t.Parallel()
	far := []int{200_001, 131_073, 131_072, 131_071, 100_000, 65_536, 40_000, 24_577, 24_576, 24_575, 16_384, 8_193, 8_192, 8_191, 2_049, 2_048, 2_047, 1_025, 1_024, 1_023, 2, 1}
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			for _, n := range far {
				keep(t, a, about(n, 300-n/1000, "The disk is full", func(i *incident.Incident) {
					if n%2 == 1 {
						i.Severity = 1
					}
				}), 1)
			}
			for _, text := range []string{"disk", "severity:1,2", "-zebra", "disk since:2y until:1h"} {
				require.Equal(t, far, numbers(search(t, a, text, everybody, archive.Page{})), text)
				for _, limit := range []int{1, 2, 3, 7} {
					var seen []int
					for p := (archive.Page{Limit: limit}); ; {
						found := search(t, a, text, everybody, p)
						seen = append(seen, numbers(found)...)
						if p.Before = found.Next; found.Next == 0 {
							break
						}
					}
					require.Equal(t, far, seen, "%s, %d a page", text, limit)
				}
			}
			require.Equal(t, []int{131_073, 131_072, 131_071, 100_000}, numbers(search(t, a, "disk since:230d until:160d", everybody, archive.Page{})))
		})
	}
}
