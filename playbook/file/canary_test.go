package file_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/playbook"
	"muster/playbook/file"
)

func TestCanary(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]playbook.CanaryPolicy{
		"": {},
		"canary: {every: 10m, within: 30s, channel: safe, open_channel: true, project: SAFE, incident_type: Task, credential: \"env:PD_SAFE\"}": {
			Every: 10 * time.Minute, Within: 30 * time.Second, Channel: "#safe", OpenChannel: true, Project: "SAFE", IncidentType: "Task", Credential: "env:PD_SAFE",
		},
		"canary: {open_channel: true}": {Every: time.Hour, Within: 2 * time.Minute, OpenChannel: true, IncidentType: "Task"},
	} {
		p, err := file.Parse("muster.yaml", []byte("version: 1\ntracker: {project: REAL, incident_type: Task}\n"+text+"\n"), time.Now())
		require.NoError(t, err, text)
		require.Equal(t, want, p.Canary(), text)
		require.Equal(t, want.On(), text != "")
	}
}

func TestWhatACanaryMayNotReach(t *testing.T) {
	t.Parallel()
	const book = "version: 1\ndefault_target: people\ntargets: {people: {steps: [{name: People, credential: \"env:PD_REAL\"}]}}\n" +
		"chat: {announce: \"#real\"}\ntracker: {project: REAL}\noperators: {channel: \"#ops\"}\n"
	for text, says := range map[string]string{
		"canary: {chanel: safe}":                         `canary.chanel: is not known here`,
		"canary: {every: 1m, channel: safe}":             `muster.yaml:7: canary.every: "1m" is out of bounds; write a time from 5m to 1d`,
		"canary: {every: 3bd, channel: safe}":            `canary.every`,
		"canary: {within: 2h, channel: safe}":            `canary.within: "2h" is out of bounds; write a time from 10s to 1h`,
		"canary: {channel: real}":                        `canary.channel: "#real" is a channel that people read; make a channel for tests`,
		"canary: {channel: \"#ops\"}":                    `canary.channel: "#ops" is a channel that people read`,
		"canary: {channel: \"No Channel\"}":              `canary.channel`,
		"canary: {project: small}":                       `canary.project: "small" is no key of a project`,
		"canary: {credential: \"env:PD_REAL\"}":          `canary.credential: "env:PD_REAL" also pages people; make a service in the pager that wakes nobody`,
		"canary: {credential: a-secret}":                 `canary.credential: names no environment variable`,
		"canary: {every: 1h}":                            `canary: says nothing that a canary could reach; name a channel, a project or a credential`,
		"canary: {channel: safe, open_channel: perhaps}": `canary.open_channel`,
	} {
		_, err := file.Parse("muster.yaml", []byte(book+text+"\n"), time.Now())
		require.ErrorContains(t, err, says, text)
	}
	p, err := file.Parse("muster.yaml", []byte(book+"canary: {project: REAL}\n"), time.Now())
	require.NoError(t, err)
	require.Contains(t, p.Warnings()[0]+p.Warnings()[len(p.Warnings())-1], "canary.project: is also that of real incidents")
}
