/** Neural collaborative filtering: the network by hand, its slopes against finite differences, what a device contributes. */
import { describe, expect, it } from "vitest";
import type { UserRatings } from "../../shared/math/ratings.ts";
import { type Model, tensorOf } from "../../shared/models/model.ts";
import { ncf } from "../../shared/models/ncf.ts";
import { createNetwork, type NetworkShape } from "../../shared/models/ncf-network.ts";
import { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";

const items = 5;
const rank = 3;
const shapes: readonly (readonly [string, NetworkShape])[] = [
  ["gmf", { items, rank, hasProduct: true, layers: [] }],
  ["mlp", { items, rank, hasProduct: false, layers: [4, 3] }],
  ["neumf", { items, rank, hasProduct: true, layers: [6, 4, 2] }],
];

/** Draws everything away from zero, where rectified units have no slope. */
function drawn(length: number, seed: number): Float64Array {
  const rng = createRng(seed);
  return Float64Array.from({ length }, () => 0.7 * rng.normal());
}

/** (f(x + step e) - f(x - step e)) / 2 step for each entry of x. */
function differences(x: Float64Array, f: (x: Float64Array) => number): number[] {
  const step = 1e-6;
  return Array.from(x, (_, at) => {
    const moved = (by: number) => f(x.map((value, other) => (other === at ? value + by : value)));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

function score(shape: NetworkShape, values: Float64Array, own: Float64Array, item: number): number {
  const network = createNetwork(shape);
  network.begin(network.open(values), own);
  return network.forward(item);
}

describe("the network", () => {
  it("scores by hand: one factor, one hidden unit, both parts", () => {
    const shape = { items: 2, rank: 1, hasProduct: true, layers: [1] };
    // Product rows 2, 3; hidden rows 5, 7; U 0.5, V -1, b 6; headM 4, headG 10; bias 0.25. Own part g = 1.5, m = 2.
    const values = Float64Array.of(2, 3, 5, 7, 0.5, -1, 6, 4, 10, 0.25);
    const own = Float64Array.of(1.5, 2);
    // Item 0: 10 x 1.5 x 2 + 4 relu(1 - 5 + 6) + 0.25; item 1: the unit is shut, 1 - 7 + 6 = 0.
    expect(score(shape, values, own, 0)).toBe(38.25);
    expect(score(shape, values, own, 1)).toBe(45.25);
  });

  it.each(shapes)("has the slopes of its score, in the user part and in everything shared: %s", (_name, shape) => {
    const network = createNetwork(shape);
    const values = drawn(network.size, 1);
    const own = drawn(network.ownSize, 2);
    network.begin(network.open(values), own);
    for (let item = 0; item < items; item++) {
      const ownSlopes = new Float64Array(network.ownSize);
      const slopes = new Float64Array(network.size);
      network.forward(item);
      network.ownSlopes(ownSlopes);
      network.addSlopes(2, slopes);
      for (const [at, slope] of differences(own, (x) => score(shape, values, x, item)).entries())
        expect(ownSlopes[at]).toBeCloseTo(slope, 6);
      for (const [at, slope] of differences(values, (x) => score(shape, x, own, item)).entries())
        expect(slopes[at]).toBeCloseTo(2 * slope, 6);
    }
  });
});

describe.each(["gmf", "mlp", "neumf"] as const)("a device with %s", (variant) => {
  const itemL2 = 0.3;
  const [l2, negatives] = [0.4, 2];
  const options = { kind: "ncf", variant, rank, layers: [4, 3], itemL2, l2, negatives, fitSteps: 60 };
  const model: Model = ncf.create(resolveSection([ncf], options, "model").options, { items, cohort: 1 });
  // All but item 3: whatever is drawn, it is item 3, twice for each of the four choices.
  const person: UserRatings = { items: Int32Array.of(0, 1, 2, 4), values: new Float64Array(4).fill(1) };
  const weights = [1, 1, 1, 2 * 4, 1];
  const shared = drawn(model.initialize(createRng(1)).shared.length, 3);

  /** The loss over the samples without the own part's penalty. */
  function loss(values: Float64Array, own: Float64Array): number {
    const scores = new Float64Array(items);
    model.score(model.open(values), new PrivatePart(own), scores);
    const rows = model.parameters.shared.filter(({ name }) => name !== "network");
    return scores.reduce((sum, logit, item) => {
      const squares = rows.flatMap(({ name }) => [
        ...tensorOf(values, model.parameters.shared, name).subarray(item * rank, (item + 1) * rank),
      ]);
      const penalty = 0.5 * itemL2 * squares.reduce((total, value) => total + value * value, 0);
      return sum + weights[item]! * (Math.log1p(Math.exp(item === 3 ? logit : -logit)) + penalty);
    }, 0);
  }

  it("contributes the slope of its loss at the own part that it keeps", () => {
    const out = new Float64Array(shared.length);
    const initial = model.createPrivate(person, createRng(2));
    const { private: own } = model.contribute(model.open(shared), initial, person, createRng(3), out);
    for (const [at, slope] of differences(shared, (x) => loss(x, own.values)).entries()) expect(out[at]).toBeCloseTo(slope, 5);
  });

  it("fits the own part to its loss", () => {
    const opened = model.open(shared);
    const own = model.fit(opened, model.createPrivate(person, createRng(2)), person, createRng(3)).values;
    const whole = (x: Float64Array) => loss(shared, x) + 0.5 * l2 * x.reduce((sum, value) => sum + value * value, 0);
    // The hidden layers' loss has kinks and hollows: there, all that holds is that no step went up.
    if (variant === "gmf") for (const slope of differences(own, whole)) expect(slope).toBeCloseTo(0, 6);
    else expect(whole(own)).toBeLessThan(whole(model.createPrivate(person, createRng(2)).values));
  });
});
