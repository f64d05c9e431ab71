package walls

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// call is a function that one room alone may use, and why.
type call struct {
	pkg, name string
	room, why string
}

// reserved are functions that are easily called where they ought not to be, and do no harm until much later.
var reserved = []call{
	{"go.temporal.io/sdk/client", "Dial", "internal/dial", "it knows no encryption keys: use internal/dial"},
	{"go.temporal.io/sdk/client", "DialContext", "internal/dial", "it knows no encryption keys: use internal/dial"},
	{"go.temporal.io/sdk/client", "NewClient", "internal/dial", "it knows no encryption keys: use internal/dial"},
	{"go.temporal.io/sdk/client", "NewLazyClient", "internal/dial", "it knows no encryption keys: use internal/dial"},
	{"go.temporal.io/sdk/client", "NewClientFromExisting", "internal/dial", "it knows no encryption keys: use internal/dial"},
	{"muster/internal/config", "TemporalOptions", "internal/dial", "they have no encryption keys: use dial.Options"},
	{"time", "LoadLocation", "", "it prefers the machine's data to ours: use playbook/zone"},
}

func TestWhatOneRoomAloneMayCall(t *testing.T) {
	t.Parallel()
	for _, room := range everyRoom(t) {
		t.Run(room, func(t *testing.T) {
			t.Parallel()
			eachFile(t, filepath.Join(root, room), func(files *token.FileSet, f *ast.File) {
				at := strings.TrimPrefix(files.Position(f.Pos()).Filename, root+"/")
				for _, c := range callsIn(f) {
					if c.room == "" || !strings.HasPrefix(at, c.room+"/") {
						t.Errorf("%s calls %s.%s: %s", at, c.pkg, c.name, c.why)
					}
				}
			})
		})
	}
}

// callsIn are the reserved functions that a file names, called or handed on.
func callsIn(f *ast.File) []call {
	packages := map[string]string{} // by the name that the file has for each
	for _, i := range f.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		packages[name] = path
	}
	var found []call
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := s.X.(*ast.Ident); ok {
			for _, c := range reserved {
				if packages[x.Name] == c.pkg && s.Sel.Name == c.name {
					found = append(found, c)
				}
			}
		}
		return true
	})
	return found
}

func everyRoom(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	var rooms []string
	for _, e := range entries {
		if e.IsDir() && e.Name()[0] != '.' {
			rooms = append(rooms, e.Name())
		}
	}
	require.Subset(t, rooms, []string{"dev", "internal", "playbook", "starter", "worker"})
	return rooms
}

// A wall that finds nothing holds everything.
func TestReservedCallsAreFound(t *testing.T) {
	t.Parallel()
	found := 0
	eachFile(t, filepath.Join(root, "internal/dial"), func(_ *token.FileSet, f *ast.File) { found += len(callsIn(f)) })
	require.Equal(t, 3, found, "dial.go dials, dials lazily, and reads the options")
}
