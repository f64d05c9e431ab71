package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// mirror starts one coroutine per outside system. Pages were started before any of them. The
// tracker comes before chat so that, when both answer in one workflow task, the board and the
// bookmarks show the issue at once.
func (r *incidentRun) mirror(ctx workflow.Context) {
	r.inbox.start(ctx)
	r.keeper.start(ctx, r.mirrors()...)
	workflow.GoNamed(ctx, "mirror attributes", r.keepAttributes)
	workflow.GoNamed(ctx, "clock", r.keepClock)
}

func (r *incidentRun) mirrors() []*mirror {
	out := []*mirror{
		{name: "tracker", next: r.trackerStep},
		{name: "chat", next: r.chatStep},
		{name: "people", next: r.peopleStep},
		{name: "groups", next: r.groupsStep},
		{name: "furnishing", next: r.furnishingStep},
	}
	out = append(out, r.announcementMirrors()...)
	return append(out,
		&mirror{name: "call for help", next: r.callStep},
		&mirror{name: "log", next: r.channelLogStep},
		&mirror{name: "checklist", next: r.checklistStep},
		&mirror{name: "reminder", next: r.reminderStep},
		&mirror{name: "subscribers", next: r.subscribersStep},
		&mirror{name: "archive", next: r.archiveStep},
	)
}

// chatStep keeps the incident's channel and its board.
func (r *incidentRun) chatStep() *step {
	if r.facts.Links.Channel.ID == "" {
		if !r.wantsChannel() {
			return nil
		}
		return r.openChannel()
	}
	if r.channel() == "" {
		return nil
	}
	board := r.board()
	switch {
	case r.facts.Links.Board.ID == "":
		return r.inChannel(r.postBoard(board))
	case r.s.Told.Board.differs(markOfMessage(board), r.opening()):
		return r.inChannel(r.editBoard(board))
	}
	return nil
}

// wantsChannel says whether a channel is to be opened while there is none. Nobody needs one of
// what was cancelled or merged, unless one was perhaps made already.
func (r *incidentRun) wantsChannel() bool {
	over := r.facts.Status == incident.StatusCancelled || r.facts.Status == incident.StatusMerged
	return !over || len(r.s.Keeper.tried("chat")) > 0
}

// board is the channel's board as the facts want it.
func (r *incidentRun) board() incident.Message {
	m := incident.Board(r.facts, r.severityName())
	m.Key = r.key(fmt.Sprintf("board/%d", r.s.Told.Boards+1))
	return m
}

// callStep calls people in chat for a page that reached nobody: in the incident's channel, or
// where incidents are announced while there is none.
func (r *incidentRun) callStep() *step {
	p := r.unreached()
	switch {
	case p == nil:
		return nil
	case r.channel() != "":
		return r.inChannel(r.callPeople(p, r.channel()))
	case r.policy.Chat.Announce != "" && !r.facts.Private:
		return r.callPeople(p, r.policy.Chat.Announce)
	}
	return nil
}

// channelName names the channel in the Web UI; a private one's name would tell the title.
func (r *incidentRun) channelName(name string) string {
	if r.facts.Private {
		return "the channel of " + r.facts.Key()
	}
	return "#" + name
}

func (r *incidentRun) postBoard(board incident.Message) *step {
	upTo, channel := r.facts.Entries, r.facts.Links.Channel.ID
	return &step{
		name: "post the board",
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: "board in " + r.channelName(r.facts.Links.Channel.Name)},
		run: func(ctx workflow.Context, tried bool) error {
			var ref incident.MessageRef
			in := activities.PostMessageInput{Channel: channel, Message: board, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.PostMessage, in).Get(ctx, &ref)
			if err == nil && r.facts.Links.Channel.ID == channel { // another one may have followed meanwhile
				r.facts.Links.Board, r.s.Told.Board = ref, posted(board, tried)
				if r.s.Log.Seq == 0 { // the board tells what happened before it
					r.s.Log.Seq = upTo
				}
			}
			return err
		},
	}
}

func (r *incidentRun) editBoard(board incident.Message) *step {
	ref := r.facts.Links.Board
	return &step{
		name: "update the board",
		call: call{queue: api.QueueSlackWrite, class: classSet, summary: "board in " + r.channelName(r.facts.Links.Channel.Name)},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, chat.EditMessage, activities.EditMessageInput{Ref: ref, Message: board}).Get(ctx, nil)
			if err == nil && r.facts.Links.Board == ref {
				r.s.Told.Board = markOfMessage(board)
			}
			return err
		},
		// Somebody deleted the board: post another.
		gone: func(f activities.Failure) bool {
			if r.shutOut(f) {
				return false
			}
			if r.facts.Links.Board != ref {
				return true // another channel has followed meanwhile
			}
			r.facts.Links.Board = incident.MessageRef{}
			r.s.Told.Boards++
			return true
		},
	}
}

// unreached is a page whose every step was tried in vain and for which nobody was called yet.
func (r *incidentRun) unreached() *incident.Page {
	if !r.facts.Status.Live() {
		return nil
	}
	for k := range r.facts.Pages {
		p := &r.facts.Pages[k]
		if p.Status == incident.PageUnanswered && !slices.Contains(r.s.Told.Called, p.Number) {
			return p
		}
	}
	return nil
}

// callPeople is the fallback of a page that could not be delivered or that nobody answered:
// the people of the service are mentioned in chat.
func (r *incidentRun) callPeople(p *incident.Page, channel string) *step {
	number, why := p.Number, orElse(p.Problem, "nobody has answered")
	m := incident.Message{
		Key:      r.key(fmt.Sprintf("page/%d/mention", number)),
		Headline: fmt.Sprintf("The page to %s did not reach anybody", p.Target),
		Body:     []string{"Reason: " + why, fmt.Sprintf("Whoever reads this: please take %s (%s).", r.facts.Key(), r.facts.Shown())},
		Mention:  r.mentioned(p.Target),
		Links:    r.facts.Seen(),
	}
	return &step{
		name: fmt.Sprintf("mention people for page %d", number),
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: "mention people: page to " + p.Target + " was not delivered"},
		run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: channel, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.PostMessage, in).Get(ctx, nil)
			if err == nil {
				r.s.Told.Called = append(r.s.Told.Called, number)
				r.noteSelf("called", "People were mentioned in chat, since the page to "+p.Target+" was not delivered or answered")
			}
			return err
		},
	}
}

func (r *incidentRun) mentioned(target string) []string {
	for _, s := range r.policy.Services {
		if s.Target != nil && s.Target.Name == target && len(s.Responders) > 0 {
			return s.Responders
		}
	}
	var out []string
	for _, p := range r.facts.Responders {
		out = append(out, p.Person)
	}
	return out
}
