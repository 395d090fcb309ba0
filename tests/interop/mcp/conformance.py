"""The official conformance suite against a service, as far as it covers what a service has.

    python conformance.py http://127.0.0.1:8080 KEY NODE CONFORMANCE

CONFORMANCE is `@modelcontextprotocol/conformance/dist/index.js`; from 0.2 on it wants Node 22 or later. By hand, one scenario:

    python keyed.py http://127.0.0.1:8080 KEY          # prints an address; the suite cannot send a key
    npx @modelcontextprotocol/conformance server --url ADDRESS/mcp --scenario tools-list

No failure is expected. Left out are scenarios about what a service has not (prompts, completion, sampling, subscriptions, sessions) and
about tools of the suite's own, which have names no skill's tool can have. Where a scenario needs such a tool for a part, it says that
the part is not testable, and that is all it may say.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

URL, KEY, NODE, SUITE = sys.argv[1:5]

SCENARIOS = {
    "2025-11-25": ["server-initialize", "server-session-lifecycle", "ping", "tools-list", "resources-list", "dns-rebinding-protection"],
    "2026-07-28": [
        "server-stateless",
        "tools-list",
        "resources-list",
        "sep-2164-resource-not-found",
        "dns-rebinding-protection",
        "http-header-validation",
        "server-sse-multiple-streams",
        "input-required-result-unsupported-methods",
    ],
    None: ["sep-2640-skills-enumeration", "sep-2640-skills-manifest"],
}


def failures(url, scenario, revision):
    with tempfile.TemporaryDirectory() as folder:
        command = [NODE, SUITE, "server", "--url", f"{url}/mcp", "--scenario", scenario, "-o", folder]
        if revision:
            command += ["--spec-version", revision]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120)
        results = list(pathlib.Path(folder).rglob("checks.json"))
        if not results:
            raise SystemExit(f"{scenario} did not run: {run.stdout}{run.stderr}")
        checks = [check for file in results for check in json.loads(file.read_text())]
    failed = [check for check in checks if check["status"] == "FAILURE"]
    mended = [check for check in failed if not check.get("errorMessage", "").startswith("Not testable:")]
    passed = sum(check["status"] == "SUCCESS" for check in checks)
    return passed, [f"{scenario} ({revision}): {check['id']}: {check.get('errorMessage')}" for check in mended]


def main():
    keyed = pathlib.Path(__file__).with_name("keyed.py")
    way = subprocess.Popen([sys.executable, keyed, URL, KEY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        address, passed, failed = way.stdout.readline().strip(), 0, []
        for revision, scenarios in SCENARIOS.items():
            for scenario in scenarios:
                more, wrong = failures(address, scenario, revision)
                passed, failed = passed + more, failed + wrong
    finally:
        way.stdin.close()
        way.wait()
    if failed:
        raise SystemExit("\n".join(failed))
    print(f"the conformance suite: {passed} checks passed, none failed")


main()
