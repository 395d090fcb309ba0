// The conformance skill in TypeScript, on StarlingMonkey.

import * as artifacts from "metier:skill/artifacts@0.1.0";
import { last } from "metier:skill/denials@0.1.0";
import { type FetchError, fetch as hostFetch } from "metier:skill/fetch@0.1.0";
import { report } from "metier:skill/progress@0.1.0";
import * as resources from "metier:skill/resources@0.1.0";
import type { World } from "metier:world";
import { get as configured } from "wasi:config/store@0.2.0-rc.1";
import { increment } from "wasi:keyvalue/atomics@0.2.0-draft";
import { type Bucket, open } from "wasi:keyvalue/store@0.2.0-draft";
import { log } from "wasi:logging/logging@0.1.0-draft";
import { SkillError } from "./metier/index.js";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function same<T>(value: T): T {
  return value;
}

function fails(fail: boolean, how: unknown): number {
  if (fail) throw how;
  return 7;
}

/** What an import threw. */
function payload<T>(thrown: unknown): T {
  return (thrown as { payload: T }).payload;
}

export const values: World["values"] = {
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

export const greet: World["greet"] = (name) => `Hello, ${name}!`;

/** Through metier:skill/fetch as it is. */
export const fetchText: World["fetchText"] = (method, url, body) => {
  const headers: Array<[string, string]> = [["x-conformance", "yes"]];
  const content = body === null || body === undefined ? undefined : encode(body);
  try {
    const response = hostFetch({ method, url, headers, body: content, timeoutMs: undefined, followRedirects: 5 });
    if (response.status !== 200) throw new SkillError("unavailable", `status ${response.status}`);
    return decode(response.body);
  } catch (error) {
    throw error instanceof SkillError ? error : unfetched(payload(error));
  }
};

function unfetched(error: FetchError): SkillError {
  switch (error.tag) {
    case "denied":
      return new SkillError("denied", `${error.val.code}: ${error.val.message}`);
    case "invalid-request":
      return new SkillError("invalid-input", error.val);
    case "too-large":
      return new SkillError("internal", `larger than ${error.val} bytes`);
    default:
      return new SkillError("unavailable", error.val);
  }
}

/** Through the `fetch` of the web, which is `wasi:http` here. */
export const webText: World["webText"] = async (method, url, body) => {
  try {
    const response = await fetch(url, { method, body: body ?? undefined, headers: { "x-conformance": "yes" } });
    if (response.status !== 200) throw new SkillError("unavailable", `status ${response.status}`);
    return await response.text();
  } catch (error) {
    if (error instanceof SkillError) throw error;
    const denial = last();
    if (denial) throw new SkillError("denied", `${denial.code}: ${denial.message}`);
    throw new SkillError("unavailable", String(error));
  }
};

/** What `wasi:keyvalue` throws, in the words of the world. */
function kv<T>(bucket: string, action: (store: Bucket) => T): T {
  try {
    return action(open(bucket));
  } catch (error) {
    const { tag, val } = payload<{ tag: string; val: string }>(error) ?? {};
    if (tag === "no-such-store") throw new SkillError("not-found", "no such store");
    if (tag === "access-denied") throw new SkillError("denied", "access denied");
    throw tag === "other" ? new SkillError("unavailable", val) : error;
  }
}

export const kvGet: World["kvGet"] = (bucket, key) => {
  const value = kv(bucket, (store) => store.get(key));
  return value && decode(value);
};
export const kvSet: World["kvSet"] = (bucket, key, value) => kv(bucket, (store) => store.set(key, encode(value)));
export const kvDelete: World["kvDelete"] = (bucket, key) => kv(bucket, (store) => store.delete(key));
export const kvExists: World["kvExists"] = (bucket, key) => kv(bucket, (store) => store.exists(key));
export const kvIncrement: World["kvIncrement"] = (bucket, key, delta) =>
  kv(bucket, (store) => increment(store, key, delta));

export const configGet: World["configGet"] = (key) => {
  try {
    return configured(key);
  } catch (error) {
    throw new SkillError("denied", payload<{ val: string }>(error).val);
  }
};

export const logAll: World["logAll"] = (message) => {
  const levels = ["trace", "debug", "info", "warn", "error", "critical"] as const;
  for (const level of levels) log(level, "conformance", message);
};

function kept(action: () => artifacts.Artifact): string {
  try {
    return action().digest;
  } catch (error) {
    const why = payload<artifacts.ArtifactError>(error);
    if (why.tag === "too-large") throw new SkillError("internal", `larger than ${why.val} bytes`);
    throw new SkillError(why.tag === "invalid" ? "invalid-input" : why.tag, why.val);
  }
}

export const artifactPut: World["artifactPut"] = (name, mediaType, body) =>
  kept(() => artifacts.put(name, mediaType, body));

export const artifactWrite: World["artifactWrite"] = (name, mediaType, pieces) =>
  kept(() => {
    const writer = artifacts.Writer.create(name, mediaType);
    for (const piece of pieces) writer.write(piece);
    return artifacts.Writer.finish(writer);
  });

export const progressReport: World["progressReport"] = (message, fraction) => report(message, fraction);
export const resourceList: World["resourceList"] = () => resources.list().map(({ path, size }) => [path, size]);
export const resourceRead: World["resourceRead"] = (path, offset, length) => resources.read(path, offset, length);

export const failWith: World["failWith"] = (error) => {
  throw error;
};

function deepInside(message: string): never {
  throw new TypeError(message); // conformance: crash line
}

/** After a wait, so that the trace is one across promises. */
export const crash: World["crash"] = async (message) => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  deepInside(message);
};

export const crashPlain: World["crashPlain"] = (message) => deepInside(message);

export const spin: World["spin"] = () => {
  for (;;);
};

export const pause: World["pause"] = async (milliseconds) => {
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return BigInt(Math.round(performance.now() - began));
};

export const regexFind: World["regexFind"] = (pattern, text) => {
  let expression;
  try {
    expression = new RegExp(pattern);
  } catch (error) {
    throw new SkillError("invalid-input", String(error));
  }
  return expression.test(text);
};

export const fillMemory: World["fillMemory"] = (mebibytes) => {
  const pieces = [];
  for (let count = 0; count < mebibytes; count++) pieces.push(new Uint8Array(1 << 20).fill(count + 1));
  return pieces.length;
};

export const randomEveryday: World["randomEveryday"] = () => String(Math.random());
export const randomSecure: World["randomSecure"] = () => crypto.getRandomValues(new Uint8Array(16));
export const timeNow: World["timeNow"] = () => BigInt(Date.now());

export const printLines: World["printLines"] = (out, err) => {
  console.log(out);
  console.error(err);
};

export const unlisted: World["unlisted"] = () => "it ran";
