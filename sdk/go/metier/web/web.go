// Package web lets net/http send through the host: every request passes the skill's rules, and the host attaches the
// credential it was granted for the address.
package web

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"

	"metier"
	"metier/wit/metier_skill_fetch"
	wit "metier/wit/types"
)

// Client is ready to use: web.Client.Get(url).
var Client = &http.Client{Transport: Transport{}}

// Transport sends through metier:skill/fetch. Redirects are followed by the http.Client that uses it, each as a request
// of its own.
type Transport struct{}

// RoundTrip sends one request and waits for the whole answer.
func (Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := wholeBody(request)
	if err != nil {
		return nil, err
	}
	sent := metier_skill_fetch.Request{
		Method:    request.Method,
		Url:       request.URL.String(),
		Headers:   headers(request.Header),
		Body:      body,
		TimeoutMs: timeout(request),
	}
	answer := metier_skill_fetch.Fetch(sent)
	if answer.IsErr() {
		return nil, failure(answer.Err())
	}
	return response(request, answer.Ok()), nil
}

func wholeBody(request *http.Request) (wit.Option[[]byte], error) {
	if request.Body == nil || request.Body == http.NoBody {
		return wit.None[[]byte](), nil
	}
	defer request.Body.Close()
	body, err := io.ReadAll(request.Body)
	return wit.Some(body), err
}

func headers(from http.Header) []wit.Tuple2[string, string] {
	var to []wit.Tuple2[string, string]
	for name, values := range from {
		for _, value := range values {
			to = append(to, wit.Tuple2[string, string]{F0: name, F1: value})
		}
	}
	return to
}

func timeout(request *http.Request) wit.Option[uint32] {
	deadline, ok := request.Context().Deadline()
	if !ok {
		return wit.None[uint32]()
	}
	return wit.Some(uint32(max(1, min(time.Until(deadline).Milliseconds(), 1<<32-1))))
}

func response(request *http.Request, answer metier_skill_fetch.Response) *http.Response {
	header := http.Header{}
	for _, pair := range answer.Headers {
		header.Add(pair.F0, pair.F1)
	}
	status := int(answer.Status)
	return &http.Response{
		Status:        strings.TrimSpace(http.StatusText(status)),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(answer.Body)),
		ContentLength: int64(len(answer.Body)),
		Request:       request,
	}
}

func failure(err metier_skill_fetch.FetchError) error {
	switch err.Tag() {
	case metier_skill_fetch.FetchErrorDenied:
		denial := err.Denied()
		return metier.Errorf(metier.Denied, "%s: %s", denial.Code, denial.Message)
	case metier_skill_fetch.FetchErrorInvalidRequest:
		return metier.Errorf(metier.InvalidInput, "%s", err.InvalidRequest())
	case metier_skill_fetch.FetchErrorTimeout:
		return metier.Errorf(metier.Unavailable, "%s", err.Timeout())
	case metier_skill_fetch.FetchErrorUnreachable:
		return metier.Errorf(metier.Unavailable, "%s", err.Unreachable())
	default:
		return metier.Errorf(metier.Internal, "larger than %d bytes", err.TooLarge())
	}
}
