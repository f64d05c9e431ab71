package file_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook/file"
)

func TestHowLongTheArchiveKeeps(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]map[incident.Kind]time.Duration{
		"":                    nil,
		"archive: {}":         nil,
		"archive: {keep: {}}": nil,
		"archive: {keep: {drill: 90d, near_miss: 3y}}": {incident.KindDrill: 90 * day, incident.KindNearMiss: 3 * 365 * day},
	} {
		p, err := file.Parse("muster.yaml", []byte("version: 1\n"+text+"\n"), time.Now())
		require.NoError(t, err, text)
		require.Equal(t, want, p.Archive().Keep, text)
	}
	for text, says := range map[string]string{
		"archive: {kept: 3y}":             `archive.kept: is not known here; did you mean keep?`,
		"archive: {keep: {drills: 3y}}":   `archive.keep.drills: is not known here; did you mean drill?`,
		"archive: {keep: {drill: 3}}":     `archive.keep.drill: "3" is no time that something is kept for; write it like 90d or 3y, or leave it out for ever`,
		"archive: {keep: {drill: 1d}}":    `archive.keep.drill: "1d" is out of bounds; write a time from 7d to 100y`,
		"archive: {keep: {drill: 999y}}":  `archive.keep.drill: "999y" is out of bounds`,
		"archive: {keep: {drill: [90d]}}": `archive.keep.drill: is a list where a single value is needed`,
		"archive: {keep: 90d}":            `archive.keep`,
	} {
		_, err := file.Parse("muster.yaml", []byte("version: 1\n"+text+"\n"), time.Now())
		require.ErrorContains(t, err, says, text)
	}
}
