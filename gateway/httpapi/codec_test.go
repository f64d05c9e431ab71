package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"muster/gateway"
	"muster/gateway/access"
	"muster/gateway/httpapi"
	"muster/internal/sealed"
)

const operators = "operators-token-of-some-length"

// decrypts is a gateway with a key, and its ring.
func decrypts(t *testing.T) (*world, *sealed.Ring) {
	t.Helper()
	line, err := sealed.NewKey("2026-10")
	require.NoError(t, err)
	ring, err := sealed.Parse(line)
	require.NoError(t, err)
	tokens, err := access.Parse("ops::codec:" + access.Hash(operators) + ",all::admin+private:" + access.Hash(alices))
	require.NoError(t, err)
	return newWorld(t, func(o *gateway.Options) {
		o.Codec, o.UIOrigin, o.Auth = ring.Codec(), "https://temporal.example.com", httpapi.NewTokens(tokens, time.Now)
	}), ring
}

func payloads(t *testing.T, all ...*commonpb.Payload) string {
	t.Helper()
	text, err := protojson.Marshal(&commonpb.Payloads{Payloads: all})
	require.NoError(t, err)
	return string(text)
}

func TestTheCodecServerDecryptsForItsScopeAlone(t *testing.T) {
	t.Parallel()
	w, ring := decrypts(t)
	known, err := ring.Converter().ToPayload("Checkout is down")
	require.NoError(t, err)
	line, err := sealed.NewKey("lost")
	require.NoError(t, err)
	other, err := sealed.Parse(line)
	require.NoError(t, err)
	unknown, err := other.Converter().ToPayload("x")
	require.NoError(t, err)
	body := payloads(t, unknown, known)

	require.Equal(t, http.StatusForbidden, w.call("POST", "/v1/codec/decode", body).Status, "admin and private are not enough")
	a := w.call("POST", "/v1/codec/decode", body, "Authorization", "Bearer "+operators)
	require.Equal(t, http.StatusOK, a.Status)
	var out commonpb.Payloads
	require.NoError(t, protojson.Unmarshal([]byte(a.Body), &out))
	require.Len(t, out.Payloads, 2)
	require.Contains(t, string(out.Payloads[0].Data), `the key \"lost\" is not in MUSTER_ENCRYPTION_KEYS`)
	require.Equal(t, `"Checkout is down"`, string(out.Payloads[1].Data))

	a = w.call("POST", "/v1/codec/encode", payloads(t, out.Payloads[1]), "Authorization", "Bearer "+operators)
	require.NotContains(t, a.Body, "Checkout")
	require.Equal(t, http.StatusBadRequest, w.call("POST", "/v1/codec/decode", "nonsense", "Authorization", "Bearer "+operators).Status)
	require.Equal(t, http.StatusForbidden, w.call("GET", "/v1/incidents", "", "Authorization", "Bearer "+operators).Status, "the scope reads no incidents")
}

func TestPagesOfTheWebUIMayAskTheCodecServer(t *testing.T) {
	t.Parallel()
	w, _ := decrypts(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "/v1/codec/decode", strings.NewReader(""))
	a := httptest.NewRecorder()
	w.handler.ServeHTTP(a, r)
	require.Equal(t, http.StatusNoContent, a.Code)
	require.Equal(t, "https://temporal.example.com", a.Header().Get("Access-Control-Allow-Origin"))
	require.Contains(t, a.Header().Get("Access-Control-Allow-Headers"), "Authorization")

	refused := httptest.NewRecorder()
	w.handler.ServeHTTP(refused, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/codec/decode", strings.NewReader("{}")))
	require.Equal(t, http.StatusUnauthorized, refused.Code)
	require.Equal(t, "https://temporal.example.com", refused.Header().Get("Access-Control-Allow-Origin"), "the page may read why")
}

func TestWithoutKeysThereIsNoCodecServer(t *testing.T) {
	t.Parallel()
	require.Equal(t, http.StatusNotFound, newWorld(t).call("POST", "/v1/codec/decode", "{}").Status)
}
