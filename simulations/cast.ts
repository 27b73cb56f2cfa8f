/** Who plays which part in a simulation, and what the devices of a part do. The same in the main thread and in workers. Imports adversaries, shared. */
import type { RatingMatrix, UserRatings } from "../shared/math/ratings.ts";
import type { RoundFrame } from "../shared/protections/protection.ts";
import { createRng, type Rng, shuffled } from "../shared/random.ts";
import { resolveSection } from "../shared/registry.ts";
import type { Run } from "../shared/run.ts";
import type { Adversary, AdversarySetting, Crowd } from "./adversaries/adversary.ts";
import { adversaries } from "./adversaries/index.ts";
import { itemFactsOf } from "./adversaries/item-facts.ts";
import { type AdversarySection, partSizes } from "./adversary-sections.ts";

/** The parts and who plays them, as a worker is told. */
export interface Roles {
  readonly sections: readonly AdversarySection[];
  /** [people] the section of each, -1 for the honest. */
  readonly roleOf: Int16Array;
  readonly participants: number;
}

/**
 * Draws who plays which part.
 *
 * Guarantees: depends on seed, participants and the parts' sizes alone: attacks of the same size come from the same devices.
 * @throws CofactorError CONFIG_INVALID as `partSizes`
 */
export function drawRoles(sections: readonly AdversarySection[], people: number, participants: Int32Array, seed: number): Roles {
  const sizes = partSizes(sections, participants.length);
  const order = shuffled(participants.length, createRng(seed, "adversaries"));
  const roleOf = new Int16Array(people).fill(-1);
  let at = 0;
  for (const [role, size] of sizes.entries()) for (let i = 0; i < size; i++) roleOf[participants[order[at++]!]!] = role;
  return { sections, roleOf, participants: participants.length };
}

/** What adversaries are made from. */
export interface CastSetting {
  readonly run: Run;
  readonly training: RatingMatrix;
  readonly seed: number;
}

/** The devices that are not honest, of a simulation or of one worker's share of it. */
export class Cast {
  readonly roles: Roles;
  readonly adversaries: readonly Adversary[];
  readonly #seed: number;
  /** By device: what it sent, or would have answered, the last time. */
  readonly #vectors = new Map<number, Float64Array>();
  readonly #answers = new Map<number, Uint8Array>();

  /** @throws CofactorError CONFIG_INVALID for options that do not fit */
  constructor(roles: Roles, { run, training, seed }: CastSetting) {
    this.roles = roles;
    this.#seed = seed;
    let facts: ReturnType<typeof itemFactsOf> | undefined;
    this.adversaries = roles.sections.map(({ fraction: _share, count: _count, ...section }, role) => {
      const { definition, options } = resolveSection(adversaries, section, `adversaries.${role}`);
      const setting: AdversarySetting = {
        items: training.items,
        objective: run.model.objective,
        ratingRange: run.terms.ratings.range ?? [0, 1],
        cohort: run.terms.cohort.size,
        participants: roles.participants,
        devices: roles.roleOf.reduce((sum, other) => sum + (other === role ? 1 : 0), 0),
        rng: createRng(seed, "adversary", role),
        common: createRng(seed, "adversaries-common"),
        facts: () => (facts ??= itemFactsOf(training)),
      };
      return definition.create(options, setting);
    });
  }

  /** Undefined for the honest. */
  adversaryOf(user: number): Adversary | undefined {
    return this.adversaries[this.roles.roleOf[user]!];
  }

  /** Whose vectors a part wants to know about, of those that answer; undefined where it does not ask. */
  watchedBy(role: number, answering: Int32Array): Int32Array | undefined {
    const { watches } = this.adversaries[role]!;
    if (watches === undefined || !answering.some((user) => this.roles.roleOf[user] === role)) return undefined;
    return answering.filter((user) => this.roles.roleOf[user] === (watches === "colluders" ? role : -1));
  }

  /** What a device trains on. */
  ratingsOf(user: number, own: UserRatings): UserRatings {
    return this.adversaryOf(user)?.ratings?.(own, this.#rng("profile", user)) ?? own;
  }

  /**
   * Changes what leaves a device.
   * @param places so many numbers at the beginning of `values` are places, and stay
   * @param crowds by part, what its devices know of others
   */
  distort(user: number, round: number, values: Float64Array, places: number, crowds: readonly (Crowd | undefined)[] = []): void {
    const adversary = this.adversaryOf(user);
    if (adversary?.vector === undefined) return;
    const crowd = crowds[this.roles.roleOf[user]!];
    const turn = { round, rng: this.#rng("vector", user, round), crowd, last: this.#vectors.get(user) };
    const numbers = values.subarray(places);
    adversary.vector(numbers, turn);
    if (adversary.remembers === true) this.#vectors.set(user, numbers.slice());
  }

  /** What a device's half of the protection is told. */
  frameOf(user: number, frame: RoundFrame): RoundFrame {
    return this.adversaryOf(user)?.frame?.(frame) ?? frame;
  }

  /** What leaves in place of the sealed contribution. */
  answerOf(user: number, round: number, sealed: Uint8Array): Uint8Array {
    const adversary = this.adversaryOf(user);
    if (adversary?.answer === undefined) return sealed;
    const answer = adversary.answer(sealed, { round, rng: this.#rng("answer", user, round), last: this.#answers.get(user) });
    if (adversary.remembers === true) this.#answers.set(user, sealed.slice());
    return answer;
  }

  /** Milliseconds by which a device's contribution is late. */
  delayMsOf(user: number, round: number): number {
    return this.adversaryOf(user)?.delayMs?.({ round, rng: this.#rng("delay", user, round) }) ?? 0;
  }

  #rng(...keys: readonly (string | number)[]): Rng {
    return createRng(this.#seed, "attack", ...keys);
  }
}
