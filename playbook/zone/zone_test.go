package zone_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/playbook/zone"
)

func TestClocksChangeAsTheyDo(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]string{
		"Europe/Berlin": "14:00 CEST", "America/New_York": "08:00 EDT", "Asia/Kolkata": "17:30 IST",
		"Australia/Lord_Howe": "22:30 +1030", "": "12:00 UTC", "UTC": "12:00 UTC", "US/Pacific": "05:00 PDT",
	} {
		z, err := zone.Load(name)
		require.NoError(t, err, name)
		require.Equal(t, want, noon.In(z).Format("15:04 MST"), name)
	}
}

func TestWhatIsNoZoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Local", "Europe/Nowhere", "europe/berlin", "../../etc/passwd", "/etc/localtime", "Europe"} {
		_, err := zone.Load(name)
		require.ErrorContains(t, err, "there is no time zone", name)
	}
}

// A machine whose own data say something else, as one that was not updated for years.
func TestTheMachinesDataAreNotRead(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "Europe"), 0o700))
	tokyo, err := os.ReadFile(filepath.Join("testdata", "Tokyo"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Europe", "Berlin"), tokyo, 0o600))
	t.Setenv("ZONEINFO", dir)
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	theirs, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	require.Equal(t, "21:00", noon.In(theirs).Format("15:04"), "the machine has other data")
	ours, err := zone.Load("Europe/Berlin")
	require.NoError(t, err)
	require.Equal(t, "14:00", noon.In(ours).Format("15:04"))
}
