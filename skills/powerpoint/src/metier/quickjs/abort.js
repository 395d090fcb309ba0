// AbortController and AbortSignal; `AbortSignal.timeout` bounds a request. A request that runs cannot be called off otherwise.

import { setTimeout } from "./promise.js";

export class AbortSignal {
  aborted = false;
  reason = undefined;
  timeoutMs = undefined;
  #listeners = [];

  static abort(reason) {
    const signal = new AbortSignal();
    signal._abort(reason);
    return signal;
  }

  static timeout(milliseconds) {
    const signal = new AbortSignal();
    signal.timeoutMs = Math.max(1, Math.round(milliseconds));
    return signal;
  }

  addEventListener(type, listener) {
    if (type === "abort") this.#listeners.push(listener);
  }

  removeEventListener(type, listener) {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }

  throwIfAborted() {
    if (this.aborted) throw this.reason;
  }

  _abort(reason = new DOMException("This operation was aborted", "AbortError")) {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners) setTimeout(() => listener.call(this, { type: "abort", target: this }));
  }
}

export class AbortController {
  signal = new AbortSignal();

  abort(reason) {
    this.signal._abort(reason);
  }
}
