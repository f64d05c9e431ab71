package metrics_test

import (
	"errors"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/internal/metrics"
)

func TestACallToTheArchiveIsCountedByWhatCameOfIt(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"ok": nil, "away": &fault.Error{Class: fault.Retryable}, "unusable": &fault.Error{Class: fault.Credential}, "refused": &fault.Error{Class: fault.Permanent},
	} {
		m := fresh(t)
		m.ArchiveCalled("search", 30*time.Millisecond, err)
		served := scrapes(t, m)
		require.Contains(t, served, `muster_archive_calls_total{call="search",outcome="`+want+`"} 1`)
		require.Contains(t, served, `muster_archive_call_duration_seconds_bucket{call="search",le="0.05"} 1`)
		require.Contains(t, served, `muster_archive_call_duration_seconds_bucket{call="search",le="0.025"} 0`)
	}
	m := fresh(t)
	m.ArchiveCalled("search", time.Second, errors.New("of our own"))
	require.Contains(t, scrapes(t, m), `outcome="away"`)
	(*metrics.Metrics)(nil).ArchiveCalled("keep", time.Second, nil)
}

var gaugeOf = regexp.MustCompile(`(?m)^muster_archive_(kept|failing_since)_timestamp_seconds (.*)$`)

// keeping reads when a record was written last, and since when that fails.
func keeping(t *testing.T, m *metrics.Metrics) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, found := range gaugeOf.FindAllStringSubmatch(scrapes(t, m), -1) {
		v, err := strconv.ParseFloat(found[2], 64)
		require.NoError(t, err)
		out[found[1]] = v
	}
	return out
}

func TestItIsSeenSinceWhenRecordsAreNotWritten(t *testing.T) {
	t.Parallel()
	m := fresh(t)
	require.Empty(t, keeping(t, m), "nothing is said where there is no archive")
	m.HasArchive()
	require.Equal(t, map[string]float64{"kept": 0, "failing_since": 0}, keeping(t, m))

	away := &fault.Error{Class: fault.Retryable}
	m.ArchiveCalled("search", time.Second, away)
	require.Zero(t, keeping(t, m)["failing_since"], "that it is not read keeps nothing from being written")
	before := float64(time.Now().Unix())
	m.ArchiveCalled("keep", time.Second, away)
	since := keeping(t, m)["failing_since"]
	require.GreaterOrEqual(t, since, before)
	m.ArchiveCalled("keep", time.Second, away)
	require.InDelta(t, since, keeping(t, m)["failing_since"], 0, "it is when it began")
	require.Zero(t, keeping(t, m)["kept"])
	m.ArchiveCalled("keep", time.Second, nil)
	require.Zero(t, keeping(t, m)["failing_since"])
	require.GreaterOrEqual(t, keeping(t, m)["kept"], since)
}
