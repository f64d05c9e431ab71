package archive

import (
	"os"
	"strings"
)

// file is the path of SQLite's file, empty for another database.
func (a *Archive) file() string {
	path, ok := strings.CutPrefix(a.where, "sqlite:")
	if !ok {
		return ""
	}
	return path
}

// secure makes the file before the driver does, so that nobody else may read it: private incidents are in it. Its log
// and index get the same rights from SQLite. One that is there stays as it is, and is not even opened: to close it
// would take away the locks that this process has on it. What goes wrong the driver says better.
func (a *Archive) secure() {
	if path := a.file(); path != "" {
		if f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			_ = f.Close() // nothing was written
		}
	}
}

// Exposed names the files of the archive that others of the machine may read or write, none for PostgreSQL.
func (a *Archive) Exposed() []string {
	path := a.file()
	if path == "" {
		return nil
	}
	var all []string
	for _, f := range []string{path, path + "-wal", path + "-shm"} {
		if s, err := os.Stat(f); err == nil && s.Mode().Perm()&0o077 != 0 {
			all = append(all, f)
		}
	}
	return all
}
