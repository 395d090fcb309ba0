// Written by `metier build` from the folder `wit`. Do not edit.
/**
 * HTTP without resources: one function, whole bodies.
 *
 * For languages and runtimes in which `wasi:http` is hard to use. Both end in the same egress
 * pipeline, under the same rules and limits. Do not send credentials: the host attaches the one
 * that was granted for the address, after the rules said yes.
 */
declare module "metier:skill/fetch@0.1.0" {
  export type Denial = import("metier:skill/types@0.1.0").Denial;
  /**
   * A request.
   */
  export interface Request {
    /**
     * `GET`, `POST` and so on, in capitals.
     */
    method: string;
    /**
     * Absolute `https` URL (`http` where granted).
     */
    url: string;
    /**
     * Names and values; values are text.
     */
    headers: Array<[string, string]>;
    /**
     * The body, if any.
     */
    body?: Uint8Array | null | undefined;
    /**
     * Give up after this many milliseconds; the host's own limits apply as well.
     */
    timeoutMs?: number | null | undefined;
    /**
     * How many redirects to follow, 0 to 10. Each hop passes the same rules as a new request.
     */
    followRedirects: number;
  }
  /**
   * An answer, whatever its status.
   */
  export interface Response {
    /**
     * The HTTP status.
     */
    status: number;
    /**
     * Names in lower case, in order; repeated headers repeat.
     */
    headers: Array<[string, string]>;
    /**
     * The whole body.
     */
    body: Uint8Array;
    /**
     * The URL that answered, after redirects.
     */
    url: string;
  }
  /**
   * Why there is no answer.
   */
  export type FetchError = { tag: "denied"; val: import("metier:skill/types@0.1.0").Denial } | { tag: "invalid-request"; val: string } | { tag: "timeout"; val: string } | { tag: "unreachable"; val: string } | { tag: "too-large"; val: number };
  /**
   * Send a request and wait for its answer.
   */
  export function fetch(request: import("metier:skill/fetch@0.1.0").Request): import("metier:skill/fetch@0.1.0").Response;
  export {};
}

/**
 * The words every other interface uses.
 */
declare module "metier:skill/types@0.1.0" {
  /**
   * How long to stay away.
   */
  export interface RateLimit {
    /**
     * What the upstream said, for a person.
     */
    message: string;
    /**
     * Seconds to wait before the next try, when the upstream told.
     */
    retryAfterSeconds?: number | null | undefined;
  }
  /**
   * Why a tool could not do what it was asked.
   *
   * Export your tools as `func(...) -> result<T, error>` with this `error` and the host
   * gives each case its own stable code and blame. The text is shown to the caller, often
   * a model: say what was wrong and what to do instead, in one sentence, without secrets.
   */
  export type Error = { tag: "invalid-input"; val: string } | { tag: "unauthorized"; val: string } | { tag: "denied"; val: string } | { tag: "not-found"; val: string } | { tag: "conflict"; val: string } | { tag: "rate-limited"; val: import("metier:skill/types@0.1.0").RateLimit } | { tag: "unavailable"; val: string } | { tag: "internal"; val: string };
  /**
   * Why the host refused something a skill tried.
   *
   * The same sentence reaches the caller and the audit trail.
   */
  export interface Denial {
    /**
     * Stable code, for instance `http-not-granted`. Each has a page in `docs/errors`.
     */
    code: string;
    /**
     * One sentence: what was asked, which rule is missing, who can add it.
     */
    message: string;
  }
  /**
   * Why something a skill asked of somebody else did not come about.
   */
  export interface Failure {
    /**
     * Stable code, for instance `upstream-unavailable`. Each has a page in `docs/errors`.
     */
    code: string;
    /**
     * What happened, in one sentence.
     */
    message: string;
    /**
     * Seconds to wait before the next try, when somebody told.
     */
    retryAfterSeconds?: number | null | undefined;
  }
  export {};
}

declare module "metier:world" {
  export type Error = import("metier:skill/types@0.1.0").Error;
  /** The functions the skill's module exports. */
  export interface World {
    /**
     * Greet somebody.
     */
    greet(name: string): string | Promise<string>;
    /**
     * Get one line of GitHub's design philosophy.
     */
    zen(): string | Promise<string>;
  }
}
