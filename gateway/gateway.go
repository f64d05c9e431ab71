package gateway

import (
	"log/slog"
	"net/http"
	"time"

	"go.temporal.io/sdk/converter"

	"muster/gateway/httpapi"
	"muster/gateway/rates"
	"muster/gateway/webhooks"
)

// Incidents is what the gateway needs of incidents.Client.
type Incidents interface {
	httpapi.Incidents
	webhooks.Incidents
}

// Options are the settings of the gateway. Only Incidents is needed.
type Options struct {
	Incidents Incidents
	// Auth says who calls the API. Nil refuses everybody.
	Auth httpapi.Authenticator
	// Rates bound how often a caller of the API makes something new; nil bounds nothing.
	Rates *rates.Limits
	// Reports answers standing questions from the archive; nil where there is none. Zone is where the weeks of
	// reports begin, nil for UTC.
	Reports httpapi.Reports
	Zone    func() *time.Location
	// Webhooks are those of the vendors that are set up.
	Webhooks webhooks.Vendors
	// Slack takes what people do in Slack, below /webhooks/slack/; nil where it does not come this way.
	Slack http.Handler
	// Delivered, if set, hears what came of each delivery to Webhooks.
	Delivered func(vendor string, o webhooks.Outcome)
	// Codec decrypts for Temporal's Web UI, whose pages are at UIOrigin; nil where nothing is encrypted.
	Codec    converter.PayloadCodec
	UIOrigin string
	Logger   *slog.Logger
	Now      func() time.Time
}

// New makes the gateway's handler. Time-outs of connections are its server's business.
func New(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	mux := http.NewServeMux()
	httpapi.Mount(mux, httpapi.Options{Incidents: o.Incidents, Auth: o.Auth, Rates: o.Rates, Codec: o.Codec, UIOrigin: o.UIOrigin, Logger: o.Logger, Reports: o.Reports, Zone: o.Zone, Now: o.Now})
	webhooks.Mount(mux, webhooks.Options{Incidents: o.Incidents, Vendors: o.Webhooks, Logger: o.Logger, Now: o.Now, Delivered: o.Delivered})
	if o.Slack != nil {
		mux.Handle("POST /webhooks/slack/", o.Slack)
	}
	return guard{next: inJSON(mux), logger: o.Logger, now: o.Now}
}
