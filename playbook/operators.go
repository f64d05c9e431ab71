package playbook

// OperatorsPolicy says who looks after Muster itself.
type OperatorsPolicy struct {
	// Channel hears of what the daily check-up finds, such as #muster-ops; empty for nobody.
	Channel string
}

// Operators says who looks after Muster itself.
func (p *Playbook) Operators() OperatorsPolicy { return p.contents.Operators }
