/**
 * Where contributions are differences: which contribution of this device the server's sum holds, and whether there is anything to add. What is on its
 * way is written down before a byte of it leaves, and becomes the device's own by the server's word alone. Imports shared, vault.
 *
 * Guarantees, killed anywhere and told the truth: the device subtracts what the sum holds of it, and nothing else; where it cannot know that, it
 * takes no part, and the sum keeps what it has. A server that lies about it spoils its own sum, and learns no more than from any other round.
 */
import { CofactorError } from "../shared/errors.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import type { Rng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import type { AnswerHeader } from "../shared/wire/messages.ts";
import type { Vault } from "./vault.ts";

/** Why a device takes no part until it has joined again. */
export const outcomeUnknown = "what became of an earlier round is not known: this device joins again";

/** Why a device has nothing to contribute. */
export const nothingNew = "nothing has changed on this device";

/** What one device knows of its place in the server's sum. */
export class StandingRecord {
  readonly #vault: Vault;
  /** The round that counted the device last, by the server's word. */
  #counted = 0;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /**
   * Settles what is on its way by what the server says at a join.
   * @throws CofactorError MESSAGE_MALFORMED when it says nothing
   */
  async rejoin({ counted, over }: AnswerHeader<"join">): Promise<void> {
    if (counted === undefined || over === undefined) {
      throw new CofactorError("MESSAGE_MALFORMED", '"join": expected "counted" and "over", since the terms have a section "temporal"');
    }
    this.#counted = counted;
    const candidate = await this.#vault.candidate();
    if (candidate === undefined) return;
    if (candidate.round === counted) await this.#take(candidate.part, candidate.round);
    else if (candidate.round <= over) await this.#vault.clearCandidate();
  }

  /** A round is over. */
  async settle(round: number, isCounted: boolean): Promise<void> {
    const candidate = await this.#vault.candidate();
    if (candidate?.round !== round) return;
    if (!isCounted) return this.#vault.clearCandidate();
    this.#counted = round;
    await this.#take(candidate.part, round);
  }

  /** Writes down what a contribution makes of the device. */
  async promise(round: number, part: PrivatePart): Promise<void> {
    await this.#vault.saveCandidate({ round, part });
  }

  /** Why the device must not contribute to a round that it has not begun; undefined when it may. */
  async refusal(round: number): Promise<string | undefined> {
    const candidate = await this.#vault.candidate();
    if (candidate !== undefined && candidate.round < round) return outcomeUnknown;
    const counted = await this.#vault.counted();
    const hasPart = (await this.#vault.privatePart()) !== undefined;
    if (counted === this.#counted && hasPart === counted > 0) return undefined;
    return "this device no longer has what the run's sum holds of it: it leaves the sum as it is";
  }

  /** Idempotent, so that a device that is killed on the way does it again. */
  async #take(part: PrivatePart, round: number): Promise<void> {
    await this.#vault.savePrivatePart(part);
    await this.#vault.saveCounted(round);
    await this.#vault.clearCandidate();
  }
}

/** Why a device that may contribute has nothing to; undefined when it has. @param values the published vector */
export function idleReason({ model }: Run, own: PrivatePart, ratings: UserRatings, values: Float64Array, rng: Rng): string | undefined {
  const isDue = model.isDue?.(own, ratings, undefined, rng) ?? model.isDue?.(own, ratings, model.open(values), rng) ?? true;
  return isDue ? undefined : nothingNew;
}
