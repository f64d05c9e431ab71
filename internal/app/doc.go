// Package app wires Muster's parts together: the worker, the gateway, the development process
// and the tests all start the same parts in the same way, and undo them in reverse.
package app
