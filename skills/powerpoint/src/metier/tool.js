// The shell around each exported function: promises are waited for, exceptions become errors of the tool.

import { SkillError, isVariant } from "./index.js";
import { describe, trace } from "./stack.js";
import { complain, enter, settle } from "metier:engine";

/**
 * Wrap a tool. `failure` says what its WIT lets it fail with: "error" (metier:skill/types), "string",
 * "other" (a type of its own), or "none".
 */
export function tool(implementation, failure) {
  const fail = (thrown) => {
    throw asError(thrown, failure);
  };
  return (...args) => {
    enter();
    try {
      return settle(implementation(...args), fail);
    } catch (thrown) {
      return fail(thrown);
    }
  };
}

/** What to throw so that the host gets an `err`; a tool that cannot fail is stopped with the trace in its output. */
function asError(thrown, failure) {
  // The host knows that memory was refused, and says so when the tool is stopped.
  if ((thrown?.message ?? thrown) === "out of memory") return thrown instanceof Error ? thrown : new Error(thrown);
  if (failure === "error") {
    if (thrown instanceof SkillError) return payload(thrown.variant);
    const variant = [thrown, thrown?.payload, thrown?.variant].find(isVariant);
    if (variant) return payload(variant);
  }
  if (failure === "other" && !(thrown instanceof Error && thrown.payload === undefined)) return thrown;
  if (failure === "string" && !(thrown instanceof Error)) return payload(String(thrown));
  complain(trace(thrown));
  if (failure === "string") return payload(describe(thrown));
  if (failure === "error") return payload({ tag: "internal", val: describe(thrown) });
  return thrown;
}

/** Both engines take an error's `payload` for the value of `err`. */
function payload(value) {
  return Object.assign(new Error("err"), { payload: value });
}
