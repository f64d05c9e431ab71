package jira

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"muster/incident"
	"muster/playbook"
)

// siteNames lists the names of what every project of the site shares.
func (s *survey) siteNames(ctx context.Context, op, path string) ([]string, error) {
	var answer []wireNamed
	if err := s.c.do(ctx, call{op: op, method: http.MethodGet, path: path, out: &answer}); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(answer))
	for _, one := range answer {
		names = append(names, one.Name)
	}
	return names, nil
}

// checkResolution looks whether Jira knows the resolution of what is dropped. Whether a transition's screen
// offers it shows with the first issue.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issue-resolutions/#api-rest-api-2-resolution-get
func (s *survey) checkResolution(ctx context.Context) error {
	wanted := strings.TrimSpace(s.want.DroppedResolution)
	if wanted == "" {
		return nil
	}
	names, err := s.siteNames(ctx, "resolution.list", "resolution")
	if err != nil || len(names) == 0 || named(names, wanted) {
		return err
	}
	fitting := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !playbook.NotDone(n) })
	if len(fitting) == 0 { // in another language every name may be the right one
		fitting = names
	}
	s.say(warning("resolutions", "write in tracker.dropped_resolution one of "+listed(fitting),
		"tracker.dropped_resolution is %q, and Jira has no resolution of this name, so what is dropped gets another one, or none", wanted))
	return nil
}

// checkPriorities looks whether Jira knows the priorities that the playbook gives to severities.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issue-priorities/#api-rest-api-2-priority-get
func (s *survey) checkPriorities(ctx context.Context) error {
	if len(s.want.Priorities) == 0 {
		return nil
	}
	names, err := s.siteNames(ctx, "priority.list", "priority")
	if err != nil || len(names) == 0 {
		return err
	}
	unknown := slices.DeleteFunc(slices.Clone(s.want.Priorities), func(n string) bool { return named(names, strings.TrimSpace(n)) })
	slices.Sort(unknown)
	for _, n := range slices.Compact(unknown) {
		s.say(warning("priorities", "write in tracker.priorities one of "+listed(names),
			"tracker.priorities names %q, and Jira has no priority of this name, so these issues are made without it", n))
	}
	return nil
}

func listed(names []string) string { return incident.Clip(strings.Join(names, ", "), maxReason) }
