package file_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/playbook/file"
)

func TestTheCheckPrintsTheComingHolidays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`version: 1
calendars:
  auckland:
    zone: Pacific/Auckland
    days: [mon, tue, fri]
    hours: 22:00-06:00
    holidays: {country: nz, dates: [2026-12-24], except: [2027-01-04]}
  round:
    zone: UTC
    days: [mon-sun]
    hours: 00:00-24:00
calendar: auckland
`), 0o600))
	// It is Monday the 30th in Auckland already.
	report, errs := file.Check(path, time.Date(2026, time.November, 29, 20, 0, 0, 0, time.UTC))
	require.Zero(t, errs, report)
	require.Contains(t, report, `calendar auckland: Pacific/Auckland, mon, tue, fri 22:00-06:00, 15 holidays in the next twelve months
  nz: the national public holidays with Matariki; no region's anniversary
  Thu 2026-12-24 own date
  Fri 2026-12-25 Christmas Day
  Sat 2026-12-26 Boxing Day
  Mon 2026-12-28 Boxing Day (made up for)
  Fri 2027-01-01 New Year's Day
`)
	require.Contains(t, report, "  Fri 2027-06-25 Matariki\n")
	require.NotContains(t, report, "2027-01-04", "people work on it")
	require.NotContains(t, report, "2027-11-30")
	require.Contains(t, report, "calendar round: UTC, mon, tue, wed, thu, fri, sat, sun 00:00-24:00, no holidays in the next twelve months\n")
	require.Contains(t, report, "calendars.round: has no holidays in the next twelve months, so those days count as working days; name a country or dates under holidays (warning)\n")
	require.NotContains(t, report, "calendars.auckland: has no holidays")
	require.Contains(t, report, ": usable, with ", "a warning is counted")
}
