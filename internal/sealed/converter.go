package sealed

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// Converter is the data converter of every client and worker.
//
// Within workflow code it does not return the error of a payload that cannot be decrypted: Temporal's SDK would
// fail the workflow for its input, and drop a signal. It panics with it, by which the SDK fails the workflow task
// and tries it again until the key is there; the incident waits, loses nothing, and holds up no other.
func (r *Ring) Converter() converter.DataConverter {
	return dataConverter{DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), r.Codec()), ring: r}
}

// CodecOf is the codec with which a client's data converter encrypts, nil for one that encrypts nothing.
func CodecOf(c converter.DataConverter) converter.PayloadCodec {
	if d, ok := c.(dataConverter); ok && d.ring.Encrypts() {
		return d.ring.Codec()
	}
	return nil
}

// FailureConverter encrypts the messages and stack traces of failures too, where there is a key.
func (r *Ring) FailureConverter() converter.FailureConverter {
	return temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: r.Converter(), EncodeCommonAttributes: r.Encrypts(),
	})
}

type dataConverter struct {
	converter.DataConverter
	ring       *Ring
	inWorkflow bool
}

var _ converter.ContextAware = dataConverter{}

// WithWorkflowContext implements converter.ContextAware.
func (d dataConverter) WithWorkflowContext(converter.WorkflowContext) converter.DataConverter {
	d.inWorkflow = true
	return d
}

// WithContext implements converter.ContextAware.
func (d dataConverter) WithContext(context.Context) converter.DataConverter {
	d.inWorkflow = false
	return d
}

// FromPayload implements converter.DataConverter.
func (d dataConverter) FromPayload(p *commonpb.Payload, into any) error {
	return d.judge(d.DataConverter.FromPayload(p, into))
}

// FromPayloads implements converter.DataConverter. Outside of a workflow's context, one that is asked for as it came
// is given as it came, where its key is missing: Updates judges it.
func (d dataConverter) FromPayloads(p *commonpb.Payloads, into ...any) error {
	err := d.DataConverter.FromPayloads(p, into...)
	if _, missing := errors.AsType[*MissingKeyError](err); missing && !d.inWorkflow && len(into) == 1 && len(p.GetPayloads()) == 1 {
		if raw, ok := into[0].(*converter.RawValue); ok {
			*raw = converter.NewRawValue(p.GetPayloads()[0])
			return nil
		}
	}
	return d.judge(err)
}

func (d dataConverter) judge(err error) error {
	if missing, ok := errors.AsType[*MissingKeyError](err); ok && d.inWorkflow {
		panic(missing)
	}
	return err
}
