package grammar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor/grammar"
	"muster/incident"
)

func TestACorrectionIsTyped(t *testing.T) {
	t.Parallel()
	times := func(more ...string) map[string]string {
		out := map[string]string{}
		for k := 0; k < len(more); k += 2 {
			out[more[k]+"_at"] = more[k+1]
		}
		return out
	}
	for text, want := range map[string]grammar.Args{
		"correct":       {},
		"correct INC-7": {Incident: 7},
		"correct INC-7 started:14:05 the logs say":                              {Incident: 7, Text: "the logs say", Correction: grammar.Correction{Times: times("started", "14:05")}},
		"correct started:2h ago as we saw":                                      {Text: "as we saw", Correction: grammar.Correction{Times: times("started", "2h ago")}},
		"correct started: 14:05 as we saw":                                      {Text: "as we saw", Correction: grammar.Correction{Times: times("started", "14:05")}},
		"correct started:yesterday 14:05 resolved:yesterday at 15:10 as we saw": {Text: "as we saw", Correction: grammar.Correction{Times: times("started", "yesterday 14:05", "resolved", "yesterday at 15:10")}},
		"correct as we saw Mitigated:2026-11-17 14:05":                          {Text: "as we saw", Correction: grammar.Correction{Times: times("mitigated", "2026-11-17 14:05")}},
		`correct detected:"yesterday 14:05" ok`:                                 {Text: "ok", Correction: grammar.Correction{Times: times("detected", "yesterday 14:05")}},
		"correct resolved:“15:10” ok":                                           {Text: "ok", Correction: grammar.Correction{Times: times("resolved", "15:10")}},
		"correct detected:none nobody knows":                                    {Text: "nobody knows", Correction: grammar.Correction{Clear: []string{"detected_at"}}},
		`correct title:"Carts are slow" kind:near-miss it was caught`:           {Text: "it was caught", Correction: grammar.Correction{Title: "Carts are slow", Kind: incident.KindNearMiss}},
		"correct title:“Carts are slow, again” it was":                          {Text: "it was", Correction: grammar.Correction{Title: "Carts are slow, again"}},
		`correct title: "Carts are slow" it was`:                                {Text: "it was", Correction: grammar.Correction{Title: "Carts are slow"}},
		"correct service:Basket,search service:fax tags:eu,us by the logs":      {Text: "by the logs", Correction: grammar.Correction{Services: []string{"checkout", "search", "fax"}, Tags: []string{"eu", "us"}}},
		"correct services:none tag:NONE it was none of ours":                    {Text: "it was none of ours", Correction: grammar.Correction{Services: []string{}, Tags: []string{}}},
		"correct started:14:05":                                                 {Correction: grammar.Correction{Times: times("started", "14:05")}},
		"correct kind:drill see https://example.com/a:b":                        {Text: "see https://example.com/a:b", Correction: grammar.Correction{Kind: incident.KindDrill}},
	} {
		l := read(text)
		require.Equal(t, grammar.Run, l.Meaning, "%q: %+v", text, l)
		require.Equal(t, grammar.VerbCorrect, l.Verb, text)
		require.Equal(t, want, l.Args, text)
	}
}

func TestACorrectionThatDoesNotFitAsksBack(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		"correct amounts are not shown":         "it takes what to correct, and why",
		"correct started:soon the logs":         "soon is no time of the past",
		"correct started:tomorrow 14:05 x":      "tomorrow is no time of the past",
		"correct started:2026-11-17 x":          "2026-11-17 is no time of the past",
		"correct kind:party x":                  "party is no kind",
		"correct started:14:05 started:15:05 x": "started is given twice",
		"correct started:":                      "it takes what to correct, and why",
	} {
		l := read(text)
		require.Equal(t, grammar.Ask, l.Meaning, text)
		require.Contains(t, l.Why, why, text)
		require.Equal(t, text, l.Text, "what was typed can still be declared")
	}
	for _, text := range []string{"corrupt data in checkout", "collect jobs are stuck", "connect to db3 fails", "corrected invoices are wrong"} {
		require.Equal(t, grammar.Declare, read(text).Meaning, text)
	}
}
