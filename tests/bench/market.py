"""What a market takes, on one machine and with clean homes: from a publication to a first call, and a hundred skills at once.

usage: market.py METIER EMULATOR SKILL COMPONENT SOURCES [TIMES]

METIER and EMULATOR are `metier` and `metier-emulator-salesforce`, built in release mode; SKILL is the packed Salesforce skill, COMPONENT
what it was packed from, SOURCES its folder. It prints medians; `docs/bench.md` has those of one machine.
"""

import concurrent.futures
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

metier, emulator, skill, component, sources = map(lambda told: Path(told).resolve(), sys.argv[1:6])
times = int(sys.argv[6]) if len(sys.argv) > 6 else 5
ORG, LOGIN = "acme.my.salesforce.com", "login.salesforce.com"


class Served:
    """A process that says one line of JSON when it is ready, and ends with its block."""

    def __init__(self, *line, cwd=None):
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.PIPE, text=True, cwd=cwd)
        self.ready = json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self.ready

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def market(folder, *more):
    return Served(metier, "market", "serve", "--listen=127.0.0.1:0", "--allow-any-namespace", "--output=json", f"--data={folder / 'market'}", *more)


class Person:
    def __init__(self, home, market, **more):
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.env = {"HOME": str(home), "PATH": os.environ["PATH"], "METIER_MARKET": market, **more}

    def run(self, *line):
        ran = subprocess.run([metier, *map(str, line)], env=self.env, cwd=self.home, capture_output=True, text=True)
        assert ran.returncode == 0, f"{line}: {ran.stderr}"
        return ran.stdout

    def publishes(self, account, namespace):
        self.run("keygen")
        self.run("login", "--account", account, "--yes")
        self.run("namespace", "claim", namespace)


def journey(folder, org):
    """Seconds from a packed skill to its first answer on another machine: `publish`, `search`, `install`, `call`."""
    with market(folder) as ready:
        author, user = (Person(folder / name, ready["address"]) for name in ("author", "user"))
        author.publishes("metier", "com.metier")
        begun = time.monotonic()
        author.run("publish", skill)
        assert "com.metier/salesforce" in user.run("search", "crm records", "--yes")
        user.run("install", "com.metier/salesforce", "--yes", "--to", "skills")
        # What the operator of this org writes into the grant that was installed: addresses, and how to log in.
        (user.home / "grant.toml").write_text(grant(org, folder))
        soql = "SELECT Name FROM Account LIMIT 5"
        told = user.run("call", "skills/salesforce.wasm", "query", "--soql", soql, "--grant", "grant.toml", "--output", "json")
        took = time.monotonic() - begun
        assert json.loads(told)["rows"], told
        return took


def grant(org, folder):
    at = f'connect = "{org["address"]}"\naddresses = ["127.0.0.0/8"]\nca-file = "{folder.parent}/ca.pem"\n'
    return f"""skill = "com.metier/salesforce"
tools = ["*"]

[[http]]
host = "{ORG}"
methods = ["GET"]
paths = ["/services/data/*/query", "/services/data/*/query/*"]
credential = "salesforce"
{at}
[config]
instance-url = "https://{ORG}"

[credentials.salesforce]
kind = "oauth2-jwt-bearer"
token-url = "https://{LOGIN}/services/oauth2/token"
client-id = "{org["client_id"]}"
subject = "{org["username"]}"
audience = "https://{LOGIN}"
secret = {{ file = "{folder.parent}/key.pem" }}
hosts = ["{ORG}"]
{at}"""


VERBS = "archive balance capture deliver estimate forward gather harvest inspect journal knit listen measure notify observe".split()
THINGS = "accounts bridges contracts documents engines forecasts gardens holidays".split()


def names(count):
    """Names that nobody takes for another's, three to a publisher: as many as a new one has in a day."""
    all_ = [f"{verb}-{thing}" for thing in THINGS for verb in VERBS][:count]
    return [(f"org.{VERBS[at // 3 % 15]}{THINGS[at // 45]}", name) for at, name in enumerate(all_)]


def hundred(folder, count=100):
    """Seconds for an install of a hundred skills with nothing kept, and for the same bytes without a client that verifies them."""
    with market(folder) as ready:
        keeper = Person(folder / "keeper", ready["address"], METIER_MARKET_TOKEN=ready["token"])
        authors = {}
        for namespace, short in names(count):
            if namespace not in authors:
                author = authors[namespace] = Person(folder / namespace, ready["address"])
                author.publishes(namespace.removeprefix("org."), namespace)
            author = authors[namespace]
            manifest = (sources / "skill.toml").read_text().replace("com.metier/salesforce", f"{namespace}/{short}")
            (author.home / "skill.toml").write_text(manifest)
            (author.home / "SKILL.md").write_text((sources / "SKILL.md").read_text().replace("name: salesforce", f"name: {short}", 1))
            author.run("pack", component, "--manifest", "skill.toml", "--skill-md", "SKILL.md", "--wit", sources / "wit", "-o", "it.wasm")
            author.run("publish", "it.wasm")
        for one in json.loads(keeper.run("market", "queue", "list", "--yes", "--output", "json")):
            keeper.run("market", "queue", "approve", one["id"], "--yes")
        all_ = [f"{namespace}/{short}" for namespace, short in names(count)]
        installs, plain, bytes_ = [], [], 0
        for at in range(times):
            user = Person(folder / f"user-{at}", ready["address"])
            user.run("search", "crm", "--yes")
            begun = time.monotonic()
            user.run("install", *all_, "--yes", "--to", "skills")
            installs.append(time.monotonic() - begun)
            begun = time.monotonic()
            bytes_ = fetched(ready["address"], all_)
            plain.append(time.monotonic() - begun)
        return statistics.median(installs), statistics.median(plain), bytes_


def fetched(address, skills):
    """The same indexes, receipts and files, 32 at a time, by Python's own client: how many bytes that were."""

    def get(path):
        with urllib.request.urlopen(f"{address}/{path}", timeout=60) as answer:
            return answer.read()

    def one(name):
        index = get(f"index/{name}")
        line = json.loads(index.splitlines()[-2])
        return len(index) + len(get(f"receipts/{line['leaf']}")) + len(get(f"v2/{name}/blobs/{line['component']}"))

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        return sum(pool.map(one, skills))


with tempfile.TemporaryDirectory() as told:
    folder = Path(told)
    serve = (emulator, "--tls", ORG, "--tls", LOGIN, "--ca-out", folder / "ca.pem", "--key-out", folder / "key.pem")
    with Served(*map(str, serve)) as org:
        took = [journey(folder / f"journey-{at}", org) for at in range(times)]
    print(f"publish, search, install, first call: {statistics.median(took):.2f} s, at most {max(took):.2f} s (bar: 5 s)")
    install, plain, bytes_ = hundred(folder / "hundred")
    print(f"100 skills at once: {install:.2f} s for {bytes_ / 1e6:.1f} MB; their bytes alone, by another client: {plain:.2f} s")
