// What QuickJS lacks of a web platform, set up before any code of the skill runs.

import { AbortController, AbortSignal } from "./abort.js";
import { console } from "./console.js";
import { Headers, Request, Response, fetch } from "./fetch.js";
import { Promise, clearTimeout, enqueue, setInterval, setTimeout } from "./promise.js";
import { crypto, random } from "./random.js";
import { TextDecoder, TextEncoder } from "./text.js";

const names = {
  AbortController,
  AbortSignal,
  Headers,
  Promise,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  clearInterval: clearTimeout,
  clearTimeout,
  console,
  crypto,
  fetch,
  queueMicrotask: enqueue,
  self: globalThis,
  setInterval,
  setTimeout,
};

for (const [name, value] of Object.entries(names)) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
Math.random = random;
