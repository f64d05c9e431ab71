package activities

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"muster/incident"
)

// raising is how many first attempts are made at once.
const raising = 32

// RaisePages makes the first attempts of new incidents ahead of the pages that own them, the worst
// first, so that nobody who is to be woken waits for workflows to be started. Whether they arrived is
// no matter of its caller: each page makes its attempt itself, and looks before.
func (p *Paging) RaisePages(ctx context.Context, calls []incident.PageRequest) error {
	slices.SortStableFunc(calls, func(a, b incident.PageRequest) int { return cmp.Compare(a.Severity, b.Severity) })
	failed := make([]error, len(calls))
	var all sync.WaitGroup
	room := make(chan struct{}, raising)
	for k, call := range calls {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			failed[k] = p.raise(ctx, call)
		})
	}
	all.Wait()
	return cmp.Or(failed...)
}

func (p *Paging) raise(ctx context.Context, call incident.PageRequest) error {
	secret, err := p.secret(ctx, call.Credential)
	if err == nil {
		err = applicationError(ctx, p.Pager.Trigger(ctx, secret, call))
	}
	return err
}
