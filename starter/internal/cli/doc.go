// Package cli is the command line, with everything that it touches injected, so that it runs in
// tests as it does in a terminal.
package cli
