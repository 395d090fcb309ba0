"""A Jira Cloud site on loopback: stateful, over TLS, with the REST resources clients use most.

It knows both versions of the API: version 2 takes and gives text, version 3 the Atlassian Document Format. Nothing is
forgiven that Jira does not forgive: a missing summary, a transition the workflow lacks, a user nobody knows, JQL that
cannot be read.
"""

import base64
import datetime
import ipaddress
import itertools
import json
import re
import ssl
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jira_jql import JqlError, Query

SITE = "acme.atlassian.net"
USER, TOKEN = "ada@acme.example", "jira-token-0123456789abcdef"

PEOPLE = {
    "5b10a2844c20165700ede21g": ("Ada Byron", "ada@acme.example"),
    "5b109f2e9729b51b54dc274d": ("Grace Murray", "grace@acme.example"),
}
STATUSES = {"1": "To Do", "2": "In Progress", "3": "Done"}
# From a status to the transitions there are: id, name, target.
WORKFLOW = {
    "To Do": [("11", "Start", "In Progress")],
    "In Progress": [("21", "Finish", "Done"), ("22", "Stop", "To Do")],
    "Done": [("31", "Reopen", "To Do")],
}
TYPES = ["Task", "Bug", "Story"]


class Refused(Exception):
    """An answer that is no success, with Jira's two kinds of messages."""

    def __init__(self, status, messages=(), **errors):
        super().__init__(status)
        self.status, self.body = status, {"errorMessages": list(messages), "errors": errors}


def adf(text):
    """Text as an Atlassian document."""
    paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []} for line in text.split("\n")]
    return {"type": "doc", "version": 1, "content": paragraphs}


def words(node):
    """The text of an Atlassian document."""
    if node.get("type") == "text":
        return node["text"]
    inner = [words(child) for child in node.get("content", [])]
    return ("\n" if node.get("type") == "doc" else "").join(inner)


class Site:
    """What the site knows. Text is kept as text, whichever version wrote it."""

    def __init__(self):
        self.lock = threading.RLock()
        self.issues, self.requests = {}, []
        self.ids = itertools.count(10001)
        self.minute = itertools.count()

    def now(self):
        moment = datetime.datetime(2026, 1, 5, 9, 0) + datetime.timedelta(minutes=next(self.minute))
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def create(self, fields):
        if (fields.get("project") or {}).get("key") != "ABC" and (fields.get("project") or {}).get("id") != "10000":
            raise Refused(400, project="Specify a valid project ID or key")
        if not fields.get("summary"):
            raise Refused(400, summary="You must specify a summary of the issue.")
        name = (fields.get("issuetype") or {}).get("name")
        if name not in TYPES:
            raise Refused(400, issuetype="Specify a valid issue type")
        number = len(self.issues) + 1
        now = self.now()
        issue = {"id": str(next(self.ids)), "key": f"ABC-{number}", "type": name, "status": "To Do", "assignee": None,
                 "description": None, "labels": [], "created": now, "updated": now, "comments": [], "summary": None}
        self.issues[issue["key"]] = issue
        self.change(issue, {k: v for k, v in fields.items() if k not in ("project", "issuetype")})
        return issue

    def change(self, issue, fields):
        known = {"summary", "description", "assignee", "labels", "reporter", "priority"}
        for name in fields:
            if name not in known:
                raise Refused(400, **{name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."})
        for name, value in fields.items():
            if name == "assignee":
                self.assign(issue, value)
            elif name == "description":
                issue["description"] = words(value) if isinstance(value, dict) else value
            elif name == "labels" and any(" " in label for label in value):
                raise Refused(400, labels="The label contains spaces which is invalid.")
            else:
                issue[name] = value
        issue["updated"] = self.now()

    def assign(self, issue, user):
        account = (user or {}).get("accountId") or (user or {}).get("id")
        if account is not None and account not in PEOPLE:
            raise Refused(400, assignee=f"User '{account}' does not exist.")
        issue["assignee"] = account
        issue["updated"] = self.now()

    def comment(self, issue, body):
        text = words(body) if isinstance(body, dict) else body
        if not text:
            raise Refused(400, comment="Comment body can not be empty!")
        now = self.now()
        comment = {"id": str(next(self.ids)), "author": next(iter(PEOPLE)), "body": text, "created": now, "updated": now}
        issue["comments"].append(comment)
        return comment

    def transition(self, issue, wanted):
        for number, _, target in WORKFLOW[issue["status"]]:
            if str(wanted) == number:
                issue["status"], issue["updated"] = target, self.now()
                return
        raise Refused(400, ["It seems that you have tried to perform a workflow operation that is not valid for the current state of this issue."])

    def issue(self, key):
        found = self.issues.get(key) or next((i for i in self.issues.values() if i["id"] == key), None)
        if found is None:
            raise Refused(404, ["Issue does not exist or you do not have permission to see it."])
        return found

    def search(self, jql):
        try:
            query = Query(jql)
        except JqlError as error:
            raise Refused(400, [f"Error in the JQL Query: {error}"]) from error
        facts = lambda issue: {**issue, "project": "ABC", "assignee": PEOPLE.get(issue["assignee"], ("",))[0] or None}
        return query.of(self.issues.values(), facts)


class View:
    """How a version of the API shows things."""

    def __init__(self, base, version):
        self.base, self.text = f"{base}/rest/api/{version}", (lambda t: t) if version == "2" else adf

    def person(self, account):
        if account is None:
            return None
        name, mail = PEOPLE[account]
        return {"self": f"{self.base}/user?accountId={account}", "accountId": account, "accountType": "atlassian",
                "displayName": name, "emailAddress": mail, "active": True}

    def comment(self, comment):
        return {**comment, "author": self.person(comment["author"]), "body": self.text(comment["body"])}

    def issue(self, issue, names=None):
        status = next(k for k, v in STATUSES.items() if v == issue["status"])
        fields = {
            "summary": issue["summary"], "labels": issue["labels"], "created": issue["created"], "updated": issue["updated"],
            "description": None if issue["description"] is None else self.text(issue["description"]),
            "status": {"id": status, "name": issue["status"]}, "issuetype": {"name": issue["type"]},
            "project": {"id": "10000", "key": "ABC", "name": "Alphabet"}, "assignee": self.person(issue["assignee"]),
            "comment": {"comments": [self.comment(c) for c in issue["comments"]], "total": len(issue["comments"])},
        }
        if names and not {"*all", "*navigable"} & set(names):
            fields = {name: fields[name] for name in names if name in fields}
        return {"id": issue["id"], "key": issue["key"], "self": f"{self.base}/issue/{issue['id']}", "fields": fields}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    site = None

    def log_message(self, *_):
        pass

    def answer(self):
        url = urllib.parse.urlsplit(self.path)
        # A list may be written with commas or by naming it again.
        self.query = {name: ",".join(values) for name, values in urllib.parse.parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.site.lock:
            self.site.requests.append((self.command, self.path))
            try:
                status, shown = self.route(url.path, json.loads(body) if body else {})
            except Refused as refused:
                status, shown = refused.status, refused.body
        payload = b"" if shown is None else json.dumps(shown).encode()
        self.send_response(status)
        if payload:
            self.send_header("content-type", "application/json;charset=UTF-8")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def route(self, path, body):
        sent = self.headers.get("authorization", "")
        expected = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if sent != expected:
            raise Refused(401, ["Client must be authenticated to access this resource."])
        match = re.fullmatch(r"/rest/api/(2|3|latest)/(.*)", path)
        if not match:
            raise Refused(404)
        version = "2" if match[1] == "latest" else match[1]
        view = View(f"https://{self.headers['host']}", version)
        steps = match[2].split("/")
        handler = getattr(self, f"{self.command.lower()}_{'_'.join([steps[0], *steps[2:]]) if steps[0] == 'issue' else '_'.join(steps)}", None)
        if handler is None:
            raise Refused(404 if self.command == "GET" else 405)
        named = [urllib.parse.unquote(steps[1])] if steps[0] == "issue" and len(steps) > 1 else []
        return handler(view, body, *named)

    def get_serverInfo(self, view, _):
        return 200, {"baseUrl": view.base.split("/rest")[0], "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud"}

    def get_myself(self, view, _):
        return 200, view.person(next(iter(PEOPLE)))

    def get_project_ABC(self, view, _):
        return 200, {"self": f"{view.base}/project/10000", "id": "10000", "key": "ABC", "name": "Alphabet",
                     "issueTypes": [{"id": str(n), "name": name} for n, name in enumerate(TYPES)]}

    def get_field(self, _view, _body):
        return 200, [{"id": name, "name": name.title(), "custom": False} for name in ("summary", "description", "assignee", "status", "labels")]

    def get_user_assignable_search(self, view, _):
        wanted = self.query.get("query", "").lower()
        if not {"issueKey", "project"} & set(self.query):
            raise Refused(400, ["Either the project or the issueKey must be given."])
        return 200, [view.person(a) for a, (name, mail) in PEOPLE.items() if wanted in name.lower() or wanted in mail]

    get_user_search = lambda self, view, _: (200, [view.person(a) for a, (n, m) in PEOPLE.items() if self.query.get("query", "").lower() in (n + m).lower()])

    def post_issue(self, view, body, key=None):
        issue = self.site.create(body.get("fields") or {})
        return 201, {name: view.issue(issue)[name] for name in ("id", "key", "self")}

    def get_issue(self, view, _, key):
        names = self.query.get("fields")
        return 200, view.issue(self.site.issue(key), names and names.split(","))

    def put_issue(self, _view, body, key):
        self.site.change(self.site.issue(key), body.get("fields") or {})
        return 204, None

    def delete_issue(self, _view, _, key):
        del self.site.issues[self.site.issue(key)["key"]]
        return 204, None

    def put_issue_assignee(self, _view, body, key):
        self.site.assign(self.site.issue(key), body)
        return 204, None

    def get_issue_comment(self, view, _, key):
        comments = self.site.issue(key)["comments"]
        return 200, {"startAt": 0, "maxResults": 5000, "total": len(comments), "comments": [view.comment(c) for c in comments]}

    def post_issue_comment(self, view, body, key):
        return 201, view.comment(self.site.comment(self.site.issue(key), body.get("body")))

    def get_issue_transitions(self, _view, _, key):
        ids = {v: k for k, v in STATUSES.items()}
        there = WORKFLOW[self.site.issue(key)["status"]]
        return 200, {"expand": "transitions", "transitions": [{"id": i, "name": n, "to": {"id": ids[t], "name": t}} for i, n, t in there]}

    def post_issue_transitions(self, _view, body, key):
        self.site.transition(self.site.issue(key), (body.get("transition") or {}).get("id"))
        return 204, None

    def found(self, view, asked):
        """Token paging, as Jira Cloud has had it since it took the old search away."""
        names = asked.get("fields") or ["id"]
        names = names.split(",") if isinstance(names, str) else names
        issues = self.site.search(asked.get("jql", ""))
        start = int(asked.get("nextPageToken") or 0)
        stop = start + min(int(asked.get("maxResults") or 50), 100)
        page = {"issues": [view.issue(i, names) for i in issues[start:stop]], "isLast": stop >= len(issues)}
        return 200, page if page["isLast"] else {**page, "nextPageToken": str(stop)}

    get_search_jql = lambda self, view, _: self.found(view, self.query)
    post_search_jql = lambda self, view, body: self.found(view, body)

    def removed(self, *_):
        raise Refused(410, ["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."])

    get_search = post_search = removed


def authority(folder):
    """A certificate for the site and for loopback, signed by itself; returns its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "emulated Jira")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName(SITE), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = Path(folder, "jira.pem"), Path(folder, "jira-key.pem")
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return pem, secret


def start(folder):
    """A site on a free port of loopback; returns it, its port and the certificate to trust."""
    site = Site()
    pem, key = authority(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": site}))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return site, server.server_address[1], pem
