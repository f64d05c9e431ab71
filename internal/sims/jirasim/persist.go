package jirasim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/sims/simkit"
)

// savedFormat grows by one when an older file can no longer be read.
const savedFormat = "jirasim/1"

// saved is the site as a file keeps it: everything but what can be worked out from the rest.
// The log, the unexpected requests, the faults and the deliveries belong to a run and not to
// the site, and so do its address and what sets the IDs of deliveries apart: if the last
// second before a crash is not in the file, those IDs must not come again.
type saved struct {
	LastID   int               `json:"last_id"`
	Delivery int               `json:"delivery,omitempty"`
	Lag      time.Duration     `json:"lag,omitempty"`
	Writes   int               `json:"limit_writes,omitempty"`
	Per      time.Duration     `json:"limit_per,omitempty"`
	Bot      string            `json:"bot"` // e-mail address, as wherever a user is named here
	Users    []User            `json:"users"`
	Accounts map[string]string `json:"accounts"` // by account ID or name, former ones included
	Fields   []savedField      `json:"fields"`
	Denied   map[string]bool   `json:"denied,omitempty"`
	Projects []savedProject    `json:"projects"`
	Issues   []savedIssue      `json:"issues"`           // oldest first
	Labels   map[string][]int  `json:"labels,omitempty"` // in the order in which issues got them
}

type savedField struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Items    string `json:"items,omitempty"`
	Required bool   `json:"required,omitempty"`
	Hidden   bool   `json:"hidden,omitempty"`
}

type savedProject struct {
	Project
	ID   string `json:"id"`
	Next int    `json:"next"`
}

type savedIssue struct {
	ID          int               `json:"id"`
	Key         string            `json:"key"`
	Project     string            `json:"project"`
	Type        string            `json:"type"`
	Summary     string            `json:"summary"`
	Description string            `json:"description,omitempty"`
	Labels      []string          `json:"labels,omitempty"`
	Parent      int               `json:"parent,omitempty"`
	Assignee    string            `json:"assignee,omitempty"`
	Reporter    string            `json:"reporter,omitempty"`
	Due         string            `json:"due,omitempty"`
	Status      string            `json:"status"`
	Resolution  string            `json:"resolution,omitempty"`
	Fields      map[string]any    `json:"fields,omitempty"`
	Properties  map[string]string `json:"properties,omitempty"` // to the byte, which JSON within JSON would not be
	Comments    []savedComment    `json:"comments,omitempty"`
	Links       []savedLink       `json:"links,omitempty"`
	Related     []savedRelation   `json:"related,omitempty"`
	Created     time.Time         `json:"created"`
	Updated     time.Time         `json:"updated"`
	Writes      []time.Time       `json:"writes,omitempty"`
	Former      []string          `json:"former,omitempty"`
}

type savedComment struct {
	ID         int             `json:"id"`
	Body       string          `json:"body"`
	Author     string          `json:"author"`
	Created    time.Time       `json:"created"`
	Properties []savedProperty `json:"properties,omitempty"`
}

type savedProperty struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type savedLink struct {
	ID       int    `json:"id"`
	GlobalID string `json:"global_id,omitempty"`
	URL      string `json:"url"`
	Title    string `json:"title"`
}

type savedRelation struct {
	Kind  string `json:"kind"`
	Side  string `json:"side"`
	Other string `json:"other"`
}

// Version is a number that changes with every change of what Save writes. It may also change
// without one.
func (s *Sim) Version() uint64 { return s.version.Load() }

// changed is called with the lock held, so that whoever sees the new version and saves waits
// for the change itself.
func (s *Sim) changed() { s.version.Add(1) }

// reads says of a request that it changes nothing. Searches are posted, but read.
func reads(r *http.Request) bool {
	return r.Method == http.MethodGet || strings.HasPrefix(r.URL.Path, api+"/search") || r.URL.Path == api+"/issue/bulkfetch"
}

// Save writes the site, for Load. Faults, the log of requests and the webhooks with their
// target are not part of it.
func (s *Sim) Save(w io.Writer) error {
	s.mu.Lock()
	raw, err := simkit.EncodeState(savedFormat, s.save())
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("jirasim: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return fmt.Errorf("jirasim: write state: %w", err)
	}
	return nil
}

// Load puts the site that Save wrote in the place of the present one. On an error the present
// one stays.
func (s *Sim) Load(r io.Reader) error {
	var file saved
	if err := simkit.DecodeState(r, savedFormat, &file); err != nil {
		return fmt.Errorf("jirasim: %w", err)
	}
	next, err := file.restore(s.options.Deployment)
	if err != nil {
		return fmt.Errorf("jirasim: read state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag, s.limit, s.lastID, s.delivery = next.lag, next.limit, next.lastID, next.delivery
	s.projects, s.order = next.projects, next.order
	s.issues, s.live, s.byKey, s.byID, s.byLabel = next.issues, next.live, next.byKey, next.byID, next.byLabel
	s.fields, s.users, s.byEmail, s.byUser, s.bot = next.fields, next.users, next.byEmail, next.byUser, next.bot
	s.denied = next.denied
	s.changed()
	return nil
}

// AddProject adds a project, unless there is one with its key. Like New it panics on a project
// that contradicts itself.
func (s *Sim) AddProject(p Project) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.projects[p.Key] == nil {
		s.changed()
		s.addProject(p)
	}
}

func (s *Sim) save() saved {
	out := saved{
		LastID: s.lastID, Delivery: s.delivery, Lag: s.lag, Writes: s.limit.writes, Per: s.limit.per, Bot: s.bot.Email,
		Accounts: map[string]string{}, Denied: s.denied, Labels: map[string][]int{},
	}
	for _, u := range s.users {
		out.Users = append(out.Users, *u)
	}
	for id, u := range s.byUser {
		out.Accounts[id] = u.Email
	}
	for _, f := range s.fields {
		out.Fields = append(out.Fields, savedField{ID: f.id, Name: f.name, Kind: f.kind, Items: f.items, Required: f.required, Hidden: f.hidden})
	}
	for _, p := range s.order {
		out.Projects = append(out.Projects, savedProject{Project: p.Project, ID: p.id, Next: p.next})
	}
	for _, i := range s.issues {
		if i != nil {
			out.Issues = append(out.Issues, saveIssue(i))
		}
	}
	for label, issues := range s.byLabel {
		for _, i := range issues {
			out.Labels[label] = append(out.Labels[label], i.id)
		}
	}
	return out
}

func saveIssue(i *issue) savedIssue {
	out := savedIssue{
		ID: i.id, Key: i.key, Project: i.project.Key, Type: i.kind.Name, Summary: i.summary, Description: i.description,
		Labels: i.labels, Due: i.due, Status: i.status.Name, Resolution: i.resolution, Fields: i.fields, Properties: map[string]string{},
		Created: i.created, Updated: i.updated, Writes: i.writes, Former: i.former,
	}
	if i.parent != nil {
		out.Parent = i.parent.id
	}
	if i.assignee != nil {
		out.Assignee = i.assignee.Email
	}
	if i.reporter != nil {
		out.Reporter = i.reporter.Email
	}
	for key, value := range i.properties {
		out.Properties[key] = string(value)
	}
	for _, c := range i.comments {
		one := savedComment{ID: c.id, Body: c.body, Author: c.author.Email, Created: c.created}
		for _, p := range c.properties {
			one.Properties = append(one.Properties, savedProperty{Key: p.Key, Value: string(p.Value)})
		}
		out.Comments = append(out.Comments, one)
	}
	for _, l := range i.links {
		out.Links = append(out.Links, savedLink{ID: l.id, GlobalID: l.globalID, URL: l.url, Title: l.title})
	}
	for _, r := range i.related {
		out.Related = append(out.Related, savedRelation{Kind: r.kind, Side: r.side, Other: r.other})
	}
	return out
}

// restorer builds a site from a file. The first reference to what is not there is kept, so
// that the code that follows references need not ask each time.
type restorer struct {
	*Sim
	problem error
}

func (r *restorer) fail(format string, args ...any) {
	if r.problem == nil {
		r.problem = fmt.Errorf(format, args...)
	}
}

// user finds a user; no address stands for nobody.
func (r *restorer) user(email string) *User {
	u := r.byEmail[strings.ToLower(email)]
	if u == nil && email != "" {
		r.fail("there is no user %q", email)
	}
	return u
}

// somebody is user where there must be one.
func (r *restorer) somebody(what, email string) *User {
	if email == "" {
		r.fail("%s is nobody", what)
	}
	return r.user(email)
}

// restore builds a Sim that holds the site and nothing else.
func (f *saved) restore(deployment string) (*Sim, error) {
	r := &restorer{Sim: &Sim{
		options: Options{Deployment: deployment}, lastID: f.LastID, delivery: f.Delivery, lag: f.Lag, denied: f.Denied,
		limit: writeLimit{writes: f.Writes, per: f.Per}, projects: map[string]*project{},
		byKey: map[string]*issue{}, byID: map[string]*issue{}, byLabel: map[string][]*issue{},
		byEmail: map[string]*User{}, byUser: map[string]*User{},
	}}
	for _, u := range f.Users {
		if u.Email == "" || r.byEmail[strings.ToLower(u.Email)] != nil {
			r.fail("a user has no address, or that of another: %q", u.Email)
		}
		r.addUser(u)
	}
	for id, email := range f.Accounts {
		r.byUser[id] = r.somebody("the account "+id, email)
	}
	r.bot = r.somebody("the bot", f.Bot)
	for _, v := range f.Fields {
		r.fields = append(r.fields, &field{id: v.ID, name: v.Name, kind: v.Kind, items: v.Items, required: v.Required, hidden: v.Hidden})
	}
	for _, p := range f.Projects {
		if p.Key == "" || r.projects[p.Key] != nil || len(p.Types) == 0 || len(p.Statuses) == 0 {
			r.fail("the project %q has no key of its own, no types or no statuses", p.Key)
		}
		made := &project{Project: p.Project, id: p.ID, next: p.Next}
		r.projects[p.Key] = made
		r.order = append(r.order, made)
	}
	for _, i := range f.Issues {
		r.addIssue(i)
	}
	if r.problem == nil { // the rest would follow what is not there
		r.relate(f)
	}
	return r.Sim, r.problem
}

func (r *restorer) addIssue(in savedIssue) {
	p := r.projects[in.Project]
	if p == nil {
		r.fail("the issue %q is in no project", in.Key)
		return
	}
	i := &issue{
		id: in.ID, key: in.Key, project: p, kind: p.issueType(in.Type), summary: in.Summary, description: in.Description,
		labels: in.Labels, assignee: r.user(in.Assignee), reporter: r.user(in.Reporter), due: in.Due, status: p.status(in.Status),
		resolution: in.Resolution, fields: in.Fields, properties: map[string]json.RawMessage{},
		created: in.Created, updated: in.Updated, writes: in.Writes, former: in.Former, index: len(r.issues),
	}
	if i.kind == nil || i.status == nil {
		r.fail("the issue %q has no type or status of its project", in.Key)
	}
	if i.fields == nil {
		i.fields = map[string]any{}
	}
	for key, value := range in.Properties {
		if !json.Valid([]byte(value)) {
			r.fail("the property %q of the issue %q is no JSON", key, in.Key)
		}
		i.properties[key] = json.RawMessage(value)
	}
	r.attach(i, in)
	if id := strconv.Itoa(i.id); r.byID[id] == nil && i.id <= r.lastID {
		r.byID[id] = i
	} else {
		r.fail("the ID of the issue %q is that of another, or will be", in.Key)
	}
	for _, key := range append([]string{i.key}, i.former...) {
		if r.byKey[key] != nil {
			r.fail("there are two issues %q", key)
		}
		r.byKey[key] = i
	}
	r.issues = append(r.issues, i)
	r.live++
	p.issues = append(p.issues, i)
}

// attach restores comments and links.
func (r *restorer) attach(i *issue, in savedIssue) {
	for _, c := range in.Comments {
		made := &comment{id: c.ID, body: c.Body, author: r.somebody("the author of a comment", c.Author), created: c.Created}
		for _, p := range c.Properties {
			one := property{Key: p.Key}
			if p.Value != "" { // no value is shown as null
				one.Value = json.RawMessage(p.Value)
			}
			made.properties = append(made.properties, one)
		}
		i.comments = append(i.comments, made)
	}
	for _, l := range in.Links {
		i.links = append(i.links, &remoteLink{id: l.ID, globalID: l.GlobalID, url: l.URL, title: l.Title})
	}
	for _, other := range in.Related {
		i.related = append(i.related, issueLink{kind: other.Kind, side: other.Side, other: other.Other})
	}
}

// relate restores what is between issues: parents, and the index of labels.
func (r *restorer) relate(f *saved) {
	for n, in := range f.Issues {
		if in.Parent == 0 {
			continue
		}
		i, parent := r.issues[n], r.byID[strconv.Itoa(in.Parent)]
		if parent == nil || parent.kind.Level <= i.kind.Level {
			r.fail("the parent of the issue %q is missing, or not above it", in.Key)
			continue
		}
		i.parent = parent
		parent.children = append(parent.children, i)
	}
	labelled := 0
	for label, ids := range f.Labels {
		for _, id := range ids {
			i := r.byID[strconv.Itoa(id)]
			if i == nil || !slices.Contains(i.labels, label) {
				r.fail("no issue %d has the label %q", id, label)
			}
			r.byLabel[label] = append(r.byLabel[label], i)
			labelled++
		}
	}
	for _, i := range r.issues {
		labelled -= len(i.labels)
	}
	if labelled != 0 {
		r.fail("the index of labels is off by %d", labelled)
	}
}
