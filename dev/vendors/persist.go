package vendors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// keeper is a simulator whose state can be kept in a file.
type keeper interface {
	Save(w io.Writer) error
	Load(r io.Reader) error
	Version() uint64
}

// keepers gives the simulators by the name of their file.
func (s *Sims) keepers() map[string]keeper {
	return map[string]keeper{"slack.json": s.Slack, "jira.json": s.Jira, "pagerduty.json": s.Pager}
}

// KeepIn makes the simulators remember over a restart, in that directory, until stop is called.
func (s *Sims) KeepIn(dir string, log *slog.Logger) (stop func(), err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	if err := s.Restore(dir); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Keep(ctx, dir, time.Second, log)
	}()
	return func() { cancel(); <-done }, nil
}

// Restore loads what Keep saved in the directory, and adds what the playbook has come to name
// since. A simulator without a file stays as it is, and so does one whose file cannot be read.
func (s *Sims) Restore(dir string) error {
	var problems []error
	for name, sim := range s.keepers() {
		path := filepath.Join(dir, name)
		if err := load(path, sim); err != nil && !errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, fmt.Errorf("restore %s (delete it to start that simulator anew): %w", path, err))
		}
	}
	s.addNew()
	return errors.Join(problems...)
}

func load(path string, sim keeper) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(sim.Load(f), f.Close())
}

// addNew brings the simulators up to a playbook that may have changed while nothing ran: it
// adds people, services, project and channel, and removes nothing.
func (s *Sims) addNew() {
	for _, email := range slices.Sorted(maps.Keys(s.slack.Users)) { // IDs must not depend on the order of a map
		s.Slack.AddUser(email, s.slack.Users[email])
	}
	for _, name := range s.slack.Channels {
		if _, known := s.Slack.Channel(name); !known {
			s.Slack.AddChannel(name)
		}
	}
	for _, u := range s.jira.Users {
		s.Jira.AddUser(u)
	}
	for _, p := range s.jira.Projects {
		s.Jira.AddProject(p)
	}
	for _, key := range slices.Sorted(maps.Keys(s.pager.Services)) {
		s.Pager.AddService(key, s.pager.Services[key])
	}
	for _, email := range s.pager.Users {
		s.Pager.AddUser(email)
	}
}

// Keep saves the simulators that have changed into the directory, at the interval and once
// more when the context ends; then it returns. What must be kept has to happen before the
// context ends. A failure is logged, and tried again at the next interval.
func (s *Sims) Keep(ctx context.Context, dir string, every time.Duration, log *slog.Logger) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	saved := map[string]uint64{}
	for {
		select {
		case <-ctx.Done():
			s.saveChanged(dir, saved, log)
			return
		case <-ticker.C:
			s.saveChanged(dir, saved, log)
		}
	}
}

// KeptBeforeAnswer saves what a request has changed before its answer leaves: a real vendor
// remembers what it has answered, whoever is killed right after. (net/http holds an answer of a
// few kilobytes back until the handler returns.)
func (s *Sims) KeptBeforeAnswer(dir string, h http.Handler, log *slog.Logger) http.Handler {
	saved := map[string]uint64{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		s.saveChanged(dir, saved, log)
	})
}

// saveChanged saves each simulator whose version is not in saved, and notes it there.
func (s *Sims) saveChanged(dir string, saved map[string]uint64, log *slog.Logger) {
	s.saving.Lock()
	defer s.saving.Unlock()
	for name, sim := range s.keepers() {
		// Taken before the state: a change in between is saved twice rather than never.
		version := sim.Version()
		if last, known := saved[name]; known && last == version {
			continue
		}
		path := filepath.Join(dir, name)
		if err := replaceFile(path, sim.Save); err != nil {
			log.Error("save simulator", "file", path, "error", err)
			continue
		}
		saved[name] = version
	}
}

// replaceFile writes a file beside the old one and puts it in its place when it is whole, so that
// a crash at any moment leaves the one or the other.
func replaceFile(path string, write func(io.Writer) error) error {
	beside := path + ".tmp"
	f, err := os.OpenFile(beside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	// Without a sync: the sandbox outlives its process, not its machine, and this runs at every
	// request.
	if err = errors.Join(write(f), f.Close()); err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(beside))
	}
	return nil
}
