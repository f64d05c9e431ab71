package jira

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"muster/integrations/fault"
)

type typeStatuses struct {
	ID       string       `json:"id"`
	Name     string       `json:"name"`
	Statuses []wireStatus `json:"statuses"`
}

// checkWay looks whether an issue can be finished and opened again. Without an issue Jira tells only
// which statuses a type has: whether transitions join them is asked of an issue, if there is one.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-projects/#api-rest-api-2-project-projectidorkey-statuses-get
func (s *survey) checkWay(ctx context.Context) error {
	var all []typeStatuses
	err := s.c.do(ctx, call{op: "project.statuses", method: http.MethodGet, path: "project/" + url.PathEscape(s.want.Project) + "/statuses", out: &all})
	if err != nil {
		return err
	}
	examples, err := s.examples(ctx)
	if err != nil {
		return err
	}
	for _, w := range s.wantedTypes() {
		at := slices.IndexFunc(all, func(t typeStatuses) bool { return strings.EqualFold(t.Name, strings.TrimSpace(w.name)) })
		if at < 0 {
			continue // the types have been told about
		}
		if s.checkStatuses(all[at]) {
			if err := s.checkTransitions(ctx, all[at].Name, examples[strings.ToLower(all[at].Name)]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *survey) checkStatuses(t typeStatuses) (usable bool) {
	subject := "workflow of " + t.Name
	var names, finished, unfinished []string
	for _, st := range t.Statuses {
		names = append(names, st.Name)
		if st.done() {
			finished = append(finished, st.Name)
		} else {
			unfinished = append(unfinished, st.Name)
		}
	}
	list := strings.Join(names, ", ")
	done, open := len(finished) > 0, len(unfinished) > 0
	switch {
	case !done:
		s.say(broken(subject, "give a status of this workflow the category Done in Jira", "none of its statuses (%s) counts as done, so nothing is ever finished", list))
	case !open:
		s.say(broken(subject, "give a status of this workflow the category To Do in Jira", "all of its statuses (%s) count as done, so a new issue is taken for finished", list))
	}
	for _, wish := range []struct {
		key          string
		names, right []string
		are          string
	}{{"tracker.done", s.want.Done, finished, "counts as done"}, {"tracker.open", s.want.Open, unfinished, "counts as not done"}} {
		fits := func(n string) bool { return named(wish.right, strings.TrimSpace(n)) }
		if len(wish.names) > 0 && len(wish.right) > 0 && !slices.ContainsFunc(wish.names, fits) {
			s.say(warning(subject, "write there one of "+strings.Join(wish.right, ", "),
				"%s names no status of this workflow that %s, so Muster picks one by its category", wish.key, wish.are))
		}
	}
	return done && open
}

// examples finds an issue of each type, among the first that a search gives.
func (s *survey) examples(ctx context.Context) (map[string]string, error) {
	path := "search"
	if s.c.cloud {
		path = "search/jql"
	}
	body := map[string]any{"jql": "project = " + quoteJQL(s.want.Project), "fields": []string{"issuetype"}, "maxResults": maxSearch}
	var answer struct {
		Issues []struct {
			Key    string `json:"key"`
			Fields struct {
				Type wireNamed `json:"issuetype"`
			} `json:"fields"`
		} `json:"issues"`
	}
	err := s.c.do(ctx, call{op: opFind, method: http.MethodPost, path: path, body: body, out: &answer})
	if e, ok := fault.As(err); ok && e.Class != fault.Retryable {
		return nil, nil // who cannot search hears of it where it matters, at a look-up
	}
	found := map[string]string{}
	for _, i := range answer.Issues {
		found[strings.ToLower(i.Fields.Type.Name)] = i.Key
	}
	return found, err
}

// checkTransitions asks an issue of a type where it can go from where it is; key is empty if there is none.
func (s *survey) checkTransitions(ctx context.Context, kind, key string) error {
	subject := "workflow of " + kind
	if key == "" {
		s.say(fine(subject, "has statuses for open and done; whether transitions join them shows with the first issue, or with `starter doctor --test-issue`"))
		return nil
	}
	w := &walk{c: s.c, key: key}
	transitions, err := w.transitions(ctx)
	if e, ok := fault.As(err); ok && e.Class == fault.Gone {
		return nil // deleted since
	}
	if err != nil {
		return err
	}
	if len(transitions) == 0 {
		f := warning(subject, "let Jira's Muster account transition issues, and look at the conditions of the transitions there",
			"%s can be moved nowhere, so Muster could not finish it", key)
		f.Example = key
		s.say(f)
		return nil
	}
	s.say(fine(subject, "there is a way on from the status that %s has now", key))
	return nil
}
