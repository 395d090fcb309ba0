"""The bench's tool behind the official Python SDK of MCP: over HTTP as it answers fastest, or over standard input and output."""

import socket
import sys

import uvicorn
from mcp.server import MCPServer
from pydantic import BaseModel

server = MCPServer("bench", log_level="ERROR")


class Item(BaseModel):
    name: str
    amount: float
    tags: list[str]


class Summary(BaseModel):
    count: int
    total: float
    longest: str


@server.tool()
def summarize(items: list[Item]) -> Summary:
    """Add up items."""
    longest = max((item.name for item in items), key=len, default="")
    return Summary(count=len(items), total=sum(item.amount for item in items), longest=longest)


if sys.argv[1] == "stdio":
    server.run("stdio")
else:
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    print(f"http://{host}:{port}/mcp", flush=True)
    app = server.streamable_http_app(stateless_http=True, json_response=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])
