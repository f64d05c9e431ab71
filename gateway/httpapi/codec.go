package httpapi

import (
	"net/http"
	"strconv"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"

	"muster/gateway/access"
	"muster/gateway/internal/answer"
)

// What may be sent to be decrypted: a page of a history, whose events have 4 MB at most, in base64.
const (
	maxPayloads  = 8 << 20
	roomPayloads = 4 * maxPayloads
)

// remembered is how long a browser may ask nobody again whether it may call.
const remembered = 10 * time.Minute

// codec answers what Temporal calls a codec server: its Web UI and its command line show what is encrypted by
// sending it here. The protocol is Temporal's: https://docs.temporal.io/codec-server
type codec struct {
	*server
	room *answer.Room
}

func (s *server) mountCodec() {
	if s.Codec == nil {
		return
	}
	c := codec{s, answer.NewRoom(roomPayloads)}
	for path, do := range map[string]func([]*commonpb.Payload) []*commonpb.Payload{"encode": c.encode, "decode": c.decode} {
		answers := s.guarded(access.Codec, c.answers(do))
		s.mux.HandleFunc("POST /v1/codec/"+path, func(w http.ResponseWriter, r *http.Request) {
			c.allow(w) // also of a refusal, which the page would else not be allowed to show
			answers(w, r)
		})
		// A browser asks first, and sends no token with that.
		s.mux.HandleFunc("OPTIONS /v1/codec/"+path, func(w http.ResponseWriter, _ *http.Request) {
			c.allow(w)
			w.WriteHeader(http.StatusNoContent)
		})
	}
}

// allow lets the pages of the Web UI read the answer, and those of no other site.
func (c codec) allow(w http.ResponseWriter) {
	if c.UIOrigin == "" {
		return
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", c.UIOrigin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Allow-Methods", http.MethodPost)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
	h.Set("Access-Control-Max-Age", strconv.Itoa(int(remembered.Seconds())))
	h.Add("Vary", "Origin")
}

func (c codec) answers(do func([]*commonpb.Payload) []*commonpb.Payload) handler {
	return func(w http.ResponseWriter, r *http.Request, _ Caller) error {
		body, leave, err := c.room.Body(w, r, maxPayloads)
		if err != nil {
			return err
		}
		defer leave()
		var in commonpb.Payloads
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, &in); err != nil {
			return answer.Invalid("body", "is no list of payloads", `send {"payloads": [...]} as Temporal's Web UI does`)
		}
		out, err := protojson.Marshal(&commonpb.Payloads{Payloads: do(in.GetPayloads())})
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(out) // the caller has gone
		return nil
	}
}

// encode and decode take each payload by itself: one whose key is lost must not hide the others. It is answered
// with what is wrong, which people then read in its place.
func (c codec) encode(in []*commonpb.Payload) []*commonpb.Payload { return each(in, c.Codec.Encode) }

func (c codec) decode(in []*commonpb.Payload) []*commonpb.Payload { return each(in, c.Codec.Decode) }

func each(in []*commonpb.Payload, do func([]*commonpb.Payload) ([]*commonpb.Payload, error)) []*commonpb.Payload {
	out := make([]*commonpb.Payload, 0, len(in))
	for _, p := range in {
		done, err := do([]*commonpb.Payload{p})
		if err != nil {
			said, unwritten := converter.GetDefaultDataConverter().ToPayload(err.Error())
			if unwritten != nil {
				said = p
			}
			done = []*commonpb.Payload{said}
		}
		out = append(out, done...)
	}
	return out
}
