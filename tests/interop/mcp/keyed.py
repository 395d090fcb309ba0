"""A way in for programs that cannot send a key: passes each request on with one, and everything else as it is.

    python keyed.py http://127.0.0.1:8080 KEY

Prints the address it listens on, and ends with its standard input. `Host` and `Origin` stay those of the client, so that what is
refused because of them still is.
"""

import http.client
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

UPSTREAM = urllib.parse.urlsplit(sys.argv[1]).netloc
KEY = sys.argv[2]
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "authorization"}


class Way(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        upstream = http.client.HTTPConnection(UPSTREAM, timeout=60)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP_BY_HOP:
                upstream.putheader(name, value)
        upstream.putheader("authorization", f"Bearer {KEY}")
        upstream.endheaders(body or None)
        answer = upstream.getresponse()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("connection", "close")
        self.end_headers()
        try:
            while piece := answer.read1(65536):
                self.wfile.write(piece)
                self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client has heard enough; so has the service, when its connection closes
        upstream.close()
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = pass_on

    def log_message(self, *_):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Way)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


main()
