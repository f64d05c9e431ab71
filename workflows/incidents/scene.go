package incidents

import (
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// scene is what every part of an incident's workflow sees. Parts read the facts here; what a part
// may change, it has as a field of its own.
type scene struct {
	declaration incident.Declaration
	settings    api.Settings
	facts       *incident.Incident
	policy      *playbook.Slice
	raised      Raised
	run         *mirror.Run
	ctx         workflow.Context
	log         log.Logger
}

func (s *scene) now() time.Time { return workflow.Now(s.ctx) }

// note writes on the timeline what Muster itself did or found.
func (s *scene) note(event, text string) {
	s.facts.Note(s.now(), incident.Actor{Way: incident.WayMuster}, event, text)
}

// key is that of a step at a vendor.
func (s *scene) key(step string) string {
	return api.VendorKey(s.settings.Installation, api.IncidentID(s.facts.Number), step)
}

func (s *scene) severityName() string { return s.policy.SeverityLabel(s.facts.Severity) }

// zone is that of the playbook's calendar, in which times are written for people.
func (s *scene) zone() *time.Location { return s.policy.Calendar.Location() }

// channel is the ID of the channel in which Muster can speak, "" while there is none.
func (s *scene) channel() string {
	if !s.facts.Links.Archived.IsZero() {
		return ""
	}
	return s.facts.Links.Channel.ID
}

// channelName names the channel in the Web UI; a private one's name would tell the title.
func (s *scene) channelName(name string) string {
	if s.facts.Private {
		return "the channel of " + s.facts.Key()
	}
	return "#" + name
}

// publicTitle is the title as far as outsiders may read it. Whatever shows it says whether it is a drill.
func (s *scene) publicTitle() string {
	if s.facts.Private {
		return s.facts.Outside().Title
	}
	return s.facts.Shown()
}

// publicName names something of the playbook, such as a target, in the Web UI; of a private incident
// it would tell what it is about.
func (s *scene) publicName(name string) string {
	if s.facts.Private {
		return "a target"
	}
	return name
}

// filled puts the incident's number and key into a link of the playbook.
func (s *scene) filled(link string) string {
	return strings.NewReplacer("{key}", s.facts.Key(), "{number}", strconv.Itoa(s.facts.Number)).Replace(link)
}

// opening reports whether channel or issue are being made for the first time: their links come
// soon, unless a vendor is away. What only adds links waits for them, for one call's patience
// (5 minutes) at most; nothing else does.
func (s *scene) opening() bool {
	if s.now().Sub(s.facts.DeclaredAt) > mirror.Scaled(mirror.ClassCreate.Patience(), s.policy.TimeoutScale) {
		return false
	}
	links, loop := s.facts.Links, s.run.State
	return (links.Channel.ID == "" && loop.Making(mirrorChat)) || (links.Tracker.Key == "" && loop.Making(mirrorTracker))
}

// ended reports whether nothing more is expected of an incident of the status, but for
// follow-ups that it may have left.
func ended(s incident.Status) bool {
	return s == incident.StatusClosed || s == incident.StatusCancelled || s == incident.StatusMerged
}
