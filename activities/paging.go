package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

// Pager reaches people. Its methods are idempotent by key as long as the page is open.
type Pager interface {
	// Trigger pages whom the routing key leads to or, when call.Reach is set, whom that names: then
	// there is no routing key.
	Trigger(ctx context.Context, routingKey fault.Secret, call incident.PageRequest) error
	Acknowledge(ctx context.Context, routingKey fault.Secret, key string) error
	Resolve(ctx context.Context, routingKey fault.Secret, key string) error
	// AcknowledgeReached and ResolveReached are for pages that Reach led to somebody.
	AcknowledgeReached(ctx context.Context, key string) error
	ResolveReached(ctx context.Context, key string) error
	Find(ctx context.Context, key string) (incident.PageState, error)
	// Notified says whom the pager has notified for the page with the key, and whether there is more than
	// it tells. knownID is the ID of the page as Find gave it, or empty.
	Notified(ctx context.Context, key, knownID string) (list []incident.Woken, more bool, err error)
}

// Paging holds the activities that reach people.
type Paging struct {
	// Pager is nil where no pager is set up.
	Pager Pager
	// Secret resolves a credential's name, such as env:PD_CHECKOUT.
	Secret func(name string) (fault.Secret, error)
}

// TriggerPageInput asks for one attempt to reach a target.
type TriggerPageInput struct {
	Request incident.PageRequest `json:"request"`
	Tried   bool                 `json:"tried,omitempty"`
	// Again asks for a page that is out already to be sent once more, unless somebody has answered.
	Again bool `json:"again,omitempty"`
}

// TriggerPage pages. When it may have paged before, it looks first, because a key that was
// resolved in between would page again; when looking fails it pages all the same, since a
// second page is better than none.
func (p *Paging) TriggerPage(ctx context.Context, in TriggerPageInput) (incident.PageState, error) {
	secret, err := p.secretFor(ctx, in.Request.Reach, in.Request.Credential)
	if err != nil {
		return incident.PageState{}, err
	}
	if look(ctx, in.Tried) {
		s, err := p.find(ctx, in.Request.Key)
		hushed := s.Acknowledged || s.Answered() // sending it again would ring for nobody, or for what somebody has taken
		if err == nil && s.Found && (hushed || !in.Again) {
			return s, nil
		}
	}
	return incident.PageState{}, applicationError(ctx, p.Pager.Trigger(ctx, secret, in.Request))
}

// maxFind is how long an attempt looks before it pages: the rest of its time is enough for a pager
// that takes five seconds.
const maxFind = 4 * time.Second

// find looks for at most half of the time that is left, so that a look-up that hangs leaves
// time to page.
func (p *Paging) find(ctx context.Context, key string) (incident.PageState, error) {
	if deadline, ok := ctx.Deadline(); ok {
		half, cancel := context.WithTimeout(ctx, min(time.Until(deadline)/2, maxFind))
		defer cancel()
		ctx = half
	}
	return p.Pager.Find(ctx, key)
}

// PageHandle names one attempt at the pager.
type PageHandle struct {
	Key        string `json:"key"`
	Credential string `json:"credential"`
	// Reach names whom to reach where no credential leads there, as incident.PageRequest has it.
	Reach string `json:"reach,omitempty"`
}

// ResolvePages ends every attempt at the pager, so that nobody is woken for what is over.
// It is safe to repeat: the pager ignores keys that are not open.
func (p *Paging) ResolvePages(ctx context.Context, attempts []PageHandle) error {
	return p.each(ctx, attempts, func(a PageHandle, s fault.Secret) error {
		if a.Reach != "" {
			return p.Pager.ResolveReached(ctx, a.Key)
		}
		return p.Pager.Resolve(ctx, s, a.Key)
	})
}

// AcknowledgePages stops the pager's own escalation because a person has taken the page here.
func (p *Paging) AcknowledgePages(ctx context.Context, attempts []PageHandle) error {
	return p.each(ctx, attempts, func(a PageHandle, s fault.Secret) error {
		if a.Reach != "" {
			return p.Pager.AcknowledgeReached(ctx, a.Key)
		}
		return p.Pager.Acknowledge(ctx, s, a.Key)
	})
}

func (p *Paging) each(ctx context.Context, attempts []PageHandle, call func(PageHandle, fault.Secret) error) error {
	var first error
	for _, a := range attempts {
		secret, err := p.secretFor(ctx, a.Reach, a.Credential)
		if err == nil {
			err = applicationError(ctx, call(a, secret))
		}
		// One that may still work decides: a permanent failure first would keep Temporal from
		// trying the others again.
		if err != nil && (first == nil || !permanent(err)) {
			first = err
		}
	}
	return first
}

// FindPages says what the pager knows of attempts, by key. One that could not be looked up is not in
// the answer, and keeps nothing from the others; it fails when it learns nothing at all.
func (p *Paging) FindPages(ctx context.Context, keys []string) (map[string]incident.PageState, error) {
	if p.Pager == nil {
		return nil, off(ctx, "pagerduty", "set PAGERDUTY_TOKEN")
	}
	out := make(map[string]incident.PageState, len(keys))
	var first error
	for _, k := range keys {
		s, err := p.Pager.Find(ctx, k)
		if err == nil {
			out[k] = s
			continue
		}
		if first == nil {
			first = err
		}
		if fault.General(err) {
			break
		}
	}
	if len(out) == 0 {
		return nil, applicationError(ctx, first)
	}
	return out, nil
}

// OpCredential is the operation of a failure to resolve the credential that the playbook names.
const OpCredential = "credential"

// secretFor resolves the credential of an attempt, which has none where Reach names whom to reach.
func (p *Paging) secretFor(ctx context.Context, reach, credential string) (fault.Secret, error) {
	if reach != "" && p.Pager != nil {
		return fault.Secret{}, nil
	}
	return p.secret(ctx, credential)
}

func (p *Paging) secret(ctx context.Context, name string) (fault.Secret, error) {
	if p.Pager == nil {
		return fault.Secret{}, off(ctx, "pagerduty", "give the worker the routing keys that the playbook names")
	}
	s, err := p.Secret(name)
	if err == nil && s.Empty() {
		err = errors.New("is empty")
	}
	if err != nil {
		return fault.Secret{}, applicationError(ctx, &fault.Error{
			Vendor: "pagerduty", Operation: OpCredential, Class: fault.Permanent,
			Reason: fmt.Sprintf("credential %s: %v", name, err), Mend: fmt.Sprintf("set %s in the worker's environment", strings.TrimPrefix(name, "env:")),
		})
	}
	return s, nil
}
