package doctor_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/doctor"
)

func TestAnArchiveThatOthersMayRead(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	path := filepath.Join(t.TempDir(), "archive.db")
	p.env["MUSTER_ARCHIVE"] = "sqlite:" + path
	found := p.examined()
	found.says(doctor.OK, "archive", "can be written", "")
	for _, f := range found.list {
		require.False(t, f.Check == "archive" && f.State == doctor.Warning, f.Text)
	}
	require.NoError(t, os.Chmod(path, 0o644))
	p.examined().says(doctor.Warning, "archive", "others on this machine may read "+path, "chmod go= "+path)
}
