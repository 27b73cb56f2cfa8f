/** What a device tells its own user: the user's ratings, fitted to the newest model that was fetched. Imports shared, explain, ratings, recommend. */
import type { UserRatings } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import { createRng, drawSeed, type SecureRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import type { ModelRef } from "../shared/wire/messages.ts";
import { type Explanation, explainItem } from "./explain.ts";
import { type OwnRatings, toOwnRatings, withinCatalogue } from "./ratings.ts";
import { type Recommendation, type RecommendOptions, recommendItems } from "./recommend.ts";

interface Fitted {
  readonly run: Run;
  readonly ref: ModelRef;
  readonly opened: unknown;
  readonly part: PrivatePart;
}

/** A user's ratings and what follows from them. */
export class Advice {
  readonly #secure: SecureRng;
  #own: OwnRatings;
  #fitted: Fitted | undefined;

  /** @throws TypeError for ratings that are not pairs of an item index and a finite number */
  constructor(ratings: Iterable<readonly [item: number, value: number]>, secure: SecureRng) {
    this.#own = toOwnRatings(ratings);
    this.#secure = secure;
  }

  /** The user's ratings, and where in the app's list each stands. */
  get own(): OwnRatings {
    return this.#own;
  }

  /** The user's ratings, whatever a run's catalogue. */
  get ratings(): UserRatings {
    return this.#own.ratings;
  }

  /** How many ratings are of items beyond a run's catalogue. */
  leftOut({ terms }: Run): number {
    return this.ratings.items.length - withinCatalogue(this.ratings, terms.items).items.length;
  }

  /** The model that is at hand. */
  get model(): ModelRef | undefined {
    return this.#fitted?.ref;
  }

  /** Fits the user to a published model. @param initial where an inexact fit begins */
  take(run: Run, ref: ModelRef, opened: unknown, initial: PrivatePart): void {
    const rng = createRng(drawSeed(this.#secure));
    this.#fitted = { run, ref, opened, part: run.model.fit(opened, initial, withinCatalogue(this.ratings, run.terms.items), rng) };
  }

  /** Replaces the user's ratings, all or none, and fits them anew. @throws TypeError as the constructor */
  setRatings(ratings: Iterable<readonly [item: number, value: number]>): void {
    this.#own = toOwnRatings(ratings);
    const fitted = this.#fitted;
    if (fitted !== undefined) this.take(fitted.run, fitted.ref, fitted.opened, fitted.part);
  }

  /** @throws TypeError without a model */
  recommend(options: RecommendOptions): Recommendation[] {
    const { run, opened, part } = this.#expectFitted("recommend");
    const { items } = run.terms;
    return recommendItems(run.model, opened, part, withinCatalogue(this.ratings, items), items, options);
  }

  /** @throws TypeError without a model, RangeError for an item that is not in the catalogue */
  explain(item: number): Explanation | undefined {
    const { run, opened } = this.#expectFitted("explain");
    const { items } = run.terms;
    return explainItem(run.model, opened, withinCatalogue(this.ratings, items), items, item);
  }

  /** Forgets the model, and what was fitted to it. */
  forget(): void {
    this.#fitted = undefined;
  }

  #expectFitted(what: string): Fitted {
    if (this.#fitted === undefined) throw new TypeError(`"${what}" expected "join" before`);
    return this.#fitted;
  }
}
