package rates_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/rates"
	"muster/incident"
	"muster/workflows/api"
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var (
	alice = rates.Caller{Name: "slack/U1", Person: true}
	bob   = rates.Caller{Name: "slack/U2", Person: true}
	bot   = rates.Caller{Name: "bot"}
)

// uses takes until it is refused.
func uses(t *testing.T, l *rates.Limits, c rates.Caller, d rates.Deed) (taken int, refused *rates.Exceeded) {
	t.Helper()
	for taken < 10_000 {
		err := l.Take(c, d)
		if err != nil {
			require.ErrorAs(t, err, &refused)
			return taken, refused
		}
		taken++
	}
	t.Fatalf("%s of %s is not bounded", d, c.Name)
	return 0, nil
}

func TestWhoDoesTooMuchIsRefusedAlone(t *testing.T) {
	t.Parallel()
	for _, d := range []rates.Deed{rates.Declare, rates.DeclareWorst, rates.Subscribe, rates.Note, rates.Page, rates.Change, rates.Channel, rates.Search} {
		c := &clock{at: time.Now()}
		l := rates.New(1, c.now)
		person, refused := uses(t, l, alice, d)
		require.GreaterOrEqual(t, person, 20, "generous for people")
		require.Positive(t, refused.Wait)
		token, _ := uses(t, l, bot, d)
		require.GreaterOrEqual(t, token, person)
		require.NoError(t, l.Take(bob, d), "others are not concerned")

		again := l.Take(alice, d)
		require.Error(t, again, "being refused costs nothing, and gives nothing")
		c.pass(time.Duration(refused.Seconds()) * time.Second)
		require.NoError(t, l.Take(alice, d), "after what Retry-After says")
	}
}

func TestSeverityOneHasRoomOfItsOwn(t *testing.T) {
	t.Parallel()
	l := rates.New(1, time.Now)
	for _, s := range []incident.Severity{0, 2, 3, 4, 5} {
		require.Equal(t, rates.Declare, rates.Declaring(s))
	}
	_, refused := uses(t, l, alice, rates.Declare)
	require.NoError(t, l.Take(alice, rates.Declaring(1)))
	p, ok := incident.AsProblem(refused)
	require.True(t, ok)
	require.Equal(t, rates.Code, p.Code)
	require.Contains(t, p.Mend, "severity 1 can be declared at once")
	_, refused = uses(t, l, alice, rates.DeclareWorst)
	require.NotContains(t, refused.Error(), "at once")
}

func TestWhatEndsOrCalmsIsNotBounded(t *testing.T) {
	t.Parallel()
	bounded := map[string]bool{}
	for _, row := range incident.Commands() {
		_, bounded[row.Name] = rates.Of(row.Name)
	}
	for _, name := range []string{api.Acknowledge, api.Resolve, api.Mitigate, api.Cancel, api.Merge, api.Join, api.Assign, api.Invite, api.Remove} {
		require.False(t, bounded[name], name)
	}
	for _, name := range []string{api.RaisePage, api.Capture, api.Update, api.AddFollowUp} {
		require.True(t, bounded[name], name)
	}
}

func TestWhatPagesOrOpensAChannelIsBounded(t *testing.T) {
	t.Parallel()
	for deed, names := range map[rates.Deed][]string{
		rates.Change:  {api.ChangeSeverity, api.ChangeServices, api.ChangeKind},
		rates.Channel: {api.MakePrivate, api.MakePublic, api.Reopen, api.Retry},
	} {
		for _, name := range names {
			of, bounded := rates.Of(name)
			require.True(t, bounded, name)
			require.Equal(t, deed, of, name)
		}
	}
	l := rates.New(1, time.Now)
	_, refused := uses(t, l, alice, rates.Page)
	require.NoError(t, l.Take(alice, rates.Change), "whoever has paged too much can still make it worse")
	require.Regexp(t, `wait \d+ seconds`, refused.Error())
}

func TestTheBoundsCanBeWidenedAndTakenAway(t *testing.T) {
	t.Parallel()
	usual, _ := uses(t, rates.New(1, time.Now), alice, rates.Page)
	c := &clock{at: time.Now()}
	wide, _ := uses(t, rates.New(3, c.now), alice, rates.Page)
	require.InDelta(t, 3*usual, wide, 3)
	var none *rates.Limits
	require.NoError(t, none.Take(alice, rates.Page))
}

func TestManyCallersAreForgottenAgain(t *testing.T) {
	t.Parallel()
	c := &clock{at: time.Now()}
	l := rates.New(1, c.now)
	uses(t, l, alice, rates.Note)
	for n := range 10_000 {
		require.NoError(t, l.Take(rates.Caller{Name: fmt.Sprint(n), Person: true}, rates.Note))
		c.pass(time.Millisecond)
	}
	require.Less(t, l.Len(), 6000)
}
