package digest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/bounds"
	"muster/playbook"
	"muster/workflows/api"
)

// A playbook has at most 2,000 entries of any list, so that a zone has no more people, and a run tells
// perRun of them what they are owed. What the schedule starts and what a run carries over then fit into
// an input, and so does a person's own digest with as many lines as it takes.
func TestTheFullestDigestsFitIntoAnInput(t *testing.T) {
	t.Parallel()
	const people = 2000
	year := playbook.DefaultCalendar()
	for k := range 300 {
		year.Holidays = append(year.Holidays, fmt.Sprintf("2026-%02d-%02d", k/28+1, k%28+1))
	}
	in := api.DigestInput{Zone: "Europe/Berlin", Calendar: year, Others: true, People: map[string]int{}, State: &api.DigestState{}}
	for range 20 {
		in.Calendars = append(in.Calendars, year)
	}
	for k := range people {
		who := fmt.Sprintf("somebody-with-quite-a-long-name.%04d@example.com", k)
		in.People[who] = k % len(in.Calendars)
		in.Elsewhere = append(in.Elsewhere, who)
		in.State.Started = append(in.State.Started, who)
	}
	require.Less(t, bounds.Size(in), api.MaxInput, "each calendar is in it once")

	line := api.OwedLine{FollowUp: "INC-100000/follow-up/100", Ask: api.AskOverdue, Turn: strings.Repeat("x", 60)}
	line.Text, line.Due = strings.Repeat("<", incident.MaxTitle+100), "2026-12-16"
	line.Link = incident.Link{Label: strings.Repeat("x", 120), URL: strings.Repeat("x", 500)}
	for range 5 {
		line.Buttons = append(line.Buttons, incident.Button{Label: strings.Repeat("x", 75), Action: strings.Repeat("x", 40), Value: strings.Repeat("x", 100)})
	}
	one := PersonDigestInput{Person: "alice@example.com", Date: "2026-12-16", Installation: strings.Repeat("x", 40), Calendar: year}
	for range perPerson {
		one.Lines = append(one.Lines, line)
	}
	require.Less(t, bounds.Size(one), api.MaxInput)

	report := api.ReportInput{Calendar: year}
	for range 10 {
		report.Channels = append(report.Channels, "#"+strings.Repeat("x", 79))
	}
	require.Less(t, bounds.Size(report), api.MaxInput)
}
