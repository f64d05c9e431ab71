package jirasim

import "time"

// state is the site: everything that a restart must not forget. Sim.mu guards it.
type state struct {
	Lag      time.Duration
	Limits   []writeLimit // of the writes to one issue
	LastID   int
	Delivery int
	Projects map[string]*project
	Order    []*project
	Issues   []*issue // oldest first; deleted ones are nil
	Live     int
	ByKey    map[string]*issue
	ByID     map[string]*issue
	ByLabel  map[string][]*issue
	Fields   []*field
	Users    []*User
	ByEmail  map[string]*User
	ByUser   map[string]*User // by account ID or, on Data Center, name
	Bot      *User
	Denied   map[string]bool // by permission
	Expired  bool            // the account's token is
	Survey   survey
}

type writeLimit struct {
	Writes int
	Per    time.Duration
}

func newState() state {
	return state{
		LastID: 10000, Projects: map[string]*project{},
		ByKey: map[string]*issue{}, ByID: map[string]*issue{}, ByLabel: map[string][]*issue{},
		ByEmail: map[string]*User{}, ByUser: map[string]*User{}, Denied: map[string]bool{"DELETE_ISSUES": true},
	}
}
