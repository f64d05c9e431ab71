package doctor_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/internal/doctor"
)

func TestAnArchiveThatOthersMayRead(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	path := filepath.Join(t.TempDir(), "archive.db")
	p.env["MUSTER_ARCHIVE"] = "sqlite:" + path
	p.examined().says(doctor.Warning, "archive", "holds nothing, and Temporal has INC-7", "starter archive rebuild")
	a, err := archive.New(p.env["MUSTER_ARCHIVE"])
	require.NoError(t, err)
	_, err = a.Keep(t.Context(), archive.Record{Workflow: "INC-7", Type: "Incident", Incident: 7, Version: 1, State: json.RawMessage(`{}`)})
	require.NoError(t, err)
	require.NoError(t, a.Close())
	found := p.examined()
	found.says(doctor.OK, "archive", "can be written", "")
	for _, f := range found.list {
		require.False(t, f.Check == "archive" && f.State == doctor.Warning, f.Text)
	}
	require.NoError(t, os.Chmod(path, 0o644))
	p.examined().says(doctor.Warning, "archive", "others on this machine may read "+path, "chmod go= "+path)
}
