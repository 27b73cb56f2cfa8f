/** Branded identifiers: strings and numbers that the compiler does not let one mix up. Imports nothing. */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** The name of a run: 1 to 64 of a-z, 0-9, dot, dash, underscore. */
export type RunId = Branded<string, "RunId">;
/** A client, named by its identity's public key: 32 bytes in base64url, 43 characters. */
export type ClientId = Branded<string, "ClientId">;
/** The number of a round, from 1. */
export type RoundNumber = Branded<number, "RoundNumber">;

const runPattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const clientPattern = /^[A-Za-z0-9_-]{43}$/;

/** @throws TypeError unless `text` is a run's name. */
export function toRunId(text: string): RunId {
  if (!runPattern.test(text)) throw new TypeError('"run" expected 1 to 64 of a-z, 0-9, dot, dash, underscore');
  return text as RunId;
}

/** @throws TypeError unless `text` is 43 characters of base64url. */
export function toClientId(text: string): ClientId {
  if (!clientPattern.test(text)) throw new TypeError('"client" expected 43 characters of base64url');
  return text as ClientId;
}

/** @throws RangeError unless `value` is an integer of at least 1. */
export function toRoundNumber(value: number): RoundNumber {
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`"round" expected an integer from 1, got ${value}`);
  return value as RoundNumber;
}
