package incidents

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
)

// vendorSnags tells Register of snags that concern every call to a vendor, so that it shows each
// once. It may change for which vendors Register knows of one.
type vendorSnags struct {
	*scene
	vendors *[]string
}

// changed hears of every snag that comes or goes.
func (v *vendorSnags) changed(s incident.Snag, cleared bool) {
	if s.Vendor == "" {
		return
	}
	known := slices.Contains(*v.vendors, s.Vendor)
	others := slices.ContainsFunc(v.facts.Snags, func(o incident.Snag) bool { return o.Vendor == s.Vendor && o.Mirror != s.Mirror })
	if cleared == !known || (cleared && others) {
		return
	}
	if cleared {
		*v.vendors = slices.DeleteFunc(*v.vendors, func(name string) bool { return name == s.Vendor })
	} else {
		*v.vendors = append(*v.vendors, s.Vendor)
	}
	v.toRegister(api.SnagChanged, api.SnagChangedInput{
		Workflow: api.IncidentID(v.facts.Number), Vendor: s.Vendor, Cleared: cleared, Reason: s.Reason, Mend: s.Mend,
	}, func(error) {})
}

// forget takes everything back from Register, since the incident ends.
func (v *vendorSnags) forget() {
	for _, name := range slices.Clone(*v.vendors) {
		v.facts.Snags = slices.DeleteFunc(v.facts.Snags, func(s incident.Snag) bool { return s.Vendor == name })
		v.changed(incident.Snag{Vendor: name}, true)
	}
}

// toRegister signals Register, and says how that went.
func (s *scene) toRegister(signal string, in any, said func(error)) {
	s.run.Go("tell register", func(ctx workflow.Context) {
		err := workflow.SignalExternalWorkflow(ctx, api.RegisterID, "", signal, in).Get(ctx, nil)
		if err != nil {
			s.log.Warn("register not told", "signal", signal, "error", err.Error())
		}
		said(err)
	})
}
