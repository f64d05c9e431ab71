package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
)

// Drills declares, sees and ends incidents the way that people do.
type Drills interface {
	DeclareCanary(ctx context.Context, in api.CanaryDeclareInput) (api.DeclareResult, error)
	Snapshot(ctx context.Context, number int) (incident.Incident, error)
	// PageState is what a page of an incident says of itself.
	PageState(ctx context.Context, number, page int) (api.PageState, error)
	// CommandCanary gives a command, which has to be applied and not only recorded.
	CommandCanary(ctx context.Context, number int, name string, cmd incident.Command) error
	// LeftCanaries are the drills of canaries that are still open though they were declared before a time.
	LeftCanaries(ctx context.Context, before time.Time) ([]int, error)
	Register(ctx context.Context) (api.RegisterState, error)
}

// MessageFinder finds a message by its key in a channel; the answer is empty if there is none.
type MessageFinder interface {
	FindMessage(ctx context.Context, channel, key string) (incident.MessageRef, error)
}

// Canary holds the activities of canaries. A vendor that is nil is not set up.
type Canary struct {
	Drills   Drills
	Pager    Pager
	Messages MessageFinder
	Issues   IssueTracker
}

// DeclareCanary declares the drill, once for each key.
func (c *Canary) DeclareCanary(ctx context.Context, in api.CanaryDeclareInput) (api.DeclareResult, error) {
	res, err := c.Drills.DeclareCanary(ctx, in)
	return res, applicationError(ctx, err)
}

// TidyCanaries cancels the drills that earlier canaries have left open, and gives their numbers.
func (c *Canary) TidyCanaries(ctx context.Context, in api.CanaryTidyInput) ([]int, error) {
	left, err := c.Drills.LeftCanaries(ctx, in.Before)
	for k, number := range left {
		if err = c.cancel(ctx, number, fmt.Sprintf("canary/tidy/%d", number)); err != nil {
			return left[:k], applicationError(ctx, err)
		}
	}
	return left, applicationError(ctx, err)
}

func (c *Canary) cancel(ctx context.Context, number int, id string) error {
	cancel := incident.Cancel{Meta: incident.Meta{CommandID: id, Actor: incident.CanaryActor()}, Reason: "the canary has left it"}
	err := c.Drills.CommandCanary(ctx, number, api.Cancel, cancel)
	if _, refused := incident.AsProblem(err); refused {
		return nil // it has ended meanwhile
	}
	return err
}

// How often a leg is looked at, less and less often.
const (
	firstLook = 200 * time.Millisecond
	lastLook  = 2 * time.Second
)

// WalkLeg waits until a leg has come to its end, and fails for good with the reason why it has not.
func (c *Canary) WalkLeg(ctx context.Context, in api.CanaryLegInput) error {
	end := time.Now().Add(in.Within)
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(-time.Second).Before(end) {
		end = deadline.Add(-time.Second) // in which the reason is told
	}
	pause, last := firstLook, error(nil)
	for {
		looking, done := context.WithDeadline(ctx, end)
		err := c.look(looking, in)
		done()
		if err == nil {
			return nil
		}
		if last == nil || looking.Err() == nil { // one that was cut off says less than the one before
			last = err
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx)
		}
		select {
		case <-ctx.Done():
			return applicationError(ctx, ctx.Err()) // the worker stops, and another one goes on
		case <-time.After(min(pause, max(time.Until(end), 0))):
		}
		if !time.Now().Before(end) {
			return applicationError(ctx, late(last))
		}
		pause = min(pause*3/2, lastLook)
	}
}

// late is the last reason, as a failure that is not tried again.
func late(err error) error {
	e := &fault.Error{Vendor: "muster", Operation: "canary", Class: fault.Permanent, Reason: fault.Words(err.Error())}
	if known, ok := fault.As(err); ok {
		e.Vendor, e.Operation, e.Reason, e.Mend = known.Vendor, known.Operation, known.Said(), known.Mend
	}
	return e
}

// look reports whether a leg has come to its end, and what is missing.
func (c *Canary) look(ctx context.Context, in api.CanaryLegInput) error {
	switch in.Leg {
	case api.LegEnd:
		return c.end(ctx, in)
	case api.LegPage, api.LegAck, api.LegPageEnd:
		return c.page(ctx, in)
	}
	facts, err := c.Drills.Snapshot(ctx, in.Number)
	if err != nil {
		return err
	}
	switch in.Leg {
	case api.LegChat:
		return c.chat(ctx, in, &facts)
	case api.LegChannel:
		return missing(facts.Links.Board.ID == "", &facts, "slack", "the drill has no channel with its board")
	case api.LegArchive:
		return missing(facts.Links.Archived.IsZero(), &facts, "slack", "the drill's channel is not archived")
	case api.LegTracker, api.LegIssueEnd:
		return c.issue(ctx, in, &facts)
	}
	return fmt.Errorf("%q is no leg", in.Leg)
}

// missing is what is not there, with the snag that says why if there is one.
func missing(is bool, facts *incident.Incident, vendor, what string) error {
	if !is {
		return nil
	}
	for _, s := range facts.Snags {
		if s.Vendor == vendor || s.From == vendor {
			return fmt.Errorf("%s: %s: %s", what, s.Step, s.Reason)
		}
	}
	return fmt.Errorf("%s", what)
}

// unset is the failure of a leg whose vendor has no settings here.
func unset(vendor, mend string) error {
	return &fault.Error{Vendor: vendor, Operation: "settings", Class: fault.Off, Reason: vendor + " is not set up", Mend: mend}
}

func (c *Canary) chat(ctx context.Context, in api.CanaryLegInput, facts *incident.Incident) error {
	if err := missing(facts.Links.Announcement.ID == "", facts, "slack", "nothing was posted in "+in.Channel); err != nil {
		return err
	}
	if c.Messages == nil {
		return unset("slack", chatMend)
	}
	state, err := c.Drills.Register(ctx)
	if err != nil {
		return err
	}
	key := api.VendorKey(state.Installation, api.IncidentID(in.Number), api.KeyAnnouncement)
	found, err := c.Messages.FindMessage(ctx, in.Channel, key)
	if err == nil && found.ID == "" {
		err = fmt.Errorf("the message is not found in %s", in.Channel)
	}
	return err
}

func (c *Canary) issue(ctx context.Context, in api.CanaryLegInput, facts *incident.Incident) error {
	ref := facts.Links.Tracker
	if err := missing(ref.Key == "", facts, "jira", "no issue was made"); err != nil {
		return err
	}
	if c.Issues == nil {
		return unset("jira", trackerMend)
	}
	states, err := c.Issues.IssueStates(ctx, []string{ref.Key})
	if err != nil {
		return err
	}
	switch {
	case len(states) != 1 || states[0].Unread || states[0].Unseen:
		return fmt.Errorf("%s is not found", ref.Key)
	case in.Leg == api.LegIssueEnd && !states[0].Done:
		return missing(true, facts, "jira", ref.Key+" is "+states[0].Status+" and not done")
	}
	return nil
}

// page looks for the page at the pager, and acknowledges it.
func (c *Canary) page(ctx context.Context, in api.CanaryLegInput) error {
	if c.Pager == nil {
		return unset("pagerduty", "set PAGERDUTY_TOKEN")
	}
	if in.Leg == api.LegAck {
		ack := incident.Acknowledge{Meta: incident.Meta{CommandID: in.Key + "/ack", Actor: incident.CanaryActor()}, Page: 1, Person: playbook.CanaryPerson}
		if err := c.Drills.CommandCanary(ctx, in.Number, api.Acknowledge, ack); err != nil {
			return err
		}
	}
	page, err := c.Drills.PageState(ctx, in.Number, 1)
	if err != nil {
		return err
	}
	keys := page.Keys
	for _, e := range page.Ended {
		keys = append(keys, e.Key)
	}
	if len(keys) == 0 {
		return fmt.Errorf("nobody was paged yet")
	}
	s, err := c.Pager.Find(ctx, keys[0])
	switch {
	case err != nil:
		return err
	case !s.Found:
		return fmt.Errorf("the page is not found at the pager")
	case in.Leg == api.LegAck && !s.Acknowledged:
		return fmt.Errorf("the pager does not show that the page was acknowledged")
	case in.Leg == api.LegPageEnd && !s.Resolved:
		return fmt.Errorf("the pager does not show that the page was resolved")
	}
	return nil
}

// end resolves the drill, or cancels it where something of it never came to be.
func (c *Canary) end(ctx context.Context, in api.CanaryLegInput) error {
	if in.Cancel {
		return c.cancel(ctx, in.Number, in.Key+"/cancel")
	}
	return c.Drills.CommandCanary(ctx, in.Number, api.Resolve, incident.Resolve{
		Meta: incident.Meta{CommandID: in.Key + "/resolve", Actor: incident.CanaryActor()},
	})
}
