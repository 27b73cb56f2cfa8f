/** Sharing policies at work: simulated rounds, real devices and a real aggregator, and the bytes that bits save. */
import { afterEach, describe, expect, it } from "vitest";
import { type Client, createClient } from "../../client/index.ts";
import { log2Choose } from "../../shared/math/combinations.ts";
import { planRun } from "../../shared/plan-run.ts";
import { createRng, simulationRng } from "../../shared/random.ts";
import { simulate } from "../../simulations/simulate.ts";
import { acceptOpen, openTerms, startWorld, type World } from "../support/client-world.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const ratings = 12;
const people = {
  dataset: { name: "synthetic", users: 60, items: 50, ratings },
  split: { kind: "random", testFraction: 0.1 },
  model: { kind: "als", rank: 2 },
  rounds: 3,
  baselines: [],
  seed: 5,
};

describe("sparse rows", () => {
  it("give the same model as all rows when there is room for what everyone rated, in fewer bytes, and say what they tell", async () => {
    const all = await simulate(people);
    const sparse = await simulate({ ...people, sharing: { kind: "sparse-rows", rows: 16 } });
    expect(sparse.metrics).toEqual(all.metrics);
    // 16 rows of 50, and their numbers.
    const width = (all.protection["valuesPerContribution"] as number) / 50;
    expect(sparse.traffic.upBytesPerClientRound).toBe(8 * 16 * (1 + width));
    const bits = sparse.rounds.map(({ revealedBits }) => revealedBits!);
    // Everyone has 12 ratings, of which a tenth or so is held out.
    expect(bits[0]).toBeGreaterThan(log2Choose(50, 8) - log2Choose(16, 8));
    expect(bits[0]).toBeLessThan(log2Choose(50, ratings) - log2Choose(16, ratings));
    expect(all.rounds[0]).not.toHaveProperty("revealedBits");
    expect(await simulate({ ...people, sharing: { kind: "sparse-rows", rows: 16 } }, { workers: 2 })).toMatchObject({
      metrics: all.metrics,
      rounds: sparse.rounds,
    });
  });

  it("leave some out where there is no room, and learn still", async () => {
    const sparse = await simulate({ ...people, sharing: { kind: "sparse-rows", rows: 6 } });
    const all = await simulate(people);
    expect(sparse.metrics.test["rmse"]).not.toBe(all.metrics.test["rmse"]);
    expect(sparse.metrics.test["rmse"]).toBeLessThan(1.2 * all.metrics.test["rmse"]!);
  });
});

describe("bits of a value", () => {
  const few = { ...people, rounds: 1, participants: 24, cohort: { min: 16 } };
  const up = async (bits: number, protection: object): Promise<number> => {
    const result = await simulate({ ...few, range: { bits, maxAbs: 16 }, protection });
    expect(result.rounds[0]).toMatchObject({ outcome: "published", accepted: 24 });
    return result.traffic.upBytesPerClientRound;
  };

  it("make masked contributions shorter by as much", async () => {
    const values = (await simulate(few)).protection["valuesPerContribution"] as number;
    const [at8, at16, at24] = [await up(8, { kind: "masks" }), await up(16, { kind: "masks" }), await up(24, { kind: "masks" })];
    // 24 devices add 5 bits, and one is to spare: 2, 3 and 4 bytes; all else is as long as ever.
    expect(at16 - at8).toBe(values);
    expect(at24 - at16).toBe(values);
  });

  it("make encrypted contributions shorter, by whole ciphertexts", async () => {
    const values = (await simulate(few)).protection["valuesPerContribution"] as number;
    const bits = 2048;
    for (const valueBits of [6, 24]) {
      const ciphertexts = Math.ceil(values / Math.floor((bits - 1) / (valueBits + 5)));
      expect(await up(valueBits, { kind: "paillier", holders: 1, threshold: 1 })).toBe((ciphertexts * 2 * bits) / 8);
    }
  });

  it("cost little at eight, and give the same under encryption as in clear", async () => {
    const exact = await simulate({ ...people, range: { maxAbs: 32, fractionBits: 20 } });
    const eight = await simulate({ ...people, range: { bits: 8, maxAbs: 32 } });
    expect(eight.metrics.test["rmse"]).toBeLessThan(1.1 * exact.metrics.test["rmse"]!);
    const [clear, masked] = await Promise.all([
      simulate({ ...few, range: { bits: 8, maxAbs: 16 } }),
      simulate({ ...few, range: { bits: 8, maxAbs: 16 }, protection: { kind: "masks" } }),
    ]);
    expect(masked.metrics.test["rmse"]).toBeCloseTo(clear.metrics.test["rmse"]!, 9);
  });
});

describe("real devices", () => {
  const terms = { ...openTerms, model: { kind: "als", rank: 2 }, ratings: { range: [1, 5], globalMean: 3 } };
  const own: readonly (readonly (readonly [number, number])[])[] = [
    [
      [0, 5],
      [3, 2],
    ],
    [
      [3, 4],
      [7, 1],
      [9, 3],
    ],
  ];

  async function devices(at: World): Promise<readonly Client[]> {
    const clients = own.map((list) => createClient({ connect: at.connect, run: terms.id, ratings: list, accept: acceptOpen, retryMs: 20 }));
    closers.push(...clients.map((client) => () => client.close()));
    await Promise.all(clients.map((client) => client.join()));
    await Promise.all(clients.map((client) => client.participate()));
    return clients;
  }

  /** Two servers that begin with the same model. */
  async function world(input: object): Promise<World> {
    const rng = simulationRng(createRng(1, "server"));
    const at = await startWorld("memory", input, { secure: { kind: "secure", bytes: (length) => rng.bytes(length) } });
    closers.push(() => at.close());
    return at;
  }

  it("send sparse rows that make the model which whole contributions make", async () => {
    const whole = await world({ ...terms, rounds: 1 });
    await devices(whole);
    const sparse = await world({ ...terms, rounds: 1, sharing: { kind: "sparse-rows", rows: 4 } });
    await devices(sparse);
    expect(await sparse.server.records()).toMatchObject([{ outcome: "published", accepted: 2 }]);
    expect(sparse.server.shared).toHaveLength(whole.server.shared.length);
    for (const [at, value] of sparse.server.shared.entries()) expect(value).toBeCloseTo(whole.server.shared[at]!, 9);
  });

  it("take clusters from the terms that they verify", async () => {
    const itemFeatures = { count: 2, values: Float64Array.from({ length: 24 }, (_, at) => (at % 2 === Math.floor(at / 2) % 2 ? 1 : 0)) };
    const run = await planRun({ ...terms, sharing: { kind: "clustered-rows", count: 2, share: 0.34 } }, { itemFeatures });
    const at = await world(run);
    await devices(at);
    expect(await at.server.records()).toMatchObject([
      { outcome: "published", accepted: 2 },
      { outcome: "published", accepted: 2 },
    ]);
  });
});
