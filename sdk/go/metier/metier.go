// Package metier is what Go lacks to write a skill in: errors the host understands.
//
// A tool is an ordinary function: its last result is an error. Errors made here keep their kind and their blame; any other
// error, and a panic, is reported as a fault in the skill.
package metier

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	skill "metier/wit/metier_skill_types"
	wit "metier/wit/types"
)

// Kind says who can mend a failure, and how.
type Kind = uint8

// The kinds of failure.
const (
	// The arguments make no sense to the tool or its upstream.
	InvalidInput Kind = skill.ErrorInvalidInput
	// The upstream did not accept the credential.
	Unauthorized Kind = skill.ErrorUnauthorized
	// The upstream accepted the credential and refused the action.
	Denied Kind = skill.ErrorDenied
	// The thing named does not exist.
	NotFound Kind = skill.ErrorNotFound
	// The thing changed under the caller, or exists already.
	Conflict Kind = skill.ErrorConflict
	// Too many requests.
	RateLimited Kind = skill.ErrorRateLimited
	// The upstream is down, slow or unreachable.
	Unavailable Kind = skill.ErrorUnavailable
	// A fault in the skill itself.
	Internal Kind = skill.ErrorInternal
)

// Error is a failure of a kind the host knows. Wrapped by another error it keeps its kind.
type Error struct {
	Kind    Kind
	Message string
	// How long to stay away, for RateLimited; zero when the upstream did not say.
	RetryAfter time.Duration
}

// Error is the message.
func (e *Error) Error() string { return e.Message }

// Errorf makes an error of a kind: metier.Errorf(metier.NotFound, "no city %s", city).
func Errorf(kind Kind, format string, arguments ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, arguments...)}
}

// Status is the error that fits an upstream's answer; what says what was asked for.
func Status(status int, what string) error {
	kind := Unavailable
	switch status {
	case 400, 422:
		kind = InvalidInput
	case 401:
		kind = Unauthorized
	case 403:
		kind = Denied
	case 404, 410:
		kind = NotFound
	case 409, 412:
		kind = Conflict
	case 429:
		kind = RateLimited
	}
	return Errorf(kind, "%s: the service answered %d", what, status)
}

// Failure is the error as the WIT has it.
func Failure(err error) skill.Error {
	known := &Error{Kind: Internal}
	errors.As(err, &known)
	switch known.Kind {
	case InvalidInput:
		return skill.MakeErrorInvalidInput(err.Error())
	case Unauthorized:
		return skill.MakeErrorUnauthorized(err.Error())
	case Denied:
		return skill.MakeErrorDenied(err.Error())
	case NotFound:
		return skill.MakeErrorNotFound(err.Error())
	case Conflict:
		return skill.MakeErrorConflict(err.Error())
	case RateLimited:
		retry := wit.None[uint32]()
		if known.RetryAfter > 0 {
			retry = wit.Some(uint32((known.RetryAfter + time.Second - 1) / time.Second))
		}
		return skill.MakeErrorRateLimited(skill.RateLimit{Message: err.Error(), RetryAfterSeconds: retry})
	case Unavailable:
		return skill.MakeErrorUnavailable(err.Error())
	default:
		return skill.MakeErrorInternal(err.Error())
	}
}

// Recover turns a panic into err: `defer metier.Recover(&err)`. Every tool that can fail is called with it.
func Recover(err *error) {
	problem := recover()
	if problem == nil {
		return
	}
	os.Stderr.Write(debug.Stack())
	*err = Errorf(Internal, "panic: %v%s", problem, place())
}

// place is where the panic was: the first caller outside Go's own runtime.
func place() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "runtime.") && frame.Function != "" {
			return fmt.Sprintf(" (%s:%d in %s)", frame.File, frame.Line, frame.Function)
		}
		if !more {
			return ""
		}
	}
}
