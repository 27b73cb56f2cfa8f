/** Devices of a recorded run: what each would seal. Imports shared. */
import { ratingsOf } from "../../shared/math/ratings.ts";
import type { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng, simulationRng } from "../../shared/random.ts";
import { outgoingOf } from "../../shared/run.ts";
import type { Prepared } from "../prepare.ts";

/** Their private parts, and what they train with. */
export class Devices {
  readonly #prepared: Prepared;
  readonly #parts = new Map<number, PrivatePart>();
  readonly #next = new Map<number, PrivatePart>();
  #opened: { readonly published: Float64Array; readonly shared: unknown } | undefined;

  constructor(prepared: Prepared) {
    this.#prepared = prepared;
  }

  /** A person's contribution as it goes into the protection: clipped and noised as terms say. */
  async contribute(user: number, round: number, published: Float64Array): Promise<Float64Array> {
    const { run, split, scenario } = this.#prepared;
    const { model } = run;
    const rng = (purpose: string) => createRng(scenario.seed, purpose, round, user);
    const ratings = ratingsOf(split.training, user);
    if (this.#opened?.published !== published) this.#opened = { published, shared: model.open(published) };
    const own = this.#parts.get(user) ?? model.createPrivate(ratings, createRng(scenario.seed, "private", user));
    const values = new Float64Array(run.contributionSize);
    const { private: part } = model.contribute(this.#opened.shared, own, ratings, rng("contribute"), values);
    this.#next.set(user, part);
    const leaving = outgoingOf(run, values, round, { rng: simulationRng(rng("rounding")), lasting: undefined });
    const guard = await run.privacy?.createDevice(simulationRng(rng("noise")));
    return guard === undefined ? leaving : guard.protect(leaving, round);
  }

  /** The round was published: parts count. */
  settle(): void {
    for (const [user, part] of this.#next) this.#parts.set(user, part);
    this.#next.clear();
  }
}
