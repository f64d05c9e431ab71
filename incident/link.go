package incident

import "net/url"

// WebLink gives an address of the web back, and nothing for any other. What came from outside is shown
// to people as something to press, in chat, in the tracker, in a browser: javascript:, file: and
// the like must not get there.
func WebLink(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	return address
}

// checkLink refuses a link that is none of the web; none at all is fine.
func checkLink(field, address string) error {
	if address == "" || WebLink(address) != "" {
		return nil
	}
	return invalid(field, "write one that begins with https://, or leave it out", "%q is no link to a web page", Clip(CleanLine(address), 60))
}
