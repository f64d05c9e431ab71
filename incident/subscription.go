package incident

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"muster/internal/bounds"
)

// Subscription says of which incidents a subscriber is told, by a direct message or in their
// channel, each once. Every condition that is set must hold; none at all is every incident.
type Subscription struct {
	Subscriber
	// Severity is the mildest of which they are told, 0 for any.
	Severity Severity `json:"severity,omitempty"`
	// Services and Tags each hold when the incident has one of them.
	Services []string `json:"services,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	// Kinds are those of which they are told; none is KindIncident.
	Kinds []Kind `json:"kinds,omitempty"`
	// By is who has asked for it, empty where the subscriber has.
	By string `json:"by,omitempty"`
}

// AskedBy is who has asked for it.
func (s Subscription) AskedBy() string { return orWord(s.By, s.Person) }

// maxConditions bounds the services, tags and kinds of one subscription.
const maxConditions = 20

// ParseSubscription reads conditions as people write them: severity<=2 service:checkout
// tag:payments kind:near_miss. Several of one sort are alternatives.
func ParseSubscription(text string) (Subscription, error) {
	var s Subscription
	// Chat escapes what looks like markup, and phones write the sign in one.
	text = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&", "≤", "<=").Replace(text)
	for word := range strings.FieldsSeq(CleanLine(text)) {
		if err := s.add(word); err != nil {
			return Subscription{}, err
		}
	}
	if len(s.Services) > maxConditions || len(s.Tags) > maxConditions || len(s.Kinds) > maxConditions {
		return Subscription{}, invalid("condition", "make several subscriptions", "there are more than %d of one sort", maxConditions)
	}
	return s, nil
}

// severityShape is a threshold: severity<=2, with or without a prefix to the number.
var severityShape = regexp.MustCompile(`^(?i:severity|sev)(<=?)(?i:sev-?)?([0-9]{1,3})$`)

func (s *Subscription) add(word string) error {
	const mend = "write it like severity<=2 service:checkout tag:payments"
	if m := severityShape.FindStringSubmatch(word); m != nil {
		n, _ := strconv.Atoi(m[2])
		if m[1] == "<" {
			n--
		}
		if !Severity(n).Valid() {
			return invalid("severity", "write severity<=2 with a number from 1 (worst) to 5", "%q is no threshold", Clip(word, 40))
		}
		s.Severity = Severity(n)
		return nil
	}
	name, value, _ := strings.Cut(word, ":")
	kind := Kind(strings.ToLower(value))
	switch name = strings.ToLower(name); {
	case strings.HasPrefix(name, "sev"):
		return invalid("severity", "write severity<=2", "%q is no threshold", Clip(word, 40))
	case value == "":
		return invalid("condition", mend, "%q is no condition", Clip(word, 40))
	case len(value) > maxCondition:
		return invalid("condition", "shorten it", "%q is longer than anything it could match", Clip(word, 40))
	case name == "service":
		s.Services = with(s.Services, strings.ToLower(value))
	case name == "tag":
		s.Tags = with(s.Tags, value)
	case name == "kind" && kind.Valid():
		s.Kinds = with(s.Kinds, kind)
	case name == "kind":
		return invalid("kind", fmt.Sprintf("write one of %v", Kinds()), "%q is no kind", Clip(value, 40))
	default:
		return invalid("condition", mend, "%q is no condition", Clip(word, 40))
	}
	return nil
}

// maxCondition is the longest service or tag in bytes; a tag has at most 50 characters.
const maxCondition = 200

func with[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// Matches reports whether the subscriber is to be told of an incident. Nobody is told of a
// private one.
func (s Subscription) Matches(i *Incident) bool {
	kinds := s.Kinds
	if len(kinds) == 0 {
		kinds = []Kind{KindIncident}
	}
	return !i.Private && slices.Contains(kinds, i.Kind) &&
		(s.Severity == 0 || i.Severity <= s.Severity) && anyOf(s.Services, i.Services) && anyOf(s.Tags, i.Tags)
}

func anyOf(wanted, have []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool {
		return slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(w, h) })
	})
}

// Check refuses what does not say who is to be told, and conditions that are none or too many.
func (s Subscription) Check() error {
	if err := s.Subscriber.Check(); err != nil {
		return err
	}
	if s.Severity != 0 && !s.Severity.Valid() {
		return invalid("severity", "write a number from 1 (worst) to 5", "%d is no severity", s.Severity)
	}
	for _, k := range s.Kinds {
		if !k.Valid() {
			return invalid("kind", fmt.Sprintf("write one of %v", Kinds()), "%q is no kind", Clip(string(k), 40))
		}
	}
	if err := CheckBounds(s); err != nil {
		return err
	}
	if bounds.Weight(s.Conditions()) > maxAllConditions {
		return invalid("condition", "make several subscriptions with fewer conditions", "they are too many or too long")
	}
	return nil
}

// maxAllConditions is how many bytes of JSON the conditions of one subscription have at most.
const maxAllConditions = 500

// Check refuses what is not exactly one person, channel or group.
func (s Subscriber) Check() error {
	named := 0
	for _, v := range []string{s.Person, s.Channel, s.Group} {
		if v != "" {
			named++
		}
	}
	if named != 1 || bounds.Weight(s.Channel) > maxChannelID || bounds.Weight(s.Group) > maxChannelID {
		return invalid("subscriber", "name an e-mail address, or the ID of a channel or user group", "is not exactly one person, channel or group")
	}
	if s.Person != "" {
		return CheckPerson("person", s.Person)
	}
	return nil
}

// maxChannelID is more than the chat's IDs of channels and groups have.
const maxChannelID = 80

// Same reports whether two subscriptions ask for the same things for the same subscriber.
func (s Subscription) Same(o Subscription) bool {
	return s.Subscriber == o.Subscriber && s.Conditions() == o.Conditions()
}

// Conditions writes the conditions as ParseSubscription reads them, in a fixed order.
func (s Subscription) Conditions() string {
	var words []string
	if s.Severity != 0 {
		words = append(words, "severity<="+strconv.Itoa(int(s.Severity)))
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"service", s.Services}, {"tag", s.Tags}} {
		for _, v := range slices.Sorted(slices.Values(list.values)) {
			words = append(words, list.name+":"+v)
		}
	}
	for _, k := range slices.Sorted(slices.Values(s.Kinds)) {
		words = append(words, "kind:"+string(k))
	}
	return strings.Join(words, " ")
}
