/** The end of a masked round: secrets from shares, and the masks that they take off the sum. Imports crypto/masks. */
import { equalBytes } from "../crypto/encoding.ts";
import type { ReleasedShare, SecretKind } from "../crypto/masks/closing-messages.ts";
import { addPairMask, addSelfMask, commitToSeed, type MaskContext } from "../crypto/masks/mask.ts";
import type { KeysAnswer } from "../crypto/masks/messages.ts";
import { recover, strayFrom } from "../crypto/masks/recover.ts";
import type { RingBits } from "../crypto/masks/ring.ts";
import type { Share } from "../crypto/masks/shamir.ts";
import { turn } from "../crypto/pause.ts";
import type { Primitives } from "../crypto/primitives.ts";
import { CofactorError, isCofactorError } from "../errors.ts";

/** What a device announced, and how it was signed. */
export interface Announced {
  readonly id: string;
  readonly keys: KeysAnswer;
  /** The announcement as it came. */
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** A round whose contributions are in; devices by their index. */
export interface UnmaskingRound {
  readonly context: MaskContext;
  readonly primitives: Primitives;
  /** Shares that give a secret back. */
  readonly threshold: number;
  readonly announced: ReadonlyMap<number, Announced>;
  /** Whose vector is in the sum. */
  readonly included: ReadonlySet<number>;
  /** Who has shared its secrets, so that others masked with it, and is not in the sum. */
  readonly lost: ReadonlySet<number>;
  neighborsOf(index: number): readonly number[];
}

/** The secrets that take the masks off. */
export interface MaskSecrets {
  /** Seeds of those included. */
  readonly seeds: ReadonlyMap<number, Uint8Array>;
  /** Secret mask keys of those lost. */
  readonly keys: ReadonlyMap<number, Uint8Array>;
}

/** The edges between announced devices, in both directions: neighbors by index, ascending. */
export function adjacencyOf(announced: ReadonlyMap<number, Announced>): ReadonlyMap<number, readonly number[]> {
  const adjacent = new Map<number, Set<number>>([...announced.keys()].map((index) => [index, new Set<number>()]));
  for (const [index, { keys }] of announced) {
    for (const neighbor of keys.neighbors) {
      adjacent.get(neighbor)?.add(index);
      if (adjacent.has(neighbor)) adjacent.get(index)!.add(neighbor);
    }
  }
  return new Map([...adjacent].map(([index, others]) => [index, [...others].sort((a, b) => a - b)]));
}

/** How many masks or secrets are computed before other work gets a turn. */
const workBetweenTurns = 32;

/**
 * The secrets from what the devices gave out.
 *
 * Guarantees: every secret is the one that its owner announced (public key, commitment); wrong shares do no harm while enough right ones
 * are there.
 * @param released by giver
 * @throws CofactorError THRESHOLD_UNMET when a secret has too few shares; AGGREGATION_FAILED naming as culprits the owner whose shares do not
 * give what it announced, or it and all givers when they do not agree
 */
export async function recoverSecrets(round: UnmaskingRound, released: ReadonlyMap<number, readonly ReleasedShare[]>): Promise<MaskSecrets> {
  const { primitives, context, announced } = round;
  const shares = { seed: new Map<number, Share[]>(), key: new Map<number, Share[]>() };
  for (const [giver, given] of released) {
    for (const { index, kind, share } of given) {
      const known = shares[kind].get(index) ?? [];
      known.push({ x: giver + 1, bytes: share });
      shares[kind].set(index, known);
    }
  }
  const recoverAll = async (
    kind: SecretKind,
    owners: ReadonlySet<number>,
    matches: (owner: number, secret: Uint8Array) => Promise<boolean>,
  ) => {
    const secrets = new Map<number, Uint8Array>();
    for (const owner of owners) {
      if (secrets.size % workBetweenTurns === 0) await turn();
      secrets.set(owner, await recoverOne(round, owner, shares[kind].get(owner) ?? [], (secret) => matches(owner, secret)));
    }
    return secrets;
  };
  const seeds = await recoverAll("seed", round.included, async (owner, secret) =>
    equalBytes(await commitToSeed(primitives, context, owner, secret), announced.get(owner)!.keys.commitment),
  );
  // Who was lost and has no neighbor in the sum left no mask there.
  const felt = new Set([...round.lost].filter((index) => round.neighborsOf(index).some((neighbor) => round.included.has(neighbor))));
  const keys = await recoverAll("key", felt, async (owner, secret) =>
    equalBytes(await primitives.publicKeyOf(secret), announced.get(owner)!.keys.maskKey),
  );
  return { seeds, keys };
}

/** Takes all masks off a sum, in place. */
export async function unmask(round: UnmaskingRound, secrets: MaskSecrets, sum: Uint32Array, bits: RingBits): Promise<void> {
  const { primitives, context, announced } = round;
  let work = 0;
  for (const [index, seed] of secrets.seeds) {
    await addSelfMask(primitives, context, index, seed, sum, bits, -1);
    if (++work % workBetweenTurns === 0) await turn();
  }
  for (const [index, secretKey] of secrets.keys) {
    const lost = { index, publicKey: announced.get(index)!.keys.maskKey, secretKey };
    for (const neighbor of round.neighborsOf(index)) {
      if (!round.included.has(neighbor)) continue;
      // The neighbor has added its half of the pair; the lost one's half cancels it.
      await addPairMask(primitives, context, lost, { index: neighbor, publicKey: announced.get(neighbor)!.keys.maskKey }, sum, bits, 1);
      if (++work % workBetweenTurns === 0) await turn();
    }
  }
}

/** One secret: from as few shares as it takes, and from all when some of these are wrong. */
async function recoverOne(
  { threshold, announced }: UnmaskingRound,
  owner: number,
  shares: readonly Share[],
  matches: (secret: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  if (shares.length < threshold) {
    throw new CofactorError("THRESHOLD_UNMET", `a device's secret expected ${threshold} shares, got ${shares.length}: too many were lost`);
  }
  const some = shares.slice(0, threshold);
  for (const tried of shares.length === threshold ? [shares] : [some, shares]) {
    try {
      return (await recover(tried, threshold, matches)).secret;
    } catch (error) {
      if (!isCofactorError(error) || error.code !== "AGGREGATION_FAILED") throw error;
    }
  }
  // When more givers than it takes agree, it is the owner who shared something else than it announced; else nobody can tell: all are named.
  const isOwners = shares.length > threshold && strayFrom(shares, threshold).length === 0;
  const suspects = isOwners ? [owner] : [owner, ...shares.map(({ x }) => x - 1)];
  const culprits = [...new Set(suspects)].map((index) => announced.get(index)!.id);
  const who = isOwners ? "its owner shared another one than it announced" : `one of ${culprits.length} devices lied`;
  throw new CofactorError("AGGREGATION_FAILED", `a device's secret does not match what was announced: ${who}`, { culprits });
}
