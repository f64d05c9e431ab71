package register

import (
	"muster/internal/bounds"
	"muster/workflows/api"
)

// stateBounds is what Register carries over continue-as-new.
var stateBounds = api.Bounds.With(bounds.Table{
	"api.RegisterState.Installation": {Chars: 40, Bytes: 40}, "api.RegisterState.Declared": {Items: maxDeclared},
	"api.DeclaredKey.Key": {Chars: 22, Bytes: 22}, "api.DeclaredKey.Body": {Chars: 16, Bytes: 16},
	"api.RegisterState.AlertKeys": {Items: maxAlertKeys + maxWorstAlertKeys, Chars: 24, Bytes: 24}, "api.RegisterState.Snags": {Items: maxVendors, Chars: 40, Bytes: 40},
	"api.VendorSnag.Vendor": {Chars: 40, Bytes: 40}, "api.VendorSnag.Reason": {Chars: maxSnagText, Bytes: maxSnagText}, "api.VendorSnag.Mend": {Chars: maxSnagText, Bytes: maxSnagText},
	"api.VendorSnag.Workflows":        {Items: maxNamed, Chars: 120, Bytes: 120},
	"api.RegisterState.Subscriptions": {Items: maxSubscriptions, Total: maxAllSubscriptions + 2},
	"api.RegisterState.Moved":         {Items: maxMoved}, "api.RegisterState.Stray": {Items: maxStray, Total: 50_000},
	"api.RegisterState.Opening": {Opaque: true}, // which is never stored
	"api.StrayPage.Key":         {Chars: 255, Bytes: 255}, "api.StrayPage.Credential": {Chars: 300, Bytes: 300},
})
