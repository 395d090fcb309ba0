// panva's oidc-provider, certified by the OpenID foundation, as the issuer of a host service: its tokens open every surface, those that
// are not right open none, and a key that it begins to use is taken up.
//
//   node drive.mjs METIER FOLDER
import assert from "node:assert";
import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import readline from "node:readline";
import Provider from "oidc-provider";

const [metier, folder] = process.argv.slice(2);

function key(kid, alg) {
  const pair = alg === "RS256"
    ? crypto.generateKeyPairSync("rsa", { modulusLength: 2048 })
    : crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...pair.privateKey.export({ format: "jwk" }), kid, alg, use: "sig" };
}

/// A provider at a port of its own. `use` has it sign with the first of these keys from then on.
async function provide(keys) {
  let handler;
  const server = http.createServer((request, response) => handler(request, response));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const use = (keys) => { handler = new Provider(issuer, configuration(keys)).callback(); };
  use(keys);
  const end = () => new Promise((done) => { server.close(done); server.closeAllConnections(); });
  return { issuer, use, end };
}

function configuration(keys) {
  return {
    clients: [{ client_id: "desk", client_secret: "secret-of-the-desk", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] }],
    jwks: { keys },
    extraTokenClaims: () => ({ org: "local", groups: ["staff"] }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "https://metier.example/mcp",
        getResourceServerInfo: (_, resource) => ({
          scope: "tools",
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: 300,
          jwt: { sign: { alg: keys[0].alg } },
        }),
      },
    },
  };
}

async function token(issuer, resource = "https://metier.example/mcp") {
  const answer = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from("desk:secret-of-the-desk").toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", resource }),
  });
  const told = await answer.json();
  assert.ok(told.access_token, JSON.stringify(told));
  return told.access_token;
}

/// A service that trusts the issuer.
async function serve(issuer) {
  fs.mkdirSync(folder, { recursive: true });
  const config = path.join(folder, "metier.toml");
  fs.writeFileSync(config, `[[issuer]]
url = "${issuer}"
audience = ["metier", "https://metier.example/mcp"]
tenant-claim = "org"
role-claim = "groups"
roles = { staff = "caller" }
`);
  const child = spawn(metier, ["serve", "--listen", "127.0.0.1:0", "--output", "json", "--config", config], {
    env: { HOME: folder }, stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise((told) => readline.createInterface(child.stdout).once("line", told));
  return { child, ...JSON.parse(line) };
}

async function asked(base, path, bearer, init = {}) {
  const headers = { ...(bearer ? { authorization: `Bearer ${bearer}` } : {}), ...init.headers };
  const answer = await fetch(base + path, { ...init, headers });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

const [first, second] = [key("first", "RS256"), key("second", "ES256")];
const provider = await provide([first]);
const service = await serve(provider.issuer);
try {
  const good = await token(provider.issuer);
  const me = await asked(service.address, "/api/v1/me", good);
  assert.equal(me.status, 200, me.body);
  const host = provider.issuer.replace("http://", "");
  const { principal, role, tenant } = JSON.parse(me.body);
  assert.deepEqual({ principal, role, tenant }, { principal: `user/desk@${host}`, role: "caller", tenant: "local" });
  assert.equal((await asked(service.address, "/v1/models", good)).status, 200);
  const call = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } } };
  const mcp = { method: "POST", body: JSON.stringify(call), headers: { "content-type": "application/json", accept: "application/json, text/event-stream" } };
  const begun = await asked(service.address, "/mcp", good, mcp);
  assert.equal(begun.status, 200, begun.body);

  // Who has no token learns at the resource who gives them, as RFC 9728 has it.
  const refused = await asked(service.address, "/mcp", undefined, mcp);
  assert.equal(refused.status, 401);
  const metadata = /resource_metadata="([^"]+)"/.exec(refused.headers.get("www-authenticate"))[1];
  const resource = await (await fetch(metadata)).json();
  assert.deepEqual(resource.authorization_servers, [provider.issuer]);
  assert.equal(resource.resource, `${service.address}/mcp`);
  const discovered = await (await fetch(`${resource.authorization_servers[0]}/.well-known/openid-configuration`)).json();
  assert.equal(discovered.issuer, provider.issuer);

  const elsewhere = await token(provider.issuer, "https://another.example/");
  const cut = good.slice(0, -3);
  for (const wrong of [elsewhere, cut, `${good}x`]) {
    const answer = await asked(service.address, "/api/v1/me", wrong);
    assert.equal(answer.status, 401, answer.body);
  }

  // Another key from now on: it is taken up within a minute, since made-up keys must cause no flood of questions.
  provider.use([second, first]);
  const later = await token(provider.issuer);
  assert.notEqual(JSON.parse(Buffer.from(later.split(".")[0], "base64url")).kid, "first");
  const until = Date.now() + 120_000;
  for (;;) {
    const answer = await asked(service.address, "/api/v1/me", later);
    if (answer.status === 200) break;
    assert.ok(Date.now() < until, answer.body);
    await new Promise((done) => setTimeout(done, 2_000));
  }
  assert.equal((await asked(service.address, "/api/v1/me", good)).status, 200);
} finally {
  service.child.kill();
  await provider.end();
}
console.log("tokens of oidc-provider open the service, by rotated keys too");
