"""The Jira skill and the unmodified client `jira` from PyPI on one emulated site: what one does, the other sees.

    python jira.py METIER SKILL.wasm EMULATOR FOLDER
"""

import json
import os
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

# This file is called like the client it uses; its own folder is not where that is found.
here = Path(__file__).resolve().parent
sys.path = [path for path in sys.path if Path(path or ".").resolve() != here]
from jira import JIRA  # noqa: E402
from jira.exceptions import JIRAError  # noqa: E402

SITE = "acme.atlassian.net"

GRANT = """
skill = "com.metier/jira"
tools = ["*"]

[[http]]
host = "{site}"
methods = ["*"]
paths = ["/rest/api/3/**"]
credential = "jira"
connect = "127.0.0.1:{port}"
addresses = ["127.0.0.0/8"]
ca-file = "jira.pem"

[config]
base-url = "https://{site}"

[artifacts]

[credentials.jira]
kind = "basic"
username = "{user}"
secret = {{ env = "JIRA_TOKEN" }}
hosts = ["{site}"]
"""


class Emulator:
    """The site, as a process that ends with this one."""

    def __init__(self, program, folder):
        self.pem = Path(folder, "jira.pem")
        names = ["--tls", SITE, "--tls", "127.0.0.1", "--ca-out", self.pem, "--empty"]
        self.process = subprocess.Popen([program, *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.port, self.user, self.token = (self.ready[name] for name in ("port", "username", "token"))

    def read(self, path):
        trust = ssl.create_default_context(cafile=self.pem)
        with urllib.request.urlopen(f"https://127.0.0.1:{self.port}{path}", context=trust) as answer:
            return json.load(answer)


class Skill:
    """The skill, called the way a person calls it."""

    def __init__(self, metier, wasm, folder, emulator, token=None):
        self.metier, self.wasm, self.token = metier, wasm, token or emulator.token
        self.grant = Path(folder, "jira-grant.toml")
        self.grant.write_text(GRANT.format(site=SITE, port=emulator.port, user=emulator.user))
        self.env = {**os.environ, "JIRA_TOKEN": self.token}

    def run(self, tool, arguments):
        words = [self.metier, "call", self.wasm, tool, "--json", json.dumps(arguments), "--grant", self.grant, "--output", "json"]
        return subprocess.run(words, env=self.env, capture_output=True, text=True, timeout=120, check=False)

    def call(self, tool, **arguments):
        ran = self.run(tool, arguments)
        assert ran.returncode == 0, f"{tool} {arguments}: {ran.stderr}"
        assert self.token not in ran.stdout + ran.stderr
        return json.loads(ran.stdout) if ran.stdout.strip() else None

    def refused(self, code, tool, **arguments):
        ran = self.run(tool, arguments)
        assert ran.returncode != 0, f"{tool} {arguments} was not refused: {ran.stdout}"
        assert code in ran.stderr, f"{tool}: not `{code}` but {ran.stderr}"
        return ran.stderr


def paragraph(text):
    """Text as an Atlassian document."""
    content = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in text.split("\n")]
    return {"type": "doc", "version": 1, "content": content}


def words(node):
    """The text of an Atlassian document."""
    if node.get("type") == "text":
        return node["text"]
    inner = [words(child) for child in node.get("content", [])]
    return ("\n" if node.get("type") == "doc" else "").join(inner)


def client_makes_and_skill_reads(client, skill):
    made = client.create_issue(project="ABC", summary="Login fails", issuetype={"name": "Bug"}, description="On Mondays.")
    read = skill.call("get-issue", issueIdOrKey=made.key, fields=["summary", "description", "status"])
    assert read["key"] == made.key and read["fields"]["summary"] == "Login fails"
    assert words(read["fields"]["description"]) == "On Mondays."
    assert set(read["fields"]) == {"summary", "description", "status"}, "only the fields that were asked for"


def skill_makes_and_client_reads(client, skill):
    fields = {"project": {"key": "ABC"}, "issuetype": {"name": "Task"}, "summary": "Write it down", "description": paragraph("First.\nSecond.")}
    made = skill.call("create-issue", body={"fields": fields})
    assert set(made) == {"id", "key"}, made
    read = client.issue(made["key"])
    assert read.fields.summary == "Write it down" and read.fields.description == "First.\nSecond."
    skill.call("edit-issue", issueIdOrKey=made["key"], body={"fields": {"summary": "Write it all down", "labels": ["docs"]}})
    read = client.issue(made["key"])
    assert (read.fields.summary, read.fields.labels) == ("Write it all down", ["docs"])


def comments_go_both_ways(client, skill):
    client.add_comment("ABC-1", "Seen it too.")
    skill.call("add-comment", issueIdOrKey="ABC-1", body={"body": paragraph("Mended in 1.2.")})
    bodies = [words(comment["body"]) for comment in skill.call("list-comments", issueIdOrKey="ABC-1")["comments"]]
    assert bodies == ["Seen it too.", "Mended in 1.2."] == [comment.body for comment in client.comments("ABC-1")]


def files_go_both_ways(client, skill):
    file = {"text": "quarter;amount\nQ3;12\n", "name": 'the "deal".csv', "media_type": "text/csv"}
    (made,) = skill.call("add-attachment", issueIdOrKey="ABC-1", file=file)
    assert set(made) == {"id", "filename", "mimeType", "size", "created"}, made
    (read,) = client.issue("ABC-1").fields.attachment
    assert (read.filename, read.mimeType, read.size) == (file["name"], "text/csv", len(file["text"]))
    assert read.get().decode() == file["text"]
    kept = Path(skill.grant.parent, "notes.bin")
    kept.write_bytes(bytes(range(256)) * 300)
    client.add_attachment(issue="ABC-1", attachment=str(kept))
    there = skill.call("get-issue", issueIdOrKey="ABC-1", fields=["attachment"])["fields"]["attachment"]
    assert [(one["filename"], one["size"]) for one in there] == [(file["name"], len(file["text"])), ("notes.bin", 76_800)]
    assert client.issue("ABC-1").fields.attachment[1].get() == kept.read_bytes()
    skill.refused("not-found", "add-attachment", issueIdOrKey="ABC-99", file=file)


def an_issue_moves(client, skill):
    there = skill.call("list-transitions", issueIdOrKey="ABC-1")["transitions"]
    assert [t["name"] for t in there] == ["Start"]
    skill.call("transition-issue", issueIdOrKey="ABC-1", body={"transition": {"id": there[0]["id"]}})
    assert client.issue("ABC-1").fields.status.name == "In Progress"
    said = skill.refused("invalid-arguments", "transition-issue", issueIdOrKey="ABC-1", body={"transition": {"id": "31"}})
    assert "not valid for the current state" in said, said
    client.transition_issue("ABC-1", "Finish")
    status = skill.call("get-issue", issueIdOrKey="ABC-1", fields=["status"])["fields"]["status"]["name"]
    assert status == "Done"


def an_issue_is_assigned(client, skill):
    (grace,) = skill.call("find-users", project="ABC", query="grace")
    skill.call("assign-issue", issueIdOrKey="ABC-2", accountId=grace["accountId"])
    assert client.issue("ABC-2").fields.assignee.displayName == "Grace Murray"
    client.assign_issue("ABC-2", "Ada Byron")
    read = skill.call("get-issue", issueIdOrKey="ABC-2", fields=["assignee"])
    assert read["fields"]["assignee"]["displayName"] == "Ada Byron"


def searches_agree_page_by_page(client, skill):
    for number in range(3, 13):
        client.create_issue(project="ABC", summary=f"Task {number}", issuetype={"name": "Task"})
    jql = 'project = ABC AND type = Task AND summary ~ "task" ORDER BY created DESC'
    keys, token = [], {}
    while True:
        page = skill.call("search-issues", jql=jql, fields=["summary"], maxResults=4, **token)
        keys += [issue["key"] for issue in page["issues"]]
        if page["isLast"]:
            break
        token = {"nextPageToken": page["nextPageToken"]}
    assert keys == [issue.key for issue in client.search_issues(jql, maxResults=50)] and len(keys) == 10, keys
    assert all(set(issue) == {"key", "fields"} for issue in page["issues"]), "nothing but what the selection keeps"


def mistakes_are_said(client, skill):
    assert "does not exist" in skill.refused("not-found", "get-issue", issueIdOrKey="ABC-99")
    assert "Field 'nonsense' does not exist" in skill.refused("invalid-arguments", "search-issues", jql="nonsense = 1")
    fields = {"project": {"key": "ABC"}, "issuetype": {"name": "Task"}}
    assert "summary" in skill.refused("invalid-arguments", "create-issue", body={"fields": fields})
    assert "--issue-id-or-key" in skill.refused("needs", "get-issue", issueKey="ABC-1")
    try:
        client.issue("ABC-99")
    except JIRAError as error:
        assert error.status_code == 404
    else:
        raise AssertionError("the client finds what is not there")


def a_wrong_token_is_the_operators(skill, folder, emulator):
    stranger = Skill(skill.metier, skill.wasm, folder, emulator, token="wrong")
    stranger.refused("upstream-unauthorized", "get-issue", issueIdOrKey="ABC-1")


def main():
    metier, wasm, program, folder = sys.argv[1:]
    emulator = Emulator(program, folder)
    auth, options = (emulator.user, emulator.token), {"verify": str(emulator.pem)}
    client = JIRA(f"https://127.0.0.1:{emulator.port}", basic_auth=auth, options=options, max_retries=0)
    skill = Skill(metier, wasm, folder, emulator)
    for step in (client_makes_and_skill_reads, skill_makes_and_client_reads, comments_go_both_ways, files_go_both_ways,
                 an_issue_moves, an_issue_is_assigned, searches_agree_page_by_page, mistakes_are_said):
        step(client, skill)
        print("ok     ", step.__name__.replace("_", " "), flush=True)
    a_wrong_token_is_the_operators(skill, folder, emulator)
    print("ok      a wrong token is the operator's")
    counts, issues = emulator.read("/__writes")["counts"], emulator.read("/__state")["issues"]
    print(f"{counts['requests']} requests, {counts['applied']} changes, {len(issues)} issues")


if __name__ == "__main__":
    main()
