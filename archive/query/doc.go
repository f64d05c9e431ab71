// Package query is the small language in which people ask the archive: words, "phrases", -exclusions and
// filters such as severity<=2, service:checkout or since:90d. The API, the command line and Slack read it
// alike. It knows no database.
//
// Everything in a query must hold; a comma in a filter means any of. A word is found as it stands, without
// regard to capitals and accents; word* finds what begins with it.
package query
