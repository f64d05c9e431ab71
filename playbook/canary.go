package playbook

import (
	"time"

	"muster/incident"
)

// The intervals of canaries.
const (
	DefaultCanaryEvery  = time.Hour
	LeastCanaryEvery    = 5 * time.Minute
	DefaultCanaryWithin = 2 * time.Minute
)

// CanaryPolicy says whether a drill goes through everything by itself, again and again, and what is safe for it.
type CanaryPolicy struct {
	// Every is the time between two runs, zero for no canary.
	Every time.Duration
	// Within is how long each leg may take.
	Within time.Duration
	// Channel is where its message is posted, Project where its issue is made, Credential names the key of a
	// service that wakes nobody. What is empty is left out.
	Channel, Project, Credential string
	// IncidentType is that of its issue.
	IncidentType string
	// OpenChannel has each run open a channel of its own as well, and archive it.
	OpenChannel bool
}

// On reports whether there is a canary.
func (c CanaryPolicy) On() bool { return c.Every > 0 }

// Canary says whether a drill goes through everything by itself, and what is safe for it.
func (p *Playbook) Canary() CanaryPolicy { return p.contents.Canary }

// CanaryPerson acknowledges the page of a canary's drill. The domain can belong to nobody (RFC 2606).
const CanaryPerson = "canary@muster.invalid"

// CanaryTarget is whom a canary's page asks for: nobody.
const CanaryTarget = "canary"

// How a canary's drill ends: it is not escalated, since nobody is behind its page, and it is soon gone.
const (
	canaryAck     = time.Hour
	canaryArchive = time.Second
	canaryLinger  = time.Minute
)

// CanarySlice is the policy of the canary's drill. It is made of the section of the canary alone, and of
// nothing that says whom or what a real incident reaches: what is not put in here is not there.
func (p *Playbook) CanarySlice() *Slice {
	c, t := p.contents.Canary, p.contents.Tracker
	s := &Slice{Hash: p.contents.Hash, Canary: true, Known: []string{CanaryPerson}, Roles: p.Roles(), Calendar: p.Calendar(), Linger: Exactly(canaryLinger)}
	policy := SeverityPolicy{Name: "Canary", Page: PageNever, Review: ReviewPolicy{Track: TrackNone}}
	if c.Credential != "" {
		policy.Targets = []PageTarget{{
			Name: CanaryTarget, AckWithin: Exactly(canaryAck), Rounds: 1,
			Steps: []PageStep{{Name: CanaryTarget, Credential: c.Credential}},
		}}
	}
	for level := incident.WorstSeverity; level <= incident.MildSeverity; level++ {
		own := policy.clone()
		own.Level = level
		s.Severities = append(s.Severities, own)
	}
	s.Chat = ChatPolicy{ChannelPrefix: CanaryTarget, ArchiveAfter: Exactly(canaryArchive), NoChannel: !c.OpenChannel}
	if c.Channel != "" {
		s.Chat.Announcements = []AnnounceRule{{Channel: c.Channel}}
	}
	if c.Project != "" {
		s.Tracker = TrackerPolicy{
			Project: c.Project, IncidentType: c.IncidentType, DroppedResolution: t.DroppedResolution,
			Done: t.clone().Done, Open: t.clone().Open, InProgress: t.clone().InProgress, Dropped: t.clone().Dropped,
		}
	}
	return s
}
