// Package incidents is the one client of the workflows: it declares incidents, gives commands,
// delivers vendors' events and reads what there is. The gateway's doors and the command line
// all go through it, so that each of them keeps the same promises: what was answered is
// recorded, and what is asked twice happens once.
package incidents
