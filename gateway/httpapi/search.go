package httpapi

import (
	"net/http"
	"slices"

	"muster/gateway/incidents"
	"muster/gateway/internal/answer"
	"muster/gateway/rates"
)

// search finds incidents of all times. A parameter that is not known is refused, as in lists.
func (s *server) search(w http.ResponseWriter, r *http.Request, by Caller) error {
	asked := r.URL.Query()
	for name := range asked {
		if !slices.Contains([]string{"q", "limit", "page_token"}, name) {
			return answer.Invalid(name, "is no parameter", "use q, limit or page_token; filters such as severity<=2 stand in q")
		}
	}
	limit, err := number(asked, "limit")
	if err != nil {
		return err
	}
	if err := s.Rates.Take(by.rated(), rates.Search); err != nil {
		return err
	}
	found, err := s.Incidents.Search(r.Context(), incidents.Search{
		Text: asked.Get("q"), Limit: limit, PageToken: asked.Get("page_token"), Viewer: by.viewer(),
	})
	if err != nil {
		return err
	}
	answer.JSON(w, http.StatusOK, found)
	return nil
}
