/** Why a tool failed: each has its own code, blame and advice. */
export type ErrorKind =
  | "invalid-input"
  | "unauthorized"
  | "denied"
  | "not-found"
  | "conflict"
  | "rate-limited"
  | "unavailable"
  | "internal";

/** `error` of metier:skill/types, as the host wants it. */
export type ErrorVariant =
  | { tag: Exclude<ErrorKind, "rate-limited">; val: string }
  | { tag: "rate-limited"; val: { message: string; retryAfterSeconds?: number } };

export interface SkillErrorOptions {
  /** With `rate-limited`: how long to stay away. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

/**
 * Why a tool could not do what it was asked. Throw it anywhere: the caller, often a model, reads the message.
 * Anything else that is thrown becomes `internal`, with the source line.
 */
export class SkillError extends Error {
  constructor(kind: ErrorKind, message: string, options?: SkillErrorOptions);
  readonly kind: ErrorKind;
  readonly retryAfterSeconds?: number;
  readonly variant: ErrorVariant;
  /** The error that fits an HTTP status. */
  static fromStatus(status: number, message: string, options?: SkillErrorOptions): SkillError;
}

export function isVariant(value: unknown): value is ErrorVariant;
