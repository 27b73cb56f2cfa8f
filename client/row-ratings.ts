/** The seam between a user's ratings and the rows of a published model: items are rows, or come and go under names. Imports types alone. */
import type { Catalogue } from "../shared/catalogue/catalogue.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { Session } from "./session.ts";

/** Ratings of one model's rows. */
export interface RowRatings {
  readonly ratings: UserRatings;
  /** What the model's rows hold, where items come and go. */
  readonly catalogue: Catalogue | undefined;
}

/** Knows which row of a model each rated item has. */
export interface OwnItems {
  /** How many ratings play no part in the run, whatever comes. */
  readonly leftOut: number;
  /** The ratings as rows of the model with these published values. */
  at(session: Session, values: Float64Array): Promise<RowRatings>;
}
