package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"muster/internal/sims/simkit"
)

// killer kills processes: at moments that nobody chose, and right after a vendor has applied a
// call whose answer nobody has heard yet.
type killer struct {
	c       *campaign
	rng     *rand.Rand
	applied chan time.Duration
	done    atomic.Int64
	aimed   int
	missed  int // aimed at calls that nobody made
	marks   int // delays that were given out
}

// aimedDelay is the least delay of a fault that an aimed kill sets. Each has one of its own, by
// which its line is told from those of others; no other fault waits so long.
const aimedDelay = time.Hour

// aimPatience is how long an aimed kill waits for the call that it is aimed at.
const aimPatience = 10 * time.Second

// aims are the calls at which kills are aimed: those that make or change something.
var aims = map[string][]string{
	"slack":     {"conversations.create", "chat.postMessage", "chat.update", "pins.add", "conversations.invite", "conversations.setTopic"},
	"jira":      {"issue.create", "property.set", "remotelink.set", "issue.transition", "issue.update"},
	"pagerduty": {"events.trigger", "events.resolve"},
}

// victims are whom a kill strikes, as often as they are here.
var (
	victims      = []roleName{roleWorker, roleWorker, roleWorker, roleWorker, roleGateway, roleGateway, roleTemporal, roleSimulators}
	aimedVictims = []roleName{roleWorker, roleWorker, roleWorker, roleTemporal}
)

// run strikes whenever a kill is due, until ctx ends.
func (k *killer) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.c.pace.strike:
			if k.goesOn() {
				k.strikes(ctx)
			}
		}
	}
}

// goesOn reports whether there are more to kill: a number of them, or as many as time allows.
func (k *killer) goesOn() bool {
	return k.c.o.lasts > 0 || k.done.Load() < int64(k.c.o.kills)
}

// strikes kills once. It waits first until everything runs, so that a campaign of many kills is
// no outage, and now and then does not, so that one finds a process in the middle of its start.
func (k *killer) strikes(ctx context.Context) {
	if k.rng.IntN(5) > 0 {
		k.c.ready(ctx, readyPatience, everything...)
	}
	if k.rng.IntN(2) == 0 && k.strikesAimed(ctx) {
		return
	}
	pause(ctx, time.Duration(k.rng.IntN(1000))*time.Millisecond)
	for ctx.Err() == nil {
		who := victims[k.rng.IntN(len(victims))]
		if k.c.processes[who].Kill() {
			k.killed(who, "at random")
			return
		}
		pause(ctx, retryPause)
	}
}

// aim is a call that a kill waits for.
type aim struct {
	vendor, operation string
	fault             simkit.Fault
}

// strikesAimed waits for a vendor to apply a call, and kills before anybody hears of it. It
// reports false when nobody made such a call.
func (k *killer) strikesAimed(ctx context.Context) bool {
	who := aimedVictims[k.rng.IntN(len(aimedVictims))]
	targets := k.takesAim()
	for _, a := range targets {
		if k.c.setFault(ctx, a.vendor, a.fault) != nil {
			return false // the simulators are away, and forget them
		}
		defer k.c.clearFault(context.WithoutCancel(ctx), a.vendor, a.fault.ID)
	}
	deadline := time.After(aimPatience)
	for {
		select {
		case <-ctx.Done():
			return false
		case <-deadline:
			k.missed++
			return false
		case d := <-k.applied:
			a, ok := targets[d]
			if ok && k.c.processes[who].Kill() {
				k.aimed++
				k.killed(who, "when "+a.vendor+" had applied "+a.operation+" and nobody had heard of it")
				return true
			}
		}
	}
}

// takesAim chooses about half of all calls, so that one of them comes soon and it is not always the
// commonest, and gives each a delay by which it is known again.
func (k *killer) takesAim() map[time.Duration]aim {
	targets := map[time.Duration]aim{}
	for _, vendor := range slices.Sorted(maps.Keys(aims)) {
		for _, operation := range aims[vendor] {
			if k.rng.IntN(2) == 0 {
				continue
			}
			k.marks++
			mark := aimedDelay + time.Duration(k.marks)*time.Second
			targets[mark] = aim{vendor: vendor, operation: operation, fault: simkit.Fault{
				ID: "aimed-" + operation, Operation: operation, Kind: simkit.Delay, Delay: simkit.Duration(mark), Times: 1,
			}}
		}
	}
	return targets
}

func (k *killer) killed(who roleName, moment string) {
	k.c.say("kill %d: %s, %s", k.done.Add(1), who, moment)
}

// setFault makes a vendor's calls go wrong.
func (c *campaign) setFault(ctx context.Context, vendor string, f simkit.Fault) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	a, err := c.sims.once(ctx, http.MethodPost, "/"+vendor+"/_sim/faults", "", raw)
	if err == nil && !a.Done() {
		err = fmt.Errorf("answered %d: %s", a.Status, a.Body)
	}
	return err
}

// clearFault ends a fault; a simulator that was killed has forgotten it anyway.
func (c *campaign) clearFault(ctx context.Context, vendor, id string) {
	query := ""
	if id != "" {
		query = "?id=" + url.QueryEscape(id)
	}
	_, _ = c.sims.once(ctx, http.MethodDelete, "/"+vendor+"/_sim/faults"+query, "", nil)
}
