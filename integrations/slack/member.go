package slack

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"muster/incident"
)

// Member is a person in Slack.
type Member struct {
	ID, Email, Name string
	// Zone is an IANA name, such as Europe/Oslo.
	Zone string
	// Deleted is true for a deactivated account.
	Deleted bool
	Bot     bool
	// Stranger is true for somebody of another workspace (or organisation), whom we meet in
	// shared channels.
	Stranger bool
	// Guest is true for somebody who sees only the channels that they were let into.
	Guest bool
}

// noAddress is the domain of people who have no e-mail address for us. It is no domain of
// the Internet, so nobody's own address ends with it.
const noAddress = "@slack"

// Person is how Muster names the member: by e-mail address, or else u024be7lh@slack. What
// another workspace says of its people's addresses is not believed: with it anybody could be
// one of ours.
func (m Member) Person() string {
	email := incident.NormalPerson(m.Email)
	if email == "" || m.Stranger || strings.HasSuffix(email, noAddress) || incident.CheckPerson("person", email) != nil {
		return PersonOf(m.ID)
	}
	return email
}

// PersonOf names the user whose e-mail address is not known.
func PersonOf(userID string) string { return strings.ToLower(userID) + noAddress }

// nameless matches what PersonOf makes.
var nameless = regexp.MustCompile(`^([uw][a-z0-9]{6,})@slack$`)

// UserOf gives back the user ID that PersonOf made a person of.
func UserOf(person string) (userID string, ok bool) {
	m := nameless.FindStringSubmatch(strings.ToLower(strings.TrimSpace(person)))
	if m == nil {
		return "", false
	}
	return strings.ToUpper(m[1]), true
}

type wireMember struct {
	ID       loose         `json:"id"`
	TeamID   loose         `json:"team_id"`
	Name     loose         `json:"name"`
	RealName loose         `json:"real_name"`
	Zone     loose         `json:"tz"`
	Deleted  lenient[bool] `json:"deleted"`
	Bot      lenient[bool] `json:"is_bot"`
	Stranger lenient[bool] `json:"is_stranger"`
	// Restricted is a guest of several channels, UltraRestricted one of a single channel.
	Restricted      lenient[bool] `json:"is_restricted"`
	UltraRestricted lenient[bool] `json:"is_ultra_restricted"`
	// EnterpriseUser is there for people of an organisation.
	EnterpriseUser lenient[struct {
		ID loose `json:"enterprise_id"`
	}] `json:"enterprise_user"`
	Profile lenient[struct {
		Email       loose `json:"email"`
		DisplayName loose `json:"display_name"`
		RealName    loose `json:"real_name"`
	}] `json:"profile"`
}

// Member tells who a user is. It is remembered for six hours (of a deactivated account and of a
// stranger five minutes), and the e-mail address with it,
// so that the person need not be looked up to be mentioned. A user whom Slack does not find or does
// not show us is a stranger (https://docs.slack.dev/reference/methods/users.info): that is an
// answer. An error is none, and whoever gets one does not know who it is.
func (c *Client) Member(ctx context.Context, userID string) (Member, error) {
	if m, ok := c.members.get(userID); ok {
		return m, nil
	}
	return c.askMember(ctx, userID)
}

// askMember is Member without a memory.
func (c *Client) askMember(ctx context.Context, userID string) (Member, error) {
	const operation = "users.info"
	if userID == "" {
		return Member{}, refuse(operation, "there is no user")
	}
	me, err := c.identity(ctx)
	if err != nil {
		return Member{}, err
	}
	var answer struct {
		User wireMember `json:"user"`
	}
	err = c.wire.call(ctx, operation, url.Values{"user": {userID}}, &answer)
	if hasReason(err, "user_not_found") || hasReason(err, "user_not_visible") {
		m := Member{ID: userID, Stranger: true}
		c.members.put(userID, m, unknownTTL)
		return m, nil
	}
	if err != nil {
		return Member{}, err
	}
	u := answer.User
	if u.ID == "" {
		return Member{}, emptyAnswer(operation)
	}
	m := Member{
		ID: string(u.ID), Email: string(u.Profile.V.Email), Zone: string(u.Zone),
		Name:    string(first(u.Profile.V.DisplayName, first(u.Profile.V.RealName, first(u.RealName, u.Name)))),
		Deleted: u.Deleted.V, Bot: u.Bot.V || string(u.ID) == slackbot,
		Stranger: u.Stranger.V, Guest: u.Restricted.V || u.UltraRestricted.V,
	}
	// is_stranger is said only of those whom we share no channel with. The people of the other
	// workspaces of our organisation are ours.
	ours := u.TeamID == "" || string(u.TeamID) == me.TeamID ||
		(me.EnterpriseID != "" && string(u.EnterpriseUser.V.ID) == me.EnterpriseID)
	m.Stranger = m.Stranger || !ours
	ttl := knownTTL
	if m.Deleted || m.Stranger { // an account that is given back should not wait long
		ttl = unknownTTL
	}
	c.members.put(userID, m, ttl)
	if email := m.Person(); !m.Deleted && !m.Bot && email != PersonOf(m.ID) {
		c.people.put(email, m.ID)
	}
	return m, nil
}

// Origin is where a request says that its person comes from: a workspace, and the organisation of
// the workspace where it happened.
type Origin struct{ TeamID, EnterpriseID string }

// Foreign reports whether a request comes from a person of another workspace. It asks Slack nothing
// once it is known who we are, and so it is known of such people while Slack refuses to say more of
// them. In an organisation a person of another workspace may be ours: only Member tells. The error
// is that of asking who we are.
func (c *Client) Foreign(ctx context.Context, o Origin) (bool, error) {
	me, err := c.identity(ctx)
	switch {
	case err != nil:
		return false, err
	case o.TeamID == "" || o.TeamID == me.TeamID:
		return false, nil
	case me.EnterpriseID == "":
		return true, nil
	}
	return o.EnterpriseID != "" && o.EnterpriseID != me.EnterpriseID, nil
}

// memory is a bounded memory of what Slack said.
type memory[V any] struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[string]remembered[V]
}

type remembered[V any] struct {
	value V
	until time.Time
}

func newMemory[V any](now func() time.Time) *memory[V] {
	return &memory[V]{now: now, entries: map[string]remembered[V]{}}
}

func (m *memory[V]) get(key string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	if !ok || !m.now().Before(e.until) {
		var none V
		return none, false
	}
	return e.value, true
}

func (m *memory[V]) put(key string, value V, ttl time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.entries) >= maxKnown {
		m.shrink()
	}
	m.entries[key] = remembered[V]{value: value, until: m.now().Add(ttl)}
}

// shrink drops what is out of date, and any half of the rest if that is not enough.
func (m *memory[V]) shrink() {
	for key, e := range m.entries {
		if !m.now().Before(e.until) {
			delete(m.entries, key)
		}
	}
	for key := range m.entries {
		if len(m.entries) < maxKnown/2 {
			return
		}
		delete(m.entries, key)
	}
}

// Self is our own bot's user ID.
func (c *Client) Self(ctx context.Context) (string, error) {
	me, err := c.account(ctx)
	return me.BotUserID, err
}
