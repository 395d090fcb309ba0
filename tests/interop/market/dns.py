"""A namespace is proven in the DNS of Debian's dnsmasq: without the record it is refused, with it it is claimed, and it is frozen when it is gone.

usage: dns.py METIER HOME
"""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

metier, home = Path(sys.argv[1]), Path(sys.argv[2])
home.mkdir(parents=True)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


port = free_port()


def name_server(records):
    """Debian's dnsmasq with these TXT records of `_metier.acme.test`, and with nothing else."""
    config = home / "dnsmasq.conf"
    lines = [f'txt-record=_metier.acme.test,"{record}"\n' for record in records]
    config.write_text("".join(["local=/test/\n", *lines]))
    server = subprocess.Popen(
        [
            "dnsmasq",
            "--keep-in-foreground",
            f"--port={port}",
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--no-resolv",
            "--no-hosts",
            "--pid-file=",
            "--user=",
            f"--conf-file={config}",
        ]
    )
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return server
        assert server.poll() is None, "dnsmasq ended"
        time.sleep(0.05)
    raise SystemExit("dnsmasq does not listen")


def ended(process):
    process.terminate()
    process.wait(10)


market = subprocess.Popen(
    [
        metier,
        "market",
        "serve",
        "--listen=127.0.0.1:0",
        f"--resolver=127.0.0.1:{port}",
        "--output=json",
        f"--data={home / 'market'}",
    ],
    stdout=subprocess.PIPE,
    text=True,
)
names = None
try:
    address = json.loads(market.stdout.readline())["address"]
    kept = {"HOME": str(home), "METIER_MARKET": address, "PATH": os.environ["PATH"]}

    def run(*line):
        ran = subprocess.run([metier, *line], env=kept, capture_output=True, text=True)
        return ran.returncode, ran.stdout, ran.stderr

    def done(*line):
        code, out, err = run(*line)
        assert code == 0, f"{line}: {err}"
        return out

    done("keygen")
    done("login", "--account", "acme", "--yes")
    claim = ("namespace", "claim", "test.acme", "--method", "dns")

    names = name_server(["v=spf1 -all"])
    code, _, told = run(*claim)
    assert code != 0 and "_metier.acme.test" in told, told
    line = re.search(r"^ *(metier-publisher=v1; .*)$", told, re.M)[1].strip()
    print(f"refused without the line: {line}")
    ended(names)

    names = name_server(["v=spf1 -all", line.replace("acme", "other", 1)])
    code, _, told = run(*claim)
    assert code != 0, "another account's line proved it"
    ended(names)

    names = name_server(["v=spf1 -all", line])
    done(*claim)
    listed = done("namespace", "list")
    assert "test.acme" in listed, listed
    print("claimed with it")
finally:
    if names:
        ended(names)
    ended(market)
