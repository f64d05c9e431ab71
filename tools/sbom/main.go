// Command sbom writes what a program of Go was linked from, as a CycloneDX document: the modules and the Go version that the
// program itself names. It has neither a time nor a serial number in it, so that the same program has the same document.
//
//	go run ./sbom -version v0.1.0 -o starter.cdx.json starter
package main

import (
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path"
	"runtime/debug"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	version := flag.String("version", "", "the `version` of the program")
	out := flag.String("o", "", "the `file` to write")
	flag.Parse()
	if flag.NArg() != 1 || *out == "" || *version == "" {
		fmt.Fprintln(os.Stderr, "usage: sbom -version VERSION -o FILE PROGRAM")
		os.Exit(2)
	}
	if err := write(flag.Arg(0), *version, *out); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func write(program, version, out string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	e := cdx.NewBOMEncoder(file, cdx.BOMFileFormatJSON)
	if err := e.SetPretty(true).Encode(document(info, version)); err != nil {
		return err
	}
	return file.Close()
}

func document(info *buildinfo.BuildInfo, version string) *cdx.BOM {
	bom := cdx.NewBOM()
	main := component(cdx.ComponentTypeApplication, info.Main.Path, version, "")
	main.Name = path.Base(info.Path)
	var properties []cdx.Property
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS", "GOARCH", "CGO_ENABLED", "-trimpath":
			properties = append(properties, cdx.Property{Name: "muster:build:" + strings.TrimPrefix(s.Key, "-"), Value: s.Value})
		}
	}
	main.Properties = &properties
	bom.Metadata = &cdx.Metadata{Component: &main}
	components := []cdx.Component{component(cdx.ComponentTypeLibrary, "std", strings.TrimPrefix(info.GoVersion, "go"), "")}
	for _, m := range info.Deps {
		m = linked(m)
		components = append(components, component(cdx.ComponentTypeLibrary, m.Path, m.Version, m.Sum))
	}
	refs := make([]string, 0, len(components))
	for _, c := range components {
		refs = append(refs, c.BOMRef)
	}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: main.BOMRef, Dependencies: &refs}}
	return bom
}

// linked is what stands in for a module that was replaced.
func linked(m *debug.Module) *debug.Module {
	for m.Replace != nil {
		m = m.Replace
	}
	return m
}

func component(is cdx.ComponentType, name, version, sum string) cdx.Component {
	purl := "pkg:golang/" + name + "@" + version
	c := cdx.Component{Type: is, BOMRef: purl, Name: name, Version: version, PackageURL: purl}
	// The sum of go.sum is a SHA-256 over the module's files.
	if raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:")); err == nil && len(raw) == 32 {
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}}
	}
	return c
}
