package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"muster/dev/judge"
	"muster/dev/vendors"
	"muster/incident"
	"muster/internal/dial"
)

const (
	settlePoll = time.Second
	// mendEvery is how often somebody mends what is stuck and says retry.
	mendEvery = 5 * time.Second
)

// settles waits, without any more faults and kills, until nothing is missing and nothing is under way, or
// until nothing has changed for the campaign's patience. Then what is wrong is the verdict.
func (c *campaign) settles(ctx context.Context) error {
	c.say("all stories are told; settling")
	for _, vendor := range vendorNames {
		c.clearFault(ctx, vendor, "")
	}
	temporal, err := dial.Lazily(dial.Sealed(client.Options{HostPort: c.temporal, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))}, nil))
	if err != nil {
		return err
	}
	defer temporal.Close()
	var last string
	changed, mended := time.Now(), time.Time{}
	for ; ctx.Err() == nil; pause(ctx, settlePoll) {
		e, err := c.evidence(ctx)
		if err != nil {
			c.say("not yet: %v", err)
		} else {
			v := &judge.Verdict{Findings: e.Judge(c.told())}
			quiet := !slices.ContainsFunc(v.Findings, func(f judge.Finding) bool { return !f.Doubled }) && c.quiet(ctx, temporal, e)
			switch {
			case quiet && len(v.Findings) == 0:
				return nil
			case quiet:
				return v
			}
			if now := v.Error(); now != last {
				last, changed = now, time.Now()
				c.say("%d findings left: %s", len(v.Findings), firstLine(now))
			}
			if time.Since(mended) > mendEvery {
				mended = time.Now()
				c.mends(ctx, e)
			}
			if time.Since(changed) > c.o.patience {
				return v
			}
		}
		if err != nil && time.Since(changed) > c.o.patience {
			return fmt.Errorf("it does not answer any more: %w", err)
		}
	}
	return ctx.Err()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// evidence reads all that there is. The vendors' part comes from their files, which are written before
// an answer leaves.
func (c *campaign) evidence(ctx context.Context) (*judge.Evidence, error) {
	facts := map[int]incident.Incident{}
	for n := 1; ; n++ {
		i, err := c.api.facts(ctx, n)
		if errors.Is(err, errUnknown) && n > len(c.stories) {
			break
		}
		if err != nil && !errors.Is(err, errUnknown) {
			return nil, fmt.Errorf("%s: %w", incident.Key(n), err)
		}
		if err == nil {
			facts[n] = i
		}
	}
	sims, err := vendors.NewSims(c.playbook, c.sims.base) //nolint:contextcheck // they deliver nothing
	if err != nil {
		return nil, err
	}
	defer sims.Close()
	if err := sims.Restore(c.vendorsDir()); err != nil {
		return nil, err
	}
	return judge.NewEvidence(facts, sims), nil
}

// mends says retry where a step is stuck, as somebody would who has mended what it says.
func (c *campaign) mends(ctx context.Context, e *judge.Evidence) {
	for n, i := range e.Facts {
		if slices.ContainsFunc(i.Snags, func(s incident.Snag) bool { return !s.Off }) {
			_, _ = c.api.once(ctx, http.MethodPost, "/v1/incidents/"+incident.Key(n)+"/retry", "", []byte("{}")) // else the next time
		}
	}
}

// quiet reports whether no incident has a call or a task under way.
func (c *campaign) quiet(ctx context.Context, temporal client.Client, e *judge.Evidence) bool {
	for _, n := range slices.Sorted(maps.Keys(e.Facts)) {
		d, err := temporal.DescribeWorkflowExecution(ctx, incident.Key(n), "")
		if err != nil || len(d.GetPendingActivities()) > 0 || d.GetPendingWorkflowTask() != nil {
			return false
		}
	}
	return true
}

// told are the stories as they are judged.
func (c *campaign) told() []*judge.Story {
	var out []*judge.Story
	for _, s := range c.stories {
		out = append(out, &s.Story)
	}
	return out
}
