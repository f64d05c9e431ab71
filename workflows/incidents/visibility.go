package incidents

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// visibilityState is what visibility knows of the incident.
type visibilityState struct {
	// Attributes are nil before the first comparison.
	Attributes *incidentAttributes `json:"attributes,omitempty"`
	Memo       string              `json:"memo,omitempty"`
}

// visibility keeps search attributes and memo, by which incidents are listed. It may change what
// it remembers of them.
type visibility struct {
	*scene
	state *visibilityState
}

// keep upserts what changed, and only then: each upsert is an action that costs. Several changes
// that are under way together become one.
func (v *visibility) keep(ctx workflow.Context) {
	if v.state.Attributes == nil {
		known := attributesOf(incident.New(v.facts.Number, v.declaration, v.facts.DeclaredAt))
		v.state.Attributes = &known
	}
	var seen mirror.Revision
	for {
		if v.differs() {
			v.upsertAttributes(ctx)
			v.upsertMemo(ctx)
		}
		seen = v.run.Revision()
		err := workflow.Await(ctx, func() bool { return v.run.Stopped() || v.run.Revision() != seen })
		if err != nil || v.run.Stopped() {
			return
		}
	}
}

// differs reports whether visibility should know of something now. What only adds links waits for
// the others that are about to come.
func (v *visibility) differs() bool {
	opening := v.opening()
	return v.attributes().differ(*v.state.Attributes, opening) || (!opening && v.memoChanged())
}

// incidentAttributes is what the search attributes of an incident say.
type incidentAttributes struct {
	Status, Commander, Tracker, Channel string
	// Services and Members stand for them: the state has them already.
	Kind, Services, Members string
	// Tags does so where they are others than were declared.
	Tags            string
	Private         bool
	Severity, Snags int64
	Due             incident.Date
}

func attributesOf(i *incident.Incident) incidentAttributes {
	a := incidentAttributes{
		Status: string(i.Status), Commander: i.Outside().Holder(incident.RoleCommander), Tracker: i.Links.Tracker.ID, Channel: i.Links.Channel.ID,
		Kind: string(i.Kind), Services: mirror.Short(mirror.Fingerprint(i.Outside().Services)),
		Severity: int64(i.Severity), Due: i.NextDue(), Private: i.Private,
	}
	if i.Private { // who is part of it must be known before anything else waits for links
		a.Members = mirror.Short(mirror.Fingerprint(i.Members()))
	}
	for _, s := range i.Snags {
		if !s.Off {
			a.Snags++
		}
	}
	for _, p := range i.Pages { // nobody may overlook in a list that nobody comes
		if p.Status == incident.PageUnanswered {
			a.Snags++
		}
	}
	return a
}

// attributes are those of the incident as it is now.
func (v *visibility) attributes() incidentAttributes {
	a := attributesOf(v.facts)
	if !slices.Equal(v.facts.Tags, v.declaration.Tags) {
		a.Tags = mirror.Short(mirror.Fingerprint(v.facts.Outside().Tags))
	}
	return a
}

// differ compares, leaving out the links while more of them are coming.
func (a incidentAttributes) differ(known incidentAttributes, linksComing bool) bool {
	if linksComing && a.Private == known.Private {
		a.Tracker, a.Channel = known.Tracker, known.Channel
	}
	return a != known
}

// StartAttributes are those of a new incident; its Register sets them with the start.
func StartAttributes(i *incident.Incident) temporal.SearchAttributes {
	a := attributesOf(i)
	updates := []temporal.SearchAttributeUpdate{
		mirror.AttrIncident.ValueSet(i.Key()), mirror.AttrStatus.ValueSet(a.Status), mirror.AttrKind.ValueSet(string(i.Kind)),
		mirror.AttrSeverity.ValueSet(a.Severity), mirror.AttrSnags.ValueSet(0),
		mirror.AttrPrivate.ValueSet(a.Private),
	}
	if a.Commander != "" {
		updates = append(updates, mirror.AttrCommander.ValueSet(a.Commander))
	}
	if services := mirror.Fitting(i.Outside().Services); len(services) > 0 {
		updates = append(updates, mirror.AttrServices.ValueSet(services))
	}
	if tags := mirror.Fitting(i.Outside().Tags); len(tags) > 0 {
		updates = append(updates, mirror.AttrTags.ValueSet(tags))
	}
	return temporal.NewSearchAttributes(updates...)
}

func (v *visibility) upsertAttributes(ctx workflow.Context) {
	now, known := v.attributes(), *v.state.Attributes
	var updates []temporal.SearchAttributeUpdate
	keyword := func(k temporal.SearchAttributeKeyKeyword, v, old string) {
		switch {
		case v == old:
		case v == "":
			updates = append(updates, k.ValueUnset())
		default:
			updates = append(updates, k.ValueSet(v))
		}
	}
	number := func(k temporal.SearchAttributeKeyInt64, v, old int64) {
		if v != old {
			updates = append(updates, k.ValueSet(v))
		}
	}
	keyword(mirror.AttrStatus, now.Status, known.Status)
	keyword(mirror.AttrKind, now.Kind, known.Kind)
	words := func(k temporal.SearchAttributeKeyKeywordList, of []string) {
		if of = mirror.Fitting(of); len(of) == 0 {
			updates = append(updates, k.ValueUnset())
		} else {
			updates = append(updates, k.ValueSet(of))
		}
	}
	if now.Services != known.Services {
		words(mirror.AttrServices, v.facts.Outside().Services)
	}
	if now.Private != known.Private {
		updates = append(updates, mirror.AttrPrivate.ValueSet(now.Private))
	}
	if now.Private != known.Private || now.Tags != known.Tags {
		words(mirror.AttrTags, v.facts.Outside().Tags)
	}
	keyword(mirror.AttrCommander, now.Commander, known.Commander)
	keyword(mirror.AttrTracker, now.Tracker, known.Tracker)
	keyword(mirror.AttrChannel, now.Channel, known.Channel)
	number(mirror.AttrSeverity, now.Severity, known.Severity)
	number(mirror.AttrSnags, now.Snags, known.Snags)
	if now.Due != known.Due {
		if t, err := time.Parse(time.DateOnly, string(now.Due)); err == nil {
			updates = append(updates, mirror.AttrDue.ValueSet(t))
		} else {
			updates = append(updates, mirror.AttrDue.ValueUnset())
		}
	}
	if len(updates) == 0 { // members are in the memo alone
		v.state.Attributes = &now
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		v.log.Error("search attributes not upserted", "error", err.Error())
	}
	v.state.Attributes = &now
}

// Memo is what a list shows; a private incident shows neither title nor links, and by its memo doors
// know for whom it exists.
func Memo(i *incident.Incident) map[string]any {
	m := map[string]any{api.MemoDeclared: i.DeclaredAt, api.MemoFollowUps: i.OpenFollowUps()}
	if i.Canary() {
		m[api.MemoCanary] = true
	}
	if snags := listedSnags(i); len(snags) > 0 {
		m[api.MemoSnags] = snags
	}
	if !i.Private {
		m[api.MemoTitle], m[api.MemoLinks], m[api.MemoPeople] = i.Shown(), i.Seen(), api.MemberMarks(i)
	} else {
		m[api.MemoMembers] = api.MemberMarks(i)
	}
	return m
}

// listedSnags are those of which monitoring hears: by vendor, without a word of what they concern.
func listedSnags(i *incident.Incident) []api.SnagListed {
	var snags []api.SnagListed
	for _, s := range i.Snags {
		if !s.Off {
			snags = append(snags, api.SnagListed{Vendor: cmp.Or(s.Vendor, s.From, string(incident.WayMuster)), Since: s.Since.Unix()})
		}
	}
	return snags
}

func (v *visibility) memoChanged() bool { return mirror.Fingerprint(Memo(v.facts)) != v.state.Memo }

func (v *visibility) upsertMemo(ctx workflow.Context) {
	if !v.memoChanged() {
		return
	}
	m := Memo(v.facts)
	fingerprint := mirror.Fingerprint(m)
	// A field that is left out would stay as it was.
	if v.facts.Private {
		m[api.MemoTitle], m[api.MemoLinks], m[api.MemoPeople] = nil, nil, nil
	} else {
		m[api.MemoMembers] = nil
	}
	if m[api.MemoSnags] == nil {
		m[api.MemoSnags] = nil
	}
	if err := workflow.UpsertMemo(ctx, m); err != nil {
		v.log.Error("memo not upserted", "error", err.Error())
	}
	v.state.Memo = fingerprint
}
