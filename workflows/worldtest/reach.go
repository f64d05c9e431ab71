package worldtest

import "context"

func (p fakePager) AcknowledgeReached(_ context.Context, key string) error {
	return p.Called("ack %s", key)
}

func (p fakePager) ResolveReached(_ context.Context, key string) error {
	return p.Called("withdraw %s", key)
}
