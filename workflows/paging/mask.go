package paging

import "fmt"

// targetName and stepName name whom a page is for in the Web UI. The names are the playbook's, and
// those of a private incident would tell what it is about.
func (r *pageRun) targetName() string {
	if r.s.Brief.Private {
		return fmt.Sprintf("the target of page %d", r.s.Brief.Page.Number)
	}
	return r.s.Brief.Target.Name
}

func (r *pageRun) stepName(a attempt) string {
	if r.s.Brief.Private {
		return r.targetName()
	}
	return a.Step
}
