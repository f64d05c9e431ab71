package register

import (
	"crypto/rand"
	"encoding/hex"
)

// newInstallation makes a random installation ID. It is called inside a side effect, whose
// result is recorded, and nowhere else.
func newInstallation() string {
	b := make([]byte, 4)
	rand.Read(b)
	return hex.EncodeToString(b)
}
