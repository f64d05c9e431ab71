package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/playbook"
	"muster/workflows/api"
)

// recordedTests are tests whose histories are fixtures too, with the names of their scenarios: they go where
// no scenario of TestRecordReplayFixtures goes. With MUSTER_RECORD=1 each writes them when it ends.
var recordedTests = map[string]string{
	"TestTwoIncidentsMergedIntoEachOther":               "merged",
	"TestNobodyEntersAPrivateIncidentThroughAMergedOne": "private",
	"TestAnIncidentIsMadePrivateLater":                  "made-private",
	"TestATerminatedIncidentIsNoticedAndRestored":       "restored",
	"TestATerminatedFollowUpAndReviewGoOnWhereTheyWere": "restored-learning",
	"TestATerminatedPageGoesOnWhereItWas":               "restored-page",
	"TestACancellationRequestInTemporalEndsNothing":     "cancel-asked",
	"TestWhatPeopleDoInJiraArrivesOnceAndInOrder":       "tracker-news",
	"TestWhatIsHiddenIsMissedAndWhatIsDeletedIsDropped": "tracker-lost",
	"TestAChildFiledInJiraIsAFollowUp":                  "filed",
	"TestSubscribersAreToldOnceEach":                    "subscribers",
	"TestPeopleTouchTheChannelByHand":                   "by-hand",
	"TestWhatWasRecordedComesBeforeWhatIsAskedForNow":   "order",
	"TestWhatJiraWillNotTakeIsWrittenOnceItDoes":        "tracker-refuses",
	"TestAResetDoublesNothing":                          "reset",
	"TestAClosedIncidentIsReopenedFromTheArchive":       "revived",
}

var recording sync.Map

func recordAtTheEnd(t *testing.T, m *installation) {
	t.Helper()
	whole, _, _ := strings.Cut(t.Name(), "/")
	name, wanted := recordedTests[whole]
	if !wanted || os.Getenv("MUSTER_RECORD") == "" {
		return
	}
	if _, again := recording.LoadOrStore(name, true); again {
		return // of several ways into the same one is enough
	}
	t.Cleanup(func() {
		if !t.Failed() {
			record(t, name, m, "")
		}
	})
}

// paths are scenarios of which no other test of this package tells.
func paths() map[string]func(*testing.T) *installation {
	return map[string]func(*testing.T) *installation{
		"morning": pagedInTheMorning, "undelivered": notDelivered, "owed": owedAndOverdue, "reminded": reviewReminded,
	}
}

// bookWith is the playbook of the tests with other words in it, each of which must be there.
func bookWith(t *testing.T, more string, pairs ...string) option {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "muster.yaml"))
	require.NoError(t, err)
	for k := 0; k < len(pairs); k += 2 {
		require.Contains(t, string(text), pairs[k])
	}
	path := filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(string(text))+more), 0o600))
	return func(o *sandbox.Options) { o.Playbook = path }
}

const alwaysOpen = "calendars: {always: {zone: UTC, days: [mon, tue, wed, thu, fri, sat, sun], hours: 00:00-24:00}}\ncalendar: always\n"

// pagedInTheMorning has a page that waits for the next business morning, and one that somebody wants now.
func pagedInTheMorning(t *testing.T) *installation {
	t.Helper()
	day := strings.ToLower(time.Now().UTC().Add(72 * time.Hour).Weekday().String()[:3])
	m := install(t, bookWith(t, "calendars: {later: {zone: UTC, days: ["+day+"]}}\ncalendar: later\n",
		"    name: Minor\n    page: never", "    name: Minor\n    page: next_business_morning"))
	waits := func(f incident.Incident) bool { return len(f.Pages) == 1 && f.Pages[0].Status == incident.PageWaiting }
	i := m.declares("bob@example.com", "Search is slow", 3, "search")
	i.becomes("waiting for the morning", waits)
	i.does(api.RaisePage, incident.RaisePage{Meta: by("bob@example.com"), Required: true})
	i.becomes("paging now", func(f incident.Incident) bool { return len(f.Pages) > 1 || f.Pages[0].Status != incident.PageWaiting })
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	other := m.declares("bob@example.com", "Search is odd", 3, "checkout")
	other.becomes("waiting for the morning", waits)
	return m
}

// notDelivered has a pager that refuses one key, so that its page goes to its fallback, and then takes it.
func notDelivered(t *testing.T) *installation {
	t.Helper()
	m := install(t)
	refused := m.Sims.Pager.Faults.Add(simkit.Fault{Operation: "events.trigger", Kind: simkit.Status, Status: 400, Body: `{"status":"invalid event","message":"Event object is invalid","errors":["routing_key is not recognized"]}`})
	i := m.declares("bob@example.com", "Search is slow", 1, "search")
	i.becomes("not delivered", func(f incident.Incident) bool { return len(f.Snags) > 0 })
	m.Sims.Pager.Faults.Clear(refused)
	i.does(api.Retry, incident.Retry{Meta: by("bob@example.com")})
	i.becomes("delivered", func(f incident.Incident) bool { return len(f.Snags) == 0 })
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	return m
}

// owedAndOverdue has follow-ups that are decided, fall due and are told of in digests, one of them dropped and one
// snoozed.
func owedAndOverdue(t *testing.T) *installation {
	t.Helper()
	m := install(t, bookWith(t, alwaysOpen, "due: 1h, nudge: 30m, overdue: 1h", "due: 3s, nudge: 2s, overdue: 1s"))
	i := undecided(t, m)
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Buy disks", Owner: "bob@example.com"})
	for number, status := range map[int]incident.FollowUpStatus{1: incident.FollowUpAccepted, 3: incident.FollowUpDropped} {
		i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("carol@example.com"), Number: number, Status: status, Reason: "decided"})
	}
	until := time.Now().Add(time.Hour)
	i.does(api.SnoozeFollowUp, incident.SnoozeFollowUp{Meta: by("carol@example.com"), Number: 2, Until: until, Reason: "waits for the vendor"})
	m.eventually(func() bool { return len(m.owed("alice@example.com")) == 1 }, "it is due, and asks its owner")
	always := playbook.Calendar{Zone: "UTC", Days: []int{0, 1, 2, 3, 4, 5, 6}, End: 24 * 60}
	run, err := m.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: api.DigestID("UTC"), TaskQueue: api.QueueMuster}, api.TypeDigest,
		api.DigestInput{Zone: "UTC", Calendar: always, Others: true})
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
	m.eventually(func() bool { return m.told("INC-1/follow-up/1") }, "it is told")
	return m
}

// reviewReminded has a review of which people are reminded before and after its time.
func reviewReminded(t *testing.T) *installation {
	t.Helper()
	m := install(t, bookWith(t, alwaysOpen, "after: 2s, remind: [1s], overdue: 30s", "after: 4s, remind: [2s], overdue: 2s"))
	i := m.declares("bob@example.com", "Search is slow", 1, "search")
	i.isOpen()
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	m.eventually(func() bool { return m.said(i.channels()[0].Name, "review") > 2 }, "reminded, and asked")
	i.does(api.HoldReview, incident.HoldReview{Meta: by("bob@example.com"), Learning: "Queues need alerts"})
	i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed })
	return m
}
