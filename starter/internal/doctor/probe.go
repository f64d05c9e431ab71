package doctor

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/internal/config"
)

const (
	// questionTime bounds one question to Slack.
	questionTime = 10 * time.Second
	// channelPages is how far the list of channels is read, 999 a page.
	channelPages = 10
	channelPage  = 999
)

// probe asks Slack what only the doctor wants to know.
type probe struct {
	api    *slackapi.Client
	tokens []string
	// seen counts the channels that were listed.
	seen int
}

func newProbe(c config.Slack, client *http.Client) *probe {
	if client == nil {
		client = &http.Client{Timeout: questionTime}
	}
	options := []slackapi.Option{slackapi.OptionHTTPClient(client), slackapi.OptionAppLevelToken(c.AppToken.Reveal())}
	if c.APIURL != "" {
		options = append(options, slackapi.OptionAPIURL(strings.TrimSuffix(c.APIURL, "/")+"/"))
	}
	return &probe{api: slackapi.New(c.Token.Reveal(), options...), tokens: []string{c.Token.Reveal(), c.AppToken.Reveal()}}
}

// failure is what Slack said, or why it said nothing, without any token.
func (p *probe) failure(err error) error {
	if isDone(err) {
		return errors.New("Slack does not answer in time") //nolint:staticcheck // a name
	}
	text := err.Error()
	if said, ok := errors.AsType[slackapi.SlackErrorResponse](err); ok {
		text = said.Err
	}
	for _, t := range p.tokens {
		if t != "" {
			text = strings.ReplaceAll(text, t, "***")
		}
	}
	return errors.New(text)
}

// socket asks for the address of a connection, and does not connect. The address has a ticket
// in it and is forgotten.
func (p *probe) socket(ctx context.Context) (reason string, err error) {
	_, address, err := p.api.StartSocketModeContext(ctx)
	switch {
	case err != nil:
		err = p.failure(err)
		return err.Error(), err
	case address == "":
		return "Slack gave no address", errors.New("no address")
	}
	return "", nil
}

type channel struct {
	id               string
	archived, member bool
}

// channels finds channels by #name or ID. all is false when the workspace has more than were
// looked at.
func (p *probe) channels(ctx context.Context, wanted []string, private bool) (found map[string]channel, all bool, err error) {
	types := []string{"public_channel"}
	if private {
		types = append(types, "private_channel")
	}
	found, p.seen = map[string]channel{}, 0
	cursor := ""
	for range channelPages {
		page, next, err := p.api.GetConversationsContext(ctx, &slackapi.GetConversationsParameters{Cursor: cursor, Limit: channelPage, Types: types})
		if err != nil {
			return nil, false, p.failure(err)
		}
		p.seen += len(page)
		for _, ch := range page {
			for _, name := range wanted {
				if name != ch.ID && strings.TrimPrefix(name, "#") != ch.Name {
					continue
				}
				// An archived channel keeps its name; a living one of that name is meant.
				if was, twice := found[name]; !twice || was.archived {
					found[name] = channel{id: ch.ID, archived: ch.IsArchived, member: ch.IsMember}
				}
			}
		}
		if cursor = next; cursor == "" || len(found) == len(wanted) {
			return found, cursor == "", nil
		}
	}
	return found, false, nil
}

// groups lists the handles of the workspace's user groups.
func (p *probe) groups(ctx context.Context) (map[string]bool, error) {
	list, err := p.api.GetUserGroupsContext(ctx)
	if err != nil {
		return nil, p.failure(err)
	}
	handles := map[string]bool{}
	for _, g := range list {
		handles[strings.ToLower(g.Handle)] = true
	}
	return handles, nil
}

// person reports whether somebody has an account.
func (p *probe) person(ctx context.Context, email string) (bool, error) {
	_, err := p.api.GetUserByEmailContext(ctx, email)
	var said slackapi.SlackErrorResponse
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &said) && said.Err == "users_not_found":
		return false, nil
	}
	return false, p.failure(err)
}
