package jirasim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
)

// User is a person with an account.
type User struct {
	Email string `json:"email"`
	Name  string `json:"name"`
	// AccountID is made up from Email if it is empty.
	AccountID string `json:"account_id"`
	// HideEmail keeps the address out of every answer, as people may choose; a search for it
	// finds the person all the same.
	HideEmail bool `json:"hide_email,omitempty"`
	// Inactive people are found and cannot be assigned.
	Inactive bool `json:"inactive,omitempty"`
	// Unassignable people lack the permission to be assigned.
	Unassignable bool `json:"unassignable,omitempty"`
}

// login is Data Center's name for the account.
func (u *User) login() string { return strings.Split(u.Email, "@")[0] }

// key is Data Center's own identifier, which stays when somebody is renamed. Since version 8.4
// new people have one that is unlike their name.
func (u *User) key() string {
	sum := sha256.Sum256([]byte(strings.ToLower(u.Email)))
	return fmt.Sprintf("JIRAUSER1%04d", int(sum[0])<<4|int(sum[1])>>4)
}

// AddUser adds a person, or changes the one with that address, and returns the account ID.
func (s *Sim) AddUser(u User) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	return s.addUser(u).AccountID
}

func (s *Sim) addUser(u User) *User {
	u.Email = strings.TrimSpace(u.Email)
	if u.AccountID == "" {
		sum := sha256.Sum256([]byte(strings.ToLower(u.Email)))
		h := hex.EncodeToString(sum[:])
		u.AccountID = fmt.Sprintf("712020:%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:32])
	}
	if u.Name == "" {
		u.Name = u.login()
	}
	made := s.state.ByEmail[strings.ToLower(u.Email)]
	if made == nil {
		made = &User{}
		s.state.Users = append(s.state.Users, made)
	}
	*made = u
	s.state.ByEmail[strings.ToLower(u.Email)] = made
	s.state.ByUser[u.AccountID] = made
	if !s.cloud() {
		s.state.ByUser[u.login()] = made
	}
	return made
}

func (s *Sim) renderUser(u *User) map[string]any {
	if u == nil {
		return nil
	}
	m := map[string]any{"displayName": u.Name, "active": !u.Inactive, "timeZone": "Etc/UTC"}
	if s.cloud() {
		m["accountId"], m["accountType"] = u.AccountID, "atlassian"
		m["self"] = s.base + api + "/user?accountId=" + u.AccountID
	} else {
		m["name"], m["key"] = u.login(), u.key()
		m["self"] = s.base + api + "/user?username=" + u.login()
	}
	if !u.HideEmail {
		m["emailAddress"] = u.Email
	}
	return m
}

func (s *Sim) searchUsers(r request) answer {
	query := r.URL.Query().Get("query")
	if !s.cloud() {
		query = r.URL.Query().Get("username")
	}
	if query == "" {
		return refusal(http.StatusBadRequest, "A query parameter is required: 'query', 'accountId' or 'property'.")
	}
	query = strings.ToLower(query)
	found := []map[string]any{}
	if s.state.Denied["USER_PICKER"] { // who may not browse users finds nobody, and is not told why
		return answer{status: http.StatusOK, body: found}
	}
	if exact := s.state.ByEmail[query]; exact != nil {
		return answer{status: http.StatusOK, body: append(found, s.renderUser(exact))}
	}
	for _, u := range s.state.Users {
		if strings.HasPrefix(strings.ToLower(u.Name), query) || strings.HasPrefix(strings.ToLower(u.Email), query) {
			found = append(found, s.renderUser(u))
		}
	}
	return answer{status: http.StatusOK, body: found[:min(len(found), 50)]}
}

func (s *Sim) myself(request) answer {
	return answer{status: http.StatusOK, body: s.renderUser(s.state.Bot)}
}

// person finds who does something by hand; nobody in particular is the first person.
func (s *Sim) person(email string) (*User, error) {
	if email == "" {
		return s.state.Users[min(1, len(s.state.Users)-1)], nil
	}
	if u := s.state.ByEmail[strings.ToLower(email)]; u != nil {
		return u, nil
	}
	return nil, fmt.Errorf("jirasim: nobody has the address %q; add them with AddUser", email)
}
