/**
 * The secret of shares of which some are wrong, and whose they are. Imports decode, shamir, errors.
 *
 * Shares are a Reed-Solomon code word per word of the secret, so that floor((m - threshold) / 2) wrong shares among m can be found and named.
 */
import { CofactorError } from "../../errors.ts";
import type { Awaitable } from "../primitives.ts";
import { decodeErrors } from "./decode.ts";
import { addScaled, assertPoints, combine, createLagrange, type Share, secretWords, wordsOf } from "./shamir.ts";

/** A secret and the points of the shares that were wrong, ascending. */
export interface Recovered {
  readonly secret: Uint8Array;
  /** Empty also when there were too many wrong shares to tell them from right ones for certain. */
  readonly wrong: readonly number[];
}

/**
 * Finds the secret that `matches` accepts (that its public key or commitment is the known one).
 *
 * Guarantees: the secret matches. With at most floor((m - threshold) / 2) wrong shares among the m given it is found, and exactly the wrong
 * shares are named. With more it may still be found, as when all wrong ones stand beside each other; then nobody is named, unless the senders
 * of the wrong ones, more than that many, agreed on them.
 * @throws CofactorError THRESHOLD_UNMET with fewer than `threshold` shares; AGGREGATION_FAILED when no secret matches
 */
export async function recover(
  shares: readonly Share[],
  threshold: number,
  matches: (secret: Uint8Array) => Awaitable<boolean>,
): Promise<Recovered> {
  if (shares.length < threshold) {
    throw new CofactorError("THRESHOLD_UNMET", `a secret expected ${threshold} shares, got ${shares.length}`);
  }
  assertPoints(shares.map(({ x }) => x));
  const radius = Math.floor((shares.length - threshold) / 2);
  const first = combine(shares.slice(0, threshold));
  const isFirst = await matches(first);
  if (isFirst) {
    const wrong = strayFrom(shares, threshold);
    // Two wrong shares may cancel at zero and make right ones look wrong: only within the radius is the polynomial certain.
    if (wrong.length <= radius) return { secret: first, wrong };
  }
  const good = withoutErrors(shares, threshold);
  if (good !== undefined) {
    const secret = combine(good.slice(0, threshold));
    if (await matches(secret)) return { secret, wrong: missingFrom(shares, good) };
  }
  if (isFirst) return { secret: first, wrong: [] };
  for (let at = 1; at < shares.length && shares.length > threshold; at++) {
    const secret = combine(Array.from({ length: threshold }, (_, offset) => shares[(at + offset) % shares.length]!));
    if (await matches(secret)) return { secret, wrong: [] };
  }
  throw new CofactorError("AGGREGATION_FAILED", `too many wrong shares among ${shares.length}: no secret matches what its owner announced`);
}

/** The points of the shares that do not lie on the polynomials through the first `threshold` ones, ascending. */
export function strayFrom(shares: readonly Share[], threshold: number): readonly number[] {
  const base = shares.slice(0, threshold).map(({ bytes }) => wordsOf(bytes));
  const logsAt = createLagrange(shares.slice(0, threshold).map(({ x }) => x));
  const stray = shares.slice(threshold).filter(({ x, bytes }) => {
    const difference = wordsOf(bytes);
    const logs = logsAt(x);
    for (let i = 0; i < threshold; i++) addScaled(difference, base[i]!, logs[i]!);
    return difference.some((word) => word !== 0);
  });
  return stray.map(({ x }) => x).sort((a, b) => a - b);
}

/** The shares that are left when the errors of every word are taken out; undefined when there are too many. */
function withoutErrors(shares: readonly Share[], threshold: number): readonly Share[] | undefined {
  let good = shares;
  for (let word = 0; word < secretWords; word++) {
    const at = good;
    const wrong = decodeErrors(
      at.map(({ x }) => x),
      at.map(({ bytes }) => wordsOf(bytes)[word]!),
      threshold,
    );
    if (wrong === undefined) return undefined;
    good = at.filter((_, index) => !wrong.includes(index));
  }
  return shares.length - good.length <= (shares.length - threshold) / 2 ? good : undefined;
}

function missingFrom(all: readonly Share[], some: readonly Share[]): readonly number[] {
  const kept = new Set(some.map(({ x }) => x));
  return all
    .map(({ x }) => x)
    .filter((x) => !kept.has(x))
    .sort((a, b) => a - b);
}
