package api

import (
	"regexp"
	"strconv"
)

// labelled finds in what a vendor keeps of a VendorKey what the key was about: INC-42, and perhaps a
// follow-up or a review. The hash at its end was made of the whole key.
var labelled = regexp.MustCompile(`INC-(\d{1,9})-(?:(follow-up|review|issue)-)?(?:(\d{1,9})-)?[0-9a-f]{8}$`)

// KeeperOf gives the workflow that keeps an issue with these labels, or "". A label cannot be read back, so
// the key that it seems to have been made of is made into a label again: only an equal one is this
// installation's.
func KeeperOf(labels []string, installation string, label func(key string) string) string {
	for _, l := range labels {
		m := labelled.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		number, err := strconv.Atoi(m[1])
		if err != nil {
			continue
		}
		part, err := strconv.Atoi(m[3])
		if err != nil {
			part = 1
		}
		workflow, step := IncidentID(number), ""
		switch m[2] {
		case "follow-up":
			workflow = FollowUpID(number, part)
		case "review":
			workflow = ReviewID(number, part)
		case "issue":
			step = "issue"
		}
		if label(VendorKey(installation, workflow, step)) == l {
			return workflow
		}
	}
	return ""
}
