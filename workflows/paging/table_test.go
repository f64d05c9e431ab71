package paging

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every status and everything that can be said to it: where the page stands then, and what it does next.
func TestWhatAPageMakesOfWhatItHears(t *testing.T) {
	t.Parallel()
	table := map[string]map[string]string{
		"waiting": {
			"":                                       "waiting: page on the next business morning, until tomorrow",
			"the incident withdraws it":              "withdrawn: nothing",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: nothing",
			"the incident wakes it":                  "paging: page checkout, attempt 1",
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     unknown,
			"Alice resolves it there":                unknown,
			"a time-out resolves it there":           unknown,
			"it is given back":                       unknown,
			"the second is given back":               unknown,
			"the pager notifies nobody":              unknown,
			"somebody without a name acknowledges":   unknown,
			"a late acknowledgement":                 unknown,
			"an acknowledgement of another key":      unknown,
		},
		"not yet paging": {
			"":                                       "paging: page checkout, attempt 1",
			"the incident withdraws it":              "withdrawn: nothing",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: nothing",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     unknown,
			"Alice resolves it there":                unknown,
			"a time-out resolves it there":           unknown,
			"it is given back":                       unknown,
			"the second is given back":               unknown,
			"the pager notifies nobody":              unknown,
			"somebody without a name acknowledges":   unknown,
			"a late acknowledgement":                 unknown,
			"an acknowledgement of another key":      unknown,
		},
		"paging": {
			"":                                       "paging: acknowledgement by checkout on-call, until 10:05:00",
			"the incident withdraws it":              "withdrawn: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     "paging: page checkout, attempt 1",
			"Alice acknowledges":                     "acknowledged by alice@example.com: nothing",
			"Alice resolves it there":                "acknowledged by alice@example.com: nothing",
			"a time-out resolves it there":           "paging: page platform, attempt 2", // nobody has answered, so it does not wait
			"it is given back":                       same,                               // it never was taken
			"the second is given back":               unknown,
			"the pager notifies nobody":              "paging (nobody is on call): page platform, attempt 2",
			"somebody without a name acknowledges":   "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"asking the pager": {
			"":                                       "paging: ask the pager",
			"the incident withdraws it":              "withdrawn: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     "paging: page checkout, attempt 1",
			"Alice acknowledges":                     "acknowledged by alice@example.com: nothing",
			"Alice resolves it there":                "acknowledged by alice@example.com: nothing",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               unknown,
			"the pager notifies nobody":              "paging (nobody is on call): ask the pager",
			"somebody without a name acknowledges":   "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"asking before the next step": {
			"":                                       "paging: ask the pager",
			"the incident withdraws it":              "withdrawn: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: nothing",
			"Alice resolves it there":                "acknowledged by alice@example.com: nothing",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               unknown,
			"the pager notifies nobody":              "paging (nobody is on call): ask the pager",
			"somebody without a name acknowledges":   "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"on its way again": {
			"":                                       "paging: page checkout, attempt 1",
			"the incident withdraws it":              "withdrawn: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: nothing",
			"Alice resolves it there":                "acknowledged by alice@example.com: nothing",
			"a time-out resolves it there":           "paging: page platform, attempt 2",
			"it is given back":                       same,
			"the second is given back":               unknown,
			"the pager notifies nobody":              "paging (nobody is on call): page platform, attempt 2",
			"somebody without a name acknowledges":   "paging (the pager shows it as acknowledged, and by no person): page platform, attempt 2",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"in doubt": {
			"":                                       "paging (503): ask the pager whether the page went out",
			"the incident withdraws it":              "withdrawn (503): withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com (503): acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     same, // it is told with the next call
			"Alice acknowledges":                     "acknowledged by alice@example.com: nothing",
			"Alice resolves it there":                "acknowledged by alice@example.com: nothing",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               unknown,
			"the pager notifies nobody":              "paging (nobody is on call): ask the pager whether the page went out",
			"somebody without a name acknowledges":   "paging (the pager shows it as acknowledged, and by no person): ask the pager whether the page went out",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"in doubt once more": {
			"":                                       "paging (503): ask the pager once more, until 10:00:05",
			"the incident withdraws it":              "withdrawn (503): withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com (503): acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: nothing",
			"Alice resolves it there":                "acknowledged by alice@example.com: nothing",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               unknown,
			"the pager notifies nobody":              "paging (nobody is on call): ask the pager once more, until 10:00:05",
			"somebody without a name acknowledges":   "paging (the pager shows it as acknowledged, and by no person): ask the pager once more, until 10:00:05",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"paging the second": {
			"":                                       "paging: acknowledgement by checkout on-call, until 10:10:00",
			"the incident withdraws it":              "withdrawn: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     "paging: page platform, attempt 2",
			"Alice acknowledges":                     "acknowledged by alice@example.com: acknowledge at the pager", // the other attempt stops
			"Alice resolves it there":                "acknowledged by alice@example.com: acknowledge at the pager",
			"a time-out resolves it there":           same, // the second has its full time all the same
			"it is given back":                       same,
			"the second is given back":               same,
			"the pager notifies nobody":              "paging (nobody is on call): acknowledgement by checkout on-call, until 10:10:00",
			"somebody without a name acknowledges":   "paging (the pager shows it as acknowledged, and by no person): acknowledgement by checkout on-call, until 10:10:00",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"unanswered": {
			"":                                       "unanswered: page checkout on-call again, until 10:15:00",
			"the incident withdraws it":              "withdrawn: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager",
			"the incident wakes it":                  "unanswered: ask the pager", // somebody wants it now
			"the incident says what it said already": same,
			"its severity rises":                     "unanswered: page again", // nobody rests any more
			"Alice acknowledges":                     "acknowledged by alice@example.com: acknowledge at the pager",
			"Alice resolves it there":                "acknowledged by alice@example.com: acknowledge at the pager",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               same,
			"the pager notifies nobody":              "unanswered (nobody is on call): page checkout on-call again, until 10:15:00",
			"somebody without a name acknowledges":   "unanswered (the pager shows it as acknowledged, and by no person): page checkout on-call again, until 10:15:00",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"paging once more": {
			"":                                       "paging: acknowledgement by checkout on-call, until 10:20:00; ends 1 2",
			"the incident withdraws it":              "withdrawn: withdraw the page; ends 1 2",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: acknowledge at the pager; ends 1 2",
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     "paging: page checkout, attempt 1; ends 1 2",
			"Alice acknowledges":                     "acknowledged by alice@example.com: acknowledge at the pager; ends 1 2", // an earlier attempt is answered, too
			"Alice resolves it there":                "acknowledged by alice@example.com: acknowledge at the pager; ends 1 2",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               same,
			"the pager notifies nobody":              same,
			"somebody without a name acknowledges":   "paging: acknowledgement by checkout on-call, until 10:20:00; ends 1 2",
			"a late acknowledgement":                 "acknowledged by carol@example.com: acknowledge at the pager; ends 1 2", // of an earlier attempt nobody knows what was said last
			"an acknowledgement of another key":      unknown,
		},
		"undelivered": {
			"":                                       "unanswered (503): try the pager again, until 10:00:30 or a retry",
			"the incident withdraws it":              "withdrawn (503): withdraw the page", // it may have gone out
			"Bob takes it in Muster":                 "acknowledged by bob@example.com (503): acknowledge at the pager",
			"the incident wakes it":                  "unanswered (503): ask the pager", // somebody wants it now
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: acknowledge at the pager", // it had gone out
			"Alice resolves it there":                "acknowledged by alice@example.com: acknowledge at the pager",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               same,
			"the pager notifies nobody":              "unanswered (nobody is on call): try the pager again, until 10:00:30 or a retry",
			"somebody without a name acknowledges":   "unanswered (the pager shows it as acknowledged, and by no person): try the pager again, until 10:00:30 or a retry",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"off": {
			"":                                       "unanswered (pagerduty is not set up): try the pager again, for ever or a retry; snag page platform: pagerduty is not set up",
			"the incident withdraws it":              "withdrawn (pagerduty is not set up): nothing",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com (pagerduty is not set up): nothing; snag page platform: pagerduty is not set up",
			"the incident wakes it":                  "unanswered (pagerduty is not set up): page again; snag page platform: pagerduty is not set up", // somebody wants it now
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     "acknowledged by alice@example.com: nothing; snag page platform: pagerduty is not set up",
			"Alice resolves it there":                "acknowledged by alice@example.com: nothing; snag page platform: pagerduty is not set up",
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               same,
			"the pager notifies nobody":              "unanswered (nobody is on call): try the pager again, for ever or a retry; snag page platform: pagerduty is not set up",
			"somebody without a name acknowledges":   "unanswered (the pager shows it as acknowledged, and by no person): try the pager again, for ever or a retry; snag page platform: pagerduty is not set up",
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"without a way": {
			"":                                       "unanswered (the playbook names no way to reach checkout on-call): try the pager again, for ever or a retry",
			"the incident withdraws it":              "withdrawn (the playbook names no way to reach checkout on-call): nothing",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com (the playbook names no way to reach checkout on-call): nothing",
			"the incident wakes it":                  "unanswered (the playbook names no way to reach checkout on-call): page again", // somebody wants it now
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     unknown,
			"Alice resolves it there":                unknown,
			"a time-out resolves it there":           unknown,
			"it is given back":                       unknown,
			"the second is given back":               unknown,
			"the pager notifies nobody":              unknown,
			"somebody without a name acknowledges":   unknown,
			"a late acknowledgement":                 unknown,
			"an acknowledgement of another key":      unknown,
		},
		"acknowledged at the pager": {
			"":                                       "acknowledged by alice@example.com: nothing",
			"the incident withdraws it":              "withdrawn by alice@example.com: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: nothing",
			"the incident wakes it":                  "paging: page checkout, attempt 1; ends 1", // it was left alone
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     same,
			"Alice resolves it there":                same,
			"a time-out resolves it there":           same, // Alice has answered, whatever automation does later
			"it is given back":                       "paging: page checkout, attempt 1",
			"the second is given back":               unknown,
			"the pager notifies nobody":              "paging: page checkout, attempt 1", // it was given back, to nobody
			"somebody without a name acknowledges":   same,
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"acknowledged at the second": {
			"":                                       "acknowledged by alice@example.com: nothing",
			"the incident withdraws it":              "withdrawn by alice@example.com: withdraw the page",
			"Bob takes it in Muster":                 "acknowledged by bob@example.com: nothing",
			"the incident wakes it":                  "paging: page checkout, attempt 1; ends 1 2",
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     same,
			"Alice resolves it there":                same,
			"a time-out resolves it there":           same,
			"it is given back":                       "acknowledged by alice@example.com: acknowledge at the pager", // it was hushed, not taken
			"the second is given back":               "paging: page checkout, attempt 1",
			"the pager notifies nobody":              "acknowledged by alice@example.com: acknowledge at the pager",
			"somebody without a name acknowledges":   same, // it is the echo of our own
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"acknowledged here": {
			"":                                       "acknowledged by bob@example.com: nothing",
			"the incident withdraws it":              "withdrawn by bob@example.com: withdraw the page",
			"Bob takes it in Muster":                 same,
			"the incident wakes it":                  "paging: page checkout, attempt 1; ends 1", // it was left alone
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     same, // Bob was first
			"Alice resolves it there":                same,
			"a time-out resolves it there":           same,
			"it is given back":                       "acknowledged by bob@example.com: acknowledge at the pager", // the pager cannot take it from Bob
			"the second is given back":               unknown,
			"the pager notifies nobody":              "acknowledged by bob@example.com: acknowledge at the pager",
			"somebody without a name acknowledges":   same,
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
		"withdrawn": {
			"":                                       "withdrawn: nothing",
			"the incident withdraws it":              same,
			"Bob takes it in Muster":                 same, // what is withdrawn does not come back to life
			"the incident wakes it":                  same,
			"the incident says what it said already": same,
			"its severity rises":                     same,
			"Alice acknowledges":                     same,
			"Alice resolves it there":                same,
			"a time-out resolves it there":           same,
			"it is given back":                       same,
			"the second is given back":               unknown,
			"the pager notifies nobody":              same,
			"somebody without a name acknowledges":   same,
			"a late acknowledgement":                 same,
			"an acknowledgement of another key":      unknown,
		},
	}
	require.Len(t, table, len(standings))
	for standing, rows := range table {
		require.Len(t, rows, len(reports)+1, standing)
		for report, want := range rows {
			t.Run(standing+", and "+report, func(t *testing.T) {
				t.Parallel()
				r := standings[standing]()
				switch before := r.story(); {
				case report == "":
					require.Equal(t, want, before)
					return
				case want == unknown:
					require.ErrorContains(t, reports[report](r), "no attempt has the key")
					require.Equal(t, before, r.story())
					return
				case want == same:
					want = before
				}
				require.NoError(t, reports[report](r))
				require.Equal(t, want, r.story())
			})
		}
	}
}

// What a report changes beside nothing.
const (
	same    = "(as before)"
	unknown = "(refused: the page knows no such attempt)"
)
