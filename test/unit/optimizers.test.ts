/** Server optimizers: steps worked by hand, memory, options. */
import { describe, expect, it } from "vitest";
import { adam } from "../../shared/math/optimizers/adam.ts";
import { optimizers } from "../../shared/math/optimizers/index.ts";
import { sgd } from "../../shared/math/optimizers/sgd.ts";
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
