package file

import _ "embed" // for the example

// Example is the shipped playbook, the same as muster.yaml at the root of the repository.
//
//go:embed example.yaml
var Example []byte
