package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"muster/gateway/incidents"
	"muster/gateway/internal/answer"
)

// listedFollowUps answers a list of follow-ups.
type listedFollowUps struct {
	FollowUps     []incidents.ListedFollowUp `json:"follow_ups"`
	NextPageToken string                     `json:"next_page_token"`
	// Incomplete says what is missing and why.
	Incomplete string `json:"incomplete,omitempty"`
	// Source is who has answered: temporal or archive.
	Source incidents.Source `json:"source"`
	// Note says in a line what is lacking or how old it may be.
	Note string `json:"note,omitempty"`
}

func (s *server) followUps(w http.ResponseWriter, r *http.Request, by Caller) error {
	f, err := followUpFilterOf(r.URL.Query(), by)
	if err != nil {
		return err
	}
	list, err := s.Incidents.FollowUps(r.Context(), f)
	if err != nil {
		return err
	}
	if list.FollowUps == nil {
		list.FollowUps = []incidents.ListedFollowUp{}
	}
	answer.JSON(w, http.StatusOK, listedFollowUps(list))
	return nil
}

// The owners that are no e-mail addresses: whoever asks, and nobody.
const (
	ownerMe     = "me"
	ownerNobody = "nobody"
)

// followUpFilterOf reads a filter, and refuses parameters that are none as filterOf does.
func followUpFilterOf(q url.Values, by Caller) (incidents.FollowUpFilter, error) {
	f := incidents.FollowUpFilter{Service: q.Get("service"), PageToken: q.Get("page_token"), Viewer: by.viewer()}
	for name := range q {
		if !slices.Contains([]string{"all", "overdue", "undecided", "owner", "service", "limit", "page_token"}, name) {
			return f, answer.Invalid(name, "is no filter", "use all, overdue, undecided, owner, service, limit or page_token")
		}
	}
	switch owner := q.Get("owner"); owner {
	case ownerMe:
		if f.Owner = by.Actor.Person; f.Owner == "" {
			return f, answer.Invalid("owner", "the token is nobody's, so it is not known who you are", "write an e-mail address")
		}
	case ownerNobody:
		f.Nobody = true
	default:
		f.Owner = owner
	}
	var err error
	if f.All, err = yes(q, "all"); err != nil {
		return f, err
	}
	if f.Overdue, err = yes(q, "overdue"); err != nil {
		return f, err
	}
	if f.Undecided, err = yes(q, "undecided"); err != nil {
		return f, err
	}
	f.Limit, err = number(q, "limit")
	return f, err
}

// yes reads a parameter that is true or false, and false where it is left out.
func yes(q url.Values, name string) (bool, error) {
	v := q.Get(name)
	if v == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		return false, answer.Invalid(name, "is neither true nor false", "write "+name+"=true")
	}
	return b, nil
}
