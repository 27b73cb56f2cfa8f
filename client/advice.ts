/** What a device tells its own user: the user's ratings, fitted to the newest model that was fetched. Imports shared, explain, ratings, recommend. */
import type { Catalogue } from "../shared/catalogue/catalogue.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import { createRng, drawSeed, type SecureRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import type { ModelRef } from "../shared/wire/messages.ts";
import { type Explanation, explainItem } from "./explain.ts";
import { explainedByName, rowOfItem, rowsOf, withIds, withRows } from "./own-items.ts";
import { type GivenRatings, type OwnRatings, type Ratings, toGivenRatings } from "./ratings.ts";
import { type Recommendation, type RecommendOptions, recommendItems } from "./recommend.ts";

/** A published model at hand. */
export interface FetchedModel {
  readonly run: Run;
  readonly ref: ModelRef;
  /** What it names, where items come and go. */
  readonly catalogue: Catalogue | undefined;
  readonly opened: unknown;
}

interface Fitted extends FetchedModel {
  /** As rows of the model. */
  readonly ratings: UserRatings;
  readonly part: PrivatePart;
}

/** A user's ratings and what follows from them. */
export class Advice {
  readonly #secure: SecureRng;
  #given: GivenRatings;
  #fitted: Fitted | undefined;

  /** @throws TypeError for ratings that are not pairs of an item index, or a name, and a finite number */
  constructor(ratings: Ratings, secure: SecureRng) {
    this.#given = toGivenRatings(ratings);
    this.#secure = secure;
  }

  /** The user's ratings by number, and where in the app's list each stands; undefined where items are given by name. */
  get numbered(): OwnRatings | undefined {
    return this.#given.numbered;
  }

  /** The user's ratings as rows of a run's model. @throws CofactorError CONFIG_INVALID as `rowsOf` */
  ratingsIn(run: Run, catalogue: Catalogue | undefined): UserRatings {
    return rowsOf(this.#given, run, catalogue);
  }

  /** How many ratings are of items beyond a run's catalogue; where items come and go, none for good. */
  leftOut(run: Run): number {
    if (run.catalogue !== undefined) return 0;
    return (this.#given.numbered?.ratings.items.length ?? 0) - this.ratingsIn(run, undefined).items.length;
  }

  /** The model that is at hand. */
  get model(): ModelRef | undefined {
    return this.#fitted?.ref;
  }

  /** Fits the user to a published model. @param initial where an inexact fit begins */
  take(model: FetchedModel, initial: PrivatePart): void {
    this.#fit(this.#given, model, initial);
  }

  /** Replaces the user's ratings, all or none, and fits them anew. @throws TypeError as the constructor */
  setRatings(ratings: Ratings): void {
    const given = toGivenRatings(ratings);
    const fitted = this.#fitted;
    if (fitted !== undefined) this.#fit(given, fitted, fitted.part);
    this.#given = given;
  }

  #fit(given: GivenRatings, { run, ref, catalogue, opened }: FetchedModel, initial: PrivatePart): void {
    const ratings = rowsOf(given, run, catalogue);
    const part = run.model.fit(opened, initial, ratings, createRng(drawSeed(this.#secure)));
    this.#fitted = { run, ref, catalogue, opened, ratings, part };
  }

  /** @throws TypeError without a model */
  recommend(options: RecommendOptions): Recommendation[] {
    const { run, opened, part, ratings, catalogue } = this.#expectFitted("recommend");
    return withIds(recommendItems(run.model, opened, part, ratings, run.terms.items, withRows(options, catalogue)), catalogue);
  }

  /** @param item its row, or its name where it has one. @throws TypeError without a model, RangeError for an item that is not in the catalogue */
  explain(item: number | string): Explanation | undefined {
    const { run, opened, ratings, catalogue } = this.#expectFitted("explain");
    const explanation = explainItem(run.model, opened, ratings, run.terms.items, rowOfItem(item, catalogue));
    return explainedByName(explanation, catalogue);
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
