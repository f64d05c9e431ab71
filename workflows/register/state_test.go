package register

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/workflows/api"
	"muster/workflows/mirror"
)

func TestTheStateOfRegisterFitsIntoAnInput(t *testing.T) {
	t.Parallel()
	r := &registerRun{s: &api.RegisterState{AlertKeys: map[string]int{}}}
	for k := range 3000 {
		r.remember(fmt.Sprint(k), mirror.Fingerprint(k), k)
		r.keep(api.DeclaredKey{Key: "words " + mirror.Fingerprint(k), Body: mirror.Fingerprint(k), Number: k, At: time.Date(2026, 11, 18, 10, 0, 0, k, time.UTC)})
		if s := person(fmt.Sprintf("someone-with-a-long-address-%d@mail.example.com", k), "severity<=2 service:"+strings.Repeat("x", 60)); r.checkSubscribe(s) == nil {
			r.subscribe(s)
		}
		if k < 1000 {
			r.s.AlertKeys[fmt.Sprint(k, strings.Repeat("k", 100))] = k
		}
	}
	b, err := json.Marshal(r.s)
	require.NoError(t, err)
	t.Logf("%d bytes, %d subscriptions", len(b), len(r.s.Subscriptions))
	require.Less(t, len(b), 800_000)
}
