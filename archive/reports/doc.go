// Package reports says what the archive's answers to standing questions look like, and works them out of rows:
// who was woken at night, how much was declared, what became of follow-ups. It knows no database. Every report
// is a table with notes that say how it counts, so that a terminal, JSON and CSV show the same.
//
// Nothing here measures how fast people recover. What is counted is meant to be looked at by those whom it is
// about: nights to be shared better, and declarations that may well become more.
package reports
