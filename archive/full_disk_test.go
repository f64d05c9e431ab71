//go:build linux

package archive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/pgtest"
)

// disk is a file system of few megabytes, in memory, which can be made larger.
type disk struct {
	t   *testing.T
	dir string
}

// smallDisk makes one. Without the right to mount, the test is skipped.
func smallDisk(t *testing.T, megabytes int) *disk {
	t.Helper()
	d := &disk{t: t, dir: filepath.Join(t.TempDir(), "disk")}
	require.NoError(t, os.Mkdir(d.dir, 0o700))
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=755", megabytes)); err != nil {
		t.Skip("SKIPPED, no disk can be made that is full: " + err.Error())
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(d.dir, syscall.MNT_DETACH)) })
	return d
}

func (d *disk) grows(megabytes int) {
	d.t.Helper()
	require.NoError(d.t, syscall.Mount("tmpfs", d.dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%dm", megabytes)))
}

// A disk that is full is said to be, what was kept before stays, and once there is room the same record is kept whole.
func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	t.Parallel()
	for name, on := range map[string]func(t *testing.T, d *disk) (address string){
		"sqlite": func(_ *testing.T, d *disk) string { return "sqlite:" + filepath.Join(d.dir, "archive.db") },
		// Its log is on another disk: a PostgreSQL that has no room for that stops, and is away.
		"postgres": func(t *testing.T, d *disk) string {
			t.Helper()
			server := pgtest.Alone(t)
			return server.DatabaseIn(t, d.dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := smallDisk(t, 12)
			a := open(t, on(t, d))
			full, number := error(nil), 0
			for number < 200 && full == nil {
				number++
				_, full = a.Keep(t.Context(), record(wordy(number), 1))
			}
			require.True(t, fault.IsClass(full, fault.Retryable), "%d: %v", number, full)
			require.ErrorContains(t, full, "the database's disk is full")
			requireKept(t, a, number-1)

			d.grows(64)
			keep(t, a, wordy(number), 1)
			requireKept(t, a, number)
		})
	}
}

// There may be no room for the tables either, or for some of them only.
func TestADiskThatIsFullFromTheStartIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, left := range []int{0, 1 << 14, 40 << 10, 1 << 16, 1 << 17} {
		t.Run(fmt.Sprint(left), func(t *testing.T) {
			t.Parallel()
			d := smallDisk(t, 1)
			require.NoError(t, os.WriteFile(filepath.Join(d.dir, "others"), make([]byte, 1<<20-left), 0o600))
			a := open(t, "sqlite:"+filepath.Join(d.dir, "archive.db"))
			_, err := a.Keep(t.Context(), record(declared(1, "No room"), 1))
			require.True(t, fault.IsClass(err, fault.Retryable), "%v", err)
			require.ErrorContains(t, err, "disk is full")
			d.grows(16)
			keep(t, a, declared(1, "No room"), 1)
		})
	}
}

// wordy is an incident with a timeline that takes room.
func wordy(number int) *incident.Incident {
	i := declared(number, fmt.Sprintf("The disk is full %d", number))
	for k := range 100 {
		i.Note(noon, incident.Actor{Person: "ada@example.com"}, "message", fmt.Sprintf("%d.%d %s", number, k, strings.Repeat("words of nobody ", 60)))
	}
	return i
}

// requireKept requires that the archive holds so many incidents, each of them whole.
func requireKept(t *testing.T, a *archive.Archive, number int) {
	t.Helper()
	highest, err := a.Highest(t.Context())
	require.NoError(t, err)
	require.Equal(t, number, highest)
	for n := 1; n <= number; n++ {
		i, err := a.Incident(t.Context(), n)
		require.NoError(t, err)
		require.Len(t, i.Timeline, len(wordy(n).Timeline), "INC-%d", n)
	}
}
