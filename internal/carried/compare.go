package carried

import (
	"fmt"
	"maps"
	"slices"
)

// Compare lists what of an earlier release's values a later one does not read, and what of the later
// one's the earlier does not know what to do with: roots and fields that went or hold something else,
// and words that went or came. Words that came break only the way back, so they may be allowed, each as
// "incident.Status paused". That a type has another name in Go is no change.
func Compare(earlier, later *Schema, allowed func(word string) bool) []Break {
	c := comparison{earlier: earlier, later: later, allowed: allowed, seen: map[[2]string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(earlier.Roots)) {
		kind, there := later.Roots[name]
		if !there {
			c.found(name, "is gone: what was written under this name is read by nobody")
			continue
		}
		c.kinds(name, earlier.Roots[name], kind)
	}
	return c.breaks
}

type comparison struct {
	earlier, later *Schema
	allowed        func(string) bool
	seen           map[[2]string]bool
	breaks         []Break
}

func (c *comparison) found(path, format string, args ...any) {
	c.breaks = append(c.breaks, Break{Path: path, Why: fmt.Sprintf(format, args...)})
}

func (c *comparison) kinds(path, was, is string) {
	if c.earlier.shape(was) != c.later.shape(is) {
		c.found(path, "was %s and is %s", was, is)
		return
	}
	wasKey, wasItem := parts(was)
	if isKey, isItem := parts(is); wasItem != "" {
		if wasKey != "" {
			c.kinds(path+"{}", wasKey, isKey)
		}
		c.kinds(path+"[]", wasItem, isItem)
		return
	}
	if pair := [2]string{was, is}; c.seen[pair] {
		return
	} else { //nolint:revive // the pair is of this moment
		c.seen[pair] = true
	}
	c.words(path, was, is)
	fields := c.later.Objects[is]
	for _, name := range slices.Sorted(maps.Keys(c.earlier.Objects[was])) {
		kind, there := fields[name]
		if !there {
			c.found(path+"."+name, "is gone or has another name")
			continue
		}
		c.kinds(path+"."+name, kindOf(c.earlier.Objects[was][name]), kindOf(kind))
	}
}

func (c *comparison) words(path, was, is string) {
	before, fixed := c.earlier.Words[was]
	now, still := c.later.Words[is]
	if !fixed || !still {
		return // any text was right before, or is now
	}
	for _, w := range before {
		if !slices.Contains(now, w) {
			c.found(path, "the word %q is gone, which may be written somewhere", w)
		}
	}
	for _, w := range now {
		if !slices.Contains(before, w) && !c.allowed(is+" "+w) {
			c.found(path, "the word %q is new: the release before does not know it", w)
		}
	}
}

// shape is what JSON tells of a kind.
func (s *Schema) shape(kind string) string {
	key, item := parts(kind)
	_, object := s.Objects[kind]
	_, words := s.Words[kind]
	switch {
	case key != "":
		return "map"
	case item != "":
		return "list"
	case object:
		return "object"
	case words:
		return kindText
	}
	return kind
}
