package incidents

import (
	"context"
	"time"

	"muster/incident"
	"muster/workflows/api"
)

// wakingWait bounds the question who is being woken: the incident is declared already.
const wakingWait = time.Second

// woken says of an incident that exists already who is being woken for it, and once a worse
// severity of a repeated alert was taken in. What cannot be asked is left out.
func (c *Client) woken(ctx context.Context, in api.DeclareInput, res api.DeclareResult) api.DeclareResult {
	if !res.Existing {
		return res
	}
	ctx, cancel := context.WithTimeout(ctx, wakingWait)
	defer cancel()
	for {
		i, err := c.Snapshot(ctx, res.Number)
		if err != nil {
			return res
		}
		w := i.Waking(in.Slice.Calendar.Location())
		res.Waking = &w
		raised := in.Guessed || in.Declaration.AlertKey == "" || i.Severity <= in.Declaration.Severity || !i.Status.Live()
		if raised || c.pause(ctx, missWait) != nil {
			return res
		}
	}
}

// alsoInto adds to the answer to a merge who is being woken for the incident that goes on.
func (c *Client) alsoInto(ctx context.Context, cmd incident.Command, res *incident.Result) {
	m, ok := cmd.(incident.Merge)
	if !ok || res.Waking == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, wakingWait)
	defer cancel()
	if into, err := c.Snapshot(ctx, m.Into); err == nil {
		w := c.Waking(&into)
		w.Line = res.Waking.Line + " " + into.Key() + ": " + w.Line
		res.Waking = &w
	}
}

// Waking says who is being woken for an incident, in the playbook's zone.
func (c *Client) Waking(i *incident.Incident) incident.Waking {
	zone := time.UTC
	if c.Playbook != nil {
		if p, err := c.Playbook.Current(); err == nil {
			zone = p.Calendar().Location()
		}
	}
	return i.Waking(zone)
}
