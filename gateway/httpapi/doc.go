// Package httpapi is the JSON API below /v1: who calls it, the commands and views of incidents, and how
// errors are answered. It starts and signals workflows through package incidents.
package httpapi
