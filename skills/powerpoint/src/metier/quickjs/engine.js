// What tool.js needs of the engine: this is QuickJS.

import { stderr } from "metier:host";
import { settle as wait, takeUnhandled } from "./promise.js";
import { describe } from "../stack.js";
import { encode } from "./text.js";

/** False while `metier build` takes the snapshot: nothing that differs from call to call may be kept then. */
export let live = false;

/** A call begins. */
export function enter() {
  live = true;
}

/** The value a tool returned, after waiting for it. */
export function settle(returned) {
  const value = wait(returned);
  for (const reason of takeUnhandled()) complain(`a promise was rejected and nobody looked: ${describe(reason)}`);
  return value;
}

/** Write a line to standard error. */
export function complain(text) {
  stderr(encode(`${text}\n`));
}
