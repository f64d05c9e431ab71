package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/playbook"
	"muster/playbook/file"
)

const pageCheck = "test page"

// How long a test page rings, and how often it is asked after.
const (
	DefaultRing = 3 * time.Minute
	askEvery    = 3 * time.Second
	// withdrawTime bounds the end of a page whose test was broken off.
	withdrawTime = 15 * time.Second
)

// PageOptions say whom to wake.
type PageOptions struct {
	Options
	// Target is the name of a target or a service of the playbook.
	Target string
	// Ring is how long it rings at most; 0 is DefaultRing.
	Ring time.Duration
	// Pause waits; nil is the real clock.
	Pause func(ctx context.Context, d time.Duration) error
}

// PageTarget finds whom a test page would wake, for the question whether it shall.
func PageTarget(o Options, name string) (playbook.PageTarget, error) {
	p, err := file.Load(o.Playbook, o.Now())
	if err != nil {
		return playbook.PageTarget{}, fmt.Errorf("the playbook cannot be used; run `starter playbook check`")
	}
	return targetNamed(p, name)
}

func targetNamed(p *playbook.Playbook, name string) (playbook.PageTarget, error) {
	var names []string
	for _, t := range p.Targets() {
		if strings.EqualFold(t.Name, strings.TrimSpace(name)) {
			return t, nil
		}
		names = append(names, t.Name)
	}
	if s, ok := p.Service(name); ok && s.Target != nil {
		return *s.Target, nil
	}
	slices.Sort(names)
	return playbook.PageTarget{}, &incident.Problem{
		Code: incident.CodeInvalid, Field: "target", Reason: fmt.Sprintf("the playbook pages nobody called %q", incident.Clip(name, 60)),
		Mend: "write one of " + strings.Join(names, ", "),
	}
}

// TestPage pages the first step of a target, marked as a drill, waits until somebody acknowledges, and
// withdraws the page, whatever came of it. A page of an earlier test that still rings is not sent again.
func TestPage(ctx context.Context, o PageOptions) []Finding {
	r, ok := rehearse(ctx, o.Options, pageCheck)
	if !ok {
		return r.found
	}
	target, err := targetNamed(r.playbook, o.Target)
	if err != nil || len(target.Steps) == 0 {
		r.say(Broken, pageCheck, "name another target", "%s", fault.Words(fmt.Sprint(err)))
		return r.found
	}
	client, err := r.pager()
	if r.failed(pageCheck, "PagerDuty's client", err) {
		return r.found
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	p := &testPage{rehearsal: r, options: o, client: client, step: target.Steps[0]}
	if p.step.Credential != "" {
		if p.secret, err = r.config.Secret(p.step.Credential); err != nil {
			r.say(Broken, pageCheck, "set "+strings.TrimPrefix(p.step.Credential, "env:")+" here as the worker has it", "%s", err)
			return r.found
		}
	}
	p.run(ctx, target)
	return r.found
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

type testPage struct {
	*rehearsal
	options PageOptions
	client  *pagerduty.Client
	step    playbook.PageStep
	secret  fault.Secret
	key     string
}

func (p *testPage) run(ctx context.Context, target playbook.PageTarget) {
	asks, err := p.look(ctx, target.Name)
	if p.failed(pageCheck, "look for an earlier test page", err) {
		return
	}
	err = p.client.Trigger(ctx, p.secret, incident.PageRequest{
		Key: p.key, Credential: p.step.Credential, Reach: p.step.Reach, Incident: "Muster's doctor",
		Headline: "Test page: nothing is wrong, please acknowledge", Severity: incident.WorstSeverity, Urgent: true, Kind: incident.KindDrill,
	})
	if p.failed(pageCheck, "page "+p.step.Name, err) {
		return
	}
	p.say(OK, pageCheck, "", "paged %s of %s; it says that nothing is wrong", p.step.Name, target.Name)
	if !asks {
		p.say(Unchecked, pageCheck, "set PAGERDUTY_TOKEN to have it asked; resolve the page at PagerDuty",
			"whether it rang is known to whom it woke: without PAGERDUTY_TOKEN nobody can ask, and it rings on")
		return
	}
	state, err := p.await(ctx)
	withdrawing, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTime)
	defer cancel()
	p.conclude(state, err)
	p.withdraw(withdrawing)
}

// look finds a key under which nothing has rung yet today. What an earlier test has left ringing keeps its
// key, under which triggering again wakes nobody anew. It reports whether PagerDuty can be asked at all.
func (p *testPage) look(ctx context.Context, target string) (asks bool, err error) {
	for n := 1; ; n++ {
		p.key = p.rehearsal.key(fmt.Sprintf("test-page/%s/%d", target, n))
		state, err := p.client.Find(ctx, p.key)
		switch {
		case fault.IsClass(err, fault.Off):
			return false, nil
		case err != nil:
			return false, err
		case !state.Resolved:
			return true, nil
		}
	}
}

// await asks until somebody has answered or the time is over.
func (p *testPage) await(ctx context.Context) (last incident.PageState, err error) {
	ring := p.options.Ring
	if ring <= 0 {
		ring = DefaultRing
	}
	for waited := time.Duration(0); ; waited += askEvery {
		state, err := p.client.Find(ctx, p.key)
		if err == nil {
			last = state
		}
		if last.Acknowledged || last.Resolved || waited >= ring {
			return last, err
		}
		if err := p.options.Pause(ctx, askEvery); err != nil {
			return last, err
		}
	}
}

func (p *testPage) conclude(state incident.PageState, err error) {
	switch {
	case state.Acknowledged || state.Resolved:
		by := state.By
		if by == "" {
			by = "somebody"
		}
		p.say(OK, pageCheck, "", "%s answered it, and Muster heard of it", by)
	case state.Found && state.Silent != "":
		p.say(Broken, pageCheck, "look at the service's settings at PagerDuty", "PagerDuty has it and wakes nobody: %s", state.Silent)
	case state.Found:
		p.say(Warning, pageCheck, "look at PagerDuty's log of it: "+state.URL, "it rang for %s, and nobody has answered it", whom(state.Asked))
	case err != nil:
		p.say(Unchecked, pageCheck, mendOf(err), "PagerDuty took it and could not be asked what came of it: %s", reason(err))
	default:
		p.say(Broken, pageCheck, "see whether somebody is on call there, whether the service is in maintenance, and which event rules it has",
			"PagerDuty took it and made no incident of it, so nobody was woken")
	}
}

func whom(asked []string) string {
	if len(asked) == 0 {
		return "whoever is on call"
	}
	return strings.Join(asked, ", ")
}

func (p *testPage) withdraw(ctx context.Context) {
	var err error
	if p.step.Reach != "" {
		err = p.client.ResolveReached(ctx, p.key)
	} else {
		err = p.client.Resolve(ctx, p.secret, p.key)
	}
	if !p.failed(pageCheck, "withdraw it; resolve it at PagerDuty by hand", err) {
		p.say(OK, pageCheck, "", "it was withdrawn")
	}
}
