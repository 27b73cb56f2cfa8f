/** What unrated items weigh, and what drawn samples do. */
import { describe, expect, it } from "vitest";
import { addInto } from "../../shared/math/linear.ts";
import { ratingsOf } from "../../shared/math/ratings.ts";
import { fcf } from "../../shared/models/fcf.ts";
import { implicitAls } from "../../shared/models/implicit-als.ts";
import { type ModelDefinition, sizeOf, tensorOf } from "../../shared/models/model.ts";
import { ncf } from "../../shared/models/ncf.ts";
import { pfedrec } from "../../shared/models/pfedrec.ts";
import { softplus, unlabelledTerm } from "../../shared/models/unlabelled.ts";
import { createUnratedWeights } from "../../shared/models/unrated-weights.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const items = 12;
const choices = drawRatings({ users: 30, items, perUser: 4, feedback: "implicit", seed: 2 });
const build = (definition: ModelDefinition, options: object) =>
  definition.create(parseConfig(definition.options, { kind: definition.kind, rank: 3, ...options }, "model"), { items, cohort: 30 });

describe("unrated weights", () => {
  it("follow popularity by the power, a0 on average, and are those of all rounds", () => {
    const weights = createUnratedWeights({ unratedWeight: 0.4, unratedPower: 0.5 }, { items: 2, cohort: 10 });
    const shared = Float64Array.of(7, 1, 1);
    const state = new Float64Array(3);
    expect([...weights.read(shared)]).toEqual([0.4, 0.4]);
    weights.update(Float64Array.of(8, 0), 10, shared, state);
    expect(shared[0]).toBe(7);
    const [popular, obscure] = weights.read(shared);
    expect(popular! / obscure!).toBeCloseTo(Math.sqrt(0.9 / 0.1), 12);
    expect((popular! + obscure!) / 2).toBeCloseTo(0.4, 12);
    weights.update(Float64Array.of(0, 8), 10, shared, state);
    const [left, right] = weights.read(shared);
    expect(left).toBeCloseTo(right!, 12);
    // Noise may make a count negative or more than everyone: shares stay shares.
    weights.update(Float64Array.of(-1e3, 1e4), 1, shared, state);
    expect(weights.read(shared)[1]! / weights.read(shared)[0]!).toBeCloseTo(Math.sqrt(1 / 0.1), 12);
  });

  it("change nothing at power 0: nothing more is sent, published or kept", () => {
    for (const definition of [fcf, implicitAls] as ModelDefinition[]) {
      const plain = build(definition, {});
      const { parameters } = build(definition, { unratedPower: 0 });
      expect(parameters).toEqual(plain.parameters);
      const names = build(definition, { unratedPower: 0.5 }).parameters;
      expect(names.shared.map(({ name }) => name)).toEqual(["itemFactors", "itemWeight"]);
      expect(names.contribution.at(-1)).toEqual({ name: "itemCount", shape: [items] });
    }
  });

  it("let fcf contribute the slope of the weighted objective", () => {
    const options = { l2: 0.02, unratedWeight: 0.4, unratedPower: 0.7 };
    const model = build(fcf, options);
    const { shared } = federate(model, choices, 2, createRng(1)).state;
    const relative = tensorOf(shared, model.parameters.shared, "itemWeight");
    expect(Math.max(...relative) / Math.min(...relative)).toBeGreaterThan(1.5);
    const sum = new Float64Array(sizeOf(model.parameters.contribution));
    const out = sum.slice();
    const people = Array.from({ length: choices.users }, (_, user) => ratingsOf(choices, user));
    const parts = people.map((person) => {
      const { private: part } = model.contribute(model.open(shared), model.createPrivate(person, createRng(2)), person, createRng(3), out);
      addInto(sum, out);
      return part.values;
    });
    const counts = Array.from({ length: items }, (_, item) => people.filter((person) => person.items.includes(item)).length);
    expect([...tensorOf(sum, model.parameters.contribution, "itemCount")]).toEqual(counts);

    const objective = (factors: Float64Array): number => {
      let total = 0;
      for (const [user, own] of parts.entries()) {
        for (let item = 0; item < items; item++) {
          let score = 0;
          let square = 0;
          for (let f = 0; f < 3; f++) {
            score += own[f]! * factors[item * 3 + f]!;
            square += factors[item * 3 + f]! ** 2;
          }
          const weight = 0.4 * relative[item]!;
          const isRated = people[user]!.items.includes(item);
          total += weight * score ** 2 + (isRated ? (1 - score) ** 2 : 0) + 0.02 * (weight + (isRated ? 1 : 0)) * square;
        }
      }
      return total;
    };
    const gradient = tensorOf(sum, model.parameters.contribution, "itemGradient");
    const factors = shared.slice(0, items * 3);
    for (let at = 0; at < factors.length; at++) {
      const [ahead, behind] = [factors.slice(), factors.slice()];
      ahead[at]! += 1e-5;
      behind[at]! -= 1e-5;
      expect(gradient[at]).toBeCloseTo((objective(ahead) - objective(behind)) / 2e-5, 5);
    }
  });
});

describe("unlabelled samples", () => {
  it("lose p times what choices would as negatives, and never less than nothing", () => {
    expect(unlabelledTerm(0, 4, 1, 99)).toEqual({ drawn: 1, chosen: 0 });
    expect(unlabelledTerm(0.1, 4, 10, 20)).toEqual({ drawn: 1, chosen: -0.4 });
    expect(unlabelledTerm(0.1, 4, 7.9, 20)).toEqual({ drawn: 0, chosen: 0 });
    expect(softplus(800)).toBe(800);
    expect(softplus(-800)).toBe(0);
  });

  it("estimate the loss of true negatives without bias: a mixture less its share of positives", () => {
    // Of 1000 unlabelled samples 200 are positives with the logits of the choices.
    const rng = createRng(5);
    const positives = Array.from({ length: 1000 }, () => 2 + rng.normal());
    const negatives = Array.from({ length: 800 }, () => -1 + rng.normal());
    const loss = (list: number[]) => list.reduce((sum, logit) => sum + softplus(logit), 0);
    const drawn = loss(negatives) + loss(positives.slice(0, 200));
    const term = unlabelledTerm(0.2, 1, drawn, loss(positives));
    const estimate = term.drawn * drawn + term.chosen * loss(positives);
    expect(estimate / loss(negatives)).toBeCloseTo(1, 1);
    expect(drawn / loss(negatives)).toBeGreaterThan(1.5);
  });

  it.each([
    ["ncf", ncf as ModelDefinition, { variant: "gmf" }],
    ["pfedrec", pfedrec as ModelDefinition, {}],
  ])("%s is the ordinary model at prior 0 and pushes unrated items down less with a prior", (_kind, definition, options) => {
    const scoreOf = (prior: object): number => {
      const model = build(definition, { ...options, ...prior });
      const { state } = federate(model, choices, 10, createRng(4));
      const opened = model.open(state.shared);
      const out = new Float64Array(items);
      let sum = 0;
      for (let user = 0; user < choices.users; user++) {
        const person = ratingsOf(choices, user);
        model.score(opened, model.fit(opened, model.createPrivate(person, createRng(1)), person, createRng(2)), out);
        for (let item = 0; item < items; item++) if (!person.items.includes(item)) sum += out[item]!;
      }
      return sum;
    };
    expect(scoreOf({ classPrior: 0 })).toBe(scoreOf({}));
    expect(scoreOf({ classPrior: 0.15 })).toBeGreaterThan(scoreOf({}));
  });
});
