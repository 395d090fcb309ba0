"""The official Python client, against a service with attached servers.

    python client.py http://127.0.0.1:8080 KEY ALIAS…

Each alias is a skill with the tools `add`, `steps`, `picture` and `fail`, which are another server's.
"""

import asyncio
import sys

from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

URL, KEY, *ALIASES = sys.argv[1:]

EFFECTS = {"add": (True, False), "steps": (False, False), "picture": (False, True), "fail": (False, True)}


def same(read, expected, what):
    if read != expected:
        raise SystemExit(f"{what}: {read!r} instead of {expected!r}")


async def tools(client, alias):
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    for name, effect in EFFECTS.items():
        hints = listed[f"{alias}__{name}"].annotations
        same((hints.read_only_hint, hints.destructive_hint), effect, f"what {alias}.{name} does")
    added = await client.call_tool(f"{alias}__add", {"a": 40, "b": 2})
    same((added.is_error, added.structured_content), (False, {"total": 42}), f"{alias}.add")
    said = await client.call_tool(f"{alias}__steps", {"text": "größer"})
    same((said.is_error, "größer" in said.content[0].text), (False, True), f"{alias}.steps")
    drawn = await client.call_tool(f"{alias}__picture", {})
    same(drawn.is_error, False, f"{alias}.picture: {drawn}")
    same("picture.png" in str(drawn.content), True, f"{alias}.picture: {drawn}")
    failed = await client.call_tool(f"{alias}__fail", {"text": "no such thing"})
    same((failed.is_error, "no such thing" in failed.content[0].text), (True, True), f"{alias}.fail: {failed}")
    same(failed.meta["metier/fault"]["code"], "invalid-arguments", f"{alias}.fail")
    wrong = await client.call_tool(f"{alias}__add", {"a": "x"})
    same(wrong.is_error, True, f"{alias}.add with wrong arguments")


async def main():
    http = create_mcp_http_client(headers={"authorization": f"Bearer {KEY}"})
    async with Client(streamable_http_client(f"{URL}/mcp", http_client=http), mode="auto") as client:
        for alias in ALIASES:
            await tools(client, alias)


asyncio.run(main())
