package walkthrough

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"muster/internal/sims/slacksim"
)

// What people do in Slack goes in as Slack's signed requests. An answer is an error unless Muster
// took what was asked for.

// deed is one thing that somebody does in Slack.
type deed func(s *story) error

// inSlack does things one after the other.
func inSlack(deeds ...deed) func(context.Context, *story) error {
	return func(_ context.Context, s *story) error {
		for _, d := range deeds {
			if err := d(s); err != nil {
				return err
			}
		}
		return nil
	}
}

// types gives a slash command in the incident's channel, or where nothing is declared yet, in the
// channel of the announcements. What Muster answers must contain a text.
func types(email, command, answer string) deed {
	return func(s *story) error {
		fmt.Fprintf(s.out, "   %s types %s\n", name(email), command)
		r, err := s.Sims.Slack.Person(email).SlashIn(s.place(), s.mentions(command))
		if err := taken(r, err); err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
		if !strings.Contains(r.Shown(), answer) {
			return fmt.Errorf("%s was answered %q, and should contain %q", command, r.Shown(), answer)
		}
		return nil
	}
}

var mention = regexp.MustCompile(`@(\w+)`)

// mentions puts IDs in the place of @alice, as Slack does while a person types.
func (s *story) mentions(command string) string {
	return mention.ReplaceAllStringFunc(command, func(at string) string {
		return fmt.Sprintf("<@%s|%s>", s.Sims.Slack.Person(at[1:]+"@example.com").ID, at[1:])
	})
}

// presses presses a button of the board as it is now.
func presses(email, label string) deed {
	return func(s *story) error {
		fmt.Fprintf(s.out, "   %s presses %s\n", name(email), label)
		b, ok := s.board().Button(label)
		if !ok {
			return fmt.Errorf("the board has no button %q: %s", label, s.board().Shown)
		}
		return taken(s.Sims.Slack.Person(email).Clicks(b))
	}
}

// submits fills in the form that is open, which is then gone or says what came of it.
func submits(email string, values map[string]string) deed {
	return func(s *story) error {
		p := s.Sims.Slack.Person(email)
		form, open := p.Modal()
		if !open {
			return fmt.Errorf("no form is open for %s", email)
		}
		fmt.Fprintf(s.out, "   %s fills in the form “%s”\n", name(email), form.Title)
		if err := taken(p.Submits(form, values)); err != nil {
			return fmt.Errorf("the form %q: %w", form.Title, err)
		}
		if after, open := p.Modal(); open && after.CallbackID == form.CallbackID {
			return fmt.Errorf("the form %q is still open: %v", form.Title, after.Errors)
		}
		if _, open := p.Modal(); open {
			_, err := p.ClosesModal()
			return err
		}
		return nil
	}
}

// reacts says something in the channel, and reacts to it.
func reacts(email, text, emoji string) deed {
	return func(s *story) error {
		fmt.Fprintf(s.out, "   %s writes “%s” and reacts with :%s:\n", name(email), text, emoji)
		p := s.Sims.Slack.Person(email)
		if err := p.Joins(s.place()); err != nil {
			return err
		}
		m, err := p.Posts(s.place(), text)
		if err != nil {
			return err
		}
		return p.Reacts(s.place(), m.TS, emoji)
	}
}

// taken says why Slack's request was not taken, if it was not.
func taken(r slacksim.Reply, err error) error {
	if err == nil && r.Status != http.StatusOK {
		err = fmt.Errorf("Muster answered %d: %s", r.Status, r.Body) //nolint:staticcheck // a name
	}
	return err
}

// place is where people write.
func (s *story) place() string {
	if s.facts.Links.Channel.ID != "" {
		return s.facts.Links.Channel.ID
	}
	return "incidents"
}

func (s *story) board() slacksim.Message {
	var found slacksim.Message
	s.messages(func(m slacksim.Message) {
		if strings.Contains(m.Key, "/board/") {
			found = m
		}
	})
	return found
}

// channelIsArchived says what is wrong with the channel of a closed incident: a quiet one is archived.
func (s *story) channelIsArchived() error {
	ch, ok := s.Sims.Slack.Channel(s.facts.Links.Channel.ID)
	if !ok {
		return errors.New("the incident's channel is gone")
	}
	if !ch.Archived {
		return errors.New("the incident's channel is not archived")
	}
	return nil
}

func name(email string) string {
	who, _, _ := strings.Cut(email, "@")
	return strings.ToUpper(who[:1]) + who[1:]
}
