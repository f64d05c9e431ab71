package playbook

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"muster/playbook/internal/words"
	"muster/playbook/zone"
)

// localZone is a name that means another zone on every machine, and so is refused.
const localZone = "Local"

// fixedZone is a zone that never changes its clocks, which its name mostly hides: people who write EST
// live where the clocks do change. UTC itself says what it is.
var fixedZone = regexp.MustCompile(`(?i)^(EST|MST|HST|GMT|GMT[+-]?0|Greenwich|UCT|Zulu|Universal|Etc/(GMT.*|Greenwich|UCT|Zulu|Universal))$`)

// places are where people mostly mean who write a fixed zone.
var places = map[string]string{
	"EST": "America/New_York", "MST": "America/Denver", "HST": "Pacific/Honolulu", "GMT": "Europe/London",
}

func placeFor(name string) string {
	upper := strings.ToUpper(name)
	if place := places[upper]; place != "" {
		return place
	}
	if strings.HasPrefix(upper, "ETC/GMT+") {
		return "America/New_York (Etc/GMT+5 is five hours behind UTC, and not ahead)"
	}
	return "Europe/London or America/New_York, or UTC if you mean it"
}

func loadZone(name string) (*time.Location, error) {
	if name == localZone {
		return nil, errors.New("zone Local differs from machine to machine; write a place such as Europe/Berlin")
	}
	if fixedZone.MatchString(name) {
		return nil, fmt.Errorf("%s is always as far from UTC and knows no summer time; write a place such as %s", words.Quote(name), placeFor(name))
	}
	loc, err := zone.Load(name)
	if err != nil {
		return nil, fmt.Errorf("%s is no time zone; write a place such as Europe/Berlin or America/New_York", words.Quote(name))
	}
	return loc, nil
}

// Location is the calendar's time zone, UTC when it names none that can be loaded.
func (c Calendar) Location() *time.Location {
	if c.Zone == localZone {
		return time.UTC
	}
	loc, err := zone.Load(c.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}
