/** Models against a factorization of 3 people by 4 items that was worked by hand in fractions. */
import { expect, it } from "vitest";
import { addAll } from "../../shared/math/linear.ts";
import type { UserRatings } from "../../shared/math/ratings.ts";
import { models } from "../../shared/models/index.ts";
import { type Model, sizeOf } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import vectors from "./factorization-3x4.json" with { type: "json" };

const { implicit, explicit } = vectors;
const choices: readonly UserRatings[] = implicit.choices.map((items) => ({
  items: Int32Array.from(items),
  values: new Float64Array(items.length).fill(1),
}));
const ratings: readonly UserRatings[] = explicit.ratings.map((pairs) => ({
  items: Int32Array.from(pairs, (pair) => pair[0]!),
  values: Float64Array.from(pairs, (pair) => pair[1]!),
}));

it("implicit ALS: people, then items", () => {
  const model = build("implicit-als", implicit.options);
  const { parts, sum } = contributeAll(model, fractions(implicit.itemFactors), choices);
  expectClose(parts.flat(), fractions(implicit.userFactors));
  const current = { shared: fractions(implicit.itemFactors), state: new Float64Array(0), round: 0 };
  expectClose([...model.advance(current, { values: sum, count: 3 }).shared], fractions(implicit.nextItemFactors));
});

it("FCF: the same people, and each one's gradient", () => {
  const model = build("fcf", implicit.options);
  const { parts, each } = contributeAll(model, fractions(implicit.itemFactors), choices);
  expectClose(parts.flat(), fractions(implicit.userFactors));
  for (const [user, values] of each.entries()) expectClose(values, fractions(implicit.gradients[user]!));
});

it("ALS with biases: people, then items", () => {
  const model = build("als", explicit.options);
  const shared = fractions(explicit.itemSide.flat());
  const { parts, sum } = contributeAll(model, shared, ratings);
  expectClose(parts.flat(), fractions(explicit.userSide.flat()));
  const next = model.advance({ shared, state: new Float64Array(0), round: 0 }, { values: sum, count: 3 });
  expectClose([...next.shared], fractions(explicit.nextItemSide.flat()));
});

function build(kind: string, options: object): Model {
  const section = resolveSection(models, { kind, ...options }, "model");
  return section.definition.create(section.options, { items: 4, cohort: 3, globalMean: explicit.globalMean });
}

function contributeAll(model: Model, shared: Float64Array, people: readonly UserRatings[]) {
  const sum = new Float64Array(sizeOf(model.parameters.contribution));
  const parts: number[][] = [];
  const each: number[][] = [];
  for (const person of people) {
    const out = new Float64Array(sum.length);
    const initial = model.createPrivate(person, createRng(1));
    parts.push([...model.contribute(model.open(shared), initial, person, createRng(2), out).private.values]);
    each.push([...out]);
    addAll(sum, out);
  }
  return { parts, each, sum };
}

/** "3/4" and the like as numbers. */
function fractions(texts: readonly string[]): Float64Array {
  return Float64Array.from(texts, (text) => {
    const [above, below = "1"] = text.split("/");
    return Number(above) / Number(below);
  });
}

function expectClose(actual: readonly number[], expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  for (const [at, value] of actual.entries()) expect(value).toBeCloseTo(expected[at]!, 13);
}
