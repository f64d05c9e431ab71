// Package archive is the record that outlives Temporal: what became of every incident, in a database that
// can be searched and counted. SQLite keeps it in one file of one machine, PostgreSQL for production; one
// set of queries serves both.
//
// What is written comes from the workflows, whole and with a version, so that writing it twice changes
// nothing and a late write never takes the place of a newer one. The workflows own the truth while Temporal
// keeps them: the archive may be away for days, and catches up.
package archive
