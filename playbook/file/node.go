package file

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/internal/words"
)

// reader walks the file's nodes and collects what is wrong with them, so that a person mends
// everything at once. A value that is wrong is reported and left at its default.
type reader struct {
	file  string
	text  []string // the raw lines
	errs  Errors
	warns Errors
}

func (r *reader) fail(n *yaml.Node, path, mend, format string, args ...any) {
	r.errs = append(r.errs, r.note(n, path, mend, fmt.Sprintf(format, args...)))
}

func (r *reader) warn(n *yaml.Node, path, mend, format string, args ...any) {
	r.warns = append(r.warns, r.note(n, path, mend, fmt.Sprintf(format, args...)))
}

func (r *reader) note(n *yaml.Node, path, mend, reason string) *Error {
	e := &Error{File: r.file, Path: path, Reason: reason, Mend: mend}
	if n != nil {
		e.Line, e.Column = n.Line, n.Column
	}
	return e
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// table is one mapping of the file.
type table struct {
	r       *reader
	node    *yaml.Node
	path    string
	entries []entry
}

type entry struct {
	key   string
	name  *yaml.Node
	value *yaml.Node
}

// item is one value with the path that leads to it.
type item struct {
	text string
	path string
	node *yaml.Node
}

// table reads a mapping. An empty one (whose content is commented out, say) is a table without entries.
func (r *reader) table(n *yaml.Node, path string) table {
	t := table{r: r, node: n, path: path}
	if n == nil || isNull(n) {
		return t
	}
	if n.Kind != yaml.MappingNode {
		r.fail(n, path, "write key: value, one per line, indented", "is %s where a mapping is needed", kindOf(n))
		return t
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode {
			r.fail(k, path, "write a plain word before the colon", "has a key that is no word")
			continue
		}
		if first := t.entry(k.Value); first != nil {
			r.fail(k, t.at(k.Value), "remove one of the two", "stands here a second time, first on line %d", first.name.Line)
			continue
		}
		t.entries = append(t.entries, entry{key: k.Value, name: k, value: v})
	}
	return t
}

func (t table) at(key string) string {
	key = show(key)
	if t.path == "" {
		return key
	}
	return t.path + "." + key
}

// show makes a key fit for a path in an error.
func show(key string) string {
	key = incident.CleanLine(words.Clip(key))
	if words.SecretKind(key) != "" {
		return "(secret)"
	}
	return key
}

func (t table) entry(key string) *entry {
	for i := range t.entries {
		if t.entries[i].key == key {
			return &t.entries[i]
		}
	}
	return nil
}

// get is the value of a key, nil when it is absent.
func (t table) get(key string) *yaml.Node {
	if e := t.entry(key); e != nil {
		return e.value
	}
	return nil
}

func (t table) has(key string) bool { return t.entry(key) != nil }

func (t table) sub(key string) table { return t.r.table(t.get(key), t.at(key)) }

// only refuses every key that is not listed.
func (t table) only(known ...string) {
	for _, e := range t.entries {
		if !slices.Contains(known, e.key) {
			t.r.fail(e.name, t.at(e.key), words.Suggest(e.key, known), "is not known here")
		}
	}
}

// scalar is the text of a value, or reports why there is none.
func (r *reader) scalar(n *yaml.Node, path string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		r.fail(n, path, "write one plain value", "is %s where a single value is needed", kindOf(n))
		return "", false
	case isNull(n) || strings.TrimSpace(n.Value) == "":
		mend := "give it a value or remove the line"
		if word := r.commentedOut(n); word != "" {
			mend = fmt.Sprintf("put quotes around a value that starts with #, like %s", words.Quote(word))
		}
		r.fail(n, path, mend, "is empty")
		return "", false
	}
	return strings.TrimSpace(n.Value), true
}

// hashWord finds a word such as #incidents where a value was to stand.
var hashWord = regexp.MustCompile(`(?:[:\[,-] +)(#[^\s#,\]]+)`)

// commentedOut is the channel name that YAML took for a comment, leaving no value.
func (r *reader) commentedOut(n *yaml.Node) string {
	if n.Line < 1 || n.Line > len(r.text) || n.Value != "" {
		return ""
	}
	if m := hashWord.FindStringSubmatch(r.text[n.Line-1]); m != nil {
		return m[1]
	}
	return ""
}

// text reads a line of text of at most most characters into dst if the key is there.
func (t table) text(key string, most int, dst *string) (*yaml.Node, bool) {
	n := t.get(key)
	if n == nil {
		return nil, false
	}
	s, ok := t.r.scalar(n, t.at(key))
	if !ok {
		return n, false
	}
	if s = incident.CleanLine(s); s == "" {
		t.r.fail(n, t.at(key), "give it a value or remove the line", "holds nothing that can be seen")
		return n, false
	}
	if c := len([]rune(s)); c > most {
		t.r.fail(n, t.at(key), "shorten it", "is %d characters long, %d are allowed", c, most)
		return n, false
	}
	*dst = s
	return n, true
}

// word reads one of some words.
func word[W ~string](t table, key, what string, known []W, dst *W) {
	n := t.get(key)
	if n == nil {
		return
	}
	if s, ok := t.r.scalar(n, t.at(key)); ok {
		readWord(t.r, item{text: s, path: t.at(key), node: n}, what, known, dst)
	}
}

func readWord[W ~string](r *reader, it item, what string, known []W, dst *W) {
	if !slices.Contains(known, W(it.text)) {
		all := make([]string, len(known))
		for i, k := range known {
			all[i] = string(k)
		}
		r.fail(it.node, it.path, "write "+words.Or(all), "%s is no %s", words.Quote(it.text), what)
		return
	}
	*dst = W(it.text)
}

func (t table) boolean(key string, dst *bool) {
	n := t.get(key)
	if n == nil {
		return
	}
	s, ok := t.r.scalar(n, t.at(key))
	if !ok {
		return
	}
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		*dst = true
	case "false", "no", "off":
		*dst = false
	default:
		t.r.fail(n, t.at(key), "write true or false", "%s is neither true nor false", words.Quote(s))
	}
}

func (t table) number(key string, least, most int, dst *int) {
	n := t.get(key)
	if n == nil {
		return
	}
	s, ok := t.r.scalar(n, t.at(key))
	if !ok {
		return
	}
	v, err := strconv.Atoi(s)
	if err != nil || v < least || v > most {
		t.r.fail(n, t.at(key), fmt.Sprintf("write a whole number from %d to %d", least, most), "%s does not fit", words.Quote(s))
		return
	}
	*dst = v
}

// bound says which spans a field takes.
type bound int

const (
	anySpan      bound = iota
	positiveSpan       // repeated for ever, so it must take time
	exactSpan          // positive and exact: paging waits for no working hours
)

func (t table) span(key string, b bound, dst *playbook.Span) {
	n := t.get(key)
	if n == nil {
		return
	}
	if s, ok := t.r.scalar(n, t.at(key)); ok {
		t.r.span(item{text: s, path: t.at(key), node: n}, b, dst)
	}
}

func (r *reader) span(it item, b bound, dst *playbook.Span) {
	sp, err := playbook.ParseSpan(it.text)
	switch {
	case err != nil:
		r.fail(it.node, it.path, "", "%s", err)
	case b == exactSpan && sp.IsBusiness():
		r.fail(it.node, it.path, "write it like 5m", "%s counts business days, and paging does not wait for them", words.Quote(it.text))
	case b != anySpan && sp.Rough() <= 0:
		r.fail(it.node, it.path, playbook.SpanExamples, "%s is no time at all, and this is waited for again and again", words.Quote(it.text))
	default:
		*dst = sp
	}
}

// list reads a list of single values; one value alone is a list of one.
func (t table) list(key string) []item {
	n := t.get(key)
	if n == nil || isNull(n) && t.r.commentedOut(n) == "" {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		if s, ok := t.r.scalar(n, t.at(key)); ok {
			return []item{{text: s, path: t.at(key), node: n}}
		}
		return nil
	}
	var out []item
	for _, el := range t.elements(key) {
		if s, ok := t.r.scalar(el.node, el.path); ok {
			out = append(out, item{text: s, path: el.path, node: el.node})
		}
	}
	return out
}

// elements reads a list whose elements are anything.
func (t table) elements(key string) []item {
	n := t.get(key)
	if n == nil || isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		t.r.fail(n, t.at(key), "write it like [one, two]", "is %s where a list is needed", kindOf(n))
		return nil
	}
	out := make([]item, len(n.Content))
	for i, el := range n.Content {
		out[i] = item{path: fmt.Sprintf("%s.%d", t.at(key), i+1), node: el}
	}
	return out
}

// unique reports and drops what a list says twice.
func (r *reader) unique(items []item) []item {
	var out []item
	for _, it := range items {
		if slices.ContainsFunc(out, func(o item) bool { return o.text == it.text }) {
			r.fail(it.node, it.path, "remove one of the two", "%s stands here twice", words.Quote(it.text))
			continue
		}
		out = append(out, it)
	}
	return out
}

func texts(items []item) []string {
	var out []string
	for _, it := range items {
		out = append(out, it.text)
	}
	return out
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return "a single value"
	}
}
