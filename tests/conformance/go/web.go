package conformance

import (
	"net/url"

	"metier"
	"metier/wit/metier_skill_denials"
	wit "metier/wit/types"
	"metier/wit/wasi_http_outgoing_handler"
	http "metier/wit/wasi_http_types"
	"metier/wit/wasi_io_streams"
)

// maxWrite is the most a stream takes at once.
const maxWrite = 4096

// WebText sends through wasi:http, as the bindings give it.
func WebText(method, address string, body wit.Option[string]) (string, error) {
	request, err := outgoing(method, address)
	if err != nil {
		return "", err
	}
	writer := request.Body().Ok()
	sent := wasi_http_outgoing_handler.Handle(request, wit.None[*http.RequestOptions]())
	if sent.IsErr() {
		return "", refused("the request was not sent")
	}
	if err := write(writer, body.SomeOr("")); err != nil {
		return "", err
	}
	response, err := wait(sent.Ok())
	if err != nil {
		return "", err
	}
	if status := response.Status(); status != 200 {
		return "", metier.Errorf(metier.Unavailable, "status %d", status)
	}
	return read(response)
}

func outgoing(method, address string) (*http.OutgoingRequest, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, metier.Errorf(metier.InvalidInput, "%v", err)
	}
	headers := http.MakeFields()
	headers.Append("x-conformance", []byte("yes"))
	request := http.MakeOutgoingRequest(headers)
	scheme := http.MakeSchemeHttp()
	if parsed.Scheme == "https" {
		scheme = http.MakeSchemeHttps()
	}
	request.SetScheme(wit.Some(scheme))
	request.SetAuthority(wit.Some(parsed.Host))
	request.SetPathWithQuery(wit.Some(parsed.RequestURI()))
	if request.SetMethod(verb(method)).IsErr() {
		return nil, metier.Errorf(metier.InvalidInput, "no such method")
	}
	return request, nil
}

func verb(method string) http.Method {
	switch method {
	case "GET":
		return http.MakeMethodGet()
	case "POST":
		return http.MakeMethodPost()
	default:
		return http.MakeMethodOther(method)
	}
}

func write(body *http.OutgoingBody, text string) error {
	stream := body.Write().Ok()
	for rest := []byte(text); len(rest) > 0; {
		piece := rest[:min(len(rest), maxWrite)]
		if stream.BlockingWriteAndFlush(piece).IsErr() {
			return refused("the request was cut off")
		}
		rest = rest[len(piece):]
	}
	stream.Drop()
	if http.OutgoingBodyFinish(body, wit.None[*http.Fields]()).IsErr() {
		return refused("the request was not finished")
	}
	return nil
}

func wait(future *http.FutureIncomingResponse) (*http.IncomingResponse, error) {
	future.Subscribe().Block()
	answer := future.Get().Some()
	if answer.IsErr() || answer.Ok().IsErr() {
		return nil, refused("there is no answer")
	}
	return answer.Ok().Ok(), nil
}

func read(response *http.IncomingResponse) (string, error) {
	stream := response.Consume().Ok().Stream().Ok()
	var text []byte
	for {
		piece := stream.BlockingRead(1 << 16)
		if piece.IsOk() {
			text = append(text, piece.Ok()...)
			continue
		}
		if piece.Err().Tag() == wasi_io_streams.StreamErrorClosed {
			return string(text), nil
		}
		return "", refused("the answer was cut off")
	}
}

// refused is what the host says it refused, or else otherwise.
func refused(otherwise string) error {
	if last := metier_skill_denials.Last(); last.IsSome() {
		return metier.Errorf(metier.Denied, "%s: %s", last.Some().Code, last.Some().Message)
	}
	return metier.Errorf(metier.Unavailable, "%s", otherwise)
}
