package views

import (
	"fmt"
	"strconv"
	"time"

	"muster/incident"
	"muster/workflows/api"
)

func (r *reader) followUp() {
	r.command(api.AddFollowUp, incident.AddFollowUp{
		Title: r.text(BlockTitle), Owner: r.user(BlockOwner), Due: r.dueDay(),
		Kind: incident.FollowUpKind(r.one(BlockKind)), Priority: incident.FollowUpPriority(r.one(BlockPriority)), Urgent: r.ticked(BlockUrgent, BlockUrgent),
	})
}

// changeFollowUp asks only for what was changed in the form, so that it undoes nothing that others
// changed while it was open.
func (r *reader) changeFollowUp() {
	number := r.asked.Meta.FollowUp
	if number < 1 {
		r.fail("", "This form does not say which follow-up it is about. Close it and open it again.")
		return
	}
	switch become := r.one(BlockBecome); become {
	case becomeKept, becomeAccepted:
		c := r.changed(number)
		if become == becomeAccepted {
			c.Status, c.Claim = incident.FollowUpAccepted, !c.Nobody
		}
		r.command(api.ChangeFollowUp, c)
	case becomeDone:
		r.command(api.ChangeFollowUp, incident.ChangeFollowUp{Number: number, Status: incident.FollowUpDone, WhileOpen: true})
	case becomeDropped:
		r.command(api.ChangeFollowUp, incident.ChangeFollowUp{Number: number, Status: incident.FollowUpDropped, Reason: r.text(BlockReason), WhileOpen: true})
	case becomeMerged:
		into, err := strconv.Atoi(r.one(BlockInto))
		if err != nil {
			r.fail(BlockInto, "Choose the follow-up that goes on.")
			return
		}
		r.command(api.MergeFollowUp, incident.MergeFollowUp{Number: number, Into: into})
	case becomeSnoozed:
		r.command(api.SnoozeFollowUp, incident.SnoozeFollowUp{Number: number, Until: r.moment(BlockUntil), Reason: r.text(BlockReason)})
	default:
		r.fail(BlockBecome, "Choose what should become of it.")
	}
}

// changed is what the form says of owner and date that it did not say when it was opened.
func (r *reader) changed(number int) incident.ChangeFollowUp {
	was := r.asked.Meta.Was
	if was == nil {
		was = &Was{}
	}
	c := incident.ChangeFollowUp{Number: number, WhileOpen: true}
	switch chosen := r.one(BlockOwner); {
	case chosen == was.Owner:
	case chosen == "":
		c.Nobody = true
	default:
		c.Owner = r.user(BlockOwner)
	}
	if due := r.dueDay(); due != was.Due {
		c.Due = due
	}
	return c
}

// standIns are follow-ups of an incident of which the form knows no more than their numbers.
func (r *reader) standIns() []incident.FollowUp {
	var out []incident.FollowUp
	into, _ := strconv.Atoi(r.one(BlockInto))
	for _, n := range []int{r.asked.Meta.FollowUp, into} {
		if n > 0 {
			out = append(out, incident.FollowUp{Number: n, Status: incident.FollowUpProposed})
		}
	}
	return out
}

// unixTime reads a moment in seconds.
func unixTime(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}, fmt.Errorf("%q is no moment", s)
	}
	return time.Unix(n, 0).UTC(), nil
}
