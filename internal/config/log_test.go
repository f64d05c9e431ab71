package config_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/config"
	"muster/internal/logs"
)

func TestLogsAreJSONFromInfoOnUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	read := func(format, level string) (logs.Options, error) {
		env := map[string]string{"MUSTER_LOG_FORMAT": format, "MUSTER_LOG_LEVEL": level}
		return config.Log(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	}
	o, err := read("", "")
	require.NoError(t, err)
	require.Equal(t, logs.Options{Level: slog.LevelInfo}, o)
	o, err = read("TEXT", " debug ")
	require.NoError(t, err)
	require.Equal(t, logs.Options{Level: slog.LevelDebug, Text: true}, o)
	_, err = read("xml", "loud")
	require.ErrorContains(t, err, `MUSTER_LOG_FORMAT is "xml": write json or text`)
	require.ErrorContains(t, err, `MUSTER_LOG_LEVEL is "loud": write debug, info, warn or error`)
}
