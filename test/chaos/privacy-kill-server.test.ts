/**
 * The aggregator of a run that promises privacy is killed by SIGKILL, at named points and at random moments, and started again on its file: no
 * round is released twice, its ledger's chain holds, no device contributes more than its own ledger allows, and no row of noise comes back.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Client, createClient, socketConnector } from "../../client/index.ts";
import { sqliteStore } from "../../server/index.ts";
import { Ledger } from "../../server/ledger.ts";
import type { PrivacyInput } from "../../shared/privacy/promise.ts";
import { createRng, type Rng } from "../../shared/random.ts";
import { acceptOpen } from "../support/client-world.ts";
import { killPoints } from "../support/killing-store.ts";
import { type Fate, Lineage } from "../support/lineage.ts";
import { privateRun } from "../support/private-terms.ts";

const devices = 3;
const rounds = 8;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A lineage of servers, and devices that take part to the end. */
async function survive(
  privacy: Partial<PrivacyInput>,
  fates: readonly Fate[],
  deaths: number,
  kill: (lineage: Lineage) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-chaos-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const cohort = { size: devices, min: devices };
  const run = await privateRun(privacy, { rounds, cohort, deadline: { stageMs: 60_000, graceMs: 60_000 } });
  const order = { path: join(folder, "run.sqlite"), size: 0, devices, rounds, planned: run.terms };
  const lineage = new Lineage(order, fates);
  let isOver = false;
  cleanups.push(() => (isOver ? undefined : lineage.end()));
  const takePart = async (index: number): Promise<Client> => {
    const client = createClient({
      connect: async (options) => socketConnector(await lineage.url)(options),
      run: run.terms.id,
      ratings: [
        [index, 1],
        [index + devices, 1],
      ],
      accept: acceptOpen,
      retryMs: 10,
    });
    cleanups.push(() => client.close());
    await client.participate();
    return client;
  };
  const people = Array.from({ length: devices }, (_, index) => takePart(index));
  const all = Promise.all(people);
  const killing = kill(lineage);
  const clients = await all;
  await killing;
  isOver = true;
  await lineage.end();
  expect(lineage.failures).toEqual([]);
  expect(lineage.deaths).toBe(deaths);

  const store = sqliteStore(lineage.path);
  cleanups.push(() => store.close());
  // Opening it verifies the chain and compares it with records, open round and newest model.
  const ledger = await Ledger.open(run, store);
  const entries = await store.ledger(run.terms.id);
  const released = entries.filter(({ kind }) => kind === "released");
  expect(released.map(({ round }) => round)).toEqual(Array.from({ length: rounds }, (_, index) => index + 1));
  expect([...ledger.log].map((log) => log.length)).toEqual(Array<number>(devices).fill(rounds));

  // What left a process was released once: told rounds ascend, and with them the rows of noise.
  const told = lineage.released.map(({ round }) => round);
  expect(told).toEqual([...new Set(told)].toSorted((a, b) => a - b));
  if (privacy.mechanism === "matrix") {
    expect(lineage.released.map(({ round, nextRow }) => nextRow! - round)).toEqual(told.map(() => 0));
    const { noise } = (await store.latest(run.terms.id))!;
    expect(new DataView(noise!.buffer, noise!.byteOffset).getUint32(16, true)).toBe(rounds);
  }

  // Every contribution that was released stands in its device's own ledger.
  for (const client of clients) {
    const spent = await client.spent();
    const own = released.filter((entry) => entry.clients.includes(client.id!)).map(({ round }) => round);
    expect(spent.runs[0]!.reserved).toEqual(own);
    expect(spent).toMatchObject({ epsilon: 4, delta: 1e-5 });
  }
}

/** Kills at moments that nobody chose, as long as there are any. */
function atRandom(rng: Rng, times: number): (lineage: Lineage) => Promise<void> {
  return async (lineage) => {
    for (let i = 0; i < times; i++) {
      await lineage.url;
      await pause(5 + 120 * rng.float());
      lineage.kill();
      while (lineage.deaths <= i) await pause(5);
    }
    await lineage.url;
  };
}

const named: readonly Fate[] = [
  { point: "after the run is saved, before its start is published", nth: 1 },
  { point: "after a round is begun, before anybody is asked", nth: 1 },
  { point: "after an answer is durable, before it is acknowledged", nth: 2 },
  { point: "after the contributors are fixed, before the sum is revealed", nth: 1 },
  { point: "before a publication is durable", nth: 2 },
  { point: "after a publication is durable, before it is announced", nth: 1 },
];

describe.each<[string, Partial<PrivacyInput>]>([
  ["gaussian", { mechanism: "gaussian" }],
  ["matrix", { mechanism: "matrix" }],
])("a run with noise by %s whose aggregator is killed", (kind, privacy) => {
  it("at named points one after another, keeps its promise", async () => {
    expect(named.every(({ point }) => (killPoints as readonly string[]).includes(point))).toBe(true);
    await survive(privacy, named, named.length, async () => undefined);
  }, 90_000);

  it("at random moments, keeps its promise", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    try {
      await survive(privacy, [], 6, atRandom(createRng(seed, kind), 6));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }, 90_000);
});
