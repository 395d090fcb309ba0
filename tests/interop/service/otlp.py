"""What a host service sends to a collector, read with OpenTelemetry's official protocol buffers.

    python otlp.py receive              # listens, says where in a line of JSON, and ends with its standard input
    python otlp.py check URL KEY OTLP   # has the service at URL do something, and looks at what came to OTLP

The service has the skill `math` (tool `add`), the agent `plain` on the route `openai-chat`, and sends its traces to OTLP. A call over the HTTP API,
one over MCP, a run of the agent and one of a chain each have to arrive as one connected trace, with the attributes of the conventions for
generative AI, and without a word of what was said.
"""

import http.server
import json
import sys
import threading
import time
import urllib.request

TRACE = "0af7651916cd43dd8448eb211c80319%x"
PARENT = "b7ad6b7169203331"
SECRET = "quetzal"
PATIENCE = 60

CHAIN = """
[chain]
name = "traced"
version = "1.0.0"
description = "A call and a question."

[skills.math]
file = "math.wasm"
tools = ["add"]

[[approvals.rule]]
tool = "math.add"
then = "allow"

[[step]]
name = "add"
tool = "math.add"
args = { a = 40, b = 2 }

[[step]]
name = "say"
model = "openai-chat"
prompt = "quetzal ${steps.add.output}"
max-tokens = 100

[output]
value = "${steps.say.output}"
"""


def same(read, expected, what):
    if read != expected:
        raise SystemExit(f"{what}: {read!r} instead of {expected!r}")


def receive():
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

    spans, lock = [], threading.Lock()

    def value(any_value):
        kind = any_value.WhichOneof("value")
        return getattr(any_value, kind) if kind in ("string_value", "int_value", "double_value", "bool_value") else str(any_value)

    def attributes(pairs):
        return {pair.key: value(pair.value) for pair in pairs}

    class Receiver(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/v1/traces":
                with lock:
                    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                        resource = attributes(group.resource.attributes)
                        for scope in group.scope_spans:
                            for span in scope.spans:
                                spans.append(
                                    {
                                        "resource": resource,
                                        "name": span.name,
                                        "trace": span.trace_id.hex(),
                                        "id": span.span_id.hex(),
                                        "parent": span.parent_span_id.hex(),
                                        "kind": span.kind,
                                        "status": span.status.code,
                                        "attributes": attributes(span.attributes),
                                        "events": len(span.events),
                                    }
                                )
            elif self.path == "/v1/logs":
                ExportLogsServiceRequest.FromString(body)
            self.answer(ExportTraceServiceResponse().SerializeToString(), "application/x-protobuf")

        def do_GET(self):
            with lock:
                told = json.dumps(spans).encode()
            self.answer(told, "application/json")

        def answer(self, body, media):
            self.send_response(200)
            self.send_header("content-type", media)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host, port = server.server_address
    print(json.dumps({"address": f"http://{host}:{port}"}), flush=True)
    sys.stdin.read()


class Service:
    def __init__(self, url, key):
        self.url, self.key = url, key

    def ask(self, method, path, body=None, trace=None, **headers):
        headers |= {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        if trace is not None:
            headers["traceparent"] = f"00-{TRACE % trace}-{PARENT}-01"
        body = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def run(self, agent, given, trace):
        run = self.ask("POST", "/api/v1/runs", {"agent": agent, "input": given}, trace)["id"]
        begun = time.monotonic()
        while (state := self.ask("GET", f"/api/v1/runs/{run}"))["status"] != "completed":
            if state["status"] in ("failed", "cancelled") or time.monotonic() > begun + PATIENCE:
                raise SystemExit(f"the run of {agent}: {state}")
            time.sleep(0.05)


class Trace:
    """Spans of one trace, all below the request of a client of ours."""

    def __init__(self, spans):
        self.spans = spans

    def root(self, name, kind, parent=PARENT):
        found = [span for span in self.spans if span["name"] == name and span["parent"] == parent]
        same(len(found), 1, f"{name} in {[span['name'] for span in self.spans]}")
        same(found[0]["kind"], kind, f"the kind of {name}")
        return found[0]

    def child(self, name, of, kind, **expected):
        span = self.root(name, kind, of["id"])
        for key, wanted in expected.items():
            same(span["attributes"].get(key.replace("__", ".")), wanted, f"{key} of {name}")
        return span

    def connected(self):
        known = {span["id"] for span in self.spans} | {PARENT}
        for span in self.spans:
            same(span["parent"] in known, True, f"{span['name']} has a parent")


INTERNAL, SERVER, CLIENT = 1, 2, 3


def check(url, key, otlp):
    service = Service(url, key)
    service.ask("POST", "/api/v1/agents", {"text": CHAIN})
    same(service.ask("POST", "/api/v1/tools/math.add", {"a": 40, "b": 2}, 1)["result"], 42, "the call")
    meta = {"traceparent": f"00-{TRACE % 2}-{PARENT}-01"}
    message = {"name": "math__add", "arguments": {"a": 40, "b": 2}, "_meta": meta}
    called = service.ask(
        "POST",
        "/mcp",
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": message},
        accept="application/json, text/event-stream",
        **{"mcp-protocol-version": "2025-11-25"},
    )
    same(called["result"]["content"][0]["text"], "42", f"the call over MCP: {called}")
    service.run("plain", SECRET, 3)
    service.run("traced", None, 4)

    wanted = {1: 2, 2: 2, 3: 4, 4: 5}
    begun = time.monotonic()
    while True:
        with urllib.request.urlopen(otlp, timeout=PATIENCE) as answer:
            spans = json.loads(answer.read())
        traces = {number: Trace([span for span in spans if span["trace"] == TRACE % number]) for number in wanted}
        if all(len(traces[number].spans) >= count for number, count in wanted.items()):
            break
        if time.monotonic() > begun + PATIENCE:
            raise SystemExit(f"traces came in part: {({number: [span['name'] for span in trace.spans] for number, trace in traces.items()})}")
        time.sleep(0.2)

    for trace in traces.values():
        trace.connected()
    tool = {"gen_ai__operation__name": "execute_tool", "gen_ai__tool__name": "math.add"}
    asked = {"gen_ai__operation__name": "chat", "gen_ai__provider__name": "openai", "gen_ai__request__model": "m.x"}

    request = traces[1].root("POST /api/v1/tools/{tool}", SERVER)
    same(request["attributes"]["http.response.status_code"], 200, "the status of the call")
    same(request["attributes"]["http.request.method"], "POST", "the method of the call")
    same(request["resource"]["service.name"], "metier", "the service's name")
    traces[1].child("execute_tool math.add", request, INTERNAL, **tool)

    message = traces[2].root("tools/call", SERVER)
    traces[2].child("execute_tool math.add", message, INTERNAL, **tool)

    for number, name, operation in ((3, "plain", "invoke_agent"), (4, "traced", "invoke_workflow")):
        begun = traces[number].root("POST /api/v1/runs", SERVER)
        run = traces[number].child(f"{operation} {name}", begun, INTERNAL, gen_ai__operation__name=operation, gen_ai__agent__name=name)
        chat = traces[number].child("chat m.x", run, CLIENT, **asked)
        for count in ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"):
            same(chat["attributes"][count] > 0, True, count)
        traces[number].child("POST", chat, CLIENT, http__response__status_code=200)
    traces[4].child("execute_tool math.add", run, INTERNAL, **tool)

    everything = json.dumps(spans)
    for word in (SECRET, "You said", key):
        same(word in everything, False, f"{word} is in a span")
    same(any(span["events"] for span in spans), False, "spans have events")


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive()
    else:
        check(*sys.argv[2:])
