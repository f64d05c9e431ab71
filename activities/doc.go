// Package activities turns a workflow's wish into calls on small interfaces that it declares
// itself. There is one file per concern. Failures become Temporal application errors here, in
// errors.go, and workflows act on the type of those errors alone.
package activities
