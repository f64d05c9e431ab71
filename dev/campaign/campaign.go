package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"muster/dev/caller"
	"muster/dev/judge"
	"muster/dev/vendors"
	"muster/playbook"
	"muster/playbook/file"
)

//go:embed muster.yaml
var playbookFile []byte

// options say how long and how hard a campaign is.
type options struct {
	seed      uint64
	incidents int
	kills     int
	atOnce    int
	lasts     time.Duration // incidents follow each other for so long; 0 for a number of them
	scale     float64       // of every activity timeout
	faults    bool
	patience  time.Duration // without any progress
	dir       string        // kept when it is given
	verbose   bool
}

// campaign is a Muster of several processes, of which some are killed while it works.
type campaign struct {
	o         options
	out       io.Writer
	dir       string
	playbook  *playbook.Playbook
	processes map[roleName]*process
	api, sims asker
	pace      *pace
	killer    *killer
	sowers    []*sower
	began     time.Time
	temporal  string

	mu      sync.Mutex
	stories []*story
}

// readyPatience is how long the processes may take to start before a kill no longer waits for them.
const readyPatience = time.Minute

// The streams of chance, so that what one uses does not change another's.
const (
	streamPace = iota + 1
	streamKiller
	streamStories
	streamSowers // one for each vendor
)

var vendorNames = []string{"slack", "jira", "pagerduty"}

func (o options) chance(stream int) *rand.Rand {
	return rand.New(rand.NewPCG(o.seed, uint64(stream)))
}

// newCampaign prepares a campaign in a folder, and starts nothing yet.
func newCampaign(ctx context.Context, o options, dir string, out io.Writer) (*campaign, error) {
	c := &campaign{o: o, out: out, dir: dir, processes: map[roleName]*process{}, began: time.Now()}
	c.pace = newPace(o.chance(streamPace), o.kills, o.incidents*stepsOfAStory)
	applied := make(chan time.Duration, 16)
	c.killer = &killer{c: c, rng: o.chance(streamKiller), applied: applied}
	for k, vendor := range vendorNames {
		c.sowers = append(c.sowers, &sower{c: c, rng: o.chance(streamSowers + k), vendor: vendor, met: map[string]int{}})
	}
	path := filepath.Join(dir, "muster.yaml")
	if err := os.WriteFile(path, playbookFile, 0o600); err != nil {
		return nil, err
	}
	var err error
	if c.playbook, err = file.Load(path, time.Now()); err != nil {
		return nil, err
	}
	at, err := freeAddresses(ctx, 5)
	if err != nil {
		return nil, err
	}
	temporal, simulators, gateway := at[0], at[1], at[2]
	c.temporal = temporal
	c.api = asker{http: caller.Client(40 * time.Second), base: "http://" + gateway, patience: o.patience}
	c.sims = asker{http: caller.Client(40 * time.Second), base: "http://" + simulators, patience: o.patience}
	env, err := c.environ(path, temporal, "http://"+simulators) //nolint:contextcheck // what the simulators deliver outlives a request
	if err != nil {
		return nil, err
	}
	for _, r := range []role{
		{Name: roleTemporal, Listen: temporal, Data: filepath.Join(dir, "temporal")},
		{Name: roleSimulators, Listen: simulators, Data: c.vendorsDir(), Playbook: path, Gateway: gateway},
		{Name: roleWorker, Health: at[3]},
		{Name: roleGateway, Listen: gateway, Health: at[4], TimeoutScale: o.scale},
	} {
		c.processes[r.Name] = newProcess(r, env, dir, applied)
	}
	return c, nil
}

func (c *campaign) vendorsDir() string { return filepath.Join(c.dir, "vendors") }

// environ is what worker and gateway need to know.
func (c *campaign) environ(playbookPath, temporal, simulators string) (map[string]string, error) {
	sims, err := vendors.NewSims(c.playbook, simulators)
	if err != nil {
		return nil, err
	}
	defer sims.Close()
	env := sims.Env(simulators, c.playbook.Credentials())
	env["TEMPORAL_ADDRESS"] = temporal
	env["TEMPORAL_CONFIG_FILE"] = filepath.Join(c.dir, "no-profiles.toml") // not somebody's own
	env["MUSTER_PLAYBOOK"] = playbookPath
	env["MUSTER_SLACK_CHANNELS_PER_MINUTE"] = "-1"
	env["MUSTER_SWEEP"] = "30s"
	return env, nil
}

// run starts everything, lets the incidents happen while processes are killed, waits for what
// comes of it, and judges.
func (c *campaign) run(ctx context.Context) error {
	alive, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	failed := make(chan error, len(c.processes))
	start := func(names ...roleName) {
		for _, name := range names {
			all.Go(func() {
				if err := c.processes[name].Run(alive); err != nil {
					failed <- err
					stop()
				}
			})
		}
	}
	start(roleTemporal, roleSimulators)
	c.ready(alive, c.o.patience, roleTemporal, roleSimulators)
	start(roleWorker, roleGateway)
	err := c.works(alive)
	if err == nil {
		err = c.settles(alive)
	}
	select {
	case why := <-failed:
		return errors.Join(why, err)
	default:
		return err
	}
}

// works runs the stories, and kills and fails until all are told.
func (c *campaign) works(ctx context.Context) error {
	if !c.ready(ctx, c.o.patience, everything...) {
		return fmt.Errorf("the processes did not start: %s", c.notReady(ctx, everything...))
	}
	c.say("everything runs; Temporal at %s, simulators at %s, gateway at %s", c.temporal, c.sims.base, c.api.base)
	disturbed, calm := context.WithCancel(ctx)
	var disturbers sync.WaitGroup
	defer disturbers.Wait()
	defer calm()
	disturbers.Go(func() { c.killer.run(disturbed) })
	if c.o.faults {
		for _, s := range c.sowers {
			disturbers.Go(func() { s.run(disturbed) })
		}
	}
	if err := c.tellStories(ctx); err != nil {
		return err
	}
	for c.o.lasts == 0 && c.killer.goesOn() && ctx.Err() == nil { // the rest, while things settle
		select {
		case c.pace.strike <- struct{}{}:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// tellStories runs so many at once, until there were enough.
func (c *campaign) tellStories(ctx context.Context) error {
	var all sync.WaitGroup
	places := make(chan struct{}, c.o.atOnce)
	failed := make(chan error, 1)
	rng := c.o.chance(streamStories)
	for n := 1; ctx.Err() == nil && len(failed) == 0 && c.goesOn(n); n++ {
		s := &story{Story: judge.Story{Title: fmt.Sprintf("Story %04d", n)}, c: c, n: n, rng: rand.New(rand.NewPCG(c.o.seed, rng.Uint64()))}
		c.mu.Lock()
		c.stories = append(c.stories, s)
		c.mu.Unlock()
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			if err := s.run(ctx); err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return ctx.Err()
	}
}

func (c *campaign) goesOn(n int) bool {
	if c.o.lasts > 0 {
		return time.Since(c.began) < c.o.lasts
	}
	return n <= c.o.incidents
}

// everything is all processes, in the order in which they need each other.
var everything = []roleName{roleTemporal, roleSimulators, roleGateway, roleWorker}

// ready waits until processes can work, and reports whether that came.
func (c *campaign) ready(ctx context.Context, patience time.Duration, names ...roleName) bool {
	for ends := time.Now().Add(patience); ctx.Err() == nil && time.Now().Before(ends); pause(ctx, 50*time.Millisecond) {
		if c.notReady(ctx, names...) == "" {
			return true
		}
	}
	return false
}

// notReady names one of the processes that cannot work now, or none.
func (c *campaign) notReady(ctx context.Context, names ...roleName) roleName {
	for _, name := range names {
		if !c.processes[name].ready(ctx) {
			return name
		}
	}
	return ""
}

// say prints what happened with its moment, when that is asked for.
func (c *campaign) say(format string, args ...any) {
	if c.o.verbose {
		c.mu.Lock()
		defer c.mu.Unlock()
		fmt.Fprintf(c.out, "%8.3f s  %s\n", time.Since(c.began).Seconds(), fmt.Sprintf(format, args...))
	}
}
