package file

import (
	"io/fs"
	"os"
	"sync"
	"time"

	"muster/playbook"
)

// Source is a playbook on disk that may change while a process runs. The last good playbook
// always serves: a broken or missing file is an error to show, never a reason to refuse a
// declaration. It may be used by several goroutines at once.
type Source struct {
	path string
	now  func() time.Time

	mu   sync.Mutex
	good *playbook.Playbook
	err  error
	seen fs.FileInfo
	hash string
	year int
}

// settle is how long after its last change a file may change again without a new time stamp.
const settle = 2 * time.Second

// NewSource makes a source of the file at path; now is the clock, usually time.Now. Nothing is
// read before the first call of Current.
func NewSource(path string, now func() time.Time) *Source {
	return &Source{path: path, now: now}
}

// Current is the last good playbook, read anew if the file changed. The error is not nil only
// while there has never been a good one; Err tells what is wrong with the file as it is now.
func (s *Source) Current() (*playbook.Playbook, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
	if s.good == nil {
		return nil, s.err
	}
	return s.good, nil
}

// Err is what was wrong when the file was last read, nil if nothing was. It reads nothing.
func (s *Source) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Path is where the playbook is read from.
func (s *Source) Path() string { return s.path }

func (s *Source) refresh() {
	now := s.now()
	info, err := os.Stat(s.path)
	if err != nil {
		s.err, s.seen = Errors{fileError(s.path, err)}, nil
		return
	}
	// Holidays are written out for the years around the reading, so a new year reads anew.
	newYear := s.year != now.UTC().Year()
	if s.unchanged(info, now) && !newYear {
		return
	}
	data, err := readFile(s.path)
	if err != nil {
		s.err, s.seen = err, nil
		return
	}
	s.seen = info
	if sum := hashOf(data); sum != s.hash || newYear || s.err != nil {
		s.hash, s.year = sum, now.UTC().Year()
		p, err := Parse(s.path, data, now)
		if s.err = err; err == nil {
			s.good = p
		}
	}
}

// unchanged compares what the file system says about the file. A file that changed a moment
// ago may have changed again within the same tick of its clock and is not trusted yet.
func (s *Source) unchanged(info fs.FileInfo, now time.Time) bool {
	if s.seen == nil || !os.SameFile(info, s.seen) || info.Size() != s.seen.Size() || !info.ModTime().Equal(s.seen.ModTime()) {
		return false
	}
	age := now.Sub(info.ModTime())
	return age > settle
}
