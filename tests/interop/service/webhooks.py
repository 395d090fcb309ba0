"""Standard Webhooks both ways: their own library signs what the service takes, and checks what the service sends."""

import http.server
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

from standardwebhooks import Webhook, WebhookVerificationError

URL, KEY = sys.argv[1:3]


def ask(method, path, body=None, headers=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(URL + path, data, method=method)
    for name, value in {"content-type": "application/json", **(headers or {"authorization": f"Bearer {KEY}"})}.items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def signed(secret, message, body, at=None):
    at = at or datetime.now(tz=timezone.utc)
    signature = Webhook(secret).sign(message, at, body.decode())
    return {"webhook-id": message, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def send(path, body, headers):
    request = urllib.request.Request(URL + path, body, method="POST")
    for name, value in {"content-type": "application/json", **headers}.items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Refuses the first delivery of each event, and checks all of them."""

    secret, seen, wrong = None, {}, []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = Webhook(Endpoint.secret).verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            Endpoint.wrong.append(str(error))
            self.send_response(400)
        else:
            times = Endpoint.seen.setdefault(self.headers["webhook-id"], [])
            times.append(event)
            self.send_response(503 if len(times) == 1 else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def taken():
    status, made = ask("POST", "/api/v1/triggers", {"name": "interop", "agent": "sum", "input": {"a": 1, "b": 2}, "webhook": {"scheme": "standard"}})
    assert status == 201, made
    path, secret, body = made["webhook"]["path"], made["secret"], b'{"order": 7}'
    first = send(path, body, signed(secret, "msg_1", body))
    assert first[0] == 202, first
    assert send(path, body, signed(secret, "msg_1", body)) == first, "the same message is the same run"
    other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    assert send(path, body, signed(other, "msg_2", body))[0] == 404
    late = datetime.fromtimestamp(time.time() - 600, tz=timezone.utc)
    assert send(path, body, signed(secret, "msg_3", body, late))[0] == 404
    assert send(path, b'{"order": 8}', signed(secret, "msg_4", body))[0] == 404
    return first[1]["run"]


def arrived(run, wanted):
    """Each of them twice: the first attempt was refused."""
    waited = time.monotonic() + 60
    while time.monotonic() < waited:
        # A copy: the other thread adds to it.
        events = [times for times in list(Endpoint.seen.values()) if len(times) >= 2]
        if wanted <= {times[0]["type"] for times in events if times[0]["data"]["run"] == run}:
            return
        time.sleep(0.2)
    raise AssertionError(f"not everything arrived: {Endpoint.seen}, {Endpoint.wrong}")


def told():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/metier"
    status, made = ask("POST", "/api/v1/webhooks", {"name": "interop", "url": url})
    assert status == 201, made
    Endpoint.secret = made["secret"]
    run = taken()
    arrived(run, {"run.started", "run.needs-approval"})
    status, problem = ask("POST", f"/api/v1/runs/{run}/cancel", {"why": "enough"})
    assert status == 202, problem
    arrived(run, {"run.cancelled"})
    assert not Endpoint.wrong, Endpoint.wrong
    waited = time.monotonic() + 30
    while ask("GET", "/api/v1/webhooks/interop")[1]["pending"] and time.monotonic() < waited:
        time.sleep(0.2)
    assert ask("GET", "/api/v1/webhooks/interop")[1]["pending"] == 0
    status, inward = ask("POST", "/api/v1/webhooks", {"name": "inward", "url": "https://169.254.169.254/"})
    assert status == 400, inward


told()
for name in ["triggers", "webhooks"]:
    assert ask("DELETE", f"/api/v1/{name}/interop")[0] == 204
print("standardwebhooks signs what is taken, and checks what is sent")
