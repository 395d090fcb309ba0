// What a skill's own code imports: errors that say whose fault it is.

/** The cases of `error` in metier:skill/types. */
const KINDS = [
  "invalid-input",
  "unauthorized",
  "denied",
  "not-found",
  "conflict",
  "rate-limited",
  "unavailable",
  "internal",
];

/**
 * Why a tool could not do what it was asked. Throw it anywhere: the caller, often a model, reads the message.
 * Anything else that is thrown becomes `internal`, with the source line.
 */
export class SkillError extends Error {
  constructor(kind, message, options = {}) {
    super(message, options);
    if (!KINDS.includes(kind)) throw new TypeError(`a SkillError is one of ${KINDS.join(", ")}, not ${kind}`);
    this.name = "SkillError";
    this.kind = kind;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The error that fits an HTTP status. */
  static fromStatus(status, message, options = {}) {
    return new SkillError(kindOf(status), message, options);
  }

  /** As the host wants it. */
  get variant() {
    const { kind: tag, message, retryAfterSeconds } = this;
    return { tag, val: tag === "rate-limited" ? { message, retryAfterSeconds } : message };
  }
}

function kindOf(status) {
  if (status === 401) return "unauthorized";
  if (status === 403) return "denied";
  if (status === 404 || status === 410) return "not-found";
  if (status === 409 || status === 412) return "conflict";
  if (status === 429) return "rate-limited";
  if (status === 408 || status >= 500) return "unavailable";
  if (status >= 400) return "invalid-input";
  return "internal";
}

/** Whether `value` is the `error` of metier:skill/types, thrown as it is. */
export function isVariant(value) {
  return typeof value === "object" && value !== null && KINDS.includes(value.tag);
}
