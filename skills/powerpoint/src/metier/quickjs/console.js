// `console`: one line of the skill's log each; without `[capabilities.log]`, a line on standard error.

import { logging } from "metier:host";
import { complain, live } from "./engine.js";

/** How deep objects are written out. */
const DEPTH = 4;

function show(value, depth = 0, seen = []) {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[function ${value.name || "(anonymous)"}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return value.stack ? `${value}\n${value.stack}`.trimEnd() : String(value);
  if (value instanceof Date || value instanceof RegExp) return String(value);
  if (seen.includes(value)) return "[circular]";
  if (depth >= DEPTH) return Array.isArray(value) ? "[…]" : "{…}";
  const inner = (part) => show(part, depth + 1, [...seen, value]);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`;
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  if (value instanceof Map) return `Map {${[...value].map(([key, part]) => `${inner(key)} => ${inner(part)}`).join(", ")}}`;
  if (value instanceof Set) return `Set {${[...value].map(inner).join(", ")}}`;
  return `{${Object.entries(value).map(([key, part]) => `${key}: ${inner(part)}`).join(", ")}}`;
}

function write(level, values) {
  let [first, ...rest] = values;
  if (typeof first === "string" && rest.length > 0) {
    first = first.replace(/%[sdifoOj%]/g, (mark) => (mark === "%%" ? "%" : rest.length > 0 ? show(rest.shift()) : mark));
  }
  const text = (values.length === 0 ? [] : [first, ...rest]).map((value) => show(value)).join(" ");
  // Nothing of the host is there while the snapshot is taken.
  if (logging && live) logging.log(level, "", text);
  else complain(text);
}

const timers = new Map();

export const console = {
  debug: (...values) => write("debug", values),
  trace: (...values) => write("trace", values),
  log: (...values) => write("info", values),
  info: (...values) => write("info", values),
  dir: (value) => write("info", [value]),
  table: (value) => write("info", [value]),
  warn: (...values) => write("warn", values),
  error: (...values) => write("error", values),
  assert: (holds, ...values) => {
    if (!holds) write("error", ["assertion failed:", ...values]);
  },
  group: (...values) => write("info", values),
  groupEnd: () => {},
  time: (name = "default") => void timers.set(name, performance.now()),
  timeEnd: (name = "default") => write("info", [`${name}: ${(performance.now() - timers.get(name)).toFixed(3)} ms`]),
};
