package archive_test

import (
	"context"
	"encoding/base64"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
)

const eve = "eve.adams@example.com"

func erasure(names ...string) archive.Erasure {
	return archive.Erasure{Person: "Eve.Adams@Example.com", Names: names, By: "ada@example.com", Reason: "request 17", At: noon.AddDate(0, 1, 0)}
}

// everywhere is an incident in which a person stands wherever somebody can.
func everywhere(number int) *incident.Incident {
	by := incident.Actor{Person: eve, Way: incident.WaySlack}
	i := declared(number, "Eve Adams cannot log in as eve.adams@example.com")
	i.DeclaredBy = by
	i.Responders = append(i.Responders, incident.Responder{Person: eve, JoinedAt: noon})
	i.Roles = []incident.RoleHolder{{Role: incident.RoleScribe, Person: eve}}
	i.FollowUps = []incident.FollowUp{{
		Number: 1, Title: "Ask Eve-Adams (EVE.ADAMS@example.com)", Status: incident.FollowUpDone, Owner: eve, ProposedBy: by, DecidedBy: by,
		ProposedAt: noon, EndedAt: noon, Reason: "*eve.adams@example.com* said so", ChangedBy: eve,
	}}
	i.Pages = []incident.Page{{Number: 1, Target: eve, Status: incident.PageAcknowledged, By: "Eve Adams", Via: eve, At: noon, Asked: []string{eve}}}
	gone := night("Eve Adams", "", "phone", noon)
	gone.ID = "R1"
	i.Pages[0].Woken = incident.WokenReport{Woken: []incident.Woken{night(eve, "Europe/Berlin", "sms", noon), gone}, AsOf: noon}
	i.Reviews = []incident.Review{{Number: 1, Status: incident.ReviewWaived, Reason: "by Eve Adams"}}
	i.Snags = []incident.Snag{{Mirror: "chat", Step: "invite", Reason: "users_not_found: eve.adams@example.com.", Since: noon}}
	i.Nominations = []incident.Nomination{{Person: eve, Reason: "Eve Adams' third", At: noon}}
	i.Learning = "Ask eve.adams@example.com, never evil.eve.adams@example.com"
	i.Note(noon, by, "learning", "Learnt: "+i.Learning)
	i.Note(noon, by, "note", "mailto:eve.adams@example.com, ÉVE ADAMS and <mailto:eve.adams@example.com|Eve>; from=eve.adams@example.com")
	i.LastUpdate = "Eve\u00a0Adams is on it"
	i.Status, i.ClosedAt = incident.StatusClosed, noon
	return i
}

// nowhere fails if a person stands anywhere in the archive.
func nowhere(t *testing.T, a *archive.Archive) {
	t.Helper()
	all, err := a.Everything(t.Context())
	require.NoError(t, err)
	for line := range strings.SplitSeq(strings.ReplaceAll(strings.ToLower(all), "evil.eve.adams@example.com", ""), "\n") {
		for _, word := range []string{"eve.adams", "eve adams", "eve-adams", "éve adams", "eve\u00a0adams"} {
			require.NotContains(t, line, word)
		}
	}
}

func TestAPersonIsErasedWhereverTheyStand(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			keep(t, a, everywhere(7), 1)
			keep(t, a, declared(8, "Nothing to do with it"), 1)
			_, err := a.Keep(t.Context(), archive.Record{Workflow: "register", Type: "Register", Version: 1, State: []byte(`{"subscriptions":{"eve.adams@example.com":["x"]},"title":"eve adams"}`)})
			require.NoError(t, err)

			done, err := a.Erase(t.Context(), erasure("Eve Adams"))
			require.NoError(t, err)
			require.Regexp(t, `^erased-[0-9a-f]{8}@erased\.invalid$`, done.Alias)
			require.Equal(t, 1, done.Incidents)
			require.Equal(t, 1, done.Records)
			require.False(t, done.Again)

			i, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, done.Alias+" cannot log in as "+done.Alias, i.Title)
			require.Equal(t, done.Alias, i.DeclaredBy.Person)
			require.Equal(t, "Ask "+done.Alias+", never evil.eve.adams@example.com", i.Learning, "somebody else's address stays")
			require.Equal(t, "users_not_found: "+done.Alias+".", i.Snags[0].Reason)
			require.Equal(t, "mailto:"+done.Alias+", "+done.Alias+" and <mailto:"+done.Alias+"|Eve>; from="+done.Alias, i.Timeline[len(i.Timeline)-1].Text)
			require.True(t, i.PartOf(done.Alias))
			r, err := a.Record(t.Context(), "register")
			require.NoError(t, err)
			require.Equal(t, `{"subscriptions":{"`+done.Alias+`":["x"]},"title":"`+done.Alias+`"}`, string(r.State))
			nowhere(t, a)

			// What was done is noted without saying of whom, and the whole is done once.
			var alias, by, reason string
			var incidents, records int
			require.NoError(t, a.Ask(t.Context(), "SELECT alias, asked_by, reason, incidents, records FROM erasures", &alias, &by, &reason, &incidents, &records))
			require.Equal(t, []any{done.Alias, "ada@example.com", "request 17", 1, 1}, []any{alias, by, reason, incidents, records})
			again, err := a.Erase(t.Context(), erasure())
			require.NoError(t, err)
			require.Equal(t, archive.Erased{Alias: done.Alias, Again: true}, again)
			require.NoError(t, a.Ask(t.Context(), "SELECT incidents FROM erasures", &incidents))
			require.Equal(t, 1, incidents)
		})
	}
}

// indexed counts the incidents under a word.
func indexed(t *testing.T, a *archive.Archive, word string) (n int) {
	t.Helper()
	query := "SELECT COUNT(*) FROM search WHERE words @@ to_tsquery('simple', '" + word + "')"
	if strings.HasPrefix(a.Where(), "sqlite:") {
		query = "SELECT COUNT(*) FROM search WHERE search MATCH '" + word + "'"
	}
	require.NoError(t, a.Ask(t.Context(), query, &n))
	return n
}

// Search attributes and memos are kept as Temporal has them.
func TestAPersonIsErasedFromWhatListsShow(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			shown := func(person string) string {
				owner := base64.StdEncoding.EncodeToString([]byte(`"` + person + `"`))
				memo := base64.StdEncoding.EncodeToString([]byte(`{"title":"Ask ` + person + `","owner":"` + person + `"}`))
				return `{"searchAttributes":{"indexedFields":{"MusterOwner":{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"` + owner + `"}}},"memo":{"fields":{"MusterFollowUp":{"data":"` + memo + `"},"sealed":{"data":"AAECAw=="}}}}`
			}
			r := archive.Record{Workflow: "INC-7/follow-up/1", Type: "FollowUp", Version: 1, State: []byte(`{}`), Shown: []byte(shown(eve))}
			_, err := a.Keep(t.Context(), r)
			require.NoError(t, err)
			done, err := a.Erase(t.Context(), erasure())
			require.NoError(t, err)
			require.Equal(t, 1, done.Records)
			held, err := a.Record(t.Context(), r.Workflow)
			require.NoError(t, err)
			require.Equal(t, shown(done.Alias), string(held.Shown))
			r.Version = 2
			_, err = a.Keep(t.Context(), r)
			require.NoError(t, err)
			held, err = a.Record(t.Context(), r.Workflow)
			require.NoError(t, err)
			require.Equal(t, shown(done.Alias), string(held.Shown))
		})
	}
}

// A name may be a word of Muster's own.
func TestANameIsLookedForOnlyInWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			state := `{"grace": "10bd", "status":"grace","entries":[{"text":"ask Grace \u0026 Co","event":"Grace"}],"escalate":["grace"],"n":1e3}`
			_, err := a.Keep(t.Context(), archive.Record{Workflow: "INC-7", Type: "Incident", Incident: 7, Version: 1, State: []byte(state)})
			require.NoError(t, err)
			done, err := a.Erase(t.Context(), erasure("Grace"))
			require.NoError(t, err)
			r, err := a.Record(t.Context(), "INC-7")
			require.NoError(t, err)
			require.Equal(t, strings.Replace(state, "ask Grace", "ask "+done.Alias, 1), string(r.State), "all else is as it was written")
		})
	}
}

func TestWhoWasErasedDoesNotComeBackWithALaterWrite(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			done, err := a.Erase(t.Context(), erasure("Eve Adams"))
			require.NoError(t, err)
			require.Zero(t, done.Incidents, "nobody has to stand anywhere yet")
			before := everywhere(7)
			keep(t, a, before, 2)
			require.Equal(t, everywhere(7), before, "the caller's own facts stay as they are")
			nowhere(t, a)
			_, err = a.Keep(t.Context(), archive.Record{Workflow: "INC-7/follow-up/1", Type: "FollowUp", Incident: 7, Version: 1, State: []byte(`{"owner":"eve.adams@example.com"}`)})
			require.NoError(t, err)
			nowhere(t, a)
			n, err := a.Renew(t.Context(), record(everywhere(7), 2))
			require.NoError(t, err)
			require.EqualValues(t, 2, n)
			nowhere(t, a)
		})
	}
}

func TestAnotherNameIsErasedLaterUnderTheSameAlias(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := declared(7, "Evie said so, and so did eva@example.com")
			keep(t, a, i, 1)
			first, err := a.Erase(t.Context(), erasure())
			require.NoError(t, err)
			require.Zero(t, first.Incidents)
			second, err := a.Erase(t.Context(), erasure("Evie", "eva@example.com"))
			require.NoError(t, err)
			require.Equal(t, archive.Erased{Alias: first.Alias, Again: true, Incidents: 1}, second)
			found, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, first.Alias+" said so, and so did "+first.Alias, found.Title)
			require.Zero(t, indexed(t, a, "evie"), "nor are they found")
			require.Equal(t, 1, indexed(t, a, "said"))
		})
	}
}

func TestWhoIsStillExpectedIsNotErased(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			i := everywhere(7)
			i.Status = incident.StatusOpen
			i.Roles[0].Role = incident.RoleCommander
			keep(t, a, i, 1)
			j := everywhere(8)
			j.FollowUps[0].Status = incident.FollowUpAccepted
			keep(t, a, j, 1)
			_, err := a.Erase(t.Context(), erasure())
			p, ok := incident.AsProblem(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, incident.CodeIllegal, p.Code)
			require.Equal(t, "is still commander of INC-7, responder of INC-7, owner of follow-up 1 of INC-8", p.Reason)
			require.Contains(t, p.Mend, "`starter assign INC-7 commander SOMEBODY`, `starter remove INC-7 "+eve+"`, `starter follow-up set INC-8 1 --owner SOMEBODY`")
			found, err := a.Incident(t.Context(), 7)
			require.NoError(t, err)
			require.Equal(t, i, found, "nothing was changed")

			// As the name of somebody else it is not erased either.
			other := erasure(eve)
			other.Person = "somebody@example.com"
			_, err = a.Erase(t.Context(), other)
			require.ErrorContains(t, err, "is still commander of INC-7")
		})
	}
}

func TestWhoIsErasedIsChecked(t *testing.T) {
	t.Parallel()
	a := both["sqlite"](t)
	for want, change := range map[string]func(e *archive.Erasure){
		"person: \"eve\" is no person":            func(e *archive.Erasure) { e.Person = "eve" },
		"person: erased-1@erased.invalid is the":  func(e *archive.Erasure) { e.Person = "erased-1@erased.invalid" },
		"reason: is missing":                      func(e *archive.Erasure) { e.Reason = " " },
		"name: \"E.\" is so short":                func(e *archive.Erasure) { e.Names = []string{"E."} },
		"has more than 6 words":                   func(e *archive.Erasure) { e.Names = []string{"one two three four five six seven"} },
		"alias: \"bob@example.com\" does not end": func(e *archive.Erasure) { e.Alias = "bob@example.com" },
	} {
		e := erasure()
		change(&e)
		_, err := a.Erase(t.Context(), e)
		require.ErrorContains(t, err, want)
	}
	own := erasure()
	own.Alias = "former-1@example.invalid"
	done, err := a.Erase(t.Context(), own)
	require.NoError(t, err)
	require.Equal(t, "former-1@example.invalid", done.Alias)
	own.Person = "bob@example.com"
	_, err = a.Erase(t.Context(), own)
	require.ErrorContains(t, err, "stands for somebody else already")
}

// Mirrors go on writing while somebody is erased.
func TestNobodyComesBackWithWritesMeanwhile(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			const many = 30
			for n := range many {
				keep(t, a, everywhere(n+1), 1)
			}
			written := make(chan error, 2)
			for half := range 2 {
				go func() {
					var err error
					for n := half; n < many+10 && err == nil; n += 2 {
						_, err = a.Keep(t.Context(), record(everywhere(n+1), 2))
					}
					written <- err
				}()
			}
			_, err := a.Erase(t.Context(), erasure("Eve Adams"))
			require.NoError(t, err)
			require.NoError(t, <-written)
			require.NoError(t, <-written)
			nowhere(t, a)
			for n := range many + 10 {
				i, err := a.Incident(t.Context(), n+1)
				require.NoError(t, err)
				require.NotNil(t, i)
				held, err := a.Versions(t.Context())
				require.NoError(t, err)
				require.EqualValues(t, 2, held[i.Key()])
			}
		})
	}
}

// fading is a context that ends once it was asked so often whether it has.
type fading struct {
	context.Context
	left *atomic.Int64
	gone chan struct{}
}

func (f fading) Done() <-chan struct{} {
	if f.left.Add(-1) == 0 {
		close(f.gone)
	}
	return f.gone
}

func (f fading) Err() error {
	select {
	case <-f.gone:
		return context.Canceled
	default:
		return nil
	}
}

func TestAnErasureThatIsCutOffIsDoneWhenItIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			for n := range 5 {
				keep(t, a, everywhere(n+1), 1)
			}
			failed, alias := 0, ""
			for asked := int64(1); asked < 400; asked += 13 {
				ctx := fading{Context: t.Context(), left: &atomic.Int64{}, gone: make(chan struct{})}
				ctx.left.Store(asked)
				if _, err := a.Erase(ctx, erasure("Eve Adams")); err != nil {
					failed++
				}
			}
			require.Positive(t, failed)
			done, err := a.Erase(t.Context(), erasure("Eve Adams"))
			require.NoError(t, err)
			nowhere(t, a)
			var finished int64
			require.NoError(t, a.Ask(t.Context(), "SELECT alias, done_at FROM erasures", &alias, &finished))
			require.Equal(t, done.Alias, alias, "it is one erasure")
			for n := range 5 {
				i, err := a.Incident(t.Context(), n+1)
				require.NoError(t, err)
				require.Equal(t, alias, i.DeclaredBy.Person)
				require.Len(t, i.Timeline, i.Entries)
			}
		})
	}
}

func TestWhoHasErasedOthersIsErasedToo(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			_, err := a.Erase(t.Context(), archive.Erasure{Person: "bob@example.com", By: eve, Reason: "asked of Eve Adams", At: time.Now()})
			require.NoError(t, err)
			_, err = a.Erase(t.Context(), erasure("Eve Adams"))
			require.NoError(t, err)
			nowhere(t, a)
		})
	}
}
