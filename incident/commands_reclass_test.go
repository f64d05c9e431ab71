package incident

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServicesAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	i := declared()
	given := i.Services
	r := do(t, i, ChangeServices{Meta: alice, Add: []string{" search ", "Checkout"}, Remove: []string{"Cart", "website"}})
	require.Equal(t, "Services: checkout and search; were: checkout and cart", r.Text)
	require.Equal(t, []string{"checkout", "search"}, i.Services)
	require.Equal(t, []string{"checkout", "cart"}, given, "the declaration keeps what it said")
	require.Equal(t, "services", lastEntry(i).Event)
	already(t, i, ChangeServices{Meta: alice, Add: []string{"SEARCH"}, Remove: []string{"cart"}})

	r = do(t, i, ChangeServices{Meta: alice, Remove: []string{"search", "checkout"}})
	require.Equal(t, "Services: none; were: checkout and search", r.Text)
	require.Nil(t, i.Services)
}

func TestRemovingAServiceSaysWhichPagesGoOn(t *testing.T) {
	t.Parallel()
	i := declared()
	do(t, i, Acknowledge{Meta: alice, Page: 1})
	c := ChangeServices{Meta: alice, Add: []string{"search"}, Remove: []string{"cart", "checkout"}}.
		Knowing(func(s string) string { return s }, []string{"Heidi@example.com"}, []string{"cart", "checkout", "website"})
	r := do(t, i, c)
	require.Equal(t, "Services: search; were: checkout and cart; the page to cart is not taken back, and ends when somebody takes it", r.Text)
	require.Equal(t, []PageStatus{PageAcknowledged, PagePaging}, pageStatuses(i))
	require.Equal(t, Responder{Person: "heidi@example.com", InvitedAt: minute(30)}, i.Responders[len(i.Responders)-1])
}

func TestServicesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	i := declared()
	for field, c := range map[string]ChangeServices{
		"add":    {Meta: alice, Add: []string{" "}},
		"remove": {Meta: alice, Add: []string{"search"}, Remove: []string{"Search"}},
	} {
		require.Equal(t, field, refuse(t, i, c).Field)
	}
	var many []string
	for k := range maxServices - 1 {
		many = append(many, fmt.Sprint("service-", k))
	}
	require.Equal(t, "it would name 51 services, 50 are allowed", refuse(t, i, ChangeServices{Meta: alice, Add: many}).Reason)
	require.Equal(t, "no service is named", refuse(t, i, ChangeServices{Meta: alice}).Reason)
	require.Equal(t, CodeIllegal, refuse(t, incidentIn(t, StatusClosed), ChangeServices{Meta: alice, Add: []string{"search"}}).Code)
	already(t, incidentIn(t, StatusClosed), ChangeServices{Meta: alice, Add: []string{"cart"}})
	require.True(t, do(t, incidentIn(t, StatusResolved), ChangeServices{Meta: alice, Add: []string{"search"}}).Changed, "the record is put right")
}

func TestTheKindChanges(t *testing.T) {
	t.Parallel()
	i := declared()
	r := do(t, i, ChangeKind{Meta: alice, Kind: KindDrill})
	require.Equal(t, "It is a drill, and was an incident; the page to checkout and cart is not taken back, and ends when somebody takes it", r.Text)
	require.Equal(t, "DRILL - Checkout is down", i.Shown())
	require.False(t, i.PageDrill)
	require.False(t, i.Counted())
	already(t, i, ChangeKind{Meta: alice, Kind: KindDrill})
	require.Equal(t, "It is an incident, and was a drill", do(t, i, ChangeKind{Meta: alice, Kind: KindIncident}).Text)
	require.True(t, i.Counted())

	require.Equal(t, "kind", refuse(t, i, ChangeKind{Meta: alice}).Field)
	require.Equal(t, CodeIllegal, refuse(t, incidentIn(t, StatusCancelled), ChangeKind{Meta: alice, Kind: KindNearMiss}).Code)
}

// A drill that was declared to page does so again when it is one again.
func TestADrillThatPagesStaysOne(t *testing.T) {
	t.Parallel()
	i := New(1, Declaration{Title: "Fire drill", Kind: KindDrill, Severity: 1, Page: true}, monday)
	do(t, i, ChangeKind{Meta: alice, Kind: KindIncident})
	i.AddPage("checkout", true, minute(600))
	require.Equal(t, "It is a drill, and was an incident", do(t, i, ChangeKind{Meta: alice, Kind: KindDrill}).Text)
	require.True(t, i.PageDrill)
}

func TestAKindIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Kind{"Near miss": KindNearMiss, "near-miss": KindNearMiss, " DRILL": KindDrill, "external": KindExternal} {
		k, err := ParseKind(text)
		require.NoError(t, err)
		require.Equal(t, want, k)
	}
	_, err := ParseKind("party")
	require.Equal(t, CodeInvalid, problem(t, err).Code)
}
