package incidents

import (
	"muster/incident"
	"muster/workflows/mirror"
)

// The mirrors that others ask about.
const (
	mirrorTracker = "tracker"
	mirrorChat    = "chat"
	mirrorArchive = "archive"
)

// parts are the owners of what an incident does: each sees the scene, and may change only the
// state and the links that it is given.
type parts struct {
	settling      *settling
	tracker       *tracker
	room          *room
	retired       *retired
	board         *board
	guests        *guests
	furnishing    *furnishing
	announcements *announcements
	help          *help
	channelLog    *channelLog
	checklist     *checklist
	promise       *promise
	quiet         *quiet
	subscribers   *subscribers
	archive       *archive
	visibility    *visibility
	children      *children
	transfer      *transfer
	alertKeys     *alertKeys
	vendorSnags   *vendorSnags
	refusals      *refusals
}

func newParts(c *scene, s *incidentState) parts {
	links := &s.Facts.Links
	calm := &settling{scene: c, until: &s.Settle}
	p := parts{
		settling:      calm,
		tracker:       &tracker{scene: c, state: &s.Tracker, link: &links.Tracker},
		announcements: &announcements{scene: c, settling: calm, states: &s.Announcements, links: links},
		subscribers:   &subscribers{scene: c, state: &s.Subscribers},
		visibility:    &visibility{scene: c, state: &s.Visibility},
		children:      &children{scene: c, state: &s.Children},
		vendorSnags:   &vendorSnags{scene: c, vendors: &s.Vendors},
		refusals:      &refusals{scene: c, state: &s.Refusals},
	}
	p.room = &room{scene: c, links: links, deliveries: &s.Deliveries, archive: &s.Archive, archiving: &s.Archiving, retired: &s.Retired, asked: &s.Asked, dropped: &s.DroppedChannels}
	p.retired = &retired{scene: c, list: &s.Retired}
	p.board = &board{scene: c, settling: calm, room: p.room, state: &s.Board, link: &links.Board, log: &s.Log}
	p.guests = &guests{scene: c, room: p.room, invited: &s.Invited, evicted: &s.Evicted}
	p.furnishing = &furnishing{scene: c, settling: calm, room: p.room, furnished: &s.Furnished}
	p.help = &help{scene: c, room: p.room, called: &s.Called, announced: &s.CalledOutside}
	p.quiet = &quiet{scene: c, room: p.room, asked: &s.Quiet}
	p.channelLog = &channelLog{scene: c, room: p.room, state: &s.Log}
	p.checklist = &checklist{scene: c, room: p.room, given: &s.Checklists}
	p.promise = &promise{scene: c, room: p.room, reminded: &s.Promise}
	p.archive = &archive{scene: c, room: p.room, state: &s.Archive}
	p.alertKeys = &alertKeys{scene: c, state: &s.AlertKeys}
	p.transfer = &transfer{scene: c, transferred: &s.Transferred, keys: p.alertKeys, tracker: p.tracker}
	// A channel that follows another begins anew.
	p.room.followed = func() {
		s.Board, links.Board = boardState{Deleted: s.Board.Deleted + 1}, incident.MessageRef{}
		s.Furnished, s.Invited, s.Evicted, s.Log = mirror.Mark{}, nil, nil, logState{Before: max(s.Log.Seq, s.Log.Before)}
	}
	return p
}

// mirrors lists the outside systems, one coroutine each. Pages were started before any of them.
// The tracker comes before chat so that, when both answer in one workflow task, the board and the
// bookmarks show the issue at once.
func (p *parts) mirrors() []mirror.Mirror {
	out := []mirror.Mirror{
		{Name: mirrorTracker, Next: p.tracker.next, Unsure: func() { p.tracker.state.Issue = mirror.Mark{} }},
		{Name: "tracker fields", Next: p.tracker.nextLeftOff},
		{Name: mirrorChat, Next: p.board.next, Unsure: func() { p.board.state.Shown = mirror.Mark{} }},
		{Name: "people", Next: p.guests.nextPeople},
		{Name: "former channel", Next: p.retired.next},
		{Name: "removals", Next: p.guests.evict},
		{Name: "groups", Next: p.guests.nextGroups},
		{Name: "furnishing", Next: p.furnishing.next, Unsure: func() { *p.furnishing.furnished = mirror.Mark{} }},
	}
	out = append(out, p.announcements.mirrors()...)
	return append(out,
		mirror.Mirror{Name: "call for help", Next: p.help.inChannel},
		mirror.Mirror{Name: "call for help outside", Next: p.help.outside},
		mirror.Mirror{Name: "quiet", Next: p.quiet.next},
		mirror.Mirror{Name: "log", Next: p.channelLog.next},
		mirror.Mirror{Name: "refusals", Next: p.refusals.next},
		mirror.Mirror{Name: "checklist", Next: p.checklist.next},
		mirror.Mirror{Name: "reminder", Next: p.promise.next},
		mirror.Mirror{Name: "subscribers", Next: p.subscribers.next},
		mirror.Mirror{Name: mirrorArchive, Next: p.archive.next},
		mirror.Mirror{Name: "alert keys", Next: p.alertKeys.next},
	)
}
