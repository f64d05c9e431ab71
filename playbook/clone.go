package playbook

import (
	"maps"
	"slices"
)

// A playbook is shared by everything that runs in a process, so what it hands out is a copy.

func (c Calendar) clone() Calendar {
	c.Days, c.Holidays = slices.Clone(c.Days), slices.Clone(c.Holidays)
	return c
}

func (t PageTarget) clone() PageTarget {
	t.Steps = slices.Clone(t.Steps)
	return t
}

func (s ServicePolicy) clone() ServicePolicy {
	s.Responders, s.Groups = slices.Clone(s.Responders), slices.Clone(s.Groups)
	if s.Target != nil {
		t := s.Target.clone()
		s.Target = &t
	}
	return s
}

func (p SeverityPolicy) clone() SeverityPolicy {
	p.Review.Remind = slices.Clone(p.Review.Remind)
	p.Targets = slices.Clone(p.Targets)
	for i := range p.Targets {
		p.Targets[i] = p.Targets[i].clone()
	}
	return p
}

func (c ChatPolicy) clone() ChatPolicy {
	c.Invite, c.Groups, c.Links = slices.Clone(c.Invite), slices.Clone(c.Groups), slices.Clone(c.Links)
	c.FirstSteps, c.Announcements = slices.Clone(c.FirstSteps), slices.Clone(c.Announcements)
	for i := range c.Announcements {
		a := &c.Announcements[i]
		a.Services, a.Tags = slices.Clone(a.Services), slices.Clone(a.Tags)
	}
	return c
}

func (p TrackerPolicy) clone() TrackerPolicy {
	p.Labels, p.Done, p.Open = slices.Clone(p.Labels), slices.Clone(p.Done), slices.Clone(p.Open)
	p.Dropped, p.InProgress = slices.Clone(p.Dropped), slices.Clone(p.InProgress)
	p.Priorities, p.Components = maps.Clone(p.Priorities), maps.Clone(p.Components)
	p.Fields, p.FollowUpFields = cloneFields(p.Fields), cloneFields(p.FollowUpFields)
	return p
}

func (p FollowUpPolicy) clone() FollowUpPolicy {
	p.Escalate, p.DueBy = slices.Clone(p.Escalate), maps.Clone(p.DueBy)
	return p
}

func cloneFields(m map[string]any) map[string]any {
	out := maps.Clone(m)
	for k, v := range out { // each value by itself, so the order does not matter
		out[k] = cloneValue(v)
	}
	return out
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return cloneFields(v)
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = cloneValue(out[i])
		}
		return out
	}
	return v
}
