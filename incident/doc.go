// Package incident is the domain of Muster in plain Go: what an incident is, which
// commands are legal when, and how things are named. It imports the standard library
// only and knows no Temporal, no HTTP and no vendor, so that every rule here can be
// read and tested by itself.
package incident
