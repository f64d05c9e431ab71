package judge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/slacksim"
)

// scene is an incident as it should be in the end, with its story.
type scene struct {
	story    *Story
	facts    *incident.Incident
	evidence *Evidence
}

func (s *scene) judge() []Finding {
	s.evidence.Facts[1] = *s.facts
	return s.evidence.Judge([]*Story{s.story})
}

func asItShouldBe() *scene {
	i := &incident.Incident{
		Number: 1, Title: "Story 0001", Severity: 2, Status: incident.StatusResolved, ResolvedAt: time.Unix(1, 0), LastUpdate: "We look",
		Roles:     []incident.RoleHolder{{Role: incident.RoleCommander, Person: "bob@example.com"}},
		Timeline:  []incident.Entry{{Event: "update", Text: "We look"}, {Event: "message", Text: "The graphs are flat"}},
		FollowUps: []incident.FollowUp{{Number: 1, Title: "First"}, {Number: 2, Title: "Second"}},
		Reviews:   []incident.Review{{Number: 1, Issue: incident.IssueRef{Key: "INC-4"}}},
		Pages:     []incident.Page{{Number: 1, Target: "checkout", Tries: []incident.Try{{Step: "checkout"}}}},
	}
	i.FollowUps[0].Issue.Key, i.FollowUps[1].Issue.Key = "INC-2", "INC-3"
	i.Links.Tracker.Key, i.Links.Announcement.ID = "INC-1", "1.000001"
	return &scene{
		story: &Story{Number: 1, Title: "Story 0001", Promises: []Promise{
			{What: "update", Text: "We look"},
			{What: "note", Text: "The graphs are flat", Recorded: true},
			{What: "follow-up", Text: "First"},
			{What: "follow-up", Text: "Second"},
			{What: "severity", Text: "2"},
			{What: "commander", Text: "bob@example.com"},
			{What: "resolved"},
		}},
		facts: i,
		evidence: &Evidence{
			Facts: map[int]incident.Incident{},
			Channels: []slacksim.Channel{
				{Name: "incidents", Messages: []slacksim.Message{{Key: "inst/INC-1/announcement"}}},
				{Name: "inc-1-story-0001", Messages: []slacksim.Message{{Key: "inst/INC-1/board/1"}}},
			},
			Issues: []jirasim.Issue{
				{Key: "INC-1", Summary: "INC-1 Story 0001", Labels: []string{"muster", "i-INC-1-issue-0a1b2c3d"}},
				{Key: "INC-2", Summary: "First", Parent: "INC-1", Labels: []string{"i-INC-1-follow-up-1-0a1b2c3d"}},
				{Key: "INC-3", Summary: "Second", Parent: "INC-1"},
				{Key: "INC-4", Summary: "Learning review of INC-1", Parent: "INC-1"},
			},
			Pages: []pagerdutysim.Incident{{ID: "P1", Key: "inst/INC-1/page/1", Status: "resolved"}},
			Woken: map[string]int{"P1": 1},
		},
	}
}

func TestWhatIsAsItShouldBeIsNoFinding(t *testing.T) {
	t.Parallel()
	require.Empty(t, asItShouldBe().judge())
}

func TestWhatWasOverBeforeItWasAnnouncedNeedsNoAnnouncement(t *testing.T) {
	t.Parallel()
	s := asItShouldBe()
	s.facts.Links.Announcement = incident.MessageRef{}
	s.evidence.Channels[0].Messages = nil
	require.Empty(t, s.judge())
}

func TestWhateverIsLostOrDoubledIsFound(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(s *scene){
		"missing: 0 instead of 1: We look on the timeline (answered: done)": func(s *scene) { s.facts.Timeline = s.facts.Timeline[1:] },
		"missing: 0 instead of 1: The graphs are flat on the timeline (answered: recorded)": func(s *scene) {
			s.facts.Timeline = s.facts.Timeline[:1]
		},
		"doubled: 2 instead of 1: We look on the timeline": func(s *scene) { s.facts.Timeline = append(s.facts.Timeline, s.facts.Timeline[0]) },
		`update is "older" and not "We look"`:              func(s *scene) { s.facts.LastUpdate = "older" },
		`severity is "1" and not "2"`:                      func(s *scene) { s.facts.Severity = 1 },
		`commander is "" and not "bob@example.com"`:        func(s *scene) { s.facts.Roles = nil },
		`resolved is "open"`: func(s *scene) {
			s.facts.ResolvedAt, s.facts.Status = time.Time{}, incident.StatusOpen
		},
		`0 instead of 1: follow-up "Second"`: func(s *scene) { s.facts.FollowUps = s.facts.FollowUps[:1] },
		`2 instead of 1: follow-up "Second"`: func(s *scene) { s.facts.FollowUps = append(s.facts.FollowUps, s.facts.FollowUps[1]) },
		`follow-up 1 is "Second" and was asked for after "First"`: func(s *scene) {
			f := s.facts.FollowUps
			f[0].Title, f[1].Title = f[1].Title, f[0].Title
		},
		"update was refused":             func(s *scene) { s.story.Refused = []string{"update was refused"} },
		"it does not answer":             func(s *scene) { s.story.Number = 2 },
		"Story 0001 was not declared":    func(s *scene) { s.story.Number = 0 },
		"snag of tracker":                func(s *scene) { s.facts.Snags = []incident.Snag{{Mirror: "tracker"}} },
		"it waits: the channel":          func(s *scene) { s.facts.Waiting = []string{"the channel"} },
		"doubled: 2 instead of 1: board": func(s *scene) { s.alsoIn(1, "inst/INC-1/board/2") },
		"missing: 0 instead of 1: board": func(s *scene) { s.evidence.Channels[1].Messages = nil },
		"0 instead of 1: announcements":  func(s *scene) { s.evidence.Channels[0].Messages = nil },
		"missing: 0 instead of 1: announcements": func(s *scene) {
			s.facts.Status, s.facts.Links.Announcement = incident.StatusOpen, incident.MessageRef{}
			s.evidence.Channels[0].Messages = nil
		},
		"2 instead of 1: announcements":   func(s *scene) { s.alsoIn(0, "inst/INC-1/announcement") },
		"message inc-1-story-0001: inst/": func(s *scene) { s.alsoIn(1, "inst/INC-1/log/1"); s.alsoIn(1, "inst/INC-1/log/1") },
		"2 instead of 1: channels": func(s *scene) {
			s.evidence.Channels = append(s.evidence.Channels, slacksim.Channel{Name: "inc-1-story-0001-2"})
		},
		"channels of incidents": func(s *scene) {
			s.evidence.Channels = append(s.evidence.Channels, slacksim.Channel{Name: "inc-9-nobodys"})
		},
		"0 instead of 1: parent issues":                     func(s *scene) { s.evidence.Issues = nil },
		"2 instead of 1: parent issues":                     func(s *scene) { s.again(0) },
		`2 instead of 1: child issues of follow-up "First"`: func(s *scene) { s.again(1) },
		`0 instead of 1: child issues of follow-up "First"`: func(s *scene) { s.evidence.Issues[1].Summary = "Else" },
		"carry the label i-INC-1-follow-up-1-0a1b2c3d":      func(s *scene) { s.again(1) },
		"a follow-up or review that knows issue INC-4x":     func(s *scene) { s.again(3) },
		`follow-up "First" does not know its issue`:         func(s *scene) { s.facts.FollowUps[0].Issue.Key = "" },
		"review 1 has no issue":                             func(s *scene) { s.facts.Reviews[0].Issue.Key = "" },
		"is still triggered after the incident was resolved": func(s *scene) {
			s.evidence.Pages[0].Status = "triggered"
		},
		"is 2 incidents in the pager":        func(s *scene) { s.evidence.Pages = append(s.evidence.Pages, s.evidence.Pages[0]) },
		"woke people 2 times":                func(s *scene) { s.evidence.Woken["P1"] = 2 },
		"went out and is not in the pager":   func(s *scene) { s.evidence.Pages = nil },
		"a page of the incident that is":     func(s *scene) { s.facts.Pages = nil },
		"is of no incident that answers":     func(s *scene) { s.evidence.Pages[0].Key = "inst/INC-9/page/1" },
		"page somebody's is of no incident":  func(s *scene) { s.evidence.Pages[0].Key = "somebody's" },
		"2 instead of 1: incidents that ans": func(s *scene) { s.evidence.Facts[2] = incident.Incident{Number: 2} },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			s := asItShouldBe()
			spoil(s)
			v := &Verdict{Findings: s.judge()}
			require.Contains(t, v.Error(), want)
		})
	}
}

// alsoIn posts another message with a key.
func (s *scene) alsoIn(channel int, key string) {
	ch := &s.evidence.Channels[channel]
	ch.Messages = append(ch.Messages, slacksim.Message{Key: key})
}

// again makes an issue a second time.
func (s *scene) again(issue int) {
	twin := s.evidence.Issues[issue]
	twin.Key += "x"
	s.evidence.Issues = append(s.evidence.Issues, twin)
}
