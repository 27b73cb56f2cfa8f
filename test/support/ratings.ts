/** Seeded ratings of any size for tests: low-rank tastes plus noise, with a few items much more popular than the rest. */
import type { RatingMatrix } from "../../shared/math/ratings.ts";
import { createRng } from "../../shared/random.ts";

/** What to draw. */
export interface DrawnShape {
  readonly users: number;
  readonly items: number;
  /** Mean number of ratings of a person. */
  readonly perUser: number;
  readonly feedback: "explicit" | "implicit";
  readonly seed: number;
}

/** Ratings of 1 to 5 by halves (or all 1), each person with 1 to 2 perUser - 1 of them; tastes of rank 3 decide what is chosen and liked. */
export function drawRatings({ users, items, perUser, feedback, seed }: DrawnShape): RatingMatrix {
  const rng = createRng(seed, "ratings");
  const taste = Float64Array.from({ length: (users + items) * 3 }, () => rng.normal());
  const affinity = (user: number, item: number): number => {
    let sum = 0;
    for (let f = 0; f < 3; f++) sum += taste[user * 3 + f]! * taste[(users + item) * 3 + f]!;
    return sum;
  };
  const rowStart = new Int32Array(users + 1);
  const itemIndex: number[] = [];
  const values: number[] = [];
  for (let user = 0; user < users; user++) {
    const wanted = Math.min(items, 1 + rng.below(2 * perUser - 1));
    const chosen = new Set<number>();
    // The square of a uniform number prefers low indices: popular items. What a person dislikes is mostly passed over.
    for (let tries = 0; chosen.size < wanted && tries < 50 * wanted; tries++) {
      const item = Math.floor(items * rng.float() ** 2);
      if (affinity(user, item) > 0 || rng.float() < 0.2) chosen.add(item);
    }
    for (const item of [...chosen].sort((a, b) => a - b)) {
      itemIndex.push(item);
      const rating = 3.4 + 0.6 * affinity(user, item) + 0.5 * rng.normal();
      values.push(feedback === "implicit" ? 1 : Math.min(5, Math.max(1, Math.round(rating * 2) / 2)));
    }
    rowStart[user + 1] = itemIndex.length;
  }
  return { users, items, rowStart, itemIndex: Int32Array.from(itemIndex), values: Float64Array.from(values) };
}
