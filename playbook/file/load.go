package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muster/playbook"
	"muster/playbook/internal/words"

	"go.yaml.in/yaml/v3"
)

const (
	// maxFile is far above any playbook that people can read.
	maxFile = 1 << 20
	// maxDepth is far above what the format nests.
	maxDepth = 16
	// maxEntries is far above what one mapping or list of it holds.
	maxEntries = 2000
)

// Load reads and checks the playbook at path. The error is of type Errors and holds everything
// that is wrong. Named holiday calendars are written out for the years around now.
func Load(path string, now time.Time) (*playbook.Playbook, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data, now)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Errors{fileError(path, err)}
	}
	defer func() { _ = f.Close() }()
	// One byte more than allowed tells a file that is too large from one that just fits.
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, Errors{fileError(path, err)}
	}
	return data, nil
}

func fileError(path string, err error) *Error {
	e := &Error{File: path, Reason: "cannot be read: " + err.Error(), Mend: "check the path and its permissions"}
	if errors.Is(err, fs.ErrNotExist) {
		e.Reason, e.Mend = "does not exist", "check the path, or begin with the shipped example"
	}
	return e
}

// Parse checks the bytes of a playbook; name is what errors call the file. The error is of
// type Errors and holds everything that is wrong.
func Parse(name string, data []byte, now time.Time) (*playbook.Playbook, error) {
	r := &reader{file: name}
	root := r.syntax(data)
	if root == nil {
		return nil, r.errs.sorted()
	}
	c := r.contents(root, now)
	if len(r.errs) > 0 {
		return nil, r.errs.sorted()
	}
	c.Hash = hashOf(data)
	for _, w := range r.warns.sorted() {
		c.Warnings = append(c.Warnings, w.Error())
	}
	return playbook.New(c), nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// syntax makes nodes of the bytes and refuses what a playbook has no use for. It answers nil
// when there is nothing left to read.
func (r *reader) syntax(data []byte) *yaml.Node {
	switch {
	case len(data) > maxFile:
		r.fail(nil, "", "a playbook has a few hundred lines", "is larger than 1 MiB")
		return nil
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		r.fail(nil, "", "save it as UTF-8", "is written in UTF-16")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte{0xEF, 0xBB, 0xBF}) // the mark that some editors put first
	if !r.lines(data) {
		return nil
	}
	doc, err := decode(data)
	if err != nil {
		r.syntaxError(err)
		return nil
	}
	if doc == nil || len(doc.Content) == 0 || isNull(doc.Content[0]) {
		r.fail(nil, "", "begin with version: 1, or with the shipped example", "is empty")
		return nil
	}
	if !r.plain(doc.Content[0], 0) {
		return nil
	}
	return doc.Content[0]
}

// lines looks at the raw text, comments included: a secret in a comment is as public as any.
func (r *reader) lines(data []byte) (readable bool) {
	readable = true
	r.text = strings.Split(string(data), "\n")
	for i, line := range r.text {
		at := &yaml.Node{Line: i + 1, Column: 1}
		if !utf8.ValidString(line) {
			r.fail(at, "", "save the file as UTF-8", "is not valid UTF-8")
			readable = false
			continue
		}
		if kind, col := words.FindSecret(line); kind != "" {
			at.Column = utf8.RuneCountInString(line[:col]) + 1
			r.fail(at, "", "put it into an environment variable, write env:NAME here, and revoke it if others saw it", "holds what looks like %s", kind)
		}
	}
	return readable
}

// decode reads exactly one document. The YAML library has panicked on odd input before, and a
// person's typing must never take down what reloads the file.
func decode(data []byte) (doc *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			doc, err = nil, fmt.Errorf("yaml: cannot be read (%v)", p)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := dec.Decode(&first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("yaml: line %d: has a second document", second.Line)
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return &first, nil
}

var (
	yamlMessage = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	tabIndent   = regexp.MustCompile(`^ *\t`)
)

// yamlMends turns the library's words into what a person should do.
var yamlMends = []struct{ message, mend string }{
	{"second document", "remove the --- and what follows it"},
	{"mapping values are not allowed", "check the indentation, and put quotes around text that contains a colon and a space"},
	{"could not find expected ':'", "write key: value, with a space after the colon"},
	{"cannot start any token", "put quotes around text that starts with @, ` or %, and indent with spaces"},
	{"unknown anchor", "write the value out; a playbook has no anchors and aliases"},
	{"exceeded max depth", "a playbook nests a few levels"},
	{"control characters", "remove the invisible characters"},
	{"did not find expected ',' or", "close the bracket, and put commas between the entries"},
	{"unexpected end of stream", "close the quotes or brackets"},
}

func (r *reader) syntaxError(err error) {
	at := &yaml.Node{}
	reason := err.Error()
	if m := yamlMessage.FindStringSubmatch(reason); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		reason = m[2]
	}
	// The library complains about tabs in ways that do not name them.
	for i, line := range r.text {
		if tabIndent.MatchString(line) {
			r.fail(&yaml.Node{Line: i + 1, Column: 1}, "", "use spaces", "is indented with a tab, which YAML forbids")
			return
		}
	}
	mend := "check indentation, quotes and brackets of this line and the one above"
	for _, m := range yamlMends {
		if strings.Contains(reason, m.message) {
			mend = m.mend
			break
		}
	}
	r.fail(at, "", mend, "%s", words.Clip(reason))
}

// plain refuses anchors, aliases, tags and deep nesting: nobody needs them here, and they can
// make a small file enormous or endless.
func (r *reader) plain(n *yaml.Node, depth int) bool {
	switch {
	case depth > maxDepth:
		r.fail(n, "", "a playbook nests a few levels", "is nested more than %d levels deep", maxDepth)
		return false
	case len(n.Content) > maxEntries*pairs(n):
		r.fail(n, "", "a playbook lists a few hundred things at most", "has more than %d entries", maxEntries)
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.fail(n, "", "write the value out where it is needed", "uses an anchor or alias, which a playbook does not have")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.fail(n, "", "remove it", "uses the tag %s, which a playbook does not have", words.Quote(n.Tag))
		return false
	}
	ok := true
	for _, c := range n.Content {
		ok = r.plain(c, depth+1) && ok
	}
	return ok
}

// pairs is how many nodes make up one entry.
func pairs(n *yaml.Node) int {
	if n.Kind == yaml.MappingNode {
		return 2
	}
	return 1
}
