package archive_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNobodyElseReadsTheFile(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "folder")
	require.NoError(t, os.Mkdir(folder, 0o755))
	path := filepath.Join(folder, "archive.db")
	a := open(t, "sqlite:"+path)
	keep(t, a, declared(1, "Disk full"), 1)
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 3, "the file, its log and the log's index")
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), f.Name())
	}
	require.Empty(t, a.Exposed())
	info, err := os.Stat(folder)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o755), info.Mode().Perm(), "the folder stays as it is")

	// What somebody has opened to others stays so, and shows.
	require.NoError(t, os.Chmod(path, 0o640))
	b := open(t, "sqlite:"+path)
	keep(t, b, declared(2, "Disk full again"), 1)
	require.Equal(t, []string{path}, b.Exposed())
	require.Empty(t, both["postgres"](t).Exposed())
}
