// Package playbook is policy as data: what one playbook says, the Slice of it that one incident
// needs, spans of time and business calendars. Everything in it is pure, so that workflow code may
// use it. Package file reads a playbook from muster.yaml.
package playbook
