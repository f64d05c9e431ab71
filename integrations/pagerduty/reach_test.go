package pagerduty_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

const musterBot = "muster@example.com"

// reaching is a world in which people, policies and schedules can be paged.
func reaching(t *testing.T, change ...func(*pagerduty.Options, *pagerdutysim.Options)) *world {
	t.Helper()
	return newWorld(t, append([]func(*pagerduty.Options, *pagerdutysim.Options){func(o *pagerduty.Options, s *pagerdutysim.Options) {
		o.From, o.Service = musterBot, "PMUSTER"
		s.Users = []string{musterBot, "bob@example.com", "bobby.bob@example.com"}
		s.Services[strings.Repeat("m", 32)] = pagerdutysim.Service{ID: "PMUSTER", Name: "Muster", OnCall: "alice@example.com"}
		s.Schedules = map[string]pagerdutysim.Schedule{
			"PNIGHTS": {Name: "Nights", OnCall: []string{"bob@example.com"}}, "PALONE": {Name: "Alone", OnCall: []string{"dora@example.com"}},
			"PEMPTY": {Name: "Empty"}, "PBOT": {Name: "Bot", OnCall: []string{musterBot}},
			"PMANY": {Name: "Many", OnCall: []string{musterBot, "dora@example.com", "erin@example.com"}},
		}
		s.Policies = map[string]pagerdutysim.Policy{
			"PCHAIN": {Name: "Chain", Levels: [][]string{{"PNIGHTS"}, {"PBOT", "PMANY"}}}, "PNOBODY": {Name: "Nobody", Levels: [][]string{{"PEMPTY"}}},
		}
	}}, change...)...)
}

func reach(key, to string) incident.PageRequest {
	c := call(key)
	c.Credential, c.Reach = "", to
	return c
}

func TestReaching(t *testing.T) {
	t.Parallel()
	for to, woken := range map[string][]string{
		"person:bob@example.com": {"bob@example.com"}, "person:BOB@example.com": {"bob@example.com"},
		"policy:PCHAIN": {"bob@example.com"}, "schedule:PNIGHTS": {"bob@example.com"},
		"schedule:PALONE": {"dora@example.com"}, "schedule:PMANY": {"dora@example.com", "erin@example.com"},
	} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			w := reaching(t)
			for range 3 { // again changes nothing, as after an answer that was lost
				require.NoError(t, w.Trigger(t.Context(), fault.Secret{}, reach("k1", to)))
			}
			in := w.sim.Incidents()
			require.Len(t, in, 1)
			require.Equal(t, "k1", in[0].Key)
			require.Equal(t, "Muster", in[0].Service)
			require.Equal(t, "INC-42 Checkout is down", in[0].Title)
			require.Equal(t, "high", in[0].Urgency)
			require.Equal(t, woken, in[0].AssignedTo)
			counts := map[string]int{}
			for _, who := range woken {
				counts[who] = 1
			}
			require.Equal(t, counts, w.sim.Woken(), "each is woken once")
			sent := w.sim.Log.Requests("incidents.create")[0]
			require.NotContains(t, sent.Body, "priority")
			require.Contains(t, sent.Body, "https://muster.example.com/INC-42")

			state := w.find(t, "k1")
			require.Equal(t, in[0].ID, state.ID)
			require.Empty(t, state.Silent)
			require.Equal(t, woken[0], state.Asked[0])
		})
	}
}

func TestWhatIsReachedIsAnsweredByPeople(t *testing.T) {
	t.Parallel()
	w := reaching(t)
	require.NoError(t, w.Trigger(t.Context(), w.key, reach("k1", "person:bob@example.com")))
	require.NoError(t, w.sim.Acknowledge("k1", "bob@example.com"))
	state := w.find(t, "k1")
	require.True(t, state.Acknowledged)
	require.Equal(t, "bob@example.com", state.By)
	require.Equal(t, []string{"bob@example.com"}, state.Asked, "nobody else is asked: it was assigned by name")
}

// Muster acknowledges and resolves in the name of a user, which must not look like that user's answer.
func TestMusterEndsWhatItReached(t *testing.T) {
	t.Parallel()
	w := reaching(t)
	require.NoError(t, w.Trigger(t.Context(), w.key, reach("k1", "policy:PCHAIN")))
	for range 2 {
		require.NoError(t, w.AcknowledgeReached(t.Context(), "k1"))
	}
	state := w.find(t, "k1")
	require.True(t, state.Acknowledged)
	require.Empty(t, state.By)
	require.NoError(t, w.sim.Acknowledge("k1", "bob@example.com"))
	require.Equal(t, "bob@example.com", w.find(t, "k1").By)

	for range 2 {
		require.NoError(t, w.ResolveReached(t.Context(), "k1"))
	}
	state = w.find(t, "k1")
	require.True(t, state.Resolved)
	require.Empty(t, state.By)
	require.NoError(t, w.AcknowledgeReached(t.Context(), "k1"), "what is over is not opened again")
	require.True(t, w.find(t, "k1").Resolved)
	require.NoError(t, w.ResolveReached(t.Context(), "nothing has this key"))
	require.Equal(t, 2, w.sim.Log.Count("incidents.manage"))

	// On an incident that events made, it is that person's own.
	w.page(t, call("k2"))
	require.NoError(t, w.sim.Acknowledge("k2", musterBot))
	require.Equal(t, musterBot, w.find(t, "k2").By)
	require.NoError(t, w.ResolveReached(t.Context(), "k2"))
	require.False(t, w.find(t, "k2").Resolved, "that is not one of those")
}

// Between the look-up and the change, somebody else was quicker.
func TestWhatIsSoAlreadyIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"1001", "1002"} {
		w := reaching(t)
		require.NoError(t, w.Trigger(t.Context(), w.key, reach("k1", "policy:PCHAIN")))
		w.sim.Faults.Add(simkit.Fault{Operation: "incidents.manage", Kind: simkit.Status, Status: 400, Body: `{"error":{"message":"Already","code":` + code + `}}`})
		require.NoError(t, w.AcknowledgeReached(t.Context(), "k1"))
	}
	w := reaching(t)
	require.NoError(t, w.Trigger(t.Context(), w.key, reach("k1", "policy:PCHAIN")))
	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.manage", Kind: simkit.Status, Status: 500})
	require.Equal(t, fault.Retryable, failed(t, w.AcknowledgeReached(t.Context(), "k1")).Class)
}

func TestWhatCannotBeReached(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]struct {
		meaning      fault.Meaning
		reason, mend string
	}{
		"person:nobody@example.com":  {fault.PersonUnknown, "PagerDuty knows no user nobody@example.com", "invite them to PagerDuty"},
		"person:bob.bob@example.com": {fault.PersonUnknown, "PagerDuty knows no user", "invite"}, // a part of another's address
		"person:" + musterBot:        {"", "PagerDuty notifies nobody of what they assign to themselves", "PAGERDUTY_FROM"},
		"person:Bob":                 {"", `"person:Bob" is nobody whom PagerDuty can reach`, "e-mail address"},
		"schedule:PEMPTY":            {fault.NobodyOnCall, "nobody is on call for the schedule PEMPTY", "put somebody on call"},
		"schedule:PNONE":             {"", "PagerDuty has no schedule PNONE", "address of the schedule's page"},
		"schedule:PBOT":              {"", "PagerDuty notifies nobody of what they assign to themselves", "PAGERDUTY_FROM"},
		"schedule:../users":          {"", "is nobody whom PagerDuty can reach", "PagerDuty's ID"},
		"policy:PNOBODY":             {fault.NobodyOnCall, "nobody is on call for the escalation policy PNOBODY", "put somebody on call"},
		"policy:PNONE":               {"", "PagerDuty has no escalation policy PNONE", "address of the policy's page"},
		"policy:":                    {"", "is nobody whom PagerDuty can reach", ""},
		"service:PMUSTER":            {"", "is nobody whom PagerDuty can reach", ""},
		"nonsense":                   {"", "is nobody whom PagerDuty can reach", ""},
	} {
		w := reaching(t)
		e := failed(t, w.Trigger(t.Context(), w.key, reach("k1", to)))
		require.Equal(t, fault.Permanent, e.Class, to)
		require.Equal(t, want.meaning, e.Meaning, to)
		require.Contains(t, e.Reason, want.reason, to)
		require.Contains(t, e.Mend, want.mend, to)
		require.Empty(t, w.sim.Incidents(), to)
	}
}

func TestAPageThatReachesSomebodyHasAKey(t *testing.T) {
	t.Parallel()
	w := reaching(t)
	for _, key := range []string{"", strings.Repeat("ü", 256)} {
		e := failed(t, w.Trigger(t.Context(), w.key, reach(key, "person:bob@example.com")))
		require.Equal(t, fault.Permanent, e.Class)
		require.Contains(t, e.Reason, "key")
	}
	require.Equal(t, fault.Permanent, failed(t, w.ResolveReached(t.Context(), "")).Class)
	require.Zero(t, w.sim.Log.Count(""))
	require.NoError(t, w.Trigger(t.Context(), w.key, reach(strings.Repeat("ü", 255), "person:bob@example.com")))
	require.Contains(t, w.sim.Log.Requests("incidents.create")[0].Body, "Service: checkout")
}

// An answer that is none must not look like nobody.
func TestAnAnswerWithoutAListIsNotNobody(t *testing.T) {
	t.Parallel()
	for to, operation := range map[string]string{
		"person:bob@example.com": "users.list", "schedule:PNIGHTS": "oncalls.list", "schedule:PALONE": "schedules.users",
	} {
		for _, kind := range []simkit.Kind{simkit.EmptyAfter, simkit.DropBefore} {
			w := reaching(t)
			w.sim.Faults.Add(simkit.Fault{Operation: operation, Kind: kind, Times: 1})
			e := failed(t, w.Trigger(t.Context(), w.key, reach("k1", to)))
			require.Equal(t, fault.Retryable, e.Class, to)
			require.Empty(t, e.Meaning, to)
			require.Empty(t, w.sim.Incidents())
		}
	}
}

func TestSettingsThatReachingNeeds(t *testing.T) {
	t.Parallel()
	for missing, change := range map[string]func(*pagerduty.Options){
		"PAGERDUTY_TOKEN":                   func(o *pagerduty.Options) { o.Token = fault.Secret{} },
		"PAGERDUTY_FROM":                    func(o *pagerduty.Options) { o.From = "" },
		"PAGERDUTY_SERVICE":                 func(o *pagerduty.Options) { o.Service = "" },
		"PAGERDUTY_FROM, PAGERDUTY_SERVICE": func(o *pagerduty.Options) { o.From, o.Service = "", "" },
	} {
		w := reaching(t, func(o *pagerduty.Options, _ *pagerdutysim.Options) { change(o) })
		for _, do := range []func() error{
			func() error { return w.Trigger(t.Context(), w.key, reach("k1", "person:bob@example.com")) },
			func() error { return w.AcknowledgeReached(t.Context(), "k1") },
			func() error { return w.ResolveReached(t.Context(), "k1") },
		} {
			e := failed(t, do())
			require.Equal(t, fault.Off, e.Class)
			require.Equal(t, "set "+missing+" for the worker", e.Mend)
		}
		require.Zero(t, w.sim.Log.Count(""))
	}
}

func TestSettingsThatPagerDutyRefuses(t *testing.T) {
	t.Parallel()
	w := reaching(t, func(o *pagerduty.Options, _ *pagerdutysim.Options) { o.Service = "PGONE" })
	e := failed(t, w.Trigger(t.Context(), w.key, reach("k1", "person:bob@example.com")))
	require.Equal(t, fault.Permanent, e.Class)
	require.Contains(t, e.Mend, "PAGERDUTY_SERVICE")

	w = reaching(t, func(o *pagerduty.Options, _ *pagerdutysim.Options) { o.From = "stranger@example.com" })
	e = failed(t, w.Trigger(t.Context(), w.key, reach("k1", "person:bob@example.com")))
	require.Equal(t, fault.Permanent, e.Class)
	require.Contains(t, e.Mend, "PAGERDUTY_FROM")

	for status, class := range map[int]fault.Class{400: fault.Permanent, 404: fault.Permanent, 402: fault.Permanent, 403: fault.Credential, 429: fault.Retryable, 503: fault.Retryable} {
		w = reaching(t)
		w.sim.Faults.Add(simkit.Fault{Operation: "incidents.create", Kind: simkit.Status, Status: status})
		e = failed(t, w.Trigger(t.Context(), w.key, reach("k1", "person:bob@example.com")))
		require.Equal(t, class, e.Class, status)
		if status < 500 && status != 429 {
			require.NotEmpty(t, e.Mend, status)
		}
	}
}

func TestALostAnswerWakesNobodyTwice(t *testing.T) {
	t.Parallel()
	for _, kind := range []simkit.Kind{simkit.DropAfter, simkit.EmptyAfter, simkit.StatusAfter} {
		w := reaching(t)
		w.sim.Faults.Add(simkit.Fault{Operation: "incidents.create", Kind: kind, Times: 1})
		e := failed(t, w.Trigger(t.Context(), w.key, reach("k1", "person:bob@example.com")))
		require.Equal(t, fault.Retryable, e.Class, kind)
		require.NoError(t, w.Trigger(t.Context(), w.key, reach("k1", "person:bob@example.com")))
		require.Equal(t, map[string]int{"bob@example.com": 1}, w.sim.Woken())
	}
}

func TestAUserWhoLeftIsLookedUpAnew(t *testing.T) {
	t.Parallel()
	w := reaching(t)
	require.NoError(t, w.Trigger(t.Context(), w.key, reach("k1", "person:bob@example.com")))
	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.create", Kind: simkit.Status, Status: 400, Body: `{"error":{"message":"Assigned To User Not Found","code":1007}}`, Times: 1})
	e := failed(t, w.Trigger(t.Context(), w.key, reach("k2", "person:bob@example.com")))
	require.Equal(t, fault.PersonUnknown, e.Meaning)
	require.Equal(t, 1, w.sim.Log.Count("users.list"))
	require.NoError(t, w.Trigger(t.Context(), w.key, reach("k2", "person:bob@example.com")))
	require.Equal(t, 2, w.sim.Log.Count("users.list"))
}

func TestADrillSaysSoWhenItReachesAPerson(t *testing.T) {
	t.Parallel()
	w := reaching(t)
	c := reach("k1", "person:bob@example.com")
	c.Kind = incident.KindDrill
	require.NoError(t, w.Trigger(t.Context(), w.key, c))
	require.Equal(t, "DRILL - INC-42 Checkout is down", w.sim.Incidents()[0].Title)
}
