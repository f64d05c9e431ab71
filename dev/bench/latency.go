package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"muster/incident"
	"muster/workflows/api"
)

// measurePages measures from the call that declares an incident to its page at the pager, against from the call that
// starts a bare workflow to its activity. Samples alternate, so that a busy machine slows both alike.
func measurePages(ctx context.Context, b *bench) error {
	var pages, bare []time.Duration
	var muster, floor splits
	for k := range b.samples {
		id := fmt.Sprintf("bare-page-%d", k)
		began := time.Now()
		took, err := b.floor.activity(ctx, id)
		if err != nil {
			return err
		}
		bare = append(bare, took)
		if err := floor.addFloor(ctx, b, id, began, began.Add(took)); err != nil {
			return err
		}
		o, err := b.open(ctx)
		if err != nil {
			return err
		}
		at, err := o.waitPage(ctx)
		if err != nil {
			return err
		}
		pages = append(pages, at.Sub(o.began))
		if err := muster.addIncident(ctx, b, o, at); err != nil {
			return err
		}
	}
	b.latency("declare to page", pages, bare, 1.1, 1.5)
	b.notes = append(b.notes, splitTable(muster, floor))
	return nil
}

// updated is how many workflows the updates are spread over: an incident takes a few of them and not a hundred.
const updated = 10

// measureUpdates measures a person's command, from the call to its answer, against a bare workflow's update.
func measureUpdates(ctx context.Context, b *bench) error {
	var open []opening
	for k := range min(updated, b.samples) {
		o, err := b.open(ctx)
		if err != nil {
			return err
		}
		open = append(open, o)
		if err := b.floor.updatable(ctx, fmt.Sprintf("bare-update-%d", k)); err != nil {
			return err
		}
	}
	var commands, bare []time.Duration
	for k := range b.samples + len(open) {
		which := k % len(open)
		took, err := b.floor.update(ctx, fmt.Sprintf("bare-update-%d", which))
		if err != nil {
			return err
		}
		command, err := b.command(ctx, open[which].number, fmt.Sprintf("The card provider refuses our certificate (%d)", k))
		if err != nil {
			return err
		}
		if k >= len(open) { // the first one of each workflow warms it up
			commands, bare = append(commands, command), append(bare, took)
		}
	}
	b.latency("update round trip", commands, bare, 1.3, 0)
	return nil
}

// command gives one command and then lets what it sets off come to rest.
func (b *bench) command(ctx context.Context, number int, text string) (time.Duration, error) {
	began := time.Now()
	res, err := b.App().Incidents.Command(ctx, number, api.Update, incident.Update{Meta: by("alice@example.com"), Text: text})
	took := time.Since(began)
	switch {
	case err != nil:
		return 0, err
	case res.Recorded:
		return 0, fmt.Errorf("a command to INC-%d was only recorded", number)
	}
	if err := pause(ctx, stillness/2); err != nil { // for the board's call to begin
		return 0, err
	}
	return took, b.arrived.quiet(ctx)
}

// latency adds the median and the 99th percentile, each with the ratio that it should not exceed, 0 for none.
func (b *bench) latency(what string, muster, floor []time.Duration, median, worst float64) {
	b.table.add(what+", p50", ms(quantile(muster, 50)), ms(quantile(floor, 50)), atMost(quantile(muster, 50), quantile(floor, 50), median))
	b.table.add(what+", p99", ms(quantile(muster, 99)), ms(quantile(floor, 99)), atMost(quantile(muster, 99), quantile(floor, 99), worst))
}

// quantile gives the p-th percentile of samples.
func quantile(samples []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}
