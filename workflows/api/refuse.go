package api

import (
	"fmt"

	"muster/incident"
	"muster/internal/bounds"
)

// Refuse says why nothing takes in what a signal says, or nil: a field of it is larger than Bounds allows,
// or a status is none. Signals by hand pass no way in, so whoever takes one in asks it.
func Refuse(in any) error {
	if err := incident.Excess(Bounds.Check(in)); err != nil {
		return err
	}
	switch in := in.(type) {
	case incident.PageReport:
		return status(in.Status)
	case PageBrief:
		return status(in.Page.Status)
	case ReviewReport:
		return status(in.Status)
	case ReviewBrief:
		return status(in.Review.Status)
	case FollowUpReport:
		return status(in.Status)
	case FollowUpBrief:
		return status(in.FollowUp.Status)
	case AbsorbInput:
		for _, f := range in.FollowUps {
			if err := status(f.Status); err != nil {
				return err
			}
		}
	}
	return nil
}

func status[S interface {
	~string
	Known() bool
}](s S) error {
	if s.Known() {
		return nil
	}
	return fmt.Errorf("status: %q is none", bounds.Cut(string(s), 40))
}

// Fitting is what a workflow signals to another one as the other one takes it in: what is larger than
// Bounds allows, such as a vendor's words, is cut in a copy, for a report that is refused would be lost.
func Fitting(news any) any {
	if news == nil || Bounds.Check(news) == nil {
		return news
	}
	fit, err := Bounds.Fitted(news)
	if err != nil {
		return news
	}
	return fit
}
