package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAStartThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	now := minute(0)
	for name, c := range map[string]struct {
		at   time.Time
		says string
	}{
		"none":               {time.Time{}, ""},
		"an hour ago":        {now.Add(-time.Hour), ""},
		"clocks apart":       {now.Add(time.Minute), ""},
		"in the future":      {now.Add(time.Hour), "is in the future"},
		"in 2130":            {now.AddDate(104, 0, 0), "is in the future"},
		"before it all":      {time.Date(1, 6, 1, 0, 0, 0, 0, time.UTC), "is too long ago"},
		"the year of no one": {time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), "is too long ago"},
	} {
		err := Declaration{StartedAt: c.at}.CheckTimes(now)
		if c.says == "" {
			require.NoError(t, err, name)
			continue
		}
		p, ok := AsProblem(err)
		require.True(t, ok, name)
		require.Equal(t, "started_at", p.Field, name)
		require.Contains(t, p.Reason, c.says, name)
	}
}
