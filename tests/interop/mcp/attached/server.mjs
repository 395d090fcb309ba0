// Servers of the official TypeScript SDK for `metier attach`: one that gives sessions and streams, and one that keeps nothing.
//
//     node server.mjs
//
// Prints one line of JSON with their addresses, and ends at the end of its standard input.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

const PNG = Buffer.from("89504e470d0a1a0a", "hex").toString("base64");
const text = (text) => ({ content: [{ type: "text", text }] });

function made() {
    const server = new McpServer({ name: "node", version: "1" }, { capabilities: { logging: {} } });
    const add = {
        description: "Add two numbers.",
        inputSchema: { a: z.number().int(), b: z.number().int() },
        outputSchema: { total: z.number().int() },
        annotations: { readOnlyHint: true },
    };
    server.registerTool("add", add, async ({ a, b }) => ({ ...text(`${a + b}`), structuredContent: { total: a + b } }));
    const steps = {
        description: "Say a text after some steps.",
        inputSchema: { text: z.string() },
        annotations: { destructiveHint: false },
    };
    server.registerTool("steps", steps, async ({ text: said }, extra) => {
        const params = { level: "info", data: "a step" };
        await extra.sendNotification({ method: "notifications/message", params });
        return text(said);
    });
    server.registerTool("picture", { description: "Draw a picture." }, async () => ({
        content: [{ type: "image", data: PNG, mimeType: "image/png" }],
    }));
    server.registerTool("fail", { description: "Fail.", inputSchema: { text: z.string() } }, async ({ text }) => {
        throw new Error(text);
    });
    return server;
}

const listening = (answer) =>
    new Promise((resolve) => {
        const http = createServer(answer);
        http.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${http.address().port}/mcp`));
    });

const open = new Map();
const sessions = await listening(async (request, response) => {
    const id = request.headers["mcp-session-id"];
    let transport = open.get(id);
    if (id && !transport) {
        response.writeHead(404).end();
        return;
    }
    if (!transport) {
        transport = new StreamableHTTPServerTransport({
            sessionIdGenerator: randomUUID,
            onsessioninitialized: (id) => open.set(id, transport),
            onsessionclosed: (id) => open.delete(id),
        });
        await made().connect(transport);
    }
    await transport.handleRequest(request, response);
});
const alone = await listening(async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    await made().connect(transport);
    await transport.handleRequest(request, response);
});
console.log(JSON.stringify({ sessions, alone }));
process.stdin.resume().on("end", () => process.exit());
