package playbook

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func TestSpansAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		want  Span
		text  string
		words string
	}{
		{"90s", Span{Exact: 90 * time.Second}, "1m30s", "1 minute 30 seconds"},
		{"4h", Span{Exact: 4 * time.Hour}, "4h", "4 hours"},
		{"1h30m", Span{Exact: 90 * time.Minute}, "1h30m", "1 hour 30 minutes"},
		{"2d", Span{Exact: 48 * time.Hour}, "2d", "2 days"},
		{"30d", Span{Exact: 720 * time.Hour}, "30d", "30 days"},
		{"1d12h", Span{Exact: 36 * time.Hour}, "1d12h", "1 day 12 hours"},
		{"250ms", Span{Exact: 250 * time.Millisecond}, "250ms", "250ms"},
		{"1s", Span{Exact: time.Second}, "1s", "1 second"},
		{"1.5s", Span{Exact: 1500 * time.Millisecond}, "1.5s", "1.5 seconds"},
		{"0", Span{}, "0s", "no time"},
		{"0s", Span{}, "0s", "no time"},
		{"0d", Span{}, "0s", "no time"},
		{"3bd", Span{BusinessDays: 3, At: -1}, "3bd", "3 business days"},
		{" 1BD ", Span{BusinessDays: 1, At: -1}, "1bd", "1 business day"},
		{"3bd 10:00", Span{BusinessDays: 3, At: 600}, "3bd 10:00", "3 business days at 10:00"},
		{"3bd  9:05", Span{BusinessDays: 3, At: 545}, "3bd 09:05", "3 business days at 09:05"},
		{"0bd", Span{At: -1}, "0bd", "the next working hour"},
		{"0bd 10:00", Span{At: 600}, "0bd 10:00", "the next business day at 10:00"},
	} {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			got, err := ParseSpan(c.in)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Equal(t, c.text, got.Text())
			require.Equal(t, c.words, got.String())
			again, err := ParseSpan(got.Text())
			require.NoError(t, err)
			require.Equal(t, got, again)
		})
	}
}

func TestBadSpansAreRefusedWithTheMend(t *testing.T) {
	t.Parallel()
	for in, says := range map[string]string{
		"":                          "is empty; write it like 90s",
		"-4h":                       "negative; leave out the minus",
		"1h-30m":                    "is no span of time",
		"5":                         "write 5m for minutes",
		"10:00":                     "write 0bd 10:00",
		"3bd 25:00":                 "between 00:00 and 23:59",
		"3bd 10.00":                 "write it like 10:00",
		"3bd 00:00":                 "nobody works",
		"3bd 10:00 11":              "is no span of time",
		"3 days":                    "is no span of time",
		"3wd":                       "is no span of time",
		"soon":                      "is no span of time",
		"6000d":                     "longer than five years",
		"99999h":                    "longer than five years",
		"1830d1h":                   "longer than five years",
		"1311bd":                    "longer than five years",
		"999999999999999999999999d": "longer than five years",
		"99999999999999999999bd":    "longer than five years",
		"999999999999999999999999h": "is no span of time",
		"inf":                       "is no span of time",
	} {
		_, err := ParseSpan(in)
		require.ErrorContains(t, err, says, in)
	}
}

func TestSpansTravelAsText(t *testing.T) {
	t.Parallel()
	type policy struct {
		Soak Span `json:"soak" yaml:"soak"`
		None Span `json:"none" yaml:"none"`
	}
	want := policy{Soak: Span{BusinessDays: 3, At: 600}}
	raw, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, `{"soak": "3bd 10:00", "none": "0s"}`, string(raw))
	var back policy
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, want, back)
	require.ErrorContains(t, json.Unmarshal([]byte(`{"soak": "soon"}`), &back), "is no span of time")

	text, err := yaml.Marshal(want)
	require.NoError(t, err)
	back = policy{}
	require.NoError(t, yaml.Unmarshal(text, &back))
	require.Equal(t, want, back)
}

func TestOnlyNoTimeIsZero(t *testing.T) {
	t.Parallel()
	require.True(t, Span{}.IsZero())
	require.True(t, Exactly(0).IsZero())
	require.False(t, BusinessDays(0).IsZero(), "0bd waits for working hours")
	require.False(t, Exactly(time.Second).IsZero())
	require.False(t, Span{}.IsBusiness())
	require.False(t, Span{Exact: time.Hour, At: -1}.IsBusiness())
	require.True(t, Span{BusinessDays: 3}.IsBusiness(), "a span made without At has no time of day")
	require.Equal(t, "3bd", Span{BusinessDays: 3}.Text())
}

func FuzzSpansSurviveTheirText(f *testing.F) {
	for _, s := range []string{"90s", "3bd 10:00", "1d2h", "0bd", "-1h", "1.5h", "5", "9999999bd", "1e9s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sp, err := ParseSpan(s)
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, sp.Exact, time.Duration(0))
		require.LessOrEqual(t, sp.Exact, maxExact)
		again, err := ParseSpan(sp.Text())
		require.NoError(t, err)
		require.Equal(t, sp, again)
	})
}
