// Package settings knows which environment variables Muster's programs read. What deploys them is held against it.
package settings

import (
	"errors"
	"strings"

	"muster/internal/app"
	"muster/internal/config"
	"muster/internal/dial"
	"muster/internal/tracing"
	"muster/playbook"
)

// Asked are the variables that the programs ask for, with those that a playbook names.
func Asked(p *playbook.Playbook) (map[string]bool, error) {
	asked := map[string]bool{}
	lookup := func(name string) (string, bool) { asked[name] = true; return "", false }
	_, loaded := config.Load(lookup)
	_, limits := app.LimitsFrom(lookup)
	_, temporal := dial.Options(config.Temporal{}, lookup, nil)
	for _, name := range tracing.Variables() { // most of them OpenTelemetry's SDK reads by itself
		asked[name] = true
	}
	for _, c := range p.Credentials() {
		asked[strings.TrimPrefix(c, "env:")] = true
	}
	return asked, errors.Join(loaded, limits, temporal)
}
