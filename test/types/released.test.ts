/** A sum without noise is no released sum: at compile time, and at run time. */
import { expect, expectTypeOf, it } from "vitest";
import type { Publisher } from "../../server/publisher.ts";
import { defineRun } from "../../shared/define-run.ts";
import type { Aggregate, ModelState } from "../../shared/models/model.ts";
import { planRun } from "../../shared/plan-run.ts";
import { createRng, type NoiseRng, type SecureRng, secureRng } from "../../shared/random.ts";
import { createReleaser, type ReleasedSum } from "../../shared/release.ts";
import { advanceModel, type Run } from "../../shared/run.ts";

it("takes nothing but a released sum into a model", () => {
  expectTypeOf<Aggregate>().not.toExtend<ReleasedSum>();
  expectTypeOf<{ open(run: string): Aggregate }>().not.toExtend<ReleasedSum>();
  expectTypeOf(advanceModel).parameters.toEqualTypeOf<[Run, ModelState, ReleasedSum, number]>();
  expectTypeOf(advanceModel).parameter(2).not.toEqualTypeOf<Aggregate>();
});

it("has a server's noise from the CSPRNG alone", () => {
  expectTypeOf<NoiseRng>().not.toExtend<SecureRng>();
  expectTypeOf<Parameters<typeof Publisher.open>[0]["secure"]>().toEqualTypeOf<SecureRng>();
});

it("refuses at run time what only looks like a released sum, and one of another run", async () => {
  const terms = { id: "films-1", items: 9, rounds: 3, model: { kind: "fcf", rank: 2 }, protection: { kind: "open" } };
  const promised = await planRun({ ...terms, privacy: { epsilon: 1 } });
  const plain = defineRun(terms);
  const state = promised.model.initialize(createRng(1));
  const sum = { values: new Float64Array(promised.contributionSize), count: 3 };
  const fake = { open: () => sum } as unknown as ReleasedSum;
  const look = Object.create(Object.getPrototypeOf((await createReleaser(plain, secureRng)).release([sum], 1)) as object);
  expect(() => advanceModel(promised, state, look as ReleasedSum, 1)).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  const unpromised = (await createReleaser(plain, secureRng)).release([sum], 1);
  expect(() => advanceModel(promised, state, unpromised, 1)).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  expect(() => advanceModel(promised, state, fake, 1)).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  const released = (await createReleaser(promised, secureRng)).release([sum], 1);
  expect(advanceModel(promised, state, released, 1).round).toBe(1);
  expect(Object.keys(released)).toEqual([]);
  expect(JSON.stringify(released)).toBe("{}");
});

it("has the range that follows from clip and noise, and no other", async () => {
  const terms = {
    id: "films-1",
    items: 9,
    rounds: 3,
    model: { kind: "fcf", rank: 2 },
    protection: { kind: "open" },
    privacy: { epsilon: 1 },
  };
  const run = await planRun(terms);
  expect((await planRun(run.terms)).digest).toBe(run.digest);
  await expect(planRun({ ...terms, range: { maxAbs: 64, fractionBits: 20 } })).rejects.toThrow(/"terms.range" expected nothing/);
});
