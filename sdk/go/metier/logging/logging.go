// Package logging sends log/slog to the host: slog.SetDefault(logging.Logger("weather")).
package logging

import (
	"context"
	"log/slog"
	"strings"

	"metier/wit/wasi_logging_logging"
)

// Logger writes to the call's log under a context: one word or two that say which part of the skill speaks.
func Logger(name string) *slog.Logger { return slog.New(&handler{name: name}) }

type handler struct {
	name string
	text strings.Builder
}

// Enabled is always so: the grant decides what is kept.
func (*handler) Enabled(context.Context, slog.Level) bool { return true }

func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	wasi_logging_logging.Log(level(record.Level), h.name, record.Message+h.attributes(record))
	return nil
}

func (h *handler) attributes(record slog.Record) string {
	var text strings.Builder
	text.WriteString(h.text.String())
	record.Attrs(func(attribute slog.Attr) bool {
		text.WriteString(" " + attribute.String())
		return true
	})
	return text.String()
}

// WithAttrs adds attributes to every line.
func (h *handler) WithAttrs(attributes []slog.Attr) slog.Handler {
	next := &handler{name: h.name}
	next.text.WriteString(h.text.String())
	for _, attribute := range attributes {
		next.text.WriteString(" " + attribute.String())
	}
	return next
}

// WithGroup adds a word to the context.
func (h *handler) WithGroup(group string) slog.Handler {
	next := &handler{name: h.name + "." + group}
	next.text.WriteString(h.text.String())
	return next
}

func level(level slog.Level) wasi_logging_logging.Level {
	switch {
	case level < slog.LevelDebug:
		return wasi_logging_logging.LevelTrace
	case level < slog.LevelInfo:
		return wasi_logging_logging.LevelDebug
	case level < slog.LevelWarn:
		return wasi_logging_logging.LevelInfo
	case level < slog.LevelError:
		return wasi_logging_logging.LevelWarn
	default:
		return wasi_logging_logging.LevelError
	}
}
