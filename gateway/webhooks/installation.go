package webhooks

import (
	"context"
	"errors"
	"sync"
	"time"

	"muster/incident"
	"muster/workflows/api"
)

// installation remembers this installation's ID, which Register minted.
type installation struct {
	ask func(ctx context.Context) (api.RegisterState, error)
	now func() time.Time

	mu    sync.Mutex
	id    string
	asked time.Time
	// failed and failedAt keep a burst of deliveries from waiting in turn for a worker that is away.
	failed   error
	failedAt time.Time
}

// installationTTL is how often a key that does not match makes us ask again, in case Register
// was made anew. installationRest is how long a failure to ask is believed.
const (
	installationTTL  = time.Minute
	installationRest = 2 * time.Second
)

// matches reports whether ours accepts the installation's ID. Nothing was ever declared where
// there is no Register, so nothing matches.
func (i *installation) matches(ctx context.Context, ours func(id string) bool) (bool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.id != "" && ours(i.id) {
		return true, nil
	}
	if i.id != "" && i.now().Sub(i.asked) < installationTTL {
		return false, nil
	}
	if i.failed != nil && i.now().Sub(i.failedAt) < installationRest {
		return false, i.failed
	}
	state, err := i.ask(ctx)
	i.failed, i.failedAt = nil, i.now()
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		return false, nil
	}
	if err == nil && state.Installation == "" {
		err = errors.New("the register names no installation")
	}
	if err != nil {
		i.failed = err
		return false, err
	}
	i.id, i.asked = state.Installation, i.now()
	return ours(i.id), nil
}
