// The conformance skill in JavaScript, on QuickJS.

import * as artifacts from "metier:skill/artifacts@0.1.0";
import { report } from "metier:skill/progress@0.1.0";
import * as resources from "metier:skill/resources@0.1.0";
import { get as configured } from "wasi:config/store@0.2.0-rc.1";
import { increment } from "wasi:keyvalue/atomics@0.2.0-draft";
import { open } from "wasi:keyvalue/store@0.2.0-draft";
import { log } from "wasi:logging/logging@0.1.0-draft";
import { getStderr } from "wasi:cli/stderr@0.2.12";
import { getStdout } from "wasi:cli/stdout@0.2.12";
import { SkillError } from "./metier/index.js";

const same = (value) => value;

const fails = (fail, how) => {
  if (fail) throw how;
  return 7;
};

export const values = {
  echoBool: same,
  echoIntegers: same,
  echoFloats: same,
  echoChar: same,
  echoString: same,
  echoBytes: same,
  echoList: same,
  echoTuple: same,
  echoRecord: same,
  echoVariant: same,
  echoEnum: same,
  echoFlags: same,
  echoOption: same,
  echoOptionTwice: same,
  echoResults: same,
  echoNested: (figures, rights, people) => [figures, rights, people],
  swapPeople: (first, second) => [second, first],
  nothing: () => {},
  giveBoth: (fail) => fails(fail, "no"),
  giveOkOnly: (fail) => fails(fail, undefined),
  giveErrOnly: (fail) => void fails(fail, "no"),
  giveNeither: (fail) => void fails(fail, undefined),
};

export const greet = (name) => `Hello, ${name}!`;

/** Through the `fetch` of the web, which is metier:skill/fetch here. */
export async function fetchText(method, url, body) {
  const response = await fetch(url, { method, body, headers: { "x-conformance": "yes" } }).catch((error) => {
    // The standard has one error for every reason; the world wants this one in its own words.
    const limit = /larger than \d+ bytes/.exec(error.message);
    throw limit ? new SkillError("internal", limit[0]) : error;
  });
  if (response.status !== 200) throw new SkillError("unavailable", `status ${response.status}`);
  return response.text();
}

export function webText() {
  throw new SkillError("internal", "no wasi:http");
}

/** What `wasi:keyvalue` throws, in the words of the world. */
async function kv(bucket, action) {
  try {
    return action(open(bucket));
  } catch (error) {
    const { tag, val } = error.payload ?? {};
    if (tag === "no-such-store") throw new SkillError("not-found", "no such store");
    if (tag === "access-denied") throw new SkillError("denied", "access denied");
    throw tag === "other" ? new SkillError("unavailable", val) : error;
  }
}

export async function kvGet(bucket, key) {
  const value = await kv(bucket, (store) => store.get(key));
  return value && new TextDecoder().decode(value);
}

export const kvSet = (bucket, key, value) => kv(bucket, (store) => store.set(key, new TextEncoder().encode(value)));
export const kvDelete = (bucket, key) => kv(bucket, (store) => store.delete(key));
export const kvExists = (bucket, key) => kv(bucket, (store) => store.exists(key));
export const kvIncrement = (bucket, key, delta) => kv(bucket, (store) => increment(store, key, delta));

export function configGet(key) {
  try {
    return configured(key);
  } catch (error) {
    throw new SkillError("denied", error.payload.val);
  }
}

export function logAll(message) {
  for (const level of ["trace", "debug", "info", "warn", "error", "critical"]) log(level, "conformance", message);
}

function kept(action) {
  try {
    return action().digest;
  } catch (error) {
    const { tag, val } = error.payload ?? {};
    if (tag === "too-large") throw new SkillError("internal", `larger than ${val} bytes`);
    if (tag === "invalid") throw new SkillError("invalid-input", val);
    throw tag ? new SkillError(tag, val) : error;
  }
}

export const artifactPut = (name, mediaType, body) => kept(() => artifacts.put(name, mediaType, body));

export function artifactWrite(name, mediaType, pieces) {
  return kept(() => {
    const writer = artifacts.Writer.create(name, mediaType);
    for (const piece of pieces) writer.write(piece);
    return artifacts.Writer.finish(writer);
  });
}

export const progressReport = (message, fraction) => report(message, fraction);
export const resourceList = () => resources.list().map(({ path, size }) => [path, size]);
export const resourceRead = (path, offset, length) => resources.read(path, offset, length);

export function failWith(error) {
  throw error;
}

function deepInside(message) {
  throw new TypeError(message); // conformance: crash line
}

/** After a wait, so that the trace is one across promises. */
export async function crash(message) {
  await new Promise((resolve) => setTimeout(resolve, 1));
  deepInside(message);
}

export const crashPlain = (message) => deepInside(message);

export function spin() {
  for (;;);
}

export async function pause(milliseconds) {
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return Math.round(performance.now() - began);
}

export function regexFind(pattern, text) {
  let expression;
  try {
    expression = new RegExp(pattern);
  } catch (error) {
    throw new SkillError("invalid-input", error.message);
  }
  return expression.test(text);
}

export function fillMemory(mebibytes) {
  const pieces = [];
  for (let count = 0; count < mebibytes; count++) pieces.push(new Uint8Array(1 << 20).fill(count + 1));
  return pieces.length;
}

export const randomEveryday = () => String(Math.random());
export const randomSecure = () => crypto.getRandomValues(new Uint8Array(16));
export const timeNow = () => Date.now();

export function printLines(out, err) {
  getStdout().blockingWriteAndFlush(new TextEncoder().encode(`${out}\n`));
  getStderr().blockingWriteAndFlush(new TextEncoder().encode(`${err}\n`));
}

export const unlisted = () => "it ran";
