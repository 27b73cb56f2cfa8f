/** What is said of a choice left out equals what a solve without it says. */
import { expect, it } from "vitest";
import { addDiagonal, addOuter, addScaled, dot, packedSize, solveInPlace } from "../../shared/math/linear.ts";
import { ratingsOf } from "../../shared/math/ratings.ts";
import { drawFactors } from "../../shared/models/descent.ts";
import { createLeaveOutSolve, scoreLeftOut, solveAll, writeFactorsLeftOut } from "../../shared/models/implicit-leave-out.ts";
import { openImplicit, solveUser } from "../../shared/models/implicit-solve.ts";
import { createRng } from "../../shared/random.ts";
import { drawRatings } from "../support/ratings.ts";

const rank = 4;
const items = 15;
const problem = { items, rank, l2: 0.03, unratedWeight: 0.4 };
const shared = openImplicit(problem, drawFactors(createRng(1), items, rank, 0, 0.8));
const people = drawRatings({ users: 5, items, perUser: 6, feedback: "implicit", seed: 3 });

/** The system written out, without the item at `left`; the penalty stays that of all choices. */
function solveWithout(rated: Int32Array, left: number): Float64Array {
  const normal = shared.weightedGram.slice();
  const own = new Float64Array(rank);
  for (const item of rated) {
    if (item === left) continue;
    addOuter(normal, 0, 1, shared.itemFactors, item * rank, rank);
    addScaled(own, 0, 1, shared.itemFactors, item * rank, rank);
  }
  addDiagonal(normal, 0, rank, problem.l2 * (rated.length + problem.unratedWeight * items));
  expect(normal.length).toBe(packedSize(rank));
  expect(solveInPlace(normal, 0, own, 0, rank)).toBe(true);
  return own;
}

it.each([0, 1, 2, 3, 4])("gives the score and the factors of a solve without the choice: person %i", (user) => {
  const ratings = ratingsOf(people, user);
  const solve = createLeaveOutSolve(rank);
  expect(solveAll(solve, problem, shared, ratings)).toBe(true);
  expect(solve.own).toEqual(solveUser(problem, shared, ratings));
  for (const item of ratings.items) {
    const expected = solveWithout(ratings.items, item);
    const score = scoreLeftOut(solve, shared.itemFactors, item * rank);
    expect(score).toBeCloseTo(dot(expected, 0, shared.itemFactors, item * rank, rank), 12);
    writeFactorsLeftOut(solve, score);
    for (let f = 0; f < rank; f++) expect(solve.row[f]).toBeCloseTo(expected[f]!, 12);
  }
});

it("knows nothing of a person without choices, and forgets the one before", () => {
  const solve = createLeaveOutSolve(rank);
  solveAll(solve, problem, shared, ratingsOf(people, 0));
  expect(solveAll(solve, problem, shared, { items: new Int32Array(0), values: new Float64Array(0) })).toBe(false);
  expect([...solve.own]).toEqual([0, 0, 0, 0]);
});
