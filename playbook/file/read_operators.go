package file

import "muster/playbook"

// operators reads who hears of what the daily check-up finds.
func (r *reader) operators(t table) (p playbook.OperatorsPolicy) {
	t.only("channel")
	var name string
	if n, ok := t.text("channel", maxName+maxPrefix, &name); ok {
		p.Channel, _ = r.channel(item{text: name, path: t.at("channel"), node: n})
	}
	return p
}
