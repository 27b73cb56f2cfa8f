/** When a device tries again. Imports shared. */
import { isCofactorError } from "../shared/errors.ts";
import type { Rng } from "../shared/random.ts";

const maxRetryMs = 30_000;

/** Connections that may fail in a row while only the last model is missing. */
export const maxFinalAttempts = 5;

/** Whether trying again may help. */
export function isRetryable(error: unknown): boolean {
  return isCofactorError(error) && error.retryable;
}

/**
 * How long to wait before the next connection, with full jitter, so that a thousand devices that lost a server do not come back in one instant.
 *
 * @param firstMs the longest first wait; default 500
 * @param attempts connections that failed in a row, at least 1
 */
export function retryWaitMs(firstMs: number | undefined, attempts: number, rng: Rng): number {
  return rng.float() * Math.min(maxRetryMs, (firstMs ?? 500) * 2 ** Math.min(attempts - 1, 16));
}
