package slackdoor

import (
	"context"
	"strings"
	"time"
	"unicode"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
)

// How long it is remembered which incident a channel belongs to, and that it belongs to none: a
// channel of an incident never becomes another's, while a new one is not known everywhere at once.
// That somebody may see the incident does not follow from it, since a channel can be given up; see
// may.
const (
	foundFor  = time.Hour
	absentFor = 10 * time.Second
)

// byChannel finds the incident of a channel, 0 for none.
func (d *Door) byChannel(ctx context.Context, channelID, name string) (int, error) {
	if channelID == "" {
		return 0, nil
	}
	if n, ok := d.found.get(channelID); ok {
		return n, nil
	}
	return d.askChannel(ctx, channelID, name)
}

// askChannel is byChannel that goes by nothing that is remembered.
func (d *Door) askChannel(ctx context.Context, channelID, name string) (int, error) {
	n, err := d.Incidents.ByChannel(ctx, channelID, name)
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		d.found.put(channelID, 0, absentFor)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	d.found.put(channelID, n, foundFor)
	return n, nil
}

// where finds the incident that a command is for: the one that it names, else the channel's.
// Outside of any incident's channel the person is asked which; text is then the command that
// waits. Who is in a channel may act on its incident; others only on what they may see.
func (d *Door) where(ctx context.Context, r request, named int, text string) (int, *views.Say) {
	ctx, cancel := d.asking(ctx)
	defer cancel()
	if named > 0 {
		if err := d.may(ctx, r, named); err != nil {
			r.losing(err)
			return 0, d.failed(ctx, err)
		}
		return named, nil
	}
	n, err := d.here(ctx, r)
	if _, refused := incident.AsProblem(err); refused {
		return 0, d.failed(ctx, err)
	}
	if err != nil {
		r.losing(err)
		return 0, new(views.NotRecorded(reasonOf(err), "Name the incident: "+d.SlashCommand+" "+withIncident(slack.Plain(text, nil), "INC-42")))
	}
	if n == 0 {
		return 0, d.which(ctx, r, text)
	}
	return n, nil
}

// here is the incident of the channel in which the person is, 0 for none. It refuses one that does
// not exist for them. A channel that was given up leads nowhere, whatever is remembered of it.
func (d *Door) here(ctx context.Context, r request) (int, error) {
	n, err := d.byChannel(ctx, r.channel, r.channelName)
	if err != nil || n == 0 {
		return 0, err
	}
	refused := d.may(ctx, r, n)
	if refused == nil {
		return n, nil
	}
	if now, err := d.byChannel(ctx, r.channel, r.channelName); err == nil && now == 0 { // may has asked anew
		return 0, nil
	}
	return 0, refused
}

// may refuses an incident that does not exist for the person. Who is in its channel may act on
// it, though nobody told Muster that they were let in. Everything that shows something of an
// incident or hands it a command asks this first: buttons and forms are older than what they are
// of, and incidents become private.
func (d *Door) may(ctx context.Context, r request, number int) error {
	if err := r.confirmed(); err != nil {
		return err
	}
	ctx, cancel := d.asking(ctx)
	defer cancel()
	if r.by.Guest && d.inside(ctx, r, number) {
		return nil // whether they are part of it only a worker could say, and it need not run
	}
	err := d.Incidents.MayCommand(ctx, number, r.viewer())
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound && !r.by.Guest && d.inside(ctx, r, number) {
		return nil
	}
	return err
}

// inside reports whether the person is in what is the incident's own channel now.
func (d *Door) inside(ctx context.Context, r request, number int) bool {
	if r.channel == "" {
		return false
	}
	n, err := d.askChannel(ctx, r.channel, r.channelName)
	return err == nil && n == number
}

// seen gives the facts of an incident to whoever sees them. Being in its channel is compared with the
// facts themselves, which hear of a new channel first. What Temporal has forgotten the archive remembers.
func (d *Door) seen(ctx context.Context, r request, number int) (incident.Incident, error) {
	i, err := d.Incidents.Snapshot(ctx, number)
	if p, refused := incident.AsProblem(err); refused && p.Code == incident.CodeNotFound {
		return d.Incidents.Remembered(ctx, number, r.viewer())
	}
	if err == nil && !r.viewer().Sees(&i) && !i.SeenIn(r.channel, r.person()) {
		return incident.Incident{}, incidents.NotFound(number)
	}
	return i, err
}

// forGuests is what guests of the workspace are told, who see nothing of it but the channels that
// they were let into. Declaring is open to them as to everybody.
const forGuests = "As a guest of this workspace you work on an incident in its channel, and see only those that you are part of."

// which asks for which incident a command is meant.
func (d *Door) which(ctx context.Context, r request, text string) *views.Say {
	if r.by.Guest {
		return new(views.Plain(forGuests))
	}
	open, err := d.listed(ctx, r, incidents.Filter{})
	if err != nil {
		return new(views.NotRecorded(reasonOf(err), "Name the incident: "+d.SlashCommand+" "+withIncident(slack.Plain(text, nil), "INC-42")))
	}
	return new(views.PickMessage(text, open.Incidents))
}

// maxPrivate bounds how many private incidents are asked whether somebody is part of them.
const maxPrivate = 10

// listed lists incidents for a person: those that everybody sees, and the private ones of which
// they are part, with what lists do not tell of these.
func (d *Door) listed(ctx context.Context, r request, f incidents.Filter) (incidents.List, error) {
	if err := r.confirmed(); err != nil {
		return incidents.List{}, err
	}
	f.Viewer = r.viewer()
	list, err := d.Incidents.List(ctx, f)
	if err != nil {
		return incidents.List{}, err
	}
	asking, cancel := d.lookingUp(ctx)
	defer cancel()
	out, asked := list.Incidents[:0:0], 0
	for _, l := range list.Incidents {
		if l.Private && l.Title == incident.PrivateTitle { // what the archive has told is told to members
			if asked++; asked > maxPrivate || asking.Err() != nil {
				continue
			}
			i, err := d.Incidents.Snapshot(asking, l.Number)
			if err != nil || !r.viewer().Sees(&i) {
				continue
			}
			l.Title, l.Links, l.Services, l.Commander = i.Shown(), i.Seen(), i.Services, i.Holder(incident.RoleCommander)
		}
		out = append(out, l)
	}
	list.Incidents = out
	return list, nil
}

// withIncident puts an incident behind the subcommand of a line.
func withIncident(line, key string) string {
	line = strings.TrimSpace(line)
	end := strings.IndexFunc(line, unicode.IsSpace) // whoever pastes may have more than blanks
	if end < 0 {
		end = len(line)
	}
	return strings.TrimSpace(line[:end] + " " + key + " " + strings.TrimSpace(line[end:]))
}

// sketch is the incident as a form shows it to a person, for whom it must exist. A form must open
// within a moment and whatever is down, so without an answer it shows the number alone.
func (d *Door) sketch(ctx context.Context, r request, number int) (incident.Incident, error) {
	ctx, cancel := d.lookingUp(ctx)
	defer cancel()
	i, err := d.seen(ctx, r, number)
	if _, refused := incident.AsProblem(err); err == nil || refused {
		return i, err
	}
	d.Logger.WarnContext(ctx, "a form shows the number alone", "incident", incident.Key(number), "error", err)
	return incident.Incident{Number: number}, nil
}
