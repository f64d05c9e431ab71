package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"muster/workflows/api"
)

// Owing holds the activities that ask follow-ups what people are owed.
type Owing struct {
	Temporal  client.Client
	Namespace string
	// Page is how many follow-ups one call asks; 0 is DefaultOwingPage.
	Page int
}

// DefaultOwingPage is how many follow-ups one call asks, one after the other. A page fits into one
// attempt also when each has to be replayed first.
const DefaultOwingPage = 100

var errNoTime = errors.New("no time was left to ask")

// askWithin bounds one question to a follow-up, whose worker may have to replay it.
const askWithin = 5 * time.Second

// DueInput asks for what is due, page by page.
type DueInput struct {
	At time.Time `json:"at"`
	// People are asked for; with Others everybody but Elsewhere is.
	People    []string `json:"people,omitempty"`
	Others    bool     `json:"others,omitempty"`
	Elsewhere []string `json:"elsewhere,omitempty"`
	Page      []byte   `json:"page,omitempty"`
}

// wants reports whether somebody is asked for.
func (in DueInput) wants(person string) bool {
	return slices.Contains(in.People, person) || (in.Others && !slices.Contains(in.Elsewhere, person))
}

// PersonLines are what one person is owed.
type PersonLines struct {
	Person string         `json:"person"`
	Lines  []api.OwedLine `json:"lines"`
}

// Due is one page of what is due.
type Due struct {
	Installation string        `json:"installation,omitempty"`
	People       []PersonLines `json:"people,omitempty"`
	// Unread are the follow-ups that could not be asked, by workflow ID.
	Unread []string `json:"unread,omitempty"`
	// Next continues; empty at the end.
	Next []byte `json:"next,omitempty"`
}

// ListDue lists one page of the follow-ups that ask somebody for something, and asks each for its
// lines as they are at that moment. Visibility only says whom to ask: it lags, and a follow-up that
// has been done meanwhile has no line. One that cannot be asked keeps none of the others.
func (o *Owing) ListDue(ctx context.Context, in DueInput) (Due, error) {
	var due Due
	query := fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running' AND %s <= '%s'",
		api.TypeFollowUp, api.AttrDue, in.At.UTC().Format(time.RFC3339Nano))
	next, err := o.ask(ctx, query, in.At, in.Page, func(id string, s api.FollowUpState, err error) {
		if err != nil {
			due.Unread = append(due.Unread, id)
			return
		}
		due.Installation = s.Installation
		for _, a := range s.Asks {
			if !a.Told && in.wants(a.Person) {
				due.add(a.Person, owedLine(id, a))
			}
		}
	})
	due.Next = next
	return due, err
}

func owedLine(id string, a api.PersonAsk) api.OwedLine {
	return api.OwedLine{FollowUp: id, Ask: a.Ask, Turn: a.Turn, Line: a.Line}
}

func (d *Due) add(person string, l api.OwedLine) {
	k := slices.IndexFunc(d.People, func(p PersonLines) bool { return p.Person == person })
	if k < 0 {
		d.People = append(d.People, PersonLines{Person: person})
		k = len(d.People) - 1
	}
	d.People[k].Lines = append(d.People[k].Lines, l)
}

// LinesInput asks some follow-ups again what they ask of one person.
type LinesInput struct {
	Person    string    `json:"person"`
	FollowUps []string  `json:"follow_ups"`
	At        time.Time `json:"at"`
}

// LinesNow gives those lines that still hold. Of a follow-up that has ended, or was given to
// somebody else, there is none.
func (o *Owing) LinesNow(ctx context.Context, in LinesInput) ([]api.OwedLine, error) {
	out := []api.OwedLine{}
	for k, id := range in.FollowUps {
		s, err := o.stateOf(ctx, id, in.At)
		switch {
		case isNotFound(err):
			continue
		case err != nil:
			return nil, applicationError(ctx, err)
		}
		for _, a := range s.Asks {
			if a.Person == in.Person && !a.Told {
				out = append(out, owedLine(id, a))
			}
		}
		activity.RecordHeartbeat(ctx, k)
	}
	return out, nil
}

// WeekInput asks for what became of follow-ups since a time, page by page.
type WeekInput struct {
	Since time.Time `json:"since"`
	At    time.Time `json:"at"`
	Page  []byte    `json:"page,omitempty"`
}

// Week is one page of them: those that are open, and those that have ended since.
type Week struct {
	FollowUps []api.FollowUpState `json:"follow_ups,omitempty"`
	Unread    []string            `json:"unread,omitempty"`
	Next      []byte              `json:"next,omitempty"`
}

// ListWeek lists one page of the follow-ups that are open or have ended since a time, without those of private
// incidents: they are told of in channels. Visibility lags by a moment, so that each is asked too.
func (o *Owing) ListWeek(ctx context.Context, in WeekInput) (Week, error) {
	var week Week
	query := fmt.Sprintf("WorkflowType = '%s' AND %s = false AND (ExecutionStatus = 'Running' OR (ExecutionStatus = 'Completed' AND CloseTime >= '%s'))",
		api.TypeFollowUp, api.AttrPrivate, in.Since.UTC().Format(time.RFC3339Nano))
	next, err := o.ask(ctx, query, in.At, in.Page, func(id string, s api.FollowUpState, err error) {
		ended := s.FollowUp.Status.Ended()
		switch {
		case err != nil:
			week.Unread = append(week.Unread, id)
		case s.Private:
		case !ended, s.FollowUp.EndedAt.After(in.Since):
			s.Snags = nil
			for k := range s.Asks {
				s.Asks[k].Line = api.Line{}
			}
			week.FollowUps = append(week.FollowUps, s)
		}
	})
	week.Next = next
	return week, err
}

// ask lists one page of a visibility query and asks every follow-up in it for its state.
func (o *Owing) ask(ctx context.Context, query string, at time.Time, page []byte, f func(id string, s api.FollowUpState, err error)) ([]byte, error) {
	size := o.Page
	if size == 0 {
		size = DefaultOwingPage
	}
	resp, err := o.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: o.Namespace, Query: query, PageSize: int32(size), NextPageToken: page, // small, or a test's
	})
	if err != nil {
		return nil, applicationError(ctx, fmt.Errorf("list follow-ups: %w", err))
	}
	for k, e := range resp.GetExecutions() {
		id := e.GetExecution().GetWorkflowId()
		if short(ctx) { // many were slow; what is known by now is worth more than a new beginning
			f(id, api.FollowUpState{}, errNoTime)
			continue
		}
		s, err := o.stateOf(ctx, id, at)
		if ctx.Err() != nil {
			return nil, applicationError(ctx, ctx.Err())
		}
		if !isNotFound(err) {
			f(id, s, err)
		}
		activity.RecordHeartbeat(ctx, k)
	}
	return resp.GetNextPageToken(), nil
}

func (o *Owing) stateOf(ctx context.Context, id string, at time.Time) (api.FollowUpState, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var s api.FollowUpState
	value, err := o.Temporal.QueryWorkflow(ctx, id, "", api.State, api.OwedQuery{At: at})
	if err != nil {
		return s, fmt.Errorf("ask %s: %w", id, err)
	}
	if err := value.Get(&s); err != nil {
		return s, fmt.Errorf("read what %s answers: %w", id, err)
	}
	if s.FollowUp.Number == 0 {
		return s, fmt.Errorf("%s answers nothing", id)
	}
	return s, nil
}

func isNotFound(err error) bool {
	var gone *serviceerror.NotFound
	return errors.As(err, &gone)
}
