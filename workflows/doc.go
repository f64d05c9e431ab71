// Package workflows holds Muster's durable processes: Register, Incident, Page, Review,
// FollowUp, Person and Sweep. They are deterministic. An incident's state is a plain struct of
// facts; a command changes facts and returns at once; every outside system is a mirror that
// one coroutine keeps in line with the facts (keeper.go).
package workflows
