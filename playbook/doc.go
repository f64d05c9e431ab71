// Package playbook is the one policy file, muster.yaml: it loads, completes and validates it,
// says what is wrong with it by line and mend, and cuts from it the Slice that one incident
// needs. It also holds the business calendars. Slice, Span and Calendar are pure, so that
// workflow code may use them; Load and Source read files and belong outside of workflows.
package playbook
