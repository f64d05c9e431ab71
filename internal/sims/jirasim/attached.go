package jirasim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type comment struct {
	ID         int
	Body       string
	Author     *User
	Created    time.Time
	Properties []property
}

func (s *Sim) renderComment(i *issue, c *comment, withProperties bool) map[string]any {
	m := map[string]any{
		"self": s.self(i) + "/comment/" + strconv.Itoa(c.ID), "id": strconv.Itoa(c.ID), "body": c.Body,
		"author": s.renderUser(c.Author), "updateAuthor": s.renderUser(c.Author),
		"created": c.Created.Format(stamp), "updated": c.Created.Format(stamp), "jsdPublic": true,
	}
	if withProperties && len(c.Properties) > 0 {
		m["properties"] = c.Properties
	}
	return m
}

func (s *Sim) listComments(r request) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	values := r.URL.Query()
	list := slices.Clone(i.Comments)
	if values.Get("orderBy") == "-created" {
		slices.Reverse(list)
	}
	start, _ := strconv.Atoi(values.Get("startAt"))
	size, err := strconv.Atoi(values.Get("maxResults"))
	if err != nil || size > maxPage {
		size = maxPage
	}
	start = min(max(start, 0), len(list))
	shown := []map[string]any{}
	for _, c := range list[start:min(start+max(size, 0), len(list))] {
		shown = append(shown, s.renderComment(i, c, slices.Contains(r.list("expand"), "properties")))
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"startAt": start, "maxResults": size, "total": len(list), "comments": shown,
	}}
}

func (s *Sim) addComment(r request) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	if !s.may(addComments) {
		return refusal(http.StatusBadRequest, "You do not have the permission to comment on this issue.")
	}
	if a := s.overLimit(i); a != nil {
		return *a
	}
	var body struct {
		Body       json.RawMessage `json:"body"`
		Properties []property      `json:"properties"`
	}
	if !r.decode(&body) {
		return badJSON()
	}
	c := &comment{Author: s.state.Bot, Created: s.clock.Now(), Properties: body.Properties}
	if problem := setText(&c.Body, body.Body); problem != "" {
		return fieldRefusal(map[string]string{"comment": problem})
	}
	if strings.TrimSpace(c.Body) == "" {
		return fieldRefusal(map[string]string{"comment": "Comment body can not be empty!"})
	}
	s.state.LastID++
	c.ID = s.state.LastID
	i.Comments = append(i.Comments, c)
	i.Updated = c.Created
	s.announceComment(i, c)
	return answer{status: http.StatusCreated, body: s.renderComment(i, c, false)}
}

func (s *Sim) listProperties(r request) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	keys := []map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(i.Properties)) {
		keys = append(keys, map[string]any{"key": key, "self": s.self(i) + "/properties/" + key})
	}
	return answer{status: http.StatusOK, body: map[string]any{"keys": keys}}
}

func (s *Sim) getProperty(r request, key string) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	value, ok := i.Properties[key]
	if !ok {
		return refusal(http.StatusNotFound, "The property "+key+" does not exist.")
	}
	return answer{status: http.StatusOK, body: map[string]any{"key": key, "value": value}}
}

func (s *Sim) setProperty(r request) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	if !s.may(editIssues) {
		return refusal(http.StatusForbidden, "You do not have permission to edit issues in this project.")
	}
	if a := s.overLimit(i); a != nil {
		return *a
	}
	if !json.Valid(r.raw) {
		return badJSON()
	}
	_, known := i.Properties[r.PathValue("property")]
	properties := maps.Clone(i.Properties)
	i.Properties = properties
	if problems := setProperties(i, []property{{r.PathValue("property"), r.raw}}); problems != nil {
		return fieldRefusal(problems)
	}
	if known {
		return answer{status: http.StatusOK, body: map[string]any{}}
	}
	return answer{status: http.StatusCreated, body: map[string]any{}}
}

type remoteLink struct {
	ID       int
	GlobalID string
	URL      string
	Title    string
}

func (s *Sim) renderLink(i *issue, l *remoteLink) map[string]any {
	return map[string]any{
		"id": l.ID, "self": s.self(i) + "/remotelink/" + strconv.Itoa(l.ID), "globalId": l.GlobalID,
		"object": map[string]any{"url": l.URL, "title": l.Title},
	}
}

func (s *Sim) listRemoteLinks(r request) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	wanted := r.URL.Query().Get("globalId")
	list := []map[string]any{}
	for _, l := range i.Links {
		if wanted != "" && l.GlobalID == wanted {
			return answer{status: http.StatusOK, body: s.renderLink(i, l)}
		}
		list = append(list, s.renderLink(i, l))
	}
	if wanted != "" {
		return refusal(http.StatusNotFound, "Link does not exist for the global id: "+wanted)
	}
	return answer{status: http.StatusOK, body: list}
}

func (s *Sim) setRemoteLink(r request) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	if !s.may(linkIssues) {
		return refusal(http.StatusForbidden, "No Link Issue Permission for issue '"+i.Key+"'")
	}
	if a := s.overLimit(i); a != nil {
		return *a
	}
	var body struct {
		GlobalID string `json:"globalId"`
		Object   struct {
			URL   string `json:"url"`
			Title string `json:"title"`
		} `json:"object"`
	}
	problems := map[string]string{}
	switch {
	case !r.decode(&body):
		return badJSON()
	case body.Object.URL == "":
		problems["url"] = "'url' is required."
	case body.Object.Title == "":
		problems["title"] = "'title' is required."
	case len(body.GlobalID) > 255:
		problems["globalId"] = "'globalId' should be at most 255 characters."
	}
	if len(problems) > 0 {
		return fieldRefusal(problems)
	}
	status := http.StatusCreated
	at := slices.IndexFunc(i.Links, func(l *remoteLink) bool { return body.GlobalID != "" && l.GlobalID == body.GlobalID })
	if at < 0 {
		s.state.LastID++
		at = len(i.Links)
		i.Links = append(i.Links, &remoteLink{ID: s.state.LastID, GlobalID: body.GlobalID})
	} else {
		status = http.StatusOK
	}
	l := i.Links[at]
	l.URL, l.Title = body.Object.URL, body.Object.Title
	return answer{status: status, body: map[string]any{"id": l.ID, "self": s.self(i) + "/remotelink/" + strconv.Itoa(l.ID)}}
}

// issueLink is one end of a link between two issues.
type issueLink struct{ Kind, Side, Other string }

var linkTypes = []string{"Blocks", "Cloners", "Duplicate", "Relates"}

func (s *Sim) addIssueLink(r request) answer {
	var body struct {
		Type    named `json:"type"`
		Inward  named `json:"inwardIssue"`
		Outward named `json:"outwardIssue"`
	}
	if !r.decode(&body) {
		return badJSON()
	}
	if !slices.Contains(linkTypes, body.Type.Name) {
		return refusal(http.StatusNotFound, "No issue link type with name '"+body.Type.Name+"' found.")
	}
	in, out := s.see(r, body.Inward.Key+body.Inward.ID), s.see(r, body.Outward.Key+body.Outward.ID)
	if in == nil || out == nil {
		return noIssue()
	}
	if !s.may(linkIssues) {
		return noLink(in)
	}
	// Cloud answers a link that exists already as if it had been created; whether Data Center does
	// is not known, so it is taken to add another one.
	if end := (issueLink{body.Type.Name, "outwardIssue", out.Key}); !s.cloud() || !slices.Contains(in.Related, end) {
		in.Related = append(in.Related, end)
		out.Related = append(out.Related, issueLink{body.Type.Name, "inwardIssue", in.Key})
	}
	return answer{status: http.StatusCreated}
}

func (s *Sim) listLinkTypes(request) answer {
	list := []map[string]any{}
	for n, name := range linkTypes {
		list = append(list, map[string]any{"id": resolutionID(n), "name": name})
	}
	return answer{status: http.StatusOK, body: map[string]any{"issueLinkTypes": list}}
}
