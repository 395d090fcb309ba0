"""The official Python client, unmodified, against a service: both revisions, over HTTP.

    python client.py http://127.0.0.1:8080 KEY

The service has the skill `math` (tools `add` and `crash`) and the agent `sum`, which adds two numbers when somebody agrees.
"""

import asyncio
import sys

from mcp import types
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError

URL, KEY = sys.argv[1], sys.argv[2]


def same(read, expected, what):
    if read != expected:
        raise SystemExit(f"{what}: {read!r} instead of {expected!r}")


def connected(key, mode, **more):
    http = create_mcp_http_client(headers={"authorization": f"Bearer {key}"})
    return Client(streamable_http_client(f"{URL}/mcp", http_client=http), mode=mode, **more)


async def agrees(context, params):
    same("math.add" in params.message and '"a": 2' in params.message, True, f"what a person reads: {params.message}")
    return types.ElicitResult(action="accept", content={"approve": True})


async def tools(mode, version):
    async with connected(KEY, mode) as client:
        same(client.protocol_version, version, "the revision")
        listed = [tool.name for tool in (await client.list_tools()).tools]
        same("math__add" in listed and "agent__sum" in listed, True, f"the tools: {listed}")
        called = await client.call_tool("math__add", {"a": 2, "b": 3})
        same((called.content[0].text, called.is_error), ("5", False), "a call")
        wrong = await client.call_tool("math__add", {"a": 2})
        same(wrong.is_error, True, "a call without an argument")
        crashed = await client.call_tool("math__crash", {})
        same(crashed.meta["metier/fault"]["blame"], "skill", "a skill that crashes")
        try:
            await client.call_tool("math__nothing", {})
            raise SystemExit("a tool that is not there was called")
        except MCPError as error:
            same(error.error.code, -32602, "a tool that is not there")
        await client.list_resources()
        await client.list_resource_templates()


async def a_person_is_asked():
    async with connected(KEY, "2026-07-28", elicitation_callback=agrees) as client:
        called = await client.call_tool("agent__sum", {"a": 2, "b": 3})
        same(called.structured_content, {"total": 5}, "an agent that asks")


async def without_a_key():
    try:
        async with connected("mtr_0000000000000000_AAAA", "2026-07-28") as client:
            await client.list_tools()
    except BaseException as error:  # whatever the client makes of 401
        print(f"  without a key: {type(error).__name__}")
        return
    raise SystemExit("a key that is none opened")


async def main():
    await tools("legacy", "2025-11-25")
    await tools("2026-07-28", "2026-07-28")
    await tools("auto", "2026-07-28")
    await a_person_is_asked()
    await without_a_key()
    print("the Python client lists, calls, is asked and is refused as it should be")


asyncio.run(main())
