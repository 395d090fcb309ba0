// One Prism after the other, told which by lines of JSON on standard input; each answers with one line.
//
//   {"open": "/path/to/description.json", "base": "/path/of/its/server"}  ->  {"operations": 12}   or  {"error": "…"}
//   {"seen": true}                         ->  {"exchanges": [{method, url, content_type, status, credential, violations, problem}]}
//
// In front of Prism stands a server that passes everything on unchanged and writes down what Prism says of it: the
// `sl-violations` header, and the problem document of a request it did not serve. Its address is the first line.
//
// Usage: node server.mjs NODE_MODULES [CERTIFICATE KEY]: with those, both PEM, requests come over TLS.

import { createRequire } from 'node:module';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import readline from 'node:readline';

const require = createRequire(path.join(process.argv[2], '@stoplight/prism-cli/package.json'));
const { getHttpOperationsFromSpec } = require('@stoplight/prism-http');
const { createServer } = require('@stoplight/prism-http-server');
const { createLogger } = require('@stoplight/prism-core');

// Bodies larger than this are no one's example, in bytes.
const MAX_BODY = 16 * 1024 * 1024;

// As `prism mock FILE` is started, but for credentials: Prism answers a request without them before it says anything else,
// so that they are judged apart.
const config = checkSecurity => ({
  isProxy: false,
  validateRequest: !checkSecurity,
  validateResponse: false,
  checkSecurity,
  errors: false,
  mock: { dynamic: false },
});

let prism = null;
let exchanges = [];
// Prism's operations have no path of a server before their own.
let base = '';

async function open(file, path) {
  if (prism) await Promise.all([prism.judge.server.close(), prism.guard.server.close()]);
  prism = null;
  exchanges = [];
  base = path ?? '';
  const operations = await getHttpOperationsFromSpec(file);
  const logger = createLogger('prism', { level: 'silent' });
  const start = async checkSecurity => {
    const server = createServer(operations, { cors: false, config: config(checkSecurity), components: { logger } });
    const address = await server.listen(0, '127.0.0.1');
    return { server, port: new URL(address).port };
  };
  prism = { judge: await start(false), guard: await start(true) };
  return { operations: operations.length };
}

function read(stream) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    stream.on('data', chunk => {
      size += chunk.length;
      if (size > MAX_BODY) return reject(new Error('a body is too large'));
      chunks.push(chunk);
    });
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
  });
}

function ask(port, request, body) {
  return new Promise((resolve, reject) => {
    const { method, url, rawHeaders } = request;
    const onward = http.request({ host: '127.0.0.1', port, method, path: url, headers: rawHeaders });
    onward.on('response', resolve);
    onward.on('error', reject);
    onward.end(body);
  });
}

function verdict(request, response, body, credential) {
  const headers = response.headers;
  const problem = (headers['content-type'] ?? '').includes('application/problem+json');
  return {
    method: request.method,
    url: request.url,
    content_type: request.headers['content-type'] ?? null,
    status: response.statusCode,
    credential,
    violations: headers['sl-violations'] ?? null,
    problem: problem ? body.toString('utf8') : null,
  };
}

async function pass(request, reply) {
  try {
    if (!request.url.startsWith(base)) throw new Error(`the request is not for ${base}`);
    request.url = request.url.slice(base.length);
    const sent = await read(request);
    const response = await ask(prism.judge.port, request, sent);
    const body = await read(response);
    const guarded = await ask(prism.guard.port, request, sent);
    const said = (guarded.headers['sl-violations'] ?? '') + (await read(guarded)).toString('utf8');
    exchanges.push(verdict(request, response, body, !said.includes('Invalid security scheme used')));
    const { 'sl-violations': _, connection: __, 'transfer-encoding': ___, ...headers } = response.headers;
    reply.writeHead(response.statusCode, headers);
    reply.end(request.method === 'HEAD' ? undefined : body);
  } catch (error) {
    exchanges.push({ method: request.method, url: request.url, content_type: null, status: 0, credential: true, violations: null, problem: String(error) });
    reply.destroy();
  }
}

const [certificate, key] = process.argv.slice(3);
const front = certificate
  ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, pass)
  : http.createServer(pass);

// Reading a description takes longer than connections are kept for, and the host keeps those it was not told of.
front.keepAliveTimeout = 0;

async function answer(line) {
  const asked = JSON.parse(line);
  if (asked.open) return open(asked.open, asked.base);
  const seen = exchanges;
  exchanges = [];
  return { exchanges: seen };
}

process.on('uncaughtException', error => process.stderr.write(`${error.stack}\n`));
process.on('unhandledRejection', error => process.stderr.write(`${error?.stack ?? error}\n`));
front.listen(0, '127.0.0.1', async () => {
  process.stdout.write(`${JSON.stringify({ port: front.address().port })}\n`);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let said;
    try {
      said = await answer(line);
    } catch (error) {
      said = { error: String(error?.message ?? error).slice(0, 500) };
    }
    process.stdout.write(`${JSON.stringify(said)}\n`);
  }
  process.exit(0);
});
