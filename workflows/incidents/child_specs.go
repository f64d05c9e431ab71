package incidents

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/learning"
	"muster/workflows/mirror"
	"muster/workflows/paging"
)

// specs lists the children that the facts want, pages first.
func (c *children) specs() []childSpec {
	t := c.state
	grow(&t.Pages, len(c.facts.Pages))
	grow(&t.Reviews, len(c.facts.Reviews))
	grow(&t.FollowUps, len(c.facts.FollowUps))
	var out []childSpec
	brief := c.brief()
	for k, p := range c.facts.Pages {
		out = append(out, c.page(p, brief, t.Pages[k]))
	}
	for k, v := range c.facts.Reviews {
		out = append(out, c.review(v, brief, t.Reviews[k]))
	}
	for k, f := range c.facts.FollowUps {
		out = append(out, c.followUp(f, brief, t.FollowUps[k]))
	}
	return out
}

func grow(states *[]*childState, n int) {
	for len(*states) < n {
		*states = append(*states, &childState{})
	}
}

func (c *children) page(p incident.Page, brief api.Brief, state *childState) childSpec {
	number, over := c.facts.Number, p.Status == incident.PageWithdrawn
	version := []any{p.Revision}
	if !over { // one that ends at the pager shows nothing more to anybody
		version = append(version, forPage(brief))
		if c.policy.Connected != "" {
			version = append(version, c.policy.Connected)
		}
	}
	return childSpec{
		id: api.PageID(number, p.Number), summary: c.summary("page to " + p.Target), workflow: paging.Page, state: state,
		signal: api.PageChanged, brief: func() any { return c.pageBrief(p, brief) }, version: version, over: over,
		attributes: []temporal.SearchAttributeUpdate{
			mirror.AttrPager.ValueSet(c.key(fmt.Sprintf("page/%d", p.Number))), mirror.AttrStatus.ValueSet(string(p.Status)),
		},
		work:  api.Waking,
		input: func() any { return c.pageInput(p, c.pageBrief(p, brief)) },
	}
}

func (c *children) pageInput(p incident.Page, brief api.PageBrief) paging.PageInput {
	return paging.PageInput{
		Incident: c.facts.Number, Brief: brief, Settings: c.settings, Calendar: c.policy.Calendar, Scale: c.policy.TimeoutScale,
		Raised: c.raised.has(p),
	}
}

// forPage is as much of a brief as a page shows.
func forPage(brief api.Brief) api.Brief {
	brief.Channel, brief.Parent, brief.Commander, brief.RemindersPausedUntil = incident.ChannelRef{}, "", "", time.Time{}
	return brief
}

// pageBrief is what a page's workflow is told: the page, whom it must reach, and how.
func (c *children) pageBrief(p incident.Page, brief api.Brief) api.PageBrief {
	target, known := c.policy.Target(c.facts.Severity, p.Target)
	if !known { // the playbook of an open incident does not change, but a name may come from a merge
		target = playbook.PageTarget{Name: p.Target}
	}
	p.Woken = incident.WokenReport{} // the page itself has told it
	return api.PageBrief{Brief: forPage(brief), Page: p, Target: target, Service: c.serviceOf(p.Target), LastResort: c.policy.LastResort}
}

// serviceOf names the service that a target belongs to, for the pager. Of a private incident it says
// as little as its search attributes.
func (c *children) serviceOf(target string) string {
	if c.facts.Private {
		return ""
	}
	for _, s := range c.policy.Services {
		if s.Target != nil && s.Target.Name == target {
			return s.Name
		}
	}
	return ""
}

func (c *children) review(v incident.Review, shared api.Brief, state *childState) childSpec {
	policy := reviewPolicy(c.policy, c.facts.Severity, playbook.Track(v.Track))
	brief := api.ReviewBrief{Brief: shared, Review: v, ResolvedAt: c.facts.ResolvedAt, Policy: policy}
	brief.Review.Issue = incident.IssueRef{}
	return childSpec{
		work: api.Learning,
		id:   api.ReviewID(c.facts.Number, v.Number), summary: c.summary("learning review"), workflow: learning.Review, state: state,
		signal: api.ReviewChanged, brief: func() any { return brief }, over: v.Status.Ended(),
		version: []any{v.Revision, brief.Brief}, retry: c.retryInput(),
		input: func() any {
			return learning.ReviewInput{
				Incident: c.facts.Number, Brief: brief, Policy: policy,
				Tracker: c.policy.Tracker, Calendar: c.policy.Calendar, Settings: c.settings, Scale: c.policy.TimeoutScale,
			}
		},
	}
}

func (c *children) followUp(f incident.FollowUp, shared api.Brief, state *childState) childSpec {
	brief := api.FollowUpBrief{Brief: shared, FollowUp: f, Services: c.facts.Services}
	brief.FollowUp.Issue = incident.IssueRef{}
	brief.Channel, brief.Links = incident.ChannelRef{}, nil // it speaks to people and to the tracker alone
	input := func() learning.FollowUpInput {
		return learning.FollowUpInput{
			Incident: c.facts.Number, Brief: brief, Policy: c.policy.FollowUps.For(c.facts.Severity), Tracker: c.policy.Tracker,
			Calendar: c.policy.Calendar, People: c.policy.People, Settings: c.settings, Scale: c.policy.TimeoutScale,
		}
	}
	return childSpec{
		work:  api.Learning,
		found: func(now time.Time) []temporal.SearchAttributeUpdate { return learning.FirstAttributes(input(), now) },
		listing: func() ([]temporal.SearchAttributeUpdate, map[string]any) {
			return learning.FollowUpListing(brief, c.policy.Calendar)
		},
		id: api.FollowUpID(c.facts.Number, f.Number), summary: c.summary(fmt.Sprintf("follow-up %d: %s", f.Number, f.Title)), workflow: learning.FollowUp, state: state,
		signal: api.FollowUpChanged, brief: func() any { return brief }, retry: c.retryInput(), version: []any{f.Revision, brief.Brief, brief.Services}, over: f.Status.Ended(),
		input: func() any { return input() },
	}
}

// retryInput is what a child that has an issue is asked to try again with.
func (c *children) retryInput() any {
	if c.policy.Connected == "" {
		return nil
	}
	return api.RetryInput{Tracker: &c.policy.Tracker}
}

// brief is what every child is told of the incident.
func (c *children) brief() api.Brief {
	f := c.facts
	return api.Brief{
		Title: c.publicTitle(), Private: f.Private, Kind: f.Kind, Severity: f.Severity,
		Parent: f.Links.Tracker.Key, Channel: f.Links.Channel, Links: c.links(), Commander: f.Holder(incident.RoleCommander),
		RemindersPausedUntil: f.RemindersPausedUntil,
	}
}

// links lead whoever is woken to where people work on it.
func (c *children) links() []incident.Link {
	var out []incident.Link
	if u := c.facts.Links.Channel.URL; u != "" {
		out = append(out, incident.Link{Label: c.channelName(c.facts.Links.Channel.Name), URL: u})
	}
	if l := c.facts.Links.Tracker; l.URL != "" {
		out = append(out, incident.Link{Label: l.Key, URL: l.URL})
	}
	return out
}

// summary names a child in the Web UI; a private incident shows its number only.
func (c *children) summary(what string) string {
	if c.facts.Private {
		return c.facts.Key()
	}
	return mirror.Clipped(c.facts.Key()+" "+what, 180)
}
