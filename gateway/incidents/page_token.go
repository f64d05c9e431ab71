package incidents

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"muster/incident"
	"muster/workflows/api"
)

// The server's page tokens are plain JSON with the start and the run ID of the workflow at which a
// page has ended; it answers a token that it did not give out as if it were away (1.32), and goes on
// with another list where the token is of another query. Ours are the server's, encrypted and bound
// to the list and to whoever asked for it.

// sealToken makes a page token of the server's, "" for the end of a list.
func (c *Client) sealToken(ctx context.Context, list string, token []byte) (string, error) {
	if len(token) == 0 {
		return "", nil
	}
	box, err := c.tokenBox(ctx)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, box.NonceSize(), box.NonceSize()+len(token)+box.Overhead())
	rand.Read(nonce) // it never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(box.Seal(nonce, nonce, token, []byte(list))), nil
}

// openToken gives back the server's token, nil for the beginning of a list. Whatever was not given
// out for this list and this viewer is refused.
func (c *Client) openToken(ctx context.Context, list, sealed string) ([]byte, error) {
	if sealed == "" {
		return nil, nil
	}
	foreign := invalid("page_token", "leave it out to begin anew", "is none that was given out for this list")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(raw) > maxToken {
		return nil, foreign
	}
	box, err := c.tokenBox(ctx)
	if isNotFound(err) {
		return nil, foreign // nothing was ever declared, so that no list has a second page
	}
	if err != nil {
		return nil, err
	}
	if len(raw) <= box.NonceSize() {
		return nil, foreign
	}
	token, err := box.Open(nil, raw[:box.NonceSize()], raw[box.NonceSize():], []byte(list))
	if err != nil {
		return nil, foreign
	}
	return token, nil
}

// maxToken bounds what is looked at; the server's tokens have about 200 bytes.
const maxToken = 4096

// tokenBox encrypts tokens under a key that every gateway of an installation derives for itself, and
// again after a restart: from the random ID with which the server has started Register's first run.
// It stays the same as long as Register lives, and only who may look at Temporal itself can read
// it. No setting is needed, and no worker.
func (c *Client) tokenBox(ctx context.Context) (cipher.AEAD, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.RegisterID, "")
	if err != nil {
		return nil, readErrorOrMissing("continue a list", err)
	}
	first := d.GetWorkflowExecutionInfo().GetFirstRunId()
	if first == "" {
		return nil, fmt.Errorf("continue a list: Temporal does not say with which run %s began", api.RegisterID)
	}
	key, err := hkdf.Key(sha256.New, []byte(first), nil, "muster page token of "+c.Namespace, 32)
	if err != nil {
		return nil, fmt.Errorf("continue a list: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("continue a list: %w", err)
	}
	return cipher.NewGCM(block)
}

// readErrorOrMissing keeps "there is no such workflow" recognisable.
func readErrorOrMissing(what string, err error) error {
	if isNotFound(err) {
		return err
	}
	return readError(what, err)
}

// token names a list and its reader, for whom alone its page tokens are.
func (v Viewer) token(list string) string {
	return fmt.Sprintf("%s\n%s %t %t", list, incident.NormalPerson(v.Person), v.Private, v.Guest)
}
