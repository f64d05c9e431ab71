package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// snagList is a loop's list of snags, and what it said of them.
type snagList struct {
	*Loop
	snags         []incident.Snag
	texts, events []string
}

func newSnags(snags ...incident.Snag) *snagList {
	s := &snagList{snags: snags}
	s.Loop = &Loop{Options: Options{
		Snags: &s.snags,
		Note:  func(_, text string) { s.texts = append(s.texts, text) },
		SnagChanged: func(snag incident.Snag, cleared bool) {
			if cleared {
				s.events = append(s.events, "cleared "+snag.Mirror+" "+snag.Vendor)
			} else {
				s.events = append(s.events, "set "+snag.Mirror+" "+snag.Vendor)
			}
		},
	}}
	return s
}

func TestASnagSaysWhatFailedAndHowToMendIt(t *testing.T) {
	t.Parallel()
	for text, snag := range map[string]incident.Snag{
		"board: could not post: not in this room":                       {Step: "post", Reason: "not in this room"},
		"board: could not post: not in this room; invite it":            {Step: "post", Reason: "not in this room", Mend: "invite it"},
		"board: slack is not set up, so this will not happen: post":     {Step: "post", Reason: "slack is not set up", Off: true},
		"board: slack is off, so this will not happen: post; set it up": {Step: "post", Reason: "slack is off", Mend: "set it up", Off: true},
	} {
		s := newSnags()
		snag.Mirror = "board"
		s.SetSnag(snag)
		require.Equal(t, []string{text}, s.texts)
	}
}

func TestASnagTakesThePlaceOfItsMirrorsFormerOne(t *testing.T) {
	t.Parallel()
	other := incident.Snag{Mirror: "issue", Step: "create"}
	s := newSnags(other, incident.Snag{Mirror: "board", Step: "post", Reason: "a", Since: start})
	for _, next := range []struct {
		step, reason string
		texts        int
	}{
		{"post", "a", 0}, // the same again is no news
		{"post", "b", 1},
		{"edit", "b", 2},
	} {
		s.SetSnag(incident.Snag{Mirror: "board", Step: next.step, Reason: next.reason, Since: start.Add(time.Hour)})
		require.Equal(t, []incident.Snag{other, {Mirror: "board", Step: next.step, Reason: next.reason, Since: start}}, s.snags)
		require.Len(t, s.texts, next.texts)
	}
}

func TestTheSnagOfAVendorEndsWhenAnotherTakesItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after string
		want          []string
	}{
		"the same vendor":   {"slack", "slack", nil},
		"another vendor":    {"slack", "jira", []string{"cleared board slack"}},
		"no whole vendor":   {"slack", "", []string{"cleared board slack"}},
		"a vendor for none": {"", "slack", nil},
	} {
		s := newSnags(incident.Snag{Mirror: "board", Step: "post", Vendor: c.before})
		s.SetSnag(incident.Snag{Mirror: "board", Step: "post", Vendor: c.after})
		require.Equal(t, c.want, s.events, name)
	}
}

func TestTheSnagsOfOneMirrorAreCleared(t *testing.T) {
	t.Parallel()
	issue := incident.Snag{Mirror: "issue"}
	s := newSnags(incident.Snag{Mirror: "board"}, issue)
	s.ClearSnag("board")
	require.Equal(t, []incident.Snag{issue}, s.snags)
	require.Equal(t, []string{"cleared board "}, s.events)
	require.True(t, s.Snagged("issue"))
	require.False(t, s.Snagged("board"))
}

func TestWithoutTroubleNothingIsSaid(t *testing.T) {
	p := newProbe(t)
	p.wants(0, 1)
	p.full(time.Hour)
	p.executeAndContinue()
	require.Equal(t, 1, p.known)
	require.Empty(t, p.notes)
}

func TestTheSecondOutageIsSaidAndWaitedForLikeTheFirst(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{away(), nil, away(), nil}
	p.next = p.oneByOne // there is always more to do, so it never rests in between
	p.wants(0, 3)
	p.at(30*time.Second, func() {
		require.Equal(t, []string{"tell the number: no answer (slack)"}, p.run.Outages())
		require.Equal(t, "tell the number: no answer (slack)", p.state.Waiting("vendor"))
	})
	p.full(time.Hour)
	p.executeAndContinue()
	require.Equal(t, 3, p.known)
	require.Equal(t, []string{"waiting", "recovered", "waiting", "recovered"}, p.notes)
	require.Equal(t, "vendor: tell the number: no answer (slack); trying again until it works", p.texts[0])
	require.Equal(t, p.waits()[0], p.waits()[2])
	require.Empty(t, p.run.Outages())
}

func TestWhatWorkedInBetweenStartsTheIntervalsAnew(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused, errRefused, nil, errRefused, nil}
	p.next = p.oneByOne
	p.wants(0, 2)
	p.full(80 * time.Hour)
	p.executeAndContinue()
	require.Equal(t, []time.Duration{15 * time.Minute, time.Hour, 0, 15 * time.Minute}, p.waits())
}

func TestARefusalAfterAnOutageIsNoOutageAnyMore(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{away(), errRefused}
	p.wants(0, 1)
	p.at(10*time.Minute, func() {
		require.Empty(t, p.run.Outages())
		require.Equal(t, p.snags[0].Since.Add(15*time.Minute), p.snags[0].RetryAt, "people see when it is tried again")
	})
	p.full(12 * time.Minute)
	p.executeAndContinue()
}

func TestWhatAMirrorMayHaveDone(t *testing.T) {
	t.Parallel()
	s := &LoopState{Mirrors: map[string]*State{
		"idle": {}, "trying": {Tried: []string{"post"}}, "failing": {Tried: []string{"post"}, Failures: 1, Waiting: "post: 503"},
	}}
	for mirror, want := range map[string]struct{ tried, making bool }{
		"unknown": {}, "idle": {}, "trying": {true, true}, "failing": {true, false},
	} {
		require.Equal(t, want.tried, s.Tried(mirror), mirror)
		require.Equal(t, want.making, s.Making(mirror), mirror)
	}
	require.Equal(t, "post: 503", s.Waiting("failing"))
	require.Empty(t, s.Waiting("idle"))
	require.Empty(t, s.Waiting("unknown"))
}
