/** The one error class of the project, its codes, and the form in which an error crosses the wire. Imports nothing. */

/** Every code an error may carry. A code is never reused; the README says what to do about each. */
export const errorCodes = [
  "CONFIG_INVALID",
  "SHAPE_MISMATCH",
  "VALUE_NOT_FINITE",
  "ENCODE_OVERFLOW",
  "MESSAGE_MALFORMED",
  "MESSAGE_TOO_LARGE",
  "PROTOCOL_UNSUPPORTED",
  "AUTH_FAILED",
  "REPLAYED",
  "ROUND_STALE",
  "ROUND_CLOSED",
  "COHORT_TOO_SMALL",
  "UPDATE_REJECTED",
  "AGGREGATION_FAILED",
  "THRESHOLD_UNMET",
  "TERMS_REFUSED",
  "BUDGET_EXHAUSTED",
  "LEDGER_CORRUPT",
  "DATA_INVALID",
  "STORE_FAILED",
  "FENCED",
  "DECRYPT_FAILED",
  "TIMED_OUT",
  "CANCELLED",
  "DISCONNECTED",
  "INTERNAL",
  "RATE_LIMITED",
  "NOT_ADMITTED",
  "REVOKED",
  "UNAVAILABLE",
] as const;

/** One of the stable error codes. */
export type ErrorCode = (typeof errorCodes)[number];

/** What an error may carry beside its code and message. `details` holds public facts only: no rating, factor, key or share. */
export interface ErrorOptions {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** True when the same call may succeed later without a change by the caller. */
  readonly retryable?: boolean;
  /** With `retryable`: how long to wait before the next attempt. */
  readonly retryAfterMs?: number | undefined;
  /** Who is to blame, by client id. */
  readonly culprits?: readonly string[];
}

/** The form of an error that a peer may see. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
}

/**
 * The error that every part of Cofactor throws for what can go wrong outside the caller's code.
 *
 * Guarantees: `code` is stable; `message` says what was expected and what came; neither holds secrets.
 * Mistakes of the calling code itself are TypeError or RangeError (see check.ts).
 */
export class CofactorError extends Error {
  override readonly name = "CofactorError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryable: boolean;
  /** How long the peer, or whoever threw it, asks to wait before the next attempt; undefined where it did not say. */
  readonly retryAfterMs: number | undefined;
  readonly culprits: readonly string[];

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.culprits = options.culprits ?? [];
  }
}

/** True for a CofactorError, also one made by another copy of the library: recognised by name, not by class. */
export function isCofactorError(error: unknown): error is CofactorError {
  return error instanceof Error && error.name === "CofactorError" && "code" in error;
}

/**
 * The part of an error that may be sent to a peer.
 *
 * Guarantees: an error that is not ours, or is INTERNAL, gives its code alone; no stack, cause or detail leaves.
 */
export function toWireError(error: unknown): WireError {
  if (isCofactorError(error) && error.code !== "INTERNAL") {
    const { code, message, retryable, retryAfterMs } = error;
    return { code, message, retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }) };
  }
  return { code: "INTERNAL", message: "the peer failed unexpectedly; its own log says why", retryable: false };
}

/** The longest wait that a peer may ask for, in milliseconds: no server holds its devices off for longer. */
export const maxRetryAfterMs = 600_000;

/**
 * An error received from a peer, as an error of ours. An unknown code becomes INTERNAL; the message is cut at 500 characters, a wait at
 * `maxRetryAfterMs`.
 */
export function fromWireError(wire: Omit<WireError, "code"> & { readonly code: string }): CofactorError {
  const known = errorCodes.find((code) => code === wire.code) ?? "INTERNAL";
  const { retryable, retryAfterMs } = wire;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(maxRetryAfterMs, Math.max(0, retryAfterMs)) };
  return new CofactorError(known, wire.message.slice(0, 500), { retryable, ...wait, details: { remote: true } });
}
