package incident

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSubscriptionsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                      "",
		"severity<=2":                           "severity<=2",
		"severity&lt;=2":                        "severity<=2",
		"Severity≤sev2":                         "severity<=2",
		"sev<3":                                 "severity<=2",
		"  service:Checkout\ttag:Black-Friday ": "service:checkout tag:Black-Friday",
		"service:b service:a service:b":         "service:a service:b",
		"kind:DRILL kind:incident":              "kind:drill kind:incident",
		"kind:near_miss tag:a:b severity<=5":    "severity<=5 tag:a:b kind:near_miss",
	} {
		s, err := ParseSubscription(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, want, s.Conditions())
	}
}

func TestConditionsThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"severity<=9":                     `severity: "severity<=9" is no threshold; write severity<=2 with a number from 1 (worst) to 5`,
		"severity<1":                      "is no threshold",
		"severity>=2":                     `severity: "severity>=2" is no threshold; write severity<=2`,
		"severity:2":                      "write severity<=2",
		"severity":                        "is no threshold",
		"everything":                      `condition: "everything" is no condition; write it like severity<=2 service:checkout tag:payments`,
		"service:":                        "is no condition",
		"colour:red":                      "is no condition",
		"kind:disaster":                   `kind: "disaster" is no kind; write one of [incident near_miss drill external]`,
		"tag:" + strings.Repeat("x", 300): "is longer than anything it could match",
		"tag:a tag:b tag:c tag:d tag:e tag:f tag:g tag:h tag:i tag:j tag:k tag:l tag:m tag:n tag:o tag:p tag:q tag:r tag:s tag:t tag:u": "make several subscriptions",
	} {
		s, err := ParseSubscription(text)
		require.Empty(t, s)
		require.Contains(t, problem(t, err).Error(), want)
	}
}

func TestWhoIsToldOfAnIncident(t *testing.T) {
	t.Parallel()
	for text, is := range map[string]bool{ // severity 1; checkout, cart; black-friday
		"":                                 true,
		"severity<=1":                      true,
		"severity<=2 service:cart":         true,
		"service:search service:checkout":  true,
		"service:search":                   false,
		"service:checkout tag:payments":    false,
		"tag:Black-Friday":                 true,
		"kind:drill":                       false,
		"kind:drill kind:incident":         true,
		"severity<=1 service:search tag:x": false,
	} {
		s, err := ParseSubscription(text)
		require.NoError(t, err)
		require.Equal(t, is, s.Matches(declared()), "%q", text)
	}
	mild := declared()
	mild.Severity = 3
	worse, err := ParseSubscription("severity<=2")
	require.NoError(t, err)
	require.False(t, worse.Matches(mild))
	nearMiss := declared()
	nearMiss.Kind = KindNearMiss
	require.False(t, Subscription{}.Matches(nearMiss), "who wants other kinds says so")
}

func TestNobodyIsToldOfAPrivateIncident(t *testing.T) {
	t.Parallel()
	i := declared()
	i.Private = true
	for _, text := range []string{"", "severity<=5", "service:checkout", "kind:incident"} {
		s, err := ParseSubscription(text)
		require.NoError(t, err)
		require.False(t, s.Matches(i))
	}
}

func TestTheSameSubscription(t *testing.T) {
	t.Parallel()
	a, err := ParseSubscription("service:a service:b severity<=2")
	require.NoError(t, err)
	b, err := ParseSubscription("severity<=2 service:b service:a")
	require.NoError(t, err)
	require.True(t, a.Same(b))
	b.Person = "alice@example.com"
	require.False(t, a.Same(b))
}

func FuzzSubscription(f *testing.F) {
	hostile(f, func(s string) { f.Add(s); f.Add("severity<=2 tag:" + s) })
	f.Add("severity<=2 service:checkout kind:drill")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSubscription(text)
		if err != nil {
			problem(t, err)
			return
		}
		again, err := ParseSubscription(s.Conditions())
		require.NoError(t, err)
		require.True(t, s.Same(again), "%q became %q", s.Conditions(), again.Conditions())
	})
}
