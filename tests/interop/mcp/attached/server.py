"""Servers of the official Python SDK for `metier attach`: one that gives sessions and streams, and one that keeps nothing.

    python server.py

Prints one line of JSON with their addresses, and ends at the end of its standard input.
"""

import asyncio
import json
import socket
import sys

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Image
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import BaseModel

PNG = bytes.fromhex("89504e470d0a1a0a")


class Sum(BaseModel):
    total: int


def server():
    made = MCPServer("python", log_level="ERROR")

    @made.tool(annotations=ToolAnnotations(readOnlyHint=True))
    def add(a: int, b: int) -> Sum:
        """Add two numbers."""
        return Sum(total=a + b)

    @made.tool(annotations=ToolAnnotations(destructiveHint=False), structured_output=False)
    async def steps(context: Context, text: str) -> str:
        """Say a text after some steps."""
        for step in range(3):
            await context.report_progress(step, 3)
        return text

    @made.tool(structured_output=False)
    def picture() -> Image:
        """Draw a picture."""
        return Image(data=PNG, format="png")

    @made.tool(structured_output=False)
    def fail(text: str) -> str:
        """Fail."""
        raise ToolError(text)

    return made


async def main():
    listeners = {}
    servers = []
    for name, how in {"sessions": {}, "alone": {"stateless_http": True, "json_response": True}}.items():
        listener = socket.create_server(("127.0.0.1", 0))
        listeners[name] = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        app = server().streamable_http_app(**how)
        config = uvicorn.Config(app, log_level="error", access_log=False)
        servers.append(uvicorn.Server(config).serve(sockets=[listener]))
    print(json.dumps(listeners), flush=True)
    end = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait([asyncio.ensure_future(it) for it in [end, *servers]], return_when=asyncio.FIRST_COMPLETED)


asyncio.run(main())
sys.exit()
