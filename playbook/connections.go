package playbook

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Connections are the part of a playbook that says how outside systems are reached: what a snag
// tells people to correct. An incident that is open takes them over when somebody asks it to try
// again. All else in its slice is policy, and stays as it was declared.
type Connections struct {
	// Hash is that of the playbook file.
	Hash    string        `json:"hash"`
	Tracker TrackerPolicy `json:"tracker"`
	// Announce and Announcements are the channels that hear of incidents, as ChatPolicy has them.
	Announce      string         `json:"announce,omitempty"`
	Announcements []AnnounceRule `json:"announcements,omitempty"`
	// Credentials are the names of credentials by target and step. Who the targets are is policy.
	Credentials []StepCredential `json:"credentials,omitempty"`
}

// StepCredential names the credential of one step of a target.
type StepCredential struct {
	Target     string `json:"target"`
	Step       string `json:"step"`
	Credential string `json:"credential"`
}

// Connections are those of the playbook as it is.
func (p *Playbook) Connections() Connections {
	chat := p.Chat()
	c := Connections{Hash: p.Hash(), Tracker: p.Tracker(), Announce: chat.Announce, Announcements: chat.Announcements}
	add := func(t PageTarget) {
		for _, s := range t.Steps {
			named := StepCredential{Target: t.Name, Step: s.Name, Credential: s.Credential}
			if s.Credential != "" && !slices.Contains(c.Credentials, named) {
				c.Credentials = append(c.Credentials, named)
			}
		}
	}
	for _, t := range p.Targets() {
		add(t)
	}
	if d := p.contents.DefaultTarget; d != nil {
		add(*d)
	}
	return c
}

// Connect takes over connections, and reports whether that changed anything. What the other
// playbook leaves out is kept: a tracker without a project, channels of announcements, targets.
func (s *Slice) Connect(c Connections) bool {
	if s.Canary { // the playbook's are those of real incidents
		return false
	}
	before := s.connections()
	if c.Tracker.Project != "" {
		s.Tracker = c.Tracker
	}
	if c.Announce != "" || len(c.Announcements) > 0 {
		s.Chat.Announce, s.Chat.Announcements = c.Announce, c.Announcements
	}
	s.eachTarget(c.name)
	if bytes.Equal(before, s.connections()) {
		return false
	}
	s.Connected = c.Hash
	return true
}

// name gives the steps of a target the credentials of the connections.
func (c Connections) name(t *PageTarget) {
	t.Steps = slices.Clone(t.Steps) // who was given the target before keeps it
	for k := range t.Steps {
		step := &t.Steps[k]
		at := slices.IndexFunc(c.Credentials, func(n StepCredential) bool { return n.Target == t.Name && n.Step == step.Name })
		if at >= 0 && step.Credential != "" {
			step.Credential = c.Credentials[at].Credential
		}
	}
}

// eachTarget visits every copy of every target.
func (s *Slice) eachTarget(do func(*PageTarget)) {
	for k := range s.Targets {
		do(&s.Targets[k])
	}
	for k := range s.Services {
		if t := s.Services[k].Target; t != nil {
			do(t)
		}
	}
	for k := range s.Severities {
		for n := range s.Severities[k].Targets {
			do(&s.Severities[k].Targets[n])
		}
	}
	if s.LastResort != nil {
		do(s.LastResort)
	}
}

// connections is what Connect may change, to be compared.
func (s *Slice) connections() []byte {
	var steps []PageStep
	s.eachTarget(func(t *PageTarget) { steps = append(steps, t.Steps...) })
	raw, err := json.Marshal([]any{s.Tracker, s.Chat.Announce, s.Chat.Announcements, steps})
	if err != nil {
		return nil // it came as JSON
	}
	return raw
}
