package jirasim

import (
	"crypto/subtle"
	"fmt"
	"maps"
	"net/http"
)

// Jira Cloud does not turn away who comes with a wrong or expired token: it serves them as an
// anonymous visitor, who on most sites sees nothing. A search finds nothing, an issue "does not
// exist", and only the header X-Seraph-LoginReason tells. What needs somebody, such as creating an
// issue or asking who one is, is refused with 401. Data Center answers 401 to all of it.
// (MrRefactoring/jira.js#418, raycast/extensions#27550, tenable/integration-jira-cloud#165)

const loginFailed = "AUTHENTICATED_FAILED"

// needsSomebody are the operations that Cloud refuses to an anonymous visitor; what concerns one
// issue is not among them, since that visitor sees no issue.
var needsSomebody = map[string]bool{
	"issue.create": true, "myself.get": true, "issuelink.add": true, "user.search": true, "user.assignable": true,
}

// admitted says whether the request comes from the account. The reason is Jira's word for a login that
// was tried in vain, and empty where none was tried.
func (s *Sim) admitted(r *http.Request) (ok bool, reason string) {
	given := r.Header.Get("Authorization")
	if given == "" {
		return false, ""
	}
	s.mu.Lock()
	expired := s.state.Expired
	s.mu.Unlock()
	if expired {
		return false, loginFailed
	}
	if s.options.Token == "" {
		return true, ""
	}
	want := "Bearer " + s.options.Token
	if email, token, basic := r.BasicAuth(); basic {
		given, want = email+":"+token, s.state.Bot.Email+":"+s.options.Token
	}
	if subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1 {
		return true, ""
	}
	return false, loginFailed
}

func unauthenticated() answer {
	a := refusal(http.StatusUnauthorized, "Client must be authenticated to access this resource.")
	a.header = map[string]string{"WWW-Authenticate": `Basic realm="Jira"`}
	return a
}

// withReason says in the header why a login failed.
func (a answer) withReason(reason string) answer {
	if reason == "" {
		return a
	}
	header := map[string]string{"X-Seraph-LoginReason": reason}
	maps.Copy(header, a.header)
	a.header = header
	return a
}

// ExpireToken makes the account's token expire, so that its requests are served as Jira serves
// strangers. RenewToken takes that back.
func (s *Sim) ExpireToken() { s.expire(true) }

// RenewToken makes the token valid again.
func (s *Sim) RenewToken() { s.expire(false) }

func (s *Sim) expire(expired bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	s.state.Expired = expired
}

// HideIssue puts a security level on an issue that the account is not in: nothing shows it any more, and
// asking for it is answered as if it did not exist. ShowIssue takes the level away.
func (s *Sim) HideIssue(key string) error { return s.secure(key, true) }

// ShowIssue takes the security level away that HideIssue has put on an issue.
func (s *Sim) ShowIssue(key string) error { return s.secure(key, false) }

func (s *Sim) secure(key string, hidden bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		return fmt.Errorf("jirasim: there is no issue %q", key)
	}
	s.changed()
	i.Secured = hidden
	return nil
}

// see finds an issue as whoever asks may see it: an issue behind a security level, or in a project that
// may not be browsed, is answered like one that does not exist.
func (s *Sim) see(r request, keyOrID string) *issue {
	i := s.find(keyOrID)
	if i == nil || !s.shows(r, i) {
		return nil
	}
	return i
}

func (s *Sim) shows(r request, i *issue) bool {
	return !r.anonymous && !i.Secured && !s.state.Denied["BROWSE_PROJECTS"]
}

// seeProject finds a project as whoever asks may see it.
func (s *Sim) seeProject(r request, keyOrID string) *project {
	if r.anonymous || s.state.Denied["BROWSE_PROJECTS"] {
		return nil
	}
	return s.project(keyOrID)
}
