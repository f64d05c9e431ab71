package incident

// Speaker is a command that may say who did something: an acknowledgement, an arrival, words. Ways in
// that know who somebody is ask it, so that nobody does in another's name what is that person's own to do.
type Speaker interface {
	Command
	// InNameOf gives the field that names who did it and what it says, which is empty when it is
	// whoever gives the command.
	InNameOf() (field, person string)
}

// InNameOf implements Speaker.
func (c Join) InNameOf() (field, person string) { return "person", c.Person }

// InNameOf implements Speaker.
func (c Acknowledge) InNameOf() (field, person string) { return "person", c.Person }

// InNameOf implements Speaker.
func (c Capture) InNameOf() (field, person string) { return "author", c.Author }

// InNameOf is that of the message which the declaration carries along.
func (d Declaration) InNameOf() (field, person string) {
	if d.Carried == nil {
		return "", ""
	}
	return "carried.author", d.Carried.Author
}

// CheckOwn refuses what a person would do in another's name. Whoever has no name of their own, such
// as a service that speaks for people, may; what it says is shown as its word.
func CheckOwn(by Actor, field, person string) error {
	if by.Person == "" || person == "" || NormalPerson(person) == NormalPerson(by.Person) {
		return nil
	}
	mend := "leave it out; `invite` asks somebody to come, and joining stays their own act"
	if field != "person" {
		mend = "leave it out, and say in the text whose words they are"
	}
	return invalid(field, mend, "names somebody else, and you act as %s", by.Person)
}
