// Package slackdoor is how people in Slack reach Muster: the slash command, forms, buttons,
// shortcuts, reactions, mentions and the home tab. The same Door serves both ways in, signed
// HTTP and Socket Mode.
//
// Slack gives an answer three seconds and sends commands and clicks only once. So whatever a
// person asks for is handed to Temporal before they are answered, and the answer says which of
// three things is true: it is done, it is recorded and will be applied, or it is not recorded and
// what to do. The Door holds no state; what it remembers is only there to save look-ups.
package slackdoor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/gateway/incidents"
	"muster/gateway/rates"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/playbook"
	"muster/workflows/api"
)

// Incidents is what the Door needs of incidents.Client.
type Incidents interface {
	DeclareOrRecord(ctx context.Context, key, words string, d incident.Declaration) (res api.DeclareResult, recorded bool, err error)
	MayCommand(ctx context.Context, number int, v incidents.Viewer) error
	Command(ctx context.Context, number int, name string, cmd incident.Command) (incidents.Outcome, error)
	Snapshot(ctx context.Context, number int) (incident.Incident, error)
	Remembered(ctx context.Context, number int, v incidents.Viewer) (incident.Incident, error)
	Recall(ctx context.Context, number int, v incidents.Viewer, away error) (incidents.Shown, error)
	List(ctx context.Context, f incidents.Filter) (incidents.List, error)
	Own(ctx context.Context, v incidents.Viewer) (incidents.Own, error)
	ByChannel(ctx context.Context, channelID, channelName string) (int, error)
	Deliver(ctx context.Context, workflowID, signal string, input any) error
	Subscribe(ctx context.Context, in api.SubscribeInput) (res api.SubscribeResult, recorded bool, err error)
	Unsubscribe(ctx context.Context, in api.SubscribeInput) (res api.SubscribeResult, recorded bool, err error)
	Subscriptions(ctx context.Context, who incident.Subscriber) ([]incident.Subscription, error)
	FollowUps(ctx context.Context, f incidents.FollowUpFilter) (incidents.FollowUpList, error)
	Search(ctx context.Context, s incidents.Search) (incidents.Found, error)
	OwedTo(ctx context.Context, person string) ([]api.OwedLine, error)
}

// Slack is what the Door needs of slack.Client.
type Slack interface {
	Self(ctx context.Context) (userID string, err error)
	Member(ctx context.Context, userID string) (slack.Member, error)
	Foreign(ctx context.Context, o slack.Origin) (bool, error)
	UserID(ctx context.Context, person string) (string, error)
	OpenView(ctx context.Context, triggerID string, v slackapi.ModalViewRequest) error
	PublishHome(ctx context.Context, userID string, v slackapi.HomeTabViewRequest) error
	Message(ctx context.Context, channel, ts, thread string) (slack.InboundMessage, error)
	Ephemeral(ctx context.Context, channel, userID, text string, blocks []slackapi.Block) error
	Direct(ctx context.Context, userID, text string, blocks []slackapi.Block) error
	Respond(ctx context.Context, responseURL, text string, blocks []slackapi.Block, inChannel, replace bool) error
	Permalink(ctx context.Context, channel, ts, thread string) string
}

// Playbook gives the playbook that serves now.
type Playbook interface {
	Current() (*playbook.Playbook, error)
}

// Options are the settings of a Door. Incidents, Slack and Playbook are needed.
type Options struct {
	Incidents Incidents
	Slack     Slack
	Playbook  Playbook
	// SlashCommand is what people type, "/incident" when empty.
	SlashCommand string
	// Rates bound how often somebody makes something new; nil bounds nothing.
	Rates  *rates.Limits
	Logger *slog.Logger
	Now    func() time.Time
	// Budget bounds the handling of one request, DefaultBudget when zero.
	Budget time.Duration
}

// DefaultBudget is what we take of Slack's three seconds; the rest is the network's.
const DefaultBudget = 2700 * time.Millisecond

// Recording is what incidents.Options.Recording should be for a Door: recording must fit into
// the budget behind the wait for an answer.
const Recording = 600 * time.Millisecond

// lookUp bounds one question whose answer only makes things nicer, such as who somebody is.
const lookUp = 800 * time.Millisecond

// lookingUp bounds a question of which the answer can be done without. All of them together leave
// half of the budget to what cannot: handing the request to Temporal, or opening the form.
func (d *Door) lookingUp(ctx context.Context) (context.Context, context.CancelFunc) {
	wait := lookUp
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline)-d.Budget/2)
	}
	return context.WithTimeout(ctx, wait)
}

// asking bounds a question that must be answered before a command can be handed over, so that
// there is still time to record it afterwards.
func (d *Door) asking(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(Recording, d.Budget/4)))
}

// Door takes what people do in Slack. It is safe for concurrent use.
type Door struct {
	Options
	found  *memo[int]  // incident by channel
	joined *memo[bool] // by incident and person
	later  later
	// ended ends what nobody waits for.
	ended context.Context
	end   context.CancelFunc
}

// New makes a Door. It calls nothing.
func New(o Options) *Door {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SlashCommand == "" {
		o.SlashCommand = "/incident"
	}
	if o.Budget <= 0 {
		o.Budget = DefaultBudget
	}
	d := &Door{Options: o, found: newMemo[int](o.Now), joined: newMemo[bool](o.Now)}
	d.ended, d.end = context.WithCancel(context.Background())
	return d
}

// request is one thing that a person does, whichever way it came.
type request struct {
	by slack.Member
	// unconfirmed is true when Slack did not say who it is: then they may declare and no more.
	unconfirmed bool
	// channel and channelName are where the person was, empty outside of channels.
	channel, channelName string
	// trigger opens one form within three seconds; empty where Slack gives none.
	trigger string
	// response answers later, to this person only.
	response string
	// id makes what is asked happen once, however often Slack sends it.
	id string
	// words names who typed what, for a line that may be typed again because no answer came.
	words string
	// asked is true for the answer to a question of ours: what is done takes the question's
	// place, so that nobody answers it twice.
	asked bool
	// lost is set when something could not be recorded, for a caller who can have it sent again.
	lost *bool
}

// losing notes an error that means that nothing was recorded.
func (r request) losing(err error) {
	if r.lost != nil && (errors.Is(err, incidents.ErrNotRecorded) || errors.Is(err, incidents.ErrAway)) {
		*r.lost = true
	}
}

func (r request) person() string { return r.by.Person() }

func (r request) actor() incident.Actor {
	return incident.Actor{Person: r.person(), Way: incident.WaySlack}
}

// rated is whose bound counts: the account's, whatever name it goes by.
func (r request) rated() rates.Caller { return rates.Caller{Name: "slack/" + r.by.ID, Person: true} }

func (r request) viewer() incidents.Viewer {
	return incidents.Viewer{Person: r.person(), Guest: r.by.Guest}
}

// Command takes a slash command.
func (d *Door) Command(ctx context.Context, c slack.SlashCommand) (answer slack.Answer) {
	if c.Check {
		return slack.Answer{}
	}
	ctx, cancel := context.WithTimeout(ctx, d.Budget)
	defer cancel()
	defer d.caught(ctx, "command", func() { answer = slack.Answer{Body: message(defect())} })
	r := request{
		channel: c.ChannelID, channelName: c.ChannelName, trigger: c.TriggerID, response: c.ResponseURL, id: triggered(c.TriggerID),
	}
	say := d.from(ctx, &r, c.UserID, slack.Origin{TeamID: c.TeamID, EnterpriseID: c.EnterpriseID})
	if say == nil {
		say = d.line(ctx, r, c.Text)
	}
	if say == nil {
		return slack.Answer{}
	}
	body := message(*say)
	if raw, err := json.Marshal(body); err == nil && len(raw) > maxReply && r.response != "" {
		d.tell(ctx, r, say)
		return slack.Answer{}
	}
	return slack.Answer{Body: body}
}

// maxReply is how much JSON an answer may be that goes back with the acknowledgement: Socket Mode
// takes 20,000 bytes. A message of Slack's size can be more, for not every letter is one byte.
const maxReply = 18_000

// triggered is the ID of what a trigger asks for. Without a trigger nothing tells one request
// from another, so each is its own.
func triggered(triggerID string) string { return "slack/" + cmp.Or(triggerID, incidents.NewID()) }

func (d *Door) member(ctx context.Context, userID string) (slack.Member, error) {
	ctx, cancel := d.lookingUp(ctx)
	defer cancel()
	m, err := d.Slack.Member(ctx, userID)
	if err != nil {
		return slack.Member{ID: userID}, err
	}
	return m, nil
}

// personOf names a user whom somebody has chosen.
func (d *Door) personOf(ctx context.Context) func(userID string) string {
	return func(userID string) string {
		if strings.Contains(userID, "@") { // they were named by their address
			return incident.NormalPerson(userID)
		}
		m, err := d.member(ctx, userID)
		if err != nil {
			d.Logger.WarnContext(ctx, "somebody is named by their user ID alone", "user_id", userID, "error", err)
		}
		return m.Person()
	}
}

// book is the playbook as forms and the grammar need it.
func (d *Door) book() (book, error) {
	p, err := d.Playbook.Current()
	if err != nil {
		return book{}, err
	}
	return book{Book: views.BookOf(p, d.Now()), playbook: p}, nil
}

// outcome says what became of a command.
func (d *Door) outcome(ctx context.Context, key string, out incidents.Outcome, err error) *views.Say {
	if err != nil {
		return d.failed(ctx, err)
	}
	if out.Recorded {
		return new(views.Recorded(key))
	}
	return new(views.Plain("*" + key + "*: " + slack.Escape(strings.TrimRight(out.Result.Line(), ".")) + "."))
}

// failed says why something was not done, and what to do.
func (d *Door) failed(ctx context.Context, err error) *views.Say {
	if p, ok := incident.AsProblem(err); ok {
		return new(views.Problem(*p))
	}
	d.Logger.ErrorContext(ctx, "not recorded", "error", err)
	return new(views.NotRecorded(reasonOf(err), "Please try again. Trying again does nothing twice."))
}

// unseen says why something cannot be shown. Nothing was asked for that could be recorded.
func (d *Door) unseen(ctx context.Context, err error) *views.Say {
	if p, ok := incident.AsProblem(err); ok {
		return new(views.Problem(*p))
	}
	d.Logger.WarnContext(ctx, "nothing can be shown", "error", err)
	return new(views.Plain("Muster cannot look now: " + slack.Escape(reasonOf(err)) + ". Please try again. Declaring does not need it."))
}

func reasonOf(err error) string {
	if lost, ok := errors.AsType[*incidents.NotRecordedError](err); ok {
		return lost.Reason()
	}
	if errors.Is(err, incidents.ErrArchiveAway) {
		return "the archive does not answer"
	}
	if errors.Is(err, incidents.ErrAway) || errors.Is(err, context.DeadlineExceeded) {
		return "Temporal or its workers do not answer in time"
	}
	return "something went wrong here, and it was logged"
}
