// Package file reads muster.yaml, the one policy file: it loads, completes and validates it, and
// says what is wrong with it by line and mend. It reads files and links a YAML library, so it
// belongs outside of workflows.
package file
