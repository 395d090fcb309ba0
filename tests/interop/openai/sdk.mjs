// OpenAI's own unmodified JavaScript library against a host service: models, chat, responses, streams, tools, shapes, errors, cancellation.
//
//     node sdk.mjs URL KEY EMULATOR [ROUTE…]
//
// The arguments are those of sdk.py beside this. The library is looked for in NODE_PATH or beside the working directory.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.env.NODE_PATH ?? process.cwd(), "from-here.js"));
const OpenAI = require("openai").default;

const [url, key, emulator, ...given] = process.argv.slice(2);
const routes = given.length ? given : ["openai-chat"];
const client = new OpenAI({ apiKey: key, baseURL: url, maxRetries: 0 });

const TOOL = "salesforce__query";
const PROMPT = "Review the quarter 2026-Q3. Issue: ABC-1.";
const HELLO = "You said: Hello";
const STORY = "2026-Q3: 1 opportunities close in the quarter.";
const TABLE = JSON.stringify({ columns: ["Name", "Amount", "StageName"], rows: [["A", "1000.0", "Closed Won"]] });
const SCHEMA = { type: "object", properties: { soql: { type: "string" } }, required: ["soql"], additionalProperties: false };
const SHAPE = { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false };
const messages = [{ role: "user", content: "Hello" }];

async function goesWrong(fault) {
  const rules = JSON.stringify(fault ? [{ ...fault, times: 1 }] : []);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${emulator}/__faults`, { method: "PUT", headers, body: rules });
  assert.ok(answer.ok, "the emulator takes faults");
}

async function all(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return pieces;
}

const raises = (kind, ask, expected) =>
  assert.rejects(ask, (error) => {
    assert.ok(error instanceof kind, `${error}`);
    for (const [name, value] of Object.entries(expected ?? {})) assert.equal(error[name], value, `${name}: ${error}`);
    return true;
  });

async function models() {
  const listed = (await all(client.models.list())).map((model) => model.id);
  for (const name of [...routes, "agent:plain"]) assert.ok(listed.includes(name), `${name} in ${listed}`);
  assert.equal((await client.models.retrieve(routes[0])).owned_by, "metier");
}

async function chat(model) {
  const ask = (more) => client.chat.completions.create({ model, messages, ...more });
  const answer = await ask();
  assert.equal(answer.choices[0].message.content, HELLO);
  assert.equal(answer.choices[0].finish_reason, "stop");
  const chunks = await all(await ask({ stream: true, stream_options: { include_usage: true } }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), HELLO);
  assert.equal(chunks.at(-1).usage.completion_tokens, answer.usage.completion_tokens);
  const tools = [{ type: "function", function: { name: TOOL, parameters: SCHEMA } }];
  const said = [{ role: "user", content: PROMPT }];
  const stream = client.chat.completions.stream({ model, messages: said, tools });
  const called = (await stream.finalChatCompletion()).choices[0];
  const call = called.message.tool_calls[0];
  assert.equal(called.finish_reason, "tool_calls");
  assert.equal(call.function.name, TOOL);
  assert.ok(JSON.parse(call.function.arguments).soql);
  said.push(called.message, { role: "tool", tool_call_id: call.id, content: TABLE });
  const story = await ask({ messages: said, tools });
  assert.ok(story.choices[0].message.content.startsWith(STORY));
  const format = { type: "json_schema", json_schema: { name: "n", strict: true, schema: SHAPE } };
  const shaped = await client.chat.completions.parse({ model, messages, response_format: format });
  assert.deepEqual(JSON.parse(shaped.choices[0].message.content), { n: 0 });
  await errors(ask);
  await goesWrong({ kind: "error-inside" });
  await raises(OpenAI.APIError, async () => all(await ask({ stream: true })));
  await rested(ask);
}

async function errors(ask) {
  await goesWrong({ kind: "rate-limited", retry_after_s: 1 });
  await raises(OpenAI.RateLimitError, () => ask(), { status: 429, code: "rate_limit_exceeded" });
  await rested(ask);
  await goesWrong({ kind: "overloaded" });
  await raises(OpenAI.InternalServerError, () => ask(), { status: 503, type: "server_error" });
  await rested(ask);
  await goesWrong({ kind: "rate-limited", retry_after_s: 1 });
  await raises(OpenAI.RateLimitError, () => ask({ stream: true }));
  await rested(ask);
}

// A candidate that failed is left alone for a while, which the service says.
async function rested(ask) {
  for (let tries = 0; tries < 40; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      assert.ok(error instanceof OpenAI.InternalServerError && error.headers.get("retry-after") > 0, `${error}`);
      await new Promise((done) => setTimeout(done, 500));
    }
  }
  assert.fail("it rests for ever");
}

async function responses(model) {
  const ask = (more) => client.responses.create({ model, input: "Hello", ...more });
  const answer = await ask();
  assert.equal(answer.output_text, HELLO);
  assert.equal(answer.status, "completed");
  const stream = client.responses.stream({ model, input: "Hello" });
  const events = await all(stream);
  assert.equal(events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta).join(""), HELLO);
  assert.equal((await stream.finalResponse()).output_text, HELLO);
  assert.deepEqual(events.map((event) => event.sequence_number), [...events.keys()]);
  const tools = [{ type: "function", name: TOOL, parameters: SCHEMA, strict: true }];
  const said = [{ role: "user", content: PROMPT }];
  const called = await client.responses.stream({ model, input: said, tools }).finalResponse();
  const call = called.output.find((item) => item.type === "function_call");
  assert.ok(JSON.parse(call.arguments).soql);
  said.push(...called.output, { type: "function_call_output", call_id: call.call_id, output: TABLE });
  assert.ok((await ask({ input: said, tools })).output_text.startsWith(STORY));
  const format = { type: "json_schema", name: "n", strict: true, schema: SHAPE };
  const shaped = await client.responses.parse({ model, input: "Hello", text: { format } });
  assert.deepEqual(JSON.parse(shaped.output_text), { n: 0 });
  assert.equal((await ask({ max_output_tokens: 2 })).incomplete_details.reason, "max_output_tokens");
  await errors(ask);
  await goesWrong({ kind: "error-inside" });
  const failed = (await all(await ask({ stream: true }))).at(-1);
  assert.equal(failed.type, "response.failed");
  await rested(ask);
}

async function mistakes(model) {
  const ask = (more) => client.chat.completions.create({ model, messages, ...more });
  const wrong = new OpenAI({ apiKey: "sk-another", baseURL: url, maxRetries: 0 });
  await raises(OpenAI.AuthenticationError, () => wrong.models.list(), { code: "invalid_api_key" });
  await raises(OpenAI.NotFoundError, () => ask({ model: "none" }), { code: "model_not_found" });
  await raises(OpenAI.BadRequestError, () => ask({ messages: [] }), { param: "messages" });
  await raises(OpenAI.BadRequestError, () => ask({ n: 2 }), { param: "n" });
  await raises(OpenAI.BadRequestError, () => client.responses.create({ model, input: "Hello", store: true }), { param: "store" });
}

async function cancelled(model) {
  await goesWrong({ kind: "slow", piece_ms: 200 });
  const stream = await client.chat.completions.create({ model, messages, stream: true });
  for await (const _ of stream) break;
  const controller = new AbortController();
  const asked = client.chat.completions.create({ model, messages }, { signal: controller.signal });
  controller.abort();
  await raises(OpenAI.APIUserAbortError, () => asked);
  await goesWrong();
  assert.equal((await client.chat.completions.create({ model, messages })).choices[0].message.content, HELLO);
}

async function agent() {
  const model = "agent:plain";
  const { data, response } = await client.chat.completions.create({ model, messages }).withResponse();
  assert.equal(data.choices[0].message.content, HELLO);
  assert.equal(data.metadata.run, response.headers.get("x-metier-run"));
  const words = await client.chat.completions.stream({ model, messages }).finalContent();
  assert.equal(words, HELLO);
  assert.equal((await client.responses.create({ model, input: "Hello" })).output_text, HELLO);
}

await goesWrong();
await models();
for (const route of routes) {
  await chat(route);
  await responses(route);
}
await mistakes(routes[0]);
await cancelled(routes[0]);
await agent();
await goesWrong();
const { VERSION } = require("openai/version");
console.log(`openai ${VERSION} (JavaScript): models, chat, responses, streams, tools, shapes, errors and agents over ${routes.length} formats`);
