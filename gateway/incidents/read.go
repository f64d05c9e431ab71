package incidents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"muster/incident"
	"muster/workflows/api"
)

// readWait bounds one look-up, so that a missing worker shows as an error and not as a pause.
const readWait = 5 * time.Second

// Viewer is who looks. Private incidents are seen by those who are part of them and by those
// who may see all.
type Viewer struct {
	// Person is an e-mail address, or empty when it is not known who looks.
	Person string
	// Private says that the viewer may see every private incident.
	Private bool
	// Guest says that the viewer sees only what they are part of, whether private or not.
	Guest bool
}

// Sees reports whether the viewer may see the incident.
func (v Viewer) Sees(i *incident.Incident) bool {
	if v.Private || (!i.Private && !v.Guest) {
		return true
	}
	who := incident.NormalPerson(v.Person)
	return who != "" && i.PartOf(who)
}

// Snapshot gives the facts of an incident. It asks a worker, so it needs one.
func (c *Client) Snapshot(ctx context.Context, number int) (incident.Incident, error) {
	var i incident.Incident
	if number < 1 {
		return i, invalid("incident", "write it like INC-42", "%d is no incident", number)
	}
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	err := c.whenThere(ctx, number, func() error { return c.query(ctx, api.IncidentID(number), api.Snapshot, &i) })
	if err == nil {
		return i, nil
	}
	return i, readError("show "+incident.Key(number), err)
}

// Register gives what the Register remembers.
func (c *Client) Register(ctx context.Context) (api.RegisterState, error) {
	var s api.RegisterState
	err := c.query(ctx, api.RegisterID, api.State, &s)
	switch {
	case err == nil:
		return s, nil
	case isNotFound(err):
		return s, &incident.Problem{
			Code: incident.CodeNotFound, Field: "register", Reason: "nothing was ever declared here", Mend: "declare something",
		}
	}
	return s, readError("ask the register", err)
}

// Watch calls seen with the facts of an incident, at once and whenever they have changed, until
// ctx ends or seen fails. While Temporal is away it waits; the caller hears of it through away,
// which may be nil.
func (c *Client) Watch(ctx context.Context, number int, every time.Duration, seen func(incident.Incident) error, away func(error)) error {
	var last []byte
	for {
		i, err := c.Snapshot(ctx, number)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, ErrAway):
			if away != nil {
				away(err)
			}
		case err != nil:
			return err
		default:
			now, err := json.Marshal(i)
			if err != nil {
				return fmt.Errorf("watch %s: %w", i.Key(), err)
			}
			if string(now) != string(last) {
				last = now
				if err := seen(i); err != nil {
					return err
				}
			}
		}
		if err := c.pause(ctx, every); err != nil {
			return err
		}
	}
}

func (c *Client) query(ctx context.Context, workflowID, name string, into any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	value, err := c.Temporal.QueryWorkflow(ctx, workflowID, "", name, args...)
	if err != nil {
		return err
	}
	if err := value.Get(into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", workflowID, err)
	}
	return nil
}
