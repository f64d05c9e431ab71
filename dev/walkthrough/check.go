package walkthrough

import (
	"errors"
	"fmt"
	"strings"

	"muster/internal/sims/slacksim"
)

// missing reports what the vendors do not hold yet when the incident has closed.
func (s *story) missing() error {
	var errs []error
	want := func(is bool, format string, args ...any) {
		if !is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	want(len(s.Sims.Pager.OpenIncidents()) == 0, "a page is still open")
	parent, _ := s.Sims.Jira.Issue(s.facts.Links.Tracker.Key)
	want(parent.Status == "Done", "the parent issue is %q", parent.Status)
	for _, child := range s.Sims.Jira.Children(parent.Key) {
		want(child.Status == "Done", "%s (%s) is %q", child.Key, child.Summary, child.Status)
	}
	want(strings.Contains(s.board().Shown, "closed"), "the board does not say closed")
	return errors.Join(append(errs, s.channelIsArchived())...)
}

// check compares everything that the vendors hold with what one incident should leave there.
func (s *story) check() error {
	var errs []error
	want := func(what string, got, want int) {
		if got != want {
			errs = append(errs, fmt.Errorf("%s: %d, and should be %d", what, got, want))
		}
	}
	want("Slack channels", len(s.Sims.Slack.Channels()), 2) // the announcements' and the incident's
	want("boards", s.said("/board/"), 1)
	want("announcements", s.said("/announcement"), 1)
	want("first steps for the commander", s.said("/checklist"), 1)
	want("updates in the channel", s.shows("/log/", "The card provider refuses our certificate"), 1)
	want("resolutions in the announcement's thread", s.shows("/thread/", "esolved"), 1)
	want("messages about the review", s.said("/review/message"), 1)
	want("reminders of the review", s.said("/review/reminder/"), 1)
	want("digests for Bob", s.digests(""), 1)
	want("Jira issues", s.Sims.Jira.Count(), 4) // parent, two follow-ups, review
	want("Jira children", len(s.Sims.Jira.Children(s.facts.Links.Tracker.Key)), 3)
	want("pages", len(s.Sims.Pager.Incidents()), 2) // the first step and the escalation
	want("open pages", len(s.Sims.Pager.OpenIncidents()), 0)
	want("snags", len(s.facts.Snags), 0)
	for _, u := range s.Sims.Unexpected() {
		errs = append(errs, fmt.Errorf("a request that no vendor understands: %s", u))
	}
	return errors.Join(append(errs, s.missing())...)
}

// digests counts Bob's digests that show a text.
func (s *story) digests(text string) int {
	n := 0
	for _, m := range s.Sims.Slack.DirectMessages("bob@example.com") {
		if strings.Contains(m.Key, "/digest/") && strings.Contains(m.Shown, text) {
			n++
		}
	}
	return n
}

// said counts the messages whose key contains a part.
func (s *story) said(part string) int { return s.shows(part, "") }

// shows counts those that also show a text.
func (s *story) shows(part, text string) int {
	n := 0
	s.messages(func(m slacksim.Message) {
		if strings.Contains(m.Key, part) && strings.Contains(m.Shown, text) {
			n++
		}
	})
	return n
}

func (s *story) messages(f func(slacksim.Message)) {
	for _, c := range s.Sims.Slack.Channels() {
		for _, m := range c.Messages {
			f(m)
		}
	}
}
