"""Requests over metier:skill/fetch: whole bodies, under the rules of the manifest and the grant."""

import json as _json
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from metier._errors import Denied, Internal, InvalidInput, Unavailable, error_for_status

try:
    from wit_world.imports import fetch as _host
except ImportError:  # skill.toml declares no [[capabilities.http]].
    _host = None

#: Redirects that are followed at most; the host allows no more.
REDIRECTS = 10


@dataclass
class Response:
    """An answer, whatever its status."""

    status: int
    #: Names in lower case; repeated headers repeat.
    header_list: List[Tuple[str, str]]
    body: bytes
    #: The URL that answered, after redirects.
    url: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status <= 299

    @property
    def headers(self) -> Dict[str, str]:
        """By name, in lower case; repeated headers are joined with commas."""
        joined: Dict[str, str] = {}
        for name, value in self.header_list:
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return joined

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        return _json.loads(self.body)

    def raise_for_status(self) -> "Response":
        """Raise the exception that fits a status of 400 or more."""
        if self.status >= 400:
            raise error_for_status(self.status, f"{self.url} answers with status {self.status}")
        return self


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Union[Mapping[str, str], List[Tuple[str, str]]] = {},
    body: Union[bytes, str, None] = None,
    json: Any = None,
    timeout: Optional[float] = None,
    follow_redirects: int = REDIRECTS,
) -> Response:
    """Send a request and wait for its answer.

    Send no credentials: the host attaches the one that was granted for the address. `timeout` is in seconds. When there is no
    answer, the exception says whose fault that is; let it pass unless you know better.
    """
    if _host is None:
        raise Internal("skill.toml asks for no `[[capabilities.http]]`")
    pairs = [(str(name), str(value)) for name, value in (headers.items() if hasattr(headers, "items") else headers)]
    if json is not None:
        body = _json.dumps(json)
        if not any(name.lower() == "content-type" for name, _ in pairs):
            pairs.append(("content-type", "application/json"))
    content = body.encode() if isinstance(body, str) else body
    milliseconds = None if timeout is None else max(1, round(timeout * 1000))
    request = _host.Request(method.upper(), url, pairs, content, milliseconds, follow_redirects)
    try:
        answer = _host.fetch(request)
    except Exception as error:
        raise _failed(error) from None
    return Response(answer.status, answer.headers, answer.body, answer.url)


def _failed(error: Exception) -> Exception:
    why = getattr(error, "value", None)
    if isinstance(why, _host.FetchError_Denied):
        return Denied(f"{why.value.code}: {why.value.message}")
    if isinstance(why, _host.FetchError_InvalidRequest):
        return InvalidInput(why.value)
    if isinstance(why, (_host.FetchError_Timeout, _host.FetchError_Unreachable)):
        return Unavailable(why.value)
    if isinstance(why, _host.FetchError_TooLarge):
        return Internal(f"the answer is larger than {why.value} bytes")
    return error
