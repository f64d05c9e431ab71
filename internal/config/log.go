package config

import (
	"errors"
	"log/slog"
	"strings"

	"muster/internal/logs"
)

// The variables that say how worker and gateway log.
const (
	LogFormatVariable = "MUSTER_LOG_FORMAT"
	LogLevelVariable  = "MUSTER_LOG_LEVEL"
)

// Log reads how the program logs: JSON from info on, unless it is told otherwise.
func Log(lookup Lookup) (logs.Options, error) {
	r := reader{lookup: lookup}
	var o logs.Options
	switch v := strings.ToLower(r.text(LogFormatVariable, "json")); v {
	case "json":
	case "text":
		o.Text = true
	default:
		r.wrong("%s is %q: write json or text", LogFormatVariable, v)
	}
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[strings.ToLower(r.text(LogLevelVariable, "info"))]
	if !ok {
		r.wrong("%s is %q: write debug, info, warn or error", LogLevelVariable, r.text(LogLevelVariable, ""))
	}
	o.Level = level
	return o, errors.Join(r.errs...)
}
