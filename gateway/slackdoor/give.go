package slackdoor

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/gateway/incidents"
	"muster/gateway/rates"
	"muster/gateway/slackdoor/views"
	"muster/incident"
)

// giveAll hands over the commands of one line, each under an ID of its own, and says what came of
// each. What Temporal did not take ends it: the rest would fare no better, and time is short.
func (d *Door) giveAll(ctx context.Context, r request, number int, all []given) *views.Say {
	var said []string
	var last *views.Say
	done := true
	for k, g := range all {
		at := r
		if k > 0 {
			at.id += "/" + strconv.Itoa(k)
		}
		out, err := d.hand(ctx, at, number, g.name, g.command)
		if form := d.whichPage(ctx, r, number, err); form != nil {
			return form.say
		}
		last = d.outcome(ctx, incident.Key(number), out, err)
		if !slices.Contains(said, last.Text) {
			said = append(said, last.Text)
		}
		done = done && err == nil
		if _, refused := incident.AsProblem(err); err != nil && !refused {
			break
		}
	}
	if len(said) > 1 {
		last = new(views.Plain(strings.Join(said, "\n")))
	}
	last.Replace = r.asked && done
	return last
}

// give hands a command to Temporal and says what came of it.
func (d *Door) give(ctx context.Context, r request, number int, name string, cmd incident.Command) *views.Say {
	out, err := d.hand(ctx, r, number, name, cmd)
	return d.outcome(ctx, incident.Key(number), out, err)
}

func (d *Door) hand(ctx context.Context, r request, number int, name string, cmd incident.Command) (incidents.Outcome, error) {
	spec, ok := incidents.Find(name)
	if !ok {
		return incidents.Outcome{}, &incident.Problem{Code: incident.CodeInvalid, Field: "command", Reason: name + " is no command"}
	}
	if err := r.confirmed(); err != nil {
		return incidents.Outcome{}, err
	}
	if deed, bounded := rates.Of(name); bounded {
		if err := d.Rates.Take(r.rated(), deed); err != nil {
			return incidents.Outcome{}, err
		}
	}
	if err := d.visible(ctx, r, cmd); err != nil {
		return incidents.Outcome{}, err
	}
	stamped, err := spec.Stamp(cmd, incident.Meta{CommandID: r.id, Actor: r.actor(), GivenAt: d.Now().UTC()})
	if err != nil {
		return incidents.Outcome{}, err
	}
	out, err := d.Incidents.Command(ctx, number, name, stamped)
	if usedBefore(err) {
		// Slack sent the same request twice, and between the two somebody's name was found or a text
		// edited. The first was applied.
		return incidents.Outcome{Result: incident.Result{Text: "that was done already"}, CommandID: r.id}, nil
	}
	r.losing(err)
	if err == nil && !out.Recorded {
		out.Result = incident.Answer(stamped, out.Result, d.zone())
	}
	return out, err
}

// zone is the calendar's, in which times are said; UTC while the playbook cannot be used.
func (d *Door) zone() *time.Location {
	b, err := d.book()
	if err != nil {
		return time.UTC
	}
	return b.playbook.Calendar().Location()
}

func usedBefore(err error) bool {
	p, ok := incident.AsProblem(err)
	return ok && p.Code == incident.CodeConflict && p.Field == "key"
}

// visible refuses a merge into an incident that does not exist for the person.
func (d *Door) visible(ctx context.Context, r request, cmd incident.Command) error {
	m, ok := cmd.(incident.Merge)
	if !ok || m.Into < 1 {
		return nil
	}
	return d.may(ctx, r, m.Into)
}
