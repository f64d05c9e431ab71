package views

import (
	"fmt"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/integrations/slack"
)

// HomeData is what a person's home tab shows. It holds nothing that they may not see.
type HomeData struct {
	Person string
	Now    time.Time
	// Mine are the open incidents in which the person has a part, Others all further ones.
	Mine, Others []incidents.Listed
	// Ended are those of the person that have ended lately.
	Ended []incidents.Listed
	// FollowUps are those that the person owns.
	FollowUps []incidents.ListedFollowUp
	// Due is what the person is owed or owes, of other kinds.
	Due []HomeDue
	// Problem says what could not be looked up, such as "Temporal does not answer".
	Problem string
	// Source is who has answered, empty where nobody has.
	Source incidents.Source
	// Note says what the archive is missing for, or how old it may be.
	Note string
	// Book names the severities; it may be empty.
	Book Book
}

// HomeDue is one thing that waits for the person.
type HomeDue struct {
	Text string
	Link incident.Link
	Due  incident.Date
}

// How many lines each part of the home tab has. All together stay far below Slack's 100 blocks.
const (
	homeMine      = 20
	homeOthers    = 25
	homeEnded     = 5
	homeFollowUps = 12
	homeDue       = 10
)

// Home is the home tab.
func Home(h HomeData) slackapi.HomeTabViewRequest {
	blocks := []slackapi.Block{
		section("When something is wrong, declare it. A title is enough, and a low severity wakes nobody."),
		actions(primary(button(incident.ActionDeclare, "", "Declare an incident"))),
	}
	if h.Problem != "" {
		blocks = append(blocks, section("*This page is not complete*: "+esc(h.Problem, 300)+". Declaring works as soon as it can be recorded."))
	}
	blocks = append(blocks, incidentsPart(h, "Your incidents", h.Mine, homeMine)...)
	others := "Open incidents"
	if len(h.Mine) > 0 {
		others = "Other open incidents"
	}
	blocks = append(blocks, incidentsPart(h, others, h.Others, homeOthers)...)
	if len(h.Mine)+len(h.Others) == 0 && h.Problem == "" {
		blocks = append(blocks, header("Open incidents"), section("No incident is open."))
	}
	blocks = append(blocks, followUpsPart(h)...)
	blocks = append(blocks, duePart(h)...)
	blocks = append(blocks, incidentsPart(h, "Your incidents that have ended lately", h.Ended, homeEnded)...)
	blocks = append(blocks, noteBlocks(h.Note)...)
	if !h.Now.IsZero() {
		from := map[incidents.Source]string{incidents.SourceTemporal: ", from Temporal alone", incidents.SourceArchive: ", from the archive and from Temporal"}
		blocks = append(blocks, small("As of "+slack.Moment(h.Now)+from[h.Source]+". Open this tab again for what is new."))
	}
	return slackapi.HomeTabViewRequest{Type: slackapi.VTHomeTab, CallbackID: "home", Blocks: slackapi.Blocks{BlockSet: blocks}}
}

func incidentsPart(h HomeData, title string, list []incidents.Listed, most int) []slackapi.Block {
	if len(list) == 0 {
		return nil
	}
	blocks := []slackapi.Block{header(title)}
	for k, l := range list {
		if k == most {
			return append(blocks, small(fmt.Sprintf("and %d more; the command `list` shows them", len(list)-k)))
		}
		markup := listedLine(l, h.Book) + since(l.DeclaredAt, h.Now)
		if u := channelOf(l); u != "" {
			blocks = append(blocks, beside(markup, button(incident.ActionOpen, incident.Key(l.Number), "Open channel").WithURL(u)))
			continue
		}
		blocks = append(blocks, section(markup))
	}
	return blocks
}

func followUpsPart(h HomeData) []slackapi.Block {
	if len(h.FollowUps) == 0 {
		return nil
	}
	blocks := []slackapi.Block{header("Your follow-ups")}
	for k, l := range h.FollowUps {
		if k == homeFollowUps {
			return append(blocks, small(fmt.Sprintf("and %d more; the command `follow-ups mine` shows them", len(h.FollowUps)-k)))
		}
		blocks = append(blocks, followUpBlocks(l)...)
	}
	return blocks
}

func duePart(h HomeData) []slackapi.Block {
	if len(h.Due) == 0 {
		return nil
	}
	blocks := []slackapi.Block{header("What waits for you")}
	for k, d := range h.Due {
		if k == homeDue {
			return append(blocks, small(fmt.Sprintf("and %d more", len(h.Due)-k)))
		}
		markup := esc(d.Text, 500)
		if d.Link.URL != "" {
			markup += " · " + linked(d.Link)
		}
		blocks = append(blocks, section(orDots(markup+due(d.Due, h.Now))))
	}
	return blocks
}

// due says when something is due; a day that has passed everywhere is overdue.
func due(d incident.Date, now time.Time) string {
	day, err := time.Parse(time.DateOnly, string(d))
	switch {
	case err != nil:
		return ""
	case !now.IsZero() && now.Sub(day) > 36*time.Hour:
		return " · *overdue since " + string(d) + "*"
	}
	return " · due " + string(d)
}
