// The bench's tool behind the official TypeScript SDK of MCP: over HTTP as it answers fastest, or over standard input and output.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

const item = z.object({ name: z.string(), amount: z.number(), tags: z.array(z.string()) });

function made() {
    const server = new McpServer({ name: "bench", version: "1" });
    const shapes = {
        description: "Add up items.",
        inputSchema: { items: z.array(item) },
        outputSchema: { count: z.number(), total: z.number(), longest: z.string() },
    };
    server.registerTool("summarize", shapes, async ({ items }) => {
        let total = 0;
        let longest = "";
        for (const { name, amount } of items) {
            total += amount;
            if (name.length > longest.length) longest = name;
        }
        const summary = { count: items.length, total, longest };
        return { content: [{ type: "text", text: JSON.stringify(summary) }], structuredContent: summary };
    });
    return server;
}

if (process.argv[2] === "stdio") {
    await made().connect(new StdioServerTransport());
} else {
    const sessions = new Map();
    const http = createServer(async (request, response) => {
        let transport = sessions.get(request.headers["mcp-session-id"]);
        if (!transport) {
            transport = new StreamableHTTPServerTransport({
                sessionIdGenerator: randomUUID,
                enableJsonResponse: true,
                onsessioninitialized: (id) => sessions.set(id, transport),
            });
            await made().connect(transport);
        }
        await transport.handleRequest(request, response);
    });
    http.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${http.address().port}/mcp`));
}
