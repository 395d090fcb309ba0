// `fetch` over metier:skill/fetch: whole bodies, the host's rules, no cookies, no cache.

import { fetch as hostFetch } from "metier:host";
import { SkillError } from "../index.js";
import { Promise } from "./promise.js";
import { TextDecoder, encode } from "./text.js";

/** Redirects that are followed, as many as the host allows. */
const REDIRECTS = 10;

export class Headers {
  #entries = [];

  constructor(init = []) {
    const entries = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
    for (const [name, value] of entries) this.append(name, value);
  }

  append(name, value) {
    this.#entries.push([String(name).toLowerCase(), String(value).trim()]);
  }

  delete(name) {
    const lower = String(name).toLowerCase();
    this.#entries = this.#entries.filter(([other]) => other !== lower);
  }

  get(name) {
    const lower = String(name).toLowerCase();
    const values = this.#entries.filter(([other]) => other === lower).map(([, value]) => value);
    return values.length > 0 ? values.join(", ") : null;
  }

  getSetCookie() {
    return this.#entries.filter(([name]) => name === "set-cookie").map(([, value]) => value);
  }

  has(name) {
    return this.get(name) !== null;
  }

  set(name, value) {
    this.delete(name);
    this.append(name, value);
  }

  forEach(action, self) {
    for (const [name, value] of this) action.call(self, value, name, this);
  }

  *entries() {
    const names = [...new Set(this.#entries.map(([name]) => name))].sort();
    for (const name of names) {
      if (name === "set-cookie") yield* this.getSetCookie().map((value) => [name, value]);
      else yield [name, this.get(name)];
    }
  }

  *keys() {
    for (const [name] of this.entries()) yield name;
  }

  *values() {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }
}

/** A body that is read once, as a whole. */
class Body {
  #bytes;
  bodyUsed = false;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  _peek() {
    return this.#bytes;
  }

  async bytes() {
    if (this.bodyUsed) throw new TypeError("the body was read already");
    this.bodyUsed = true;
    return this.#bytes ?? new Uint8Array();
  }

  async arrayBuffer() {
    const bytes = await this.bytes();
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }

  async text() {
    return new TextDecoder().decode(await this.bytes());
  }

  async json() {
    return JSON.parse(await this.text());
  }
}

function bodyOf(body, headers) {
  const typed = (type) => headers.has("content-type") || headers.set("content-type", type);
  if (body === undefined || body === null) return undefined;
  if (body instanceof Uint8Array) return body;
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (body?.constructor?.name === "URLSearchParams") typed("application/x-www-form-urlencoded;charset=UTF-8");
  else typed("text/plain;charset=UTF-8");
  return encode(String(body));
}

export class Request extends Body {
  constructor(input, init = {}) {
    const from = input instanceof Request ? input : undefined;
    const headers = new Headers(init.headers ?? from?.headers ?? []);
    super(init.body === undefined ? from?._peek() : bodyOf(init.body, headers));
    this.url = from ? from.url : String(input);
    this.method = String(init.method ?? from?.method ?? "GET").toUpperCase();
    this.headers = headers;
    this.redirect = init.redirect ?? from?.redirect ?? "follow";
    this.signal = init.signal ?? from?.signal;
  }
}

export class Response extends Body {
  constructor(body, { status = 200, statusText = "", headers = [] } = {}) {
    const known = new Headers(headers);
    super(bodyOf(body, known));
    this.status = status;
    this.statusText = statusText;
    this.headers = known;
    this.url = "";
    this.redirected = false;
    this.type = "basic";
  }

  get ok() {
    return this.status >= 200 && this.status <= 299;
  }

  clone() {
    const { status, statusText, headers, url, redirected } = this;
    return Object.assign(new Response(this._peek(), { status, statusText, headers }), { url, redirected });
  }

  static json(value, init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(JSON.stringify(value), { ...init, headers });
  }
}

/** No answer. A tool that lets it pass fails with the error that fits. */
export class FetchError extends TypeError {
  constructor(message, code, variant) {
    super(message);
    this.name = "FetchError";
    this.code = code;
    this.variant = variant;
  }
}

function failed({ tag, val }) {
  const because = (kind, message = val, code = tag) => new FetchError(message, code, new SkillError(kind, message).variant);
  switch (tag) {
    case "denied":
      return because("denied", `${val.code}: ${val.message}`, val.code);
    case "invalid-request":
      return because("invalid-input");
    case "too-large":
      return because("internal", `the answer is larger than ${val} bytes`);
    default:
      return because("unavailable");
  }
}

function send(request) {
  if (!hostFetch) throw new FetchError("skill.toml asks for no `[[capabilities.http]]`", "not-declared");
  request.signal?.throwIfAborted?.();
  try {
    return hostFetch({
      method: request.method,
      url: request.url,
      headers: [...request.headers],
      body: request._peek(),
      timeoutMs: request.signal?.timeoutMs,
      followRedirects: request.redirect === "follow" ? REDIRECTS : 0,
    });
  } catch (error) {
    throw error.payload ? failed(error.payload) : error;
  }
}

/** The standard's `fetch`, as far as whole bodies go. */
export function fetch(input, init) {
  return Promise.try(() => {
    const request = new Request(input, init);
    const { status, headers, body, url } = send(request);
    if (request.redirect === "error" && status >= 300 && status <= 399) {
      throw new FetchError(`${request.url} answers with a redirect`, "redirect");
    }
    const response = new Response(body, { status, headers });
    return Object.assign(response, { url, redirected: url !== request.url });
  });
}
