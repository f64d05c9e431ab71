package jirasim

import (
	"io"
	"net/http"
	"strings"

	"muster/internal/sims/simkit"
)

// savedFormat changes when the state of an older file can no longer be read.
const savedFormat = "jirasim/3"

// Version is a number that changes with every change of what Save writes. It may also change
// without one.
func (s *Sim) Version() uint64 { return s.version.Load() }

// changed is called with the lock held, so that whoever sees the new version and saves waits
// for the change itself.
func (s *Sim) changed() { s.version.Add(1) }

// reads says of a request that it changes nothing. Searches are posted, but read.
func reads(r *http.Request) bool {
	return r.Method == http.MethodGet || strings.HasPrefix(r.URL.Path, api+"/search") || r.URL.Path == api+"/issue/bulkfetch"
}

// Save writes the site, for Load. Faults, the log of requests and the webhooks with their
// target are not part of it.
func (s *Sim) Save(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return simkit.SaveState(w, savedFormat, &s.state)
}

// Load puts the site that Save wrote in the place of the present one. On an error the present
// one stays.
func (s *Sim) Load(r io.Reader) error {
	next, err := simkit.LoadState[state](r, savedFormat)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = *next
	s.changed()
	return nil
}
