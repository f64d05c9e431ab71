package incidents

import (
	"fmt"

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
	for k, p := range c.facts.Pages {
		out = append(out, c.page(p, t.Pages[k]))
	}
	for k, v := range c.facts.Reviews {
		out = append(out, c.review(v, t.Reviews[k]))
	}
	for k, f := range c.facts.FollowUps {
		out = append(out, c.followUp(f, t.FollowUps[k]))
	}
	return out
}

func grow(states *[]*childState, n int) {
	for len(*states) < n {
		*states = append(*states, &childState{})
	}
}

func (c *children) page(p incident.Page, state *childState) childSpec {
	number := c.facts.Number
	return childSpec{
		id: api.PageID(number, p.Number), summary: c.summary("page to " + p.Target), workflow: paging.Page, state: state,
		signal: api.PageChanged, brief: p, version: p.Revision, over: p.Status == incident.PageWithdrawn,
		attributes: []temporal.SearchAttributeUpdate{mirror.AttrPager.ValueSet(c.key(fmt.Sprintf("page/%d", p.Number)))},
		input: func() any {
			return paging.PageInput{
				Incident: number, Page: p.Number, Revision: p.Revision, NotBefore: p.NotBefore, Target: findTarget(c.policy, c.facts.Severity, p.Target),
				Settings: c.settings, Calendar: c.policy.Calendar, Scale: c.policy.TimeoutScale,
				Request: incident.PageRequest{
					Incident: c.facts.Key(), Headline: c.pageHeadline(), Severity: c.facts.Severity, Kind: c.facts.Kind, Service: c.serviceOf(p.Target),
				},
			}
		},
	}
}

// pageHeadline is what wakes a person up. The pager's client marks drills.
func (c *children) pageHeadline() string {
	if c.facts.Private {
		return c.facts.Key() + " (private incident)"
	}
	return c.facts.Key() + " " + c.facts.Title
}

func (c *children) serviceOf(target string) string {
	for _, s := range c.policy.Services {
		if s.Target != nil && s.Target.Name == target {
			return s.Name
		}
	}
	return ""
}

func (c *children) review(v incident.Review, state *childState) childSpec {
	policy := reviewPolicy(c.policy, c.facts.Severity, playbook.Track(v.Track))
	brief := api.ReviewBrief{Brief: c.brief(), Review: v, ResolvedAt: c.facts.ResolvedAt, Policy: policy}
	brief.Review.Issue = incident.IssueRef{}
	return childSpec{
		id: api.ReviewID(c.facts.Number, v.Number), summary: c.summary("learning review"), workflow: learning.Review, state: state,
		signal: api.ReviewChanged, brief: brief, over: v.Status.Ended(),
		version: []any{v.Revision, brief.Brief},
		input: func() any {
			return learning.ReviewInput{
				Incident: c.facts.Number, Title: c.facts.Shown(), Private: c.facts.Private, Brief: brief, Policy: policy,
				Tracker: c.policy.Tracker, Calendar: c.policy.Calendar, Settings: c.settings, Scale: c.policy.TimeoutScale, Priority: c.run.Priority,
			}
		},
	}
}

func (c *children) followUp(f incident.FollowUp, state *childState) childSpec {
	brief := api.FollowUpBrief{Brief: c.brief(), FollowUp: f}
	brief.FollowUp.Issue = incident.IssueRef{}
	brief.Channel = incident.ChannelRef{}
	var attributes []temporal.SearchAttributeUpdate
	if f.Owner != "" {
		attributes = append(attributes, mirror.AttrOwner.ValueSet(f.Owner))
	}
	return childSpec{
		attributes: attributes,
		id:         api.FollowUpID(c.facts.Number, f.Number), summary: c.summary(fmt.Sprintf("follow-up %d: %s", f.Number, f.Title)), workflow: learning.FollowUp, state: state,
		signal: api.FollowUpChanged, brief: brief, version: []any{f.Revision, brief.Brief}, over: f.Status.Ended(),
		input: func() any {
			return learning.FollowUpInput{
				Incident: c.facts.Number, Title: c.publicTitle(), Brief: brief, Policy: c.policy.FollowUps, Tracker: c.policy.Tracker,
				Calendar: c.policy.Calendar, People: c.policy.People, Settings: c.settings, Scale: c.policy.TimeoutScale, Priority: c.run.Priority,
			}
		},
	}
}

func (c *children) brief() api.Brief {
	return api.Brief{
		Parent: c.facts.Links.Tracker.Key, Channel: c.facts.Links.Channel, Commander: c.facts.Holder(incident.RoleCommander),
		RemindersPausedUntil: c.facts.RemindersPausedUntil,
	}
}

// summary names a child in the Web UI; a private incident shows its number only.
func (c *children) summary(what string) string {
	if c.facts.Private {
		return c.facts.Key()
	}
	return mirror.Clipped(c.facts.Key()+" "+what, 180)
}
