package incidents

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
)

// sealToken makes a page token that openToken knows again, of the server's. The server answers one
// that it did not give out as if it were away (1.32), and goes on with another list where the token
// is of another query.
func sealToken(query string, token []byte) string {
	if len(token) == 0 {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(seal(query, token), token...))
}

func openToken(query, sealed string) ([]byte, error) {
	if sealed == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) <= sealSize || !bytes.Equal(raw[:sealSize], seal(query, raw[sealSize:])) {
		return nil, invalid("page_token", "leave it out to begin anew", "is none that was given out for this list")
	}
	return raw[sealSize:], nil
}

const sealSize = 8

func seal(query string, token []byte) []byte {
	sum := sha256.Sum256(append([]byte(query+"\n"), token...))
	return sum[:sealSize:sealSize]
}
