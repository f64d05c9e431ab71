package activities

import (
	"context"

	"muster/workflows/api"
)

// Examiner looks whether Muster can do its work.
type Examiner interface {
	Examine(ctx context.Context) (api.CheckUpSeen, error)
}

// Examining holds the activity of the daily check-up.
type Examining struct {
	// Doctor is nil where nobody examines.
	Doctor Examiner
}

// ExamineInstallation looks at everything that this worker can see. It asks, and changes nothing.
func (e *Examining) ExamineInstallation(ctx context.Context) (api.CheckUpSeen, error) {
	if e.Doctor == nil {
		return api.CheckUpSeen{}, off(ctx, "doctor", "start a worker with the environment of the gateway")
	}
	seen, err := e.Doctor.Examine(ctx)
	return seen, applicationError(ctx, err)
}
