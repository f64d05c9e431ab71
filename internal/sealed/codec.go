package sealed

import (
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// How a sealed payload is marked. Both names are those that Temporal's samples use, which tools know.
const (
	Encoding    = "binary/encrypted"
	MetadataKey = "encryption-key-id"
)

// sealedBy is authenticated with each payload, besides the ID of its key, so that what was encrypted for
// something else, or in another form, is not taken for one of ours.
const sealedBy = "muster/payload/1/"

// zlib makes payloads smaller before they are encrypted, for what is encrypted cannot be. It is undone only for
// what a key has authenticated: a payload of anybody else's could unpack to anything.
var zlib = converter.NewZlibCodec(converter.ZlibCodecOptions{})

// Codec encrypts with the ring's first key, and decrypts with any. What is not encrypted is read as it is.
func (r *Ring) Codec() converter.PayloadCodec { return codec{r} }

type codec struct{ ring *Ring }

// Encode implements converter.PayloadCodec.
func (c codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if !c.ring.Encrypts() {
		return payloads, nil
	}
	smaller, err := zlib.Encode(payloads)
	if err != nil {
		return nil, err
	}
	out := make([]*commonpb.Payload, len(smaller))
	for n, p := range smaller {
		if nothing(p) {
			out[n] = p
			continue
		}
		if out[n], err = c.ring.keys[0].seal(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Decode implements converter.PayloadCodec.
func (c codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for n, p := range payloads {
		if !Sealed(p) {
			out[n] = p
			continue
		}
		opened, err := c.ring.open(p)
		if err != nil {
			return nil, err
		}
		larger, err := zlib.Decode([]*commonpb.Payload{opened})
		if err != nil {
			return nil, fmt.Errorf("unpack what was encrypted: %w", err)
		}
		out[n] = larger[0]
	}
	return out, nil
}

// nothing reports whether a payload is nil, which says nothing. The server must see that: it takes a memo field that is
// set to nil out of the memo.
func nothing(p *commonpb.Payload) bool {
	return len(p.GetData()) == 0 && string(p.GetMetadata()[converter.MetadataEncoding]) == converter.MetadataEncodingNil
}

// Sealed reports whether a payload is encrypted.
func Sealed(p *commonpb.Payload) bool {
	return string(p.GetMetadata()[converter.MetadataEncoding]) == Encoding
}

// KeyOf is the ID of the key with which a payload was encrypted, "" for one that is not.
func KeyOf(p *commonpb.Payload) string {
	if !Sealed(p) {
		return ""
	}
	return string(p.GetMetadata()[MetadataKey])
}

func (k key) seal(p *commonpb.Payload) (*commonpb.Payload, error) {
	plain, err := proto.Marshal(p)
	if err != nil {
		return nil, err
	}
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Encoding), MetadataKey: []byte(k.id)},
		Data:     k.aead.Seal(nil, nil, plain, []byte(sealedBy+k.id)), //nolint:gosec // this AEAD draws its nonces itself, and wants none
	}, nil
}

func (r *Ring) open(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := KeyOf(p)
	k, ok := r.find(id)
	if !ok {
		return nil, &MissingKeyError{ID: id, Have: r.IDs()}
	}
	plain, err := k.aead.Open(nil, nil, p.GetData(), []byte(sealedBy+id))
	if err != nil {
		return nil, fmt.Errorf("what says that it was encrypted with the key %q was not, or was changed since; if another key has had that ID, give it back its own", id)
	}
	out := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, out); err != nil {
		return nil, fmt.Errorf("read what was encrypted with the key %q: %w", id, err)
	}
	return out, nil
}
