package server

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// serverLogger gives the server's log to slog. It never ends the process, whatever the server thinks is fatal.
type serverLogger struct {
	log   *slog.Logger
	level slog.Leveler

	// state is shared by all loggers that With makes.
	state *loggerState
}

type loggerState struct {
	muted    atomic.Bool
	building atomic.Bool
}

// fatalError is thrown by Fatal while the server is built, to be caught by newTemporalServer.
type fatalError struct{ text string }

func (e fatalError) Error() string { return e.text }

var (
	_ log.Logger     = (*serverLogger)(nil)
	_ log.WithLogger = (*serverLogger)(nil)
)

func newServerLogger(logger *slog.Logger, level slog.Leveler) *serverLogger {
	return &serverLogger{log: logger, level: level, state: &loggerState{}}
}

func (l *serverLogger) mute() { l.state.muted.Store(true) }

// Debug implements log.Logger.
func (l *serverLogger) Debug(msg string, tags ...tag.Tag) { l.write(slog.LevelDebug, msg, tags) }

// Info implements log.Logger.
func (l *serverLogger) Info(msg string, tags ...tag.Tag) { l.write(slog.LevelInfo, msg, tags) }

// Warn implements log.Logger.
func (l *serverLogger) Warn(msg string, tags ...tag.Tag) { l.write(slog.LevelWarn, msg, tags) }

// Error implements log.Logger.
func (l *serverLogger) Error(msg string, tags ...tag.Tag) { l.write(slog.LevelError, msg, tags) }

// DPanic implements log.Logger.
func (l *serverLogger) DPanic(msg string, tags ...tag.Tag) { l.write(slog.LevelError, msg, tags) }

// Panic implements log.Logger; callers count on not getting control back.
func (l *serverLogger) Panic(msg string, tags ...tag.Tag) {
	l.write(slog.LevelError, msg, tags)
	panic(fatalError{describe(msg, tags)})
}

// Fatal implements log.Logger. A server that can not be built is the caller's error to handle; one that meets
// something fatal later must not take the product down with it.
func (l *serverLogger) Fatal(msg string, tags ...tag.Tag) {
	if l.state.building.Load() {
		panic(fatalError{describe(msg, tags)})
	}
	l.write(slog.LevelError, msg, tags)
}

// With implements log.WithLogger.
func (l *serverLogger) With(tags ...tag.Tag) log.Logger {
	args := make([]any, 0, len(tags))
	for _, a := range attrs(tags) {
		args = append(args, a)
	}
	return &serverLogger{log: l.log.With(args...), level: l.level, state: l.state}
}

func (l *serverLogger) write(level slog.Level, msg string, tags []tag.Tag) {
	ctx := context.Background()
	if level < l.level.Level() || l.state.muted.Load() || !l.log.Enabled(ctx, level) {
		return
	}
	//nolint:sloglint // The text and the keys are the server's.
	l.log.LogAttrs(ctx, level, msg, attrs(tags)...)
}

func attrs(tags []tag.Tag) []slog.Attr {
	out := make([]slog.Attr, 0, len(tags))
	for _, t := range tags {
		out = append(out, slog.Any(t.Key(), t.Value()))
	}
	return out
}

func describe(msg string, tags []tag.Tag) string {
	parts := []string{msg}
	for _, t := range tags {
		parts = append(parts, fmt.Sprintf("%s=%v", t.Key(), t.Value()))
	}
	return strings.Join(parts, " ")
}
