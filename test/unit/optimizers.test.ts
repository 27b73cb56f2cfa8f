/** Server optimizers: steps worked by hand, memory, options. */
import { describe, expect, it } from "vitest";
import { adam } from "../../shared/math/optimizers/adam.ts";
import { optimizers } from "../../shared/math/optimizers/index.ts";
import { sgd } from "../../shared/math/optimizers/sgd.ts";
import { smmf } from "../../shared/math/optimizers/smmf.ts";
import { yogi } from "../../shared/math/optimizers/yogi.ts";
import { fcf } from "../../shared/models/fcf.ts";
import { parseConfig, resolveSection } from "../../shared/registry.ts";

describe.each(optimizers.map((definition) => [definition.kind, definition] as const))("optimizer %s", (kind, definition) => {
  const { options } = resolveSection([definition], { kind }, "optimizer");

  it("comes down a bowl from where it stands, and remembers only what its state holds", () => {
    const parameters = Float64Array.of(3, -2, 0.5);
    const optimizer = definition.create(options);
    const state = new Float64Array(optimizer.stateSize(3));
    for (let step = 1; step <= 400; step++) {
      // A fresh instance each step: a memory outside of `state` would show.
      definition.create(options).step(
        parameters,
        parameters.map((value) => 2 * value),
        state,
        step,
      );
    }
    for (const value of parameters) expect(Math.abs(value)).toBeLessThan(0.05);
  });

  it("leaves the gradient as it is, and the parameters at a gradient of zero from the start", () => {
    const optimizer = definition.create(options);
    const gradient = new Float64Array(2);
    const parameters = Float64Array.of(1, 2);
    optimizer.step(parameters, gradient, new Float64Array(optimizer.stateSize(2)), 1);
    expect([...parameters, ...gradient]).toEqual([1, 2, 0, 0]);
  });
});

describe("optimizers by hand", () => {
  it("descends plainly", () => {
    const parameters = Float64Array.of(1, 2);
    sgd.create({ kind: "sgd", learningRate: 0.5, momentum: 0 }).step(parameters, Float64Array.of(2, -4), new Float64Array(0), 1);
    expect([...parameters]).toEqual([0, 4]);
  });

  it("keeps a share of its velocity", () => {
    const optimizer = sgd.create({ kind: "sgd", learningRate: 1, momentum: 0.5 });
    const parameters = Float64Array.of(0);
    const state = new Float64Array(1);
    optimizer.step(parameters, Float64Array.of(-1), state, 1);
    optimizer.step(parameters, Float64Array.of(-1), state, 2);
    expect([parameters[0], state[0]]).toEqual([2.5, -1.5]);
  });

  it("takes Adam's steps: one learning rate against the sign at first, whatever the gradient's scale", () => {
    const optimizer = adam.create({ kind: "adam", learningRate: 0.1, beta1: 0.9, beta2: 0.99, stability: 1e-12 });
    const parameters = Float64Array.of(0, 0);
    const state = new Float64Array(4);
    optimizer.step(parameters, Float64Array.of(1e6, -1e-3), state, 1);
    expect(parameters[0]).toBeCloseTo(-0.1, 8);
    expect(parameters[1]).toBeCloseTo(0.1, 8);
    // Second step, gradient 0: mean .09 / .19, mean square .0099 / .0199 of the first one's units.
    optimizer.step(parameters, Float64Array.of(0, 0), state, 2);
    const step = (0.1 * (0.09 / 0.19)) / Math.sqrt(0.0099 / 0.0199);
    expect(parameters[0]).toBeCloseTo(-0.1 - step, 8);
  });
});

describe("Yogi", () => {
  const create = () => yogi.create({ kind: "yogi", learningRate: 0.1, beta1: 0, beta2: 0.9, stability: 1e-12 });

  it("begins as Adam does, and then moves its mean square by a share of the squared gradient, up or down", () => {
    const parameters = Float64Array.of(0);
    const state = new Float64Array(2);
    create().step(parameters, Float64Array.of(2), state, 1);
    expect(parameters[0]).toBeCloseTo(-0.1, 10);
    expect(state[1]).toBeCloseTo(0.4, 12);
    // 0.4 is below 1: up by 0.1. Adam's would be 0.46.
    create().step(parameters, Float64Array.of(1), state, 2);
    expect(state[1]).toBeCloseTo(0.5, 12);
    expect(parameters[0]).toBeCloseTo(-0.1 - 0.1 / Math.sqrt(0.5 / 0.19), 10);
    // 0.5 is above 0.04: down by 0.004, where Adam's would fall to 0.454.
    create().step(parameters, Float64Array.of(0.2), state, 3);
    expect(state[1]).toBeCloseTo(0.496, 12);
  });
});

describe("SMMF", () => {
  const options = { kind: "smmf", learningRate: 0.1, beta1: 0.5, beta1Growth: 1, squareDecay: 0.5, stability: 1e-12 } as const;

  it("steps by hand: four parameters are a square, its moments folded to row sums and shares of column sums", () => {
    const parameters = new Float64Array(4);
    const optimizer = smmf.create(options);
    const state = new Float64Array(optimizer.stateSize(4));
    expect(state.length).toBe(2 * (2 + 2) + 1);
    // Step 1: mean half the gradient, mean square the squared gradient (decay 0): everything moves by half a learning rate.
    optimizer.step(parameters, Float64Array.of(4, -2, 2, 0), state, 1);
    for (const [at, moved] of [-0.05, 0.05, -0.05, 0].entries()) expect(parameters[at]).toBeCloseTo(moved, 10);
    // |mean| = [[2, 1], [1, 0]]: rows 3, 1; columns 3/4, 1/4. Squares [[16, 4], [4, 0]]: rows 20, 4; columns 20/24, 4/24. One sign.
    const folded = [3, 1, 3 / 4, 1 / 4, 20, 4, 20 / 24, 4 / 24, 0b10];
    for (const [at, value] of folded.entries()) expect(state[at]).toBeCloseTo(value, 12);
    // Step 2, gradient 0: entry 1 unfolds to -3/4, decays to -3/8; its square 20 x 4/24 decays by 1 - 2^-0.5.
    optimizer.step(parameters, new Float64Array(4), state, 2);
    expect(parameters[1]).toBeCloseTo(0.05 + (0.1 * 3) / 8 / Math.sqrt((20 / 6) * (1 - Math.SQRT1_2)), 10);
  });

  it("keeps the signs of any number of parameters, and a fortieth of Adam's memory", () => {
    for (const size of [1, 31, 32, 33, 100]) {
      const optimizer = smmf.create(options);
      const state = new Float64Array(optimizer.stateSize(size));
      const parameters = new Float64Array(size);
      const gradient = Float64Array.from({ length: size }, (_, at) => (at % 3 === 0 ? -1 : 1));
      optimizer.step(parameters, gradient, state, 1);
      const before = parameters.slice();
      optimizer.step(parameters, new Float64Array(size), state, 2);
      for (let at = 0; at < size; at++) expect(Math.sign(parameters[at]! - before[at]!)).toBe(at % 3 === 0 ? 1 : -1);
      expect(state.every(Number.isFinite)).toBe(true);
    }
    const size = 1682 * 32;
    expect(smmf.create(options).stateSize(size)).toBeLessThan((2 * size) / 40);
  });
});

describe("the section of an optimizer among a model's options", () => {
  const optimizerOf = (section: unknown): unknown =>
    (parseConfig(fcf.options, { kind: "fcf", optimizer: section }, "model") as { optimizer: unknown }).optimizer;

  it("is filled in, also where only one value is named", () => {
    expect(optimizerOf({ learningRate: 0.05 })).toEqual({ kind: "adam", learningRate: 0.05, beta1: 0.9, beta2: 0.999, stability: 1e-8 });
    expect(optimizerOf({ kind: "sgd" })).toEqual({ kind: "sgd", learningRate: 0.01, momentum: 0 });
  });

  it("refuses an unknown kind, an unknown key and a value out of range, naming the path", () => {
    expect(() => optimizerOf({ kind: "adm" })).toThrow(/model\.optimizer\.kind.*adam/);
    expect(() => optimizerOf({ rate: 1 })).toThrow(/"model\.optimizer\.rate" is not a known key/);
    expect(() => optimizerOf({ beta1: 1 })).toThrow(/model\.optimizer\.beta1/);
  });
});
