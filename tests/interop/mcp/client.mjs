// The official TypeScript clients, unmodified, against a service: both revisions, over HTTP.
//
//     node client.mjs http://127.0.0.1:8080 KEY
//
// `@modelcontextprotocol/sdk` speaks the revisions with a handshake, `@modelcontextprotocol/client` the one without as well. The service
// has the skill `math` (tools `add` and `crash`) and the agent `sum`, which adds two numbers when somebody agrees.

import assert from "node:assert/strict";
import { Client as Before } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportBefore } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const [url, key] = process.argv.slice(2);
const address = new URL("/mcp", url);
const withKey = (key) => ({ requestInit: { headers: { authorization: `Bearer ${key}` } } });
const named = { name: "metier-interop", version: "1.0.0" };

async function tools(client) {
  const { tools } = await client.listTools();
  const names = tools.map((tool) => tool.name);
  assert(names.includes("math__add") && names.includes("agent__sum"), names.join());
  const called = await client.callTool({ name: "math__add", arguments: { a: 2, b: 3 } });
  assert.equal(called.content[0].text, "5");
  const wrong = await client.callTool({ name: "math__add", arguments: { a: 2 } });
  assert.equal(wrong.isError, true);
  const crashed = await client.callTool({ name: "math__crash", arguments: {} });
  assert.equal(crashed._meta["metier/fault"].blame, "skill");
  await assert.rejects(client.callTool({ name: "math__nothing", arguments: {} }), /math__nothing/);
  await client.listResources();
  await client.listResourceTemplates();
}

const before = new Before(named);
await before.connect(new TransportBefore(address, withKey(key)));
await tools(before);
await before.close();

const after = new Client(named, { versionNegotiation: { mode: "auto" }, capabilities: { elicitation: { form: {} } } });
after.setRequestHandler("elicitation/create", (request) => {
  assert(request.params.message.includes("math.add"), request.params.message);
  return { action: "accept", content: { approve: true } };
});
await after.connect(new StreamableHTTPClientTransport(address, withKey(key)));
assert.equal(after.getNegotiatedProtocolVersion(), "2026-07-28");
await tools(after);
const summed = await after.callTool({ name: "agent__sum", arguments: { a: 2, b: 3 } });
assert.deepEqual(summed.structuredContent, { total: 5 });
await after.close();

const refused = new Before(named);
await assert.rejects(refused.connect(new TransportBefore(address, withKey("mtr_0000000000000000_AAAA"))));

console.log("the TypeScript clients list, call, are asked and are refused as they should be");
