// Package everycommand holds the one test that asks every way in, the workflow and the documents
// for every command of the table in incident/table.go, and names the place where one is missing.
// It has no code of its own; it lies here because the command line can be imported only from here.
package everycommand
