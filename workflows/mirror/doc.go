// Package mirror is what every long-lived workflow of Muster is made of: a reconcile loop that
// keeps outside systems in line with the workflow's facts (Loop), an inbox that takes signals in
// raw (Inbox), and a decent end of a run (Run). It knows no incident's life.
package mirror
