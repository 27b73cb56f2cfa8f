/** PFedRec: a round by hand, its personal table, and what is never drawn. */
import { describe, expect, it } from "vitest";
import type { UserRatings } from "../../shared/math/ratings.ts";
import { bpr } from "../../shared/models/bpr.ts";
import { fedrap } from "../../shared/models/fedrap.ts";
import type { Model, ModelDefinition } from "../../shared/models/model.ts";
import { ncf } from "../../shared/models/ncf.ts";
import { pfedrec } from "../../shared/models/pfedrec.ts";
import { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";

function build(definition: ModelDefinition, options: object, items: number): Model {
  return definition.create(resolveSection([definition], { kind: definition.kind, ...options }, "model").options, { items, cohort: 1 });
}

const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

describe("PFedRec", () => {
  // One factor, two items, the first chosen: the one negative drawn is the second.
  const options = { rank: 1, negatives: 1, learningRate: 0.5, itemLearningRate: 3, fitEpochs: 1 };
  const person: UserRatings = { items: Int32Array.of(0), values: Float64Array.of(1) };
  const table = Float64Array.of(2, -1);
  const start = new PrivatePart(Float64Array.of(0.4, 0.1));

  /** One batch of two: the score function's step, then the table's with the errors anew. */
  function byHand(): { readonly own: readonly [number, number]; readonly difference: readonly [number, number] } {
    const [e0, e1] = [sigmoid(0.4 * 2 + 0.1) - 1, sigmoid(0.4 * -1 + 0.1)];
    const w = 0.4 - (0.5 / 2) * (e0 * 2 + e1 * -1);
    const b = 0.1 - (0.5 / 2) * (e0 + e1);
    const [f0, f1] = [sigmoid(w * 2 + b) - 1, sigmoid(w * -1 + b)];
    const step = (0.5 * 3 * 2) / 2;
    return { own: [w, b], difference: [-step * f0 * w, -step * f1 * w] };
  }

  it("takes the steps of the paper in a round, and contributes the table's difference", () => {
    const out = new Float64Array(2);
    const model = build(pfedrec, options, 2);
    const { private: part } = model.contribute(model.open(table), start, person, createRng(1), out);
    const { own, difference } = byHand();
    for (const at of [0, 1]) {
      expect(part.values[at]).toBeCloseTo(own[at]!, 12);
      expect(out[at]).toBeCloseTo(difference[at]!, 12);
    }
    const next = model.advance({ shared: table, state: new Float64Array(0), round: 0 }, { values: Float64Array.of(3, 6), count: 3 });
    expect([...next.shared]).toEqual([3, 1]);
  });

  it("scores with the published table, or by option with the one that the device trained", () => {
    const scoresWith = (choice: string): number[] => {
      const model = build(pfedrec, { ...options, table: choice, fitEpochs: 1 }, 2);
      const opened = model.open(table);
      const scores = new Float64Array(2);
      model.score(opened, model.fit(opened, start, person, createRng(1)), scores);
      return [...scores];
    };
    const { own } = byHand();
    for (const at of [0, 1]) expect(scoresWith("shared")[at]).toBeCloseTo(own[0] * table[at]! + own[1], 12);
    // The own table pushes the chosen item up and the other down.
    expect(scoresWith("personal")[0]).toBeGreaterThan(scoresWith("shared")[0]!);
    expect(scoresWith("personal")[1]).toBeLessThan(scoresWith("shared")[1]!);
  });
});

it.each([bpr, ncf, pfedrec, fedrap] as ModelDefinition[])(
  "withheld items are never drawn as negatives, others are: $kind",
  (definition) => {
    const items = 12;
    const person: UserRatings = { items: Int32Array.of(2, 5), values: Float64Array.of(1, 1) };
    const touched = (ratings: UserRatings): number[] => {
      const model = build(definition, { rank: 2, negatives: 60, ...(definition === ncf ? { variant: "gmf", itemL2: 0 } : {}) }, items);
      const { shared } = model.initialize(createRng(1));
      const out = new Float64Array(shared.length);
      model.contribute(model.open(shared), model.createPrivate(ratings, createRng(2)), ratings, createRng(3), out);
      const width = definition === bpr ? 3 : 2;
      return Array.from({ length: items }, (_, item) => item).filter((item) =>
        out.subarray(item * width, (item + 1) * width).some((value) => value !== 0),
      );
    };
    const everything = Array.from({ length: items }, (_, item) => item);
    expect(touched(person)).toEqual(everything);
    expect(touched({ ...person, withheld: Int32Array.of(0, 7) })).toEqual(everything.filter((item) => item !== 0 && item !== 7));
  },
);
