package slackdoor

import (
	"context"
	"strings"
	"time"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/views"
	"muster/incident"
)

// How long it is believed which incident a channel belongs to, and that it belongs to none: a
// channel of an incident never becomes another's, while a new one is not known everywhere at once.
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
	if named > 0 {
		if err := d.may(ctx, r, named); err != nil {
			r.losing(err)
			return 0, d.failed(ctx, err)
		}
		return named, nil
	}
	n, err := d.byChannel(ctx, r.channel, r.channelName)
	if err != nil {
		r.losing(err)
		return 0, new(views.NotRecorded(reasonOf(err), "Name the incident: "+d.SlashCommand+" "+withIncident(text, "INC-42")))
	}
	if n == 0 {
		return 0, d.which(ctx, r, text)
	}
	return n, nil
}

// may refuses an incident that does not exist for the person. Who is in its channel may act on
// it, though nobody told Muster that they were let in.
func (d *Door) may(ctx context.Context, r request, number int) error {
	err := d.Incidents.MayCommand(ctx, number, r.viewer())
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		if n, own := d.byChannel(ctx, r.channel, r.channelName); own == nil && n == number {
			return nil
		}
	}
	return err
}

// which asks for which incident a command is meant.
func (d *Door) which(ctx context.Context, r request, text string) *views.Say {
	open, _, err := d.Incidents.List(ctx, incidents.Filter{Viewer: r.viewer()})
	if err != nil {
		return new(views.NotRecorded(reasonOf(err), "Name the incident: "+d.SlashCommand+" "+withIncident(text, "INC-42")))
	}
	return new(views.PickMessage(text, open))
}

// withIncident puts an incident behind the subcommand of a line.
func withIncident(line, key string) string {
	verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	return strings.TrimSpace(verb + " " + key + " " + strings.TrimSpace(rest))
}

// sketch is the incident as a form shows it. A form must open within a moment and whatever is
// down, so without an answer it shows the number alone.
func (d *Door) sketch(ctx context.Context, number int) incident.Incident {
	ctx, cancel := context.WithTimeout(ctx, lookUp)
	defer cancel()
	i, err := d.Incidents.Snapshot(ctx, number)
	if err != nil {
		d.Logger.WarnContext(ctx, "a form shows the number alone", "incident_id", incident.Key(number), "error", err)
		return incident.Incident{Number: number}
	}
	return i
}
