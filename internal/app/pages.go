package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/integrations/fault"
	"muster/playbook"
)

// mutePage is a credential of the playbook that this process does not have.
type mutePage struct {
	// Credential is as the playbook names it, Variable as the environment does.
	Credential, Variable string
	// Lost says what will therefore not happen.
	Lost []string
}

// warnOfPages says, loudly and once at the start, which pages of the playbook cannot go out. It
// stops nothing: the other pages go out, and a playbook that names a service before its key is
// there is no reason to run no incidents.
func (a *App) warnOfPages(ctx context.Context) {
	log := a.options.Logger
	p, err := a.Playbook.Current()
	if err != nil {
		log.WarnContext(ctx, "the playbook cannot be read here, so nobody can say whether its pages will go out",
			"playbook", a.config.Playbook, "error", err, "mend", "give the worker the playbook of the gateway with MUSTER_PLAYBOOK")
		return
	}
	for _, m := range mutePages(p.Credentials(), p.Targets(), a.config.Secret) {
		log.ErrorContext(ctx, "a credential for pages is not set", "credential", m.Credential, "lost", strings.Join(m.Lost, "; "),
			"mend", fmt.Sprintf("set %s for the worker to the integration key of a PagerDuty service (Events API v2), and start the worker again", m.Variable))
	}
}

// mutePages finds the credentials that are not set, in the order of the playbook.
func mutePages(credentials []string, targets []playbook.PageTarget, secret func(string) (fault.Secret, error)) []mutePage {
	unset := func(credential string) bool { _, err := secret(credential); return err != nil }
	var mute []mutePage
	for _, c := range credentials {
		if unset(c) {
			mute = append(mute, mutePage{Credential: c, Variable: strings.TrimPrefix(c, "env:"), Lost: lost(c, targets, unset)})
		}
	}
	return mute
}

func lost(credential string, targets []playbook.PageTarget, unset func(string) bool) []string {
	var out []string
	for _, t := range targets {
		silent := !slices.ContainsFunc(t.Steps, func(s playbook.PageStep) bool { return !unset(s.Credential) })
		for k, s := range t.Steps {
			switch {
			case s.Credential != credential:
			case silent:
				out = append(out, "nobody is paged for "+t.Name)
			default:
				out = append(out, fmt.Sprintf("step %d of %d of %s pages nobody", k+1, len(t.Steps), t.Name))
			}
		}
	}
	return slices.Compact(out)
}
