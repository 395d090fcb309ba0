// What tool.js needs of the engine: this is StarlingMonkey, which waits for promises itself.

/** A call begins. */
export function enter() {}

/** The value a tool returned; a promise goes on to the engine with its failure turned into an error. */
export function settle(returned, fail) {
  return typeof returned?.then === "function" ? returned.then(undefined, fail) : returned;
}

/** Write a line to standard error. */
export function complain(text) {
  console.error(text);
}
