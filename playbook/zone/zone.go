// Package zone knows the time zones. Its data are in the program, and nothing of the machine's is read: Go would
// prefer the machine's own, and workers with different ones would compute different mornings for one workflow.
//
// zoneinfo.zip is lib/time/zoneinfo.zip of the Go distribution, release 2025c of the database. Newer data come with a
// newer release of Muster alone.
package zone

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"time"
)

// Version is the release of the database.
const Version = "2025c"

//go:embed zoneinfo.zip
var archive []byte

var data = index()

// index finds each zone's data within the archive, in which nothing is compressed.
func index() map[string][]byte {
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		panic("zone: " + err.Error()) // the archive is part of the program
	}
	found := make(map[string][]byte, len(files.File))
	for _, f := range files.File {
		at, err := f.DataOffset()
		if err != nil || f.Method != zip.Store {
			panic("zone: " + f.Name + " cannot be read where it is")
		}
		found[f.Name] = archive[at : at+int64(f.UncompressedSize64)] //nolint:gosec // as large as the archive at most
	}
	return found
}

// Load gives the zone of a name such as Europe/Berlin; "" and "UTC" are UTC. "Local" is none, since it differs from
// machine to machine.
func Load(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	d, ok := data[name]
	if !ok {
		return nil, fmt.Errorf("there is no time zone %q", name)
	}
	return time.LoadLocationFromTZData(name, d)
}
