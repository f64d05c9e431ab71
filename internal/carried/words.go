package carried

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Words reads the fixed words of types from the source of their packages, below the root of the module: the
// constants that are declared with the type's name. It keeps what it has read, and may be asked by several at once.
func Words(root string) func(reflect.Type) []string {
	packages := map[string]map[string][]string{}
	var mu sync.Mutex
	return func(t reflect.Type) []string {
		path, ours := strings.CutPrefix(t.PkgPath(), module)
		if t.Kind() != reflect.String || !ours {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		types, known := packages[path]
		if !known {
			types = constants(filepath.Join(root, path))
			packages[path] = types
		}
		return types[t.Name()]
	}
}

// constants are the text constants of a folder's Go files by the names of their types. What cannot be read
// does not compile either.
func constants(dir string) map[string][]string {
	out := map[string][]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return out
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				noteWords(out, g)
			}
		}
	}
	for name := range out {
		slices.Sort(out[name])
		out[name] = slices.Compact(out[name])
	}
	return out
}

func noteWords(out map[string][]string, g *ast.GenDecl) {
	for _, spec := range g.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		name, ok := v.Type.(*ast.Ident)
		if !ok {
			continue
		}
		for _, value := range v.Values {
			lit, ok := value.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				continue
			}
			if word, err := strconv.Unquote(lit.Value); err == nil && word != "" {
				out[name.Name] = append(out[name.Name], word)
			}
		}
	}
}
