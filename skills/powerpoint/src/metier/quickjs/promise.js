// Promises that a tool can wait for.
//
// QuickJS runs a tool to its end before it looks at promises, so a tool that returned one would be lost. `metier build`
// has esbuild turn `async` and `await` into generators over `Promise`; this is that `Promise`, with a queue of its own, which
// `settle` runs until the tool's promise has its value. Timers belong to the same queue: when only they are left, the tool sleeps.

import { monotonicClock } from "metier:host";

const PENDING = 0;
const FULFILLED = 1;
const REJECTED = 2;

let jobs = [];
let timers = [];
let nextTimer = 1;
const unhandled = new Set();

/** Run `job` after what runs now. */
export function enqueue(job) {
  jobs.push(job);
}

export class Promise {
  #state = PENDING;
  #value;
  #reactions = [];

  constructor(executor) {
    if (typeof executor !== "function") throw new TypeError(`Promise resolver ${executor} is not a function`);
    const { resolve, reject } = this.#functions();
    try {
      executor(resolve, reject);
    } catch (error) {
      reject(error);
    }
  }

  /** A pair of which only the first call counts. */
  #functions() {
    let called = false;
    const once = (then) => (value) => {
      if (called) return;
      called = true;
      then(value);
    };
    return { resolve: once((value) => this.#resolve(value)), reject: once((reason) => this.#settle(REJECTED, reason)) };
  }

  #resolve(value) {
    if (value === this) return this.#settle(REJECTED, new TypeError("a promise cannot be resolved with itself"));
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return this.#settle(FULFILLED, value);
    let then;
    try {
      then = value.then;
    } catch (error) {
      return this.#settle(REJECTED, error);
    }
    if (typeof then !== "function") return this.#settle(FULFILLED, value);
    enqueue(() => {
      const { resolve, reject } = this.#functions();
      try {
        then.call(value, resolve, reject);
      } catch (error) {
        reject(error);
      }
    });
  }

  #settle(state, value) {
    this.#state = state;
    this.#value = value;
    if (state === REJECTED && this.#reactions.length === 0) unhandled.add(this);
    for (const reaction of this.#reactions) enqueue(() => this.#react(reaction));
    this.#reactions = [];
  }

  #react({ onFulfilled, onRejected, resolve, reject }) {
    const handler = this.#state === FULFILLED ? onFulfilled : onRejected;
    if (typeof handler !== "function") return this.#state === FULFILLED ? resolve(this.#value) : reject(this.#value);
    try {
      resolve(handler(this.#value));
    } catch (error) {
      reject(error);
    }
  }

  then(onFulfilled, onRejected) {
    const next = Promise.withResolvers.call(this.constructor?.[Symbol.species] ?? Promise);
    const reaction = { onFulfilled, onRejected, resolve: next.resolve, reject: next.reject };
    unhandled.delete(this);
    if (this.#state === PENDING) this.#reactions.push(reaction);
    else enqueue(() => this.#react(reaction));
    return next.promise;
  }

  catch(onRejected) {
    return this.then(undefined, onRejected);
  }

  finally(onFinally) {
    if (typeof onFinally !== "function") return this.then(onFinally, onFinally);
    return this.then(
      (value) => Promise.resolve(onFinally()).then(() => value),
      (reason) => Promise.resolve(onFinally()).then(() => {
        throw reason;
      }),
    );
  }

  /** What `settle` waits for: undefined, or the state and the value. */
  static outcome(promise) {
    if (promise.#state === PENDING) return undefined;
    unhandled.delete(promise);
    return { failed: promise.#state === REJECTED, value: promise.#value };
  }

  static resolve(value) {
    if (value instanceof Promise && value.constructor === this) return value;
    return new this((resolve) => resolve(value));
  }

  static reject(reason) {
    return new this((_, reject) => reject(reason));
  }

  static try(action, ...args) {
    return new this((resolve) => resolve(action(...args)));
  }

  static withResolvers() {
    const made = {};
    made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
    return made;
  }

  static all(promises) {
    return collect(this, promises, (next, at, values, { done, reject }) => {
      next.then((value) => done(at, value), reject);
    });
  }

  static allSettled(promises) {
    return collect(this, promises, (next, at, values, { done }) => {
      next.then(
        (value) => done(at, { status: "fulfilled", value }),
        (reason) => done(at, { status: "rejected", reason }),
      );
    });
  }

  static any(promises) {
    const failed = collect(this, promises, (next, at, values, { done, reject }) => {
      next.then(reject, (reason) => done(at, reason));
    });
    // The first success came through `reject`; all failures through `resolve`.
    return failed.then(
      (reasons) => {
        throw new AggregateError(reasons, "All promises were rejected");
      },
      (value) => value,
    );
  }

  static race(promises) {
    return new this((resolve, reject) => {
      for (const promise of promises) this.resolve(promise).then(resolve, reject);
    });
  }

  static get [Symbol.species]() {
    return this;
  }

  get [Symbol.toStringTag]() {
    return "Promise";
  }
}

/** Fill an array with one result for each promise, and resolve with it when all are there. */
function collect(type, promises, watch) {
  return new type((resolve, reject) => {
    const values = [];
    let missing = 1;
    const less = () => --missing === 0 && resolve(values);
    let at = 0;
    for (const promise of promises) {
      const place = at++;
      missing++;
      values[place] = undefined;
      const done = (index, value) => {
        values[index] = value;
        less();
      };
      watch(type.resolve(promise), place, values, { done, reject });
    }
    less();
  });
}

const now = () => Number(monotonicClock.now()) / 1e6;

export function setTimeout(action, delay = 0, ...args) {
  const id = nextTimer++;
  const wait = Math.max(0, Number(delay) || 0);
  timers.push({ id, at: now() + wait, action: () => action(...args) });
  return id;
}

export function setInterval(action, delay = 0, ...args) {
  const id = nextTimer++;
  const wait = Math.max(1, Number(delay) || 0);
  const again = () => {
    timers.push({ id, at: now() + wait, action: again });
    action(...args);
  };
  timers.push({ id, at: now() + wait, action: again });
  return id;
}

export function clearTimeout(id) {
  timers = timers.filter((timer) => timer.id !== id);
}

/** Run everything that can run now. */
function drain() {
  while (jobs.length > 0) {
    const now = jobs;
    jobs = [];
    for (const job of now) job();
  }
}

/** Sleep until the first timer is due and run it; false when there is none. */
function tick() {
  if (timers.length === 0) return false;
  const first = timers.reduce((early, timer) => (timer.at < early.at ? timer : early));
  const wait = first.at - now();
  if (wait > 0) monotonicClock.sleep(wait);
  timers = timers.filter((timer) => timer !== first);
  first.action();
  return true;
}

/** Wait for the value of whatever a tool returned. */
export function settle(returned) {
  const promise = Promise.resolve(returned);
  for (;;) {
    drain();
    const outcome = Promise.outcome(promise);
    if (outcome?.failed) throw outcome.value;
    if (outcome) return outcome.value;
    if (!tick()) throw new Error("the tool waits for a promise that nothing will ever settle");
  }
}

/** Rejections nobody looked at, since the last time. */
export function takeUnhandled() {
  const reasons = [...unhandled].map((promise) => Promise.outcome(promise).value);
  unhandled.clear();
  return reasons;
}
