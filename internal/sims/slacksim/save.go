package slacksim

import (
	"io"

	"muster/internal/sims/simkit"
)

// savedFormat changes when the state of an older file can no longer be read.
const savedFormat = "slacksim/2"

// reads are the methods that change nothing. One that is not listed counts as a change, so
// that forgetting a method here costs no more than a save.
var reads = map[string]bool{
	"auth.test": true, "apps.connections.open": true, "chat.getPermalink": true,
	"conversations.info": true, "conversations.list": true, "conversations.members": true,
	"conversations.history": true, "conversations.replies": true,
	"users.conversations": true, "users.lookupByEmail": true, "users.info": true, "users.list": true,
	"usergroups.list": true, "usergroups.users.list": true,
	"pins.list": true, "bookmarks.list": true, "reactions.get": true,
}

// Version is a number that changes with every change of what Save writes. It may also change
// without one.
func (s *Sim) Version() uint64 { return s.version.Load() }

// changed is called with the state locked, so that whoever sees the new version and saves
// waits for the change itself.
func (s *Sim) changed() { s.version.Add(1) }

// Save writes the workspace, for Load. The log of requests, faults and targets are not part
// of it.
func (s *Sim) Save(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return simkit.SaveState(w, savedFormat, &s.state)
}

// Load puts the workspace that Save wrote in the place of the present one. On an error the
// present one stays.
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
