package file

import (
	"regexp"
	"strconv"
	"time"

	"muster/incident"
	"muster/playbook"
	"muster/playbook/internal/words"
)

// keptFor is how a time of years is written, for which a playbook's other spans are too short.
var keptFor = regexp.MustCompile(`^(\d{1,5}) ?(d|y)$`)

const keepMend = "write it like 90d or 3y, or leave it out for ever"

// archive reads how long incidents are kept, by kind.
func (r *reader) archive(t table) (p playbook.ArchivePolicy) {
	t.only("keep")
	keep := t.sub("keep")
	var kinds []string
	for _, k := range incident.Kinds() {
		kinds = append(kinds, string(k))
	}
	keep.only(kinds...)
	for _, k := range incident.Kinds() {
		n := keep.get(string(k))
		if n == nil {
			continue
		}
		path := keep.at(string(k))
		text, ok := r.scalar(n, path)
		if !ok {
			continue
		}
		m := keptFor.FindStringSubmatch(text)
		if m == nil {
			r.fail(n, path, keepMend, "%s is no time that something is kept for", words.Quote(text))
			continue
		}
		count, _ := strconv.Atoi(m[1]) // five digits
		if m[2] == "y" {
			count *= 365
		}
		kept := time.Duration(min(count, 100_000)) * day // longer is out of bounds, and no time to reckon with
		if kept < playbook.LeastKept || kept > playbook.LongestKept {
			r.fail(n, path, "write a time from 7d to 100y", "%s is out of bounds", words.Quote(text))
			continue
		}
		if p.Keep == nil {
			p.Keep = map[incident.Kind]time.Duration{}
		}
		p.Keep[k] = kept
	}
	return p
}
