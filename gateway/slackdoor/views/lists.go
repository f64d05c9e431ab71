package views

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/gateway/incidents"
	"muster/incident"
)

// maxListed is how much text a list may be: Slack takes about 13,000 characters of blocks.
const (
	maxListed      = 9000
	maxListSection = 2700
)

// Listed shows incidents, one a line; all are those that have ended, too.
func Listed(list incidents.List, all bool, now time.Time) Say {
	title := fmt.Sprintf("%d incidents", len(list.Incidents))
	switch {
	case len(list.Incidents) == 0 && all:
		title = "There is no incident."
	case len(list.Incidents) == 0:
		title = "No incident is open."
	case len(list.Incidents) == 1:
		title = "1 incident"
	}
	end := listEnd(list)
	if len(list.Incidents) == 0 && len(end) == 0 {
		return Plain(title)
	}
	var lines []string
	for _, l := range list.Incidents {
		lines = append(lines, listedLine(l, Book{})+since(l.DeclaredAt, now))
	}
	blocks := append([]slackapi.Block{section("*" + title + "*")}, paragraphs(lines, "see one with `show INC-7`")...)
	return Say{Text: title, Blocks: append(blocks, end...)}
}

// listEnd says what a list leaves out.
func listEnd(list incidents.List) []slackapi.Block {
	var blocks []slackapi.Block
	if list.NextPageToken != "" {
		blocks = append(blocks, small("There are more. Look for what you need: `search checkout severity&lt;=2 since:90d`."))
	}
	return append(blocks, noteBlocks(list.Note)...)
}

// noteBlocks say what a list lacks or how old it may be.
func noteBlocks(note string) []slackapi.Block {
	if note == "" {
		return nil
	}
	return []slackapi.Block{small(esc(capital(note), 300) + ".")}
}

// paragraphs lays lines out in as few sections as can be, and says how many are left out.
func paragraphs(lines []string, mend string) []slackapi.Block {
	var blocks []slackapi.Block
	var part []string
	size, all := 0, 0
	for k, l := range lines {
		n := cost(l) + 2
		if all += n; all > maxListed {
			if len(part) > 0 {
				blocks = append(blocks, section(joined(part)))
			}
			return append(blocks, small(fmt.Sprintf("and %d more; %s", len(lines)-k, mend)))
		}
		if size += n; size > maxListSection {
			blocks = append(blocks, section(joined(part)))
			part, size = nil, n
		}
		part = append(part, l)
	}
	if len(part) > 0 {
		blocks = append(blocks, section(joined(part)))
	}
	return blocks
}

// cost is the length of a text in JSON, which is what Slack counts in a message.
func cost(s string) int {
	return units(s) + strings.Count(s, `"`) + strings.Count(s, `\`) + strings.Count(s, "\t") + strings.Count(s, "\n")
}

// listedLine is one incident in a list: INC-7 Checkout is down · 1 (Critical) · open · alice.
func listedLine(l incidents.Listed, b Book) string {
	key := incident.Key(l.Number)
	name := "*" + key + "*"
	if u := channelOf(l); u != "" {
		name = "*" + linked(incident.Link{Label: key, URL: u}) + "*"
	}
	parts := []string{name + " " + esc(l.Title, 250)}
	if l.Severity != 0 {
		parts = append(parts, "severity "+esc(b.SeverityName(l.Severity), 60))
	}
	if l.Status != "" {
		parts = append(parts, string(l.Status))
	}
	if l.Kind != "" && l.Kind != incident.KindIncident && l.Kind != incident.KindDrill {
		parts = append(parts, kindName(l.Kind))
	}
	if l.Commander != "" {
		parts = append(parts, "commander "+who(l.Commander))
	}
	if l.Snags > 0 {
		parts = append(parts, strconv.Itoa(l.Snags)+" stuck")
	}
	return strings.Join(parts, " · ")
}

// channelOf is the address of the incident's channel, or "".
func channelOf(l incidents.Listed) string {
	for _, k := range l.Links {
		if strings.HasPrefix(k.Label, "#") && webAddress(k.URL) {
			return k.URL
		}
	}
	return ""
}

// since says how long ago something was, roughly.
func since(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero() || d < 0:
		return ""
	case d < time.Minute:
		return " · just now"
	case d < time.Hour:
		return fmt.Sprintf(" · %d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf(" · %d h ago", int(d.Hours()))
	}
	return fmt.Sprintf(" · %d days ago", int(d.Hours()/24))
}

var channelID = regexp.MustCompile(`^[CG][0-9A-Z]+$`)

// Subscriptions shows of which incidents somebody is told.
func Subscriptions(list []incident.Subscription) Say {
	if len(list) == 0 {
		return Plain("You have no subscriptions. `subscribe severity&lt;=2 service:checkout` makes one.")
	}
	lines := []string{"You are told of:"}
	for _, s := range list {
		c := s.Conditions()
		if c == "" {
			c = "every incident"
		} else {
			c = "`" + codeText(c, 300) + "`"
		}
		if channelID.MatchString(s.Channel) {
			c += " (told in <#" + s.Channel + ">)"
		}
		lines = append(lines, "• "+c)
	}
	return Say{Text: "Your subscriptions", Blocks: append(paragraphs(lines, "end some with `unsubscribe`"),
		small("`unsubscribe` with the same conditions ends one, alone it ends all."))}
}
