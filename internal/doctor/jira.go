package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/incident"
	"muster/integrations/jira"
	"muster/playbook"
)

// jira looks whether incidents, reviews and follow-ups can be kept as issues.
func (e *examination) jira(ctx context.Context) {
	const check = "jira"
	c := e.config.Jira
	if !c.On() {
		e.blindTo(check)
		return // the settings have said what that costs
	}
	client, err := e.tracker()
	if err != nil {
		e.vendorSays(check, err)
		return
	}
	if e.playbook == nil {
		e.say(Unchecked, check, "correct the playbook first", "project, types and fields are named by the playbook")
		return
	}
	found, err := client.Check(ctx, jiraSetup(e.playbook))
	for _, f := range found {
		state := Broken
		switch {
		case f.OK:
			state = OK
		case f.Unasked:
			state = Unchecked
		case f.Warning:
			state = Warning
		}
		subject := check + " " + f.Subject
		key := fmt.Sprintf("%s|%s|%s", state, subject, f.Text)
		if f.Example != "" {
			key = fmt.Sprintf("%s|%s|%s", state, subject, strings.ReplaceAll(f.Text, f.Example, ""))
		}
		e.sayAs(key, state, subject, f.Mend, "%s", f.Text)
		if f.Partial {
			e.blindTo(check)
		}
	}
	if err != nil {
		e.vendorSays(check, err)
	}
}

func (e *examination) tracker() (*jira.Client, error) {
	c := e.config.Jira
	return jira.New(jira.Options{URL: c.URL, Email: c.Email, Token: c.Token, Deployment: c.Deployment, HTTPClient: e.HTTPClient, Now: e.Now, SearchLagWait: e.SearchLagWait})
}

// jiraSetup is what the playbook wants of Jira.
func jiraSetup(p *playbook.Playbook) jira.Setup {
	t := p.Tracker()
	return jira.Setup{
		Project: t.Project, IncidentType: t.IncidentType, FollowUpType: t.FollowUpType, ReviewType: t.ReviewType,
		Fields: t.Fields, FollowUpFields: t.FollowUpFields, Done: t.Done, Open: t.Open,
		DroppedResolution: t.DroppedResolution, Priorities: slices.Collect(maps.Values(t.Priorities)),
		People: owners(p), Prefix: incident.KeyPrefix,
	}
}

// owners lists everybody who may come to own a follow-up, as far as the playbook names them.
func owners(p *playbook.Playbook) []string {
	var out []string
	for _, who := range p.People() {
		out = append(out, who.Email)
	}
	for _, name := range p.Services() {
		if s, ok := p.Service(name); ok {
			for _, who := range s.Responders {
				out = append(out, incident.NormalPerson(who))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
