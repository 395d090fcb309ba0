"""HTTP through `wasi:http`."""

from componentize_py_types import Err, Ok
from wit_world.imports import denials, http_outgoing_handler, http_types
from wit_world.imports.http_types import (
    Fields,
    IncomingBody,
    Method_Get,
    Method_Other,
    Method_Post,
    OutgoingBody,
    OutgoingRequest,
    Scheme_Http,
    Scheme_Https,
)
from wit_world.imports.io_streams import StreamError_Closed

from metier import Denied, Unavailable

#: Most bytes a stream takes in one blocking write, by its specification.
WRITE_CHUNK = 4096
#: Bytes asked for at once.
READ_CHUNK = 64 << 10


def text(method, url, body):
    try:
        status, content = send(method, url, (body or "").encode())
    except Err as error:
        denial = denials.last()
        if denial is not None:
            raise Denied(f"{denial.code}: {denial.message}") from None
        raise Unavailable(str(error.value)) from None
    if status != 200:
        raise Unavailable(f"status {status}")
    return content.decode("utf-8", errors="replace")


def send(method, url, content):
    request = request_for(method, url)
    body = request.body()
    answer = http_outgoing_handler.handle(request, None)
    with body.write() as stream:
        for start in range(0, len(content), WRITE_CHUNK):
            stream.blocking_write_and_flush(content[start : start + WRITE_CHUNK])
    OutgoingBody.finish(body, None)
    with answer.subscribe() as pollable:
        pollable.block()
    outcome = answer.get()
    # An option of a result of a result: ready, taken once, answered.
    outcome = outcome.value
    if isinstance(outcome, Err):
        raise outcome
    response = outcome.value if isinstance(outcome, Ok) else outcome
    return response.status(), receive(response.consume())


def request_for(method, url):
    scheme, rest = url.split("://", 1)
    authority, slash, path = rest.partition("/")
    methods = {"GET": Method_Get(), "POST": Method_Post()}
    request = OutgoingRequest(Fields.from_list([("x-conformance", b"yes")]))
    request.set_method(methods.get(method) or Method_Other(method))
    request.set_scheme(Scheme_Http() if scheme == "http" else Scheme_Https())
    request.set_authority(authority)
    request.set_path_with_query(slash + path or "/")
    return request


def receive(body):
    content = bytearray()
    with body.stream() as stream:
        while True:
            try:
                content += stream.blocking_read(READ_CHUNK)
            except Err as error:
                if isinstance(error.value, StreamError_Closed):
                    break
                raise
    IncomingBody.finish(body)
    return bytes(content)
