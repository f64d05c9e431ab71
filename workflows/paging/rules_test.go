package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/mirror"
)

// says is what the pager's webhook says of an attempt, a while after the start.
func (r *pageRun) says(t *testing.T, key string, after time.Duration, s incident.PageState) {
	t.Helper()
	require.NoError(t, r.changedAtPager(heard(key, start.Add(after), s)))
}

var byAlice, byBob = incident.PageState{Acknowledged: true, By: alice}, incident.PageState{Acknowledged: true, By: bob}

func TestWhatThePagerSaidLaterCounts(t *testing.T) {
	t.Parallel()
	r := fresh().deliver(start, 0)
	r.says(t, firstKey, 3*time.Minute, incident.PageState{}) // triggered, or escalated
	r.says(t, firstKey, 2*time.Minute, byAlice)
	require.Equal(t, incident.PagePaging, r.s.Status, "an event from before is overtaken")
	r.says(t, firstKey, 3*time.Minute, byAlice)
	require.Equal(t, incident.PageAcknowledged, r.s.Status, "of two at the same moment the one that comes last counts")
	r.says(t, firstKey, 4*time.Minute, incident.PageState{})
	require.Equal(t, incident.PagePaging, r.s.Status)
}

// The Sweep has looked just now, and says no time.
func TestWhatTheSweepFindsIsNeverLate(t *testing.T) {
	t.Parallel()
	r := fresh().deliver(start, 0)
	r.says(t, firstKey, 3*time.Minute, incident.PageState{})
	found := heard(firstKey, time.Time{}, byAlice)
	require.NoError(t, r.changedAtPager(found))
	require.Equal(t, incident.PageAcknowledged, r.s.Status)
	r.says(t, firstKey, 2*time.Minute, incident.PageState{})
	require.Equal(t, incident.PageAcknowledged, r.s.Status, "and it makes nothing else be in time")
}

func TestAPageThatTwoHaveAnsweredIsGivenBackByBoth(t *testing.T) {
	t.Parallel()
	r := standings["paging the second"]()
	r.says(t, firstKey, 6*time.Minute, byAlice)
	r.says(t, secondKey, 7*time.Minute, byBob)
	require.Equal(t, "acknowledged by alice@example.com: nothing", r.story(), "the first to answer has it")
	r.says(t, firstKey, 8*time.Minute, incident.PageState{})
	require.Equal(t, incident.PageAcknowledged, r.s.Status, "Bob still has it")
	r.says(t, secondKey, 9*time.Minute, incident.PageState{})
	require.Equal(t, "paging: page checkout, attempt 1", r.story())
}

func TestWhatWasTakenInMusterTooIsNotGivenBackAtThePager(t *testing.T) {
	t.Parallel()
	r := standings["acknowledged at the pager"]()
	require.NoError(t, reports["Bob takes it in Muster"](r))
	r.says(t, firstKey, 6*time.Minute, incident.PageState{})
	require.Equal(t, "acknowledged by bob@example.com: acknowledge at the pager", r.story())
}

func TestAPagerThatKnowsNothingOfAnAttemptGivesNothingBack(t *testing.T) {
	t.Parallel()
	r := standings["acknowledged at the pager"]()
	unknown := heard(firstKey, now, incident.PageState{})
	unknown.State.Found = false
	require.NoError(t, r.changedAtPager(unknown))
	require.Equal(t, "acknowledged by alice@example.com: acknowledge at the pager", r.story())
}

func TestWhoAnsweredIsLearntLater(t *testing.T) {
	t.Parallel()
	r := fresh().deliver(start, 0)
	r.says(t, firstKey, time.Minute, incident.PageState{Acknowledged: true})
	r.says(t, firstKey, 2*time.Minute, byAlice)
	require.Equal(t, alice, r.s.By)
}

func TestTheLinkToThePagerIsKept(t *testing.T) {
	t.Parallel()
	r := fresh().deliver(start, 0)
	r.says(t, firstKey, time.Minute, incident.PageState{URL: "https://pager.example.com/1"})
	require.Equal(t, "https://pager.example.com/1", r.report().URL)
	r.says(t, firstKey, 2*time.Minute, byAlice)
	require.Equal(t, "https://pager.example.com/1", r.report().URL)

	r = fresh().begin(0)
	r.attempted(now, 0, 1, true, incident.PageState{Found: true, Acknowledged: true, By: alice, URL: "https://pager.example.com/2"}, nil)
	require.Equal(t, "https://pager.example.com/2", r.report().URL)
}

func TestAnAttemptIsLookedForOnceForEachTimeThatItIsMade(t *testing.T) {
	t.Parallel()
	unheard, r := answers["not heard of"].err, fresh()
	r.fail(start, 0, unheard)
	r.attempted(start, 0, 1, true, incident.PageState{Found: true, Acknowledged: true, By: alice}, nil)
	r.says(t, firstKey, time.Minute, incident.PageState{})
	r.fail(now, 0, unheard)
	require.Equal(t, "paging: page checkout, attempt 1", r.story())
}

// What is refused is tried again after a quarter of an hour. Once something else has arrived the
// pager is there, and what did not arrive is tried soon.
func TestWhatArrivesStartsTheWaitsAnew(t *testing.T) {
	t.Parallel()
	r := fresh()
	r.s.Failures = 4 // passes that delivered nothing
	r.fail(start, 0, answers["refused"].err).deliver(start, 1).passes(start, "give up").pass(now)
	require.Equal(t, "unanswered: try the pager again, until 10:05:30 or a retry", r.story())
}

// An event tells more of the time than what is found, and what is found still wakes nobody.
func TestWhatIsFoundResolvedIsNotWaitedForHoweverOldItIs(t *testing.T) {
	r := fresh().begin(0)
	r.says(t, firstKey, time.Minute, incident.PageState{})
	r.attempted(now, 0, 1, true, incident.PageState{Found: true, Resolved: true, At: start}, nil)
	require.Equal(t, "paging: page platform, attempt 2", r.story())
}

func TestPeopleSeeInTheWebUIWhatIsDone(t *testing.T) {
	t.Parallel()
	summary := func(r *pageRun) string {
		switch a := r.next().(type) {
		case *mirror.Call:
			return a.Summary
		case *mirror.Wait:
			return a.Summary
		}
		return ""
	}
	require.Equal(t, "page checkout, attempt 1", summary(fresh()))
	require.Equal(t, "page platform, attempt 2", summary(standings["paging"]().passes(start, "page platform")))
	require.Equal(t, "acknowledgement by checkout on-call", summary(standings["paging"]()))
	for report, want := range map[string]string{
		"the incident withdraws it": "withdraw the page to checkout on-call",
		"Bob takes it in Muster":    "acknowledge: taken by bob@example.com",
	} {
		r := standings["paging"]()
		require.NoError(t, reports[report](r))
		require.Equal(t, want, summary(r))
	}
}

// A report is under way for a while, and is remembered as it was sent.
func TestAReportStaysAsItWasSent(t *testing.T) {
	r := fresh().fail(start, 0, answers["refused"].err)
	sent := r.report()
	said := mirror.Fingerprint(sent)
	r.fail(start, 1, answers["gone"].err)
	require.Equal(t, said, mirror.Fingerprint(sent))
	r.s.Reported = mirror.Fingerprint(sent)
	require.False(t, r.reported(), "so the next snag is news")
}

// The incident knows what it has done itself, and must hear all else.
func TestWhatTheIncidentMustHear(t *testing.T) {
	t.Parallel()
	for name, silent := range map[string]func() *pageRun{
		"a page that was just raised": fresh,
		"a page for the morning":      standings["waiting"],
		"one that it withdrew":        standings["withdrawn"],
		"an attempt under way":        func() *pageRun { return fresh().begin(0) },
		"one that it said was taken before it went out": func() *pageRun {
			r := fresh()
			require.NoError(t, reports["Bob takes it in Muster"](r))
			return r
		},
	} {
		require.True(t, silent().reported(), name)
		require.Nil(t, silent().reportNews(), name)
	}
	for name, news := range map[string]func() *pageRun{
		"an attempt that arrived":   standings["paging"],
		"nobody answered":           standings["unanswered"],
		"somebody answered":         standings["acknowledged at the pager"],
		"an attempt did not arrive": func() *pageRun { return begun["the first attempt"].answered("away") },
		"a snag of an acknowledgement at the pager": func() *pageRun {
			r := fresh().begin(0)
			require.NoError(t, reports["Bob takes it in Muster"](r))
			r.s.Snags = []incident.Snag{{Mirror: "pager", Step: "acknowledge at the pager"}}
			return r
		},
		"a snag of the withdrawal": func() *pageRun {
			r := standings["withdrawn"]()
			r.s.Snags = []incident.Snag{{Mirror: "pager", Step: "withdraw the page"}}
			return r
		},
		"that a snag has gone": func() *pageRun {
			r := standings["withdrawn"]()
			r.s.SnagsShown = true
			return r
		},
		"that it was given back": func() *pageRun {
			r := standings["acknowledged at the pager"]()
			r.s.Reported = mirror.Fingerprint(r.report())
			r.says(t, firstKey, 6*time.Minute, incident.PageState{})
			return r
		},
	} {
		require.False(t, news().reported(), name)
		require.NotNil(t, news().reportNews(), name)
	}
}
