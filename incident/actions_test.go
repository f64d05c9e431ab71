package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAButtonCarriesTheIncidentAndWhatItsReaderSaw(t *testing.T) {
	t.Parallel()
	i := declared()
	before := ButtonValue(i)
	do(t, i, Join{Meta: by("bob@example.com")})
	require.NotEqual(t, before, ButtonValue(i), "a click on what has changed since is another command")
	again := ButtonValue(i)
	already(t, i, Join{Meta: by("bob@example.com")})
	require.Equal(t, again, ButtonValue(i))

	number, revision, err := ParseButtonValue(again)
	require.NoError(t, err)
	require.Equal(t, []int{42, i.Revision}, []int{number, revision})
}

func TestWhatThePagerSaysMakesAClickAnotherCommand(t *testing.T) {
	t.Parallel()
	i := declared()
	i.ReportPage(minute(1), PageReport{Page: 1, Status: PageAcknowledged, By: "bob@example.com"})
	seen := ButtonValue(i)
	i.ReportPage(minute(2), PageReport{Page: 1, Status: PagePaging, Attempts: 1})
	require.NotEqual(t, seen, ButtonValue(i), "or a second acknowledgement would be taken for the first")
}

func TestButtonsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "INC-42", "INC-42/", "INC-42/x", "INC-42/-1", "/7", "INC-0/1", "INC-42/1/2", "\x00/1"} {
		_, _, err := ParseButtonValue(s)
		require.Equal(t, CodeInvalid, problem(t, err).Code, "%q", s)
	}
}

func TestAButtonOfAFollowUpCarriesItsRevision(t *testing.T) {
	t.Parallel()
	require.Equal(t, "INC-42/follow-up/3/7", FollowUpButtonValue(42, &FollowUp{Number: 3, Revision: 7}))
	number, followUp, revision, err := ParseFollowUpButtonValue(FollowUpButtonValue(42, &FollowUp{Number: 3, Revision: 7}))
	require.NoError(t, err)
	require.Equal(t, []int{42, 3, 7}, []int{number, followUp, revision})
	for _, s := range []string{"", "INC-42", "INC-42/7", "INC-42/follow-up/", "INC-42/follow-up/3", "INC-42/follow-up/3/", "INC-42/follow-up/3/x", "INC-42/follow-up/0/1", "INC-42/follow-up/3/-1", "INC-42/follow-up/3/1/2", "x/follow-up/3/1"} {
		_, _, _, err := ParseFollowUpButtonValue(s)
		require.Equal(t, CodeInvalid, problem(t, err).Code, "%q", s)
	}
}

func TestEveryButtonCanBeReadBack(t *testing.T) {
	t.Parallel()
	for _, s := range Statuses() {
		i := incidentIn(t, s)
		for _, b := range append(Board(i, "SEV1", time.UTC).Buttons, append(Announcement(i, "SEV1").Buttons, UpdateDue(i).Buttons...)...) {
			number, _, err := ParseButtonValue(b.Value)
			require.NoError(t, err)
			require.Equal(t, 42, number)
			require.NotEmpty(t, b.Label)
			require.False(t, b.Danger, "a form follows that can be left")
			require.Equal(t, b.Action == ActionMitigate, b.Confirm != "", "%s: what no form follows and everybody hears of is asked once", b.Action)
		}
	}
}
