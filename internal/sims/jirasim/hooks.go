package jirasim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
)

// deliver hands a payload to the webhooks; the caller holds the lock.
func (s *Sim) deliver(event string, payload map[string]any) {
	body, err := json.Marshal(payload)
	if err != nil {
		s.unexpected.Add("webhook", err.Error())
		return
	}
	s.state.Delivery++
	sum := sha256.Sum256([]byte(s.site + strconv.Itoa(s.state.Delivery)))
	id := hex.EncodeToString(sum[:16])
	header := http.Header{}
	header.Set("Content-Type", "application/json; charset=UTF-8")
	header.Set("User-Agent", "Atlassian Webhook HTTP Client")
	header.Set("X-Atlassian-Webhook-Identifier", id)
	header.Set("X-Atlassian-Webhook-Flow", "Primary")
	s.Webhooks.Send(id, event, header, body)
}
