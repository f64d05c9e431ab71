package file

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shelf is a playbook on disk with a clock that the test moves.
type shelf struct {
	t    *testing.T
	path string
	now  time.Time
	*Source
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, path: filepath.Join(t.TempDir(), "muster.yaml"), now: today}
	s.Source = NewSource(s.path, func() time.Time { return s.now })
	return s
}

// write replaces the file; its time stamp is the shelf's clock.
func (s *shelf) write(text string) {
	s.t.Helper()
	require.NoError(s.t, os.WriteFile(s.path, []byte(text), 0o600))
	require.NoError(s.t, os.Chtimes(s.path, s.now, s.now))
}

func (s *shelf) later(d time.Duration) { s.now = s.now.Add(d) }

func TestASourceReadsAChangedFileAnew(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.write("version: 1\nservices: {a: {}}\n")
	p, err := s.Current()
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, p.Services())

	s.later(time.Minute)
	again, err := s.Current()
	require.NoError(t, err)
	require.Same(t, p, again)

	s.write("version: 1\nservices: {b: {}}\n") // as long as before
	p, err = s.Current()
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, p.Services())
}

func TestASourceNoticesASecondChangeWithinOneTick(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.write("version: 1\nservices: {a: {}}\n")
	_, err := s.Current()
	require.NoError(t, err)
	s.write("version: 1\nservices: {b: {}}\n") // the same size and time stamp
	p, err := s.Current()
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, p.Services())
}

func TestTheLastGoodPlaybookAlwaysServes(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	_, err := s.Current()
	require.ErrorContains(t, err, "does not exist; check the path")

	s.write("version: 1\nservices: {a: {}}\n")
	good, err := s.Current()
	require.NoError(t, err)
	require.NoError(t, s.Err())

	s.later(time.Minute)
	s.write("version: 1\nservices: {a: {pgae: x}}\n")
	p, err := s.Current()
	require.NoError(t, err)
	require.Same(t, good, p)
	require.ErrorContains(t, s.Err(), "muster.yaml:2: services.a.pgae: is not known here; did you mean page?")

	require.NoError(t, os.Remove(s.path))
	p, err = s.Current()
	require.NoError(t, err)
	require.Same(t, good, p)
	require.ErrorContains(t, s.Err(), "does not exist")

	s.later(time.Minute)
	s.write("version: 1\nservices: {a: {}}\n")
	_, err = s.Current()
	require.NoError(t, err)
	require.NoError(t, s.Err(), "the same good file again")
}

func TestASourceWritesOutHolidaysAgainInANewYear(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.write("version: 1\ncalendars: {c: {zone: UTC, holidays: {country: de}}}\n")
	p, err := s.Current()
	require.NoError(t, err)
	require.NotContains(t, p.Calendar().Holidays, "2032-01-01")
	s.later(365 * 24 * time.Hour)
	p, err = s.Current()
	require.NoError(t, err)
	require.Contains(t, p.Calendar().Holidays, "2032-01-01")
}

func TestASourceServesManyAtOnce(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.write("version: 1\n")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			p, err := s.Current()
			if err != nil || p == nil || s.Err() != nil {
				t.Error("no playbook", err)
			}
		})
	}
	wg.Wait()
}

func TestCheckReportsForAPerson(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "muster.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }

	report, errs := Check(path, today)
	require.Equal(t, 1, errs)
	require.Equal(t, path+": does not exist; check the path, or begin with the shipped example\n"+path+": 1 error\n", report)

	write("version: 1\nlinger: soon\nroles: [scribe]\n")
	report, errs = Check(path, today)
	require.Equal(t, 2, errs)
	require.Contains(t, report, path+":2: linger: ")
	require.Contains(t, report, path+":3: roles.1: ")
	require.Contains(t, report, path+": 2 errors\n")

	write("version: 1\n")
	report, errs = Check(path, today)
	require.Zero(t, errs)
	require.Contains(t, report, "(warning)\n")
	require.Contains(t, report, "usable, with 4 warnings")

	write(string(Example))
	report, errs = Check(path, today)
	require.Zero(t, errs)
	require.NotContains(t, report, "warning")
	require.Contains(t, report, "calendar berlin: Europe/Berlin, mon-fri 09:00-17:00, 12 holidays in the next twelve months\n")
	require.True(t, strings.HasSuffix(report, path+": fine: 3 services, 4 people, 3 credentials\n"), report)
}
