/**
 * A PostgreSQL server is killed by SIGKILL in the middle of rounds and comes back: the aggregator waits for it, every sum is exact, nothing that was
 * acknowledged is lost and nothing counts twice. And the aggregator itself is killed, with its state in PostgreSQL.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createServer, openStore, postgresStore, type Store } from "../../server/index.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";
import { createMemoryPair } from "../../shared/transport.ts";
import { decodeModel } from "../../shared/wire/model-codec.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { Lineage } from "../support/lineage.ts";
import { missingPostgres, type PostgresCluster, startPostgres } from "../support/postgres.ts";
import { returningDevice } from "../support/returning-device.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const size = 4;
const devices = 3;
const rounds = 3;
const missing = missingPostgres();

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.skipIf(missing !== undefined)(`on a PostgreSQL server${missing === undefined ? "" : `, skipped: ${missing}`}`, () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres();
  });
  afterAll(() => cluster?.stop());

  /** Every published model holds each device's contribution exactly once for each round. */
  async function expectExact(store: Store): Promise<void> {
    const records = await store.records("counting");
    expect(records.map(({ round, outcome, accepted }) => [round, outcome, accepted])).toEqual(
      Array.from({ length: rounds }, (_, index) => [index + 1, "published", devices]),
    );
    for (const { round, sha256 } of records) {
      expect([...decodeModel((await store.model("counting", sha256))!, size, "float64")]).toEqual([round, round, round, 0]);
    }
    expect(await store.openRound("counting")).toBeUndefined();
    expect(await store.answers("counting", rounds)).toEqual([]);
  }

  it("an aggregator goes on when the whole server, or one of its processes, is killed and comes back", async () => {
    const url = await cluster.createDatabase();
    const inner = await postgresStore(url, { patienceMs: 60_000 });
    const kills: string[] = [];
    const strike = async (what: string, kill: () => Promise<unknown>): Promise<void> => {
      if (kills.includes(what)) return;
      kills.push(what);
      await kill();
    };
    /** Dies and comes back while the write is under way. */
    const restart = async (): Promise<void> => {
      await cluster.kill();
      cleanups.push(await startLater());
    };
    const startLater = async (): Promise<() => Promise<void>> => {
      const started = cluster.start();
      return () => started;
    };
    const killProcesses = async (): Promise<void> => {
      const found = await cluster.query(url, "SELECT pid FROM pg_stat_activity WHERE application_name = 'cofactor'");
      for (const { pid } of found) process.kill(Number(pid), "SIGKILL");
      expect(found.length).toBeGreaterThan(0);
    };
    const store: Store = new Proxy(inner, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...values: unknown[]): Promise<unknown> => {
          const call = (): Promise<unknown> => (method as (...all: unknown[]) => Promise<unknown>).apply(target, values);
          // Under way when it is struck: whether it was carried out is open.
          if (name === "saveAnswer" && values[1] === 2) {
            const work = call();
            await strike("the server at an answer", restart);
            return work;
          }
          if (name === "publish" && values[2] !== undefined) {
            const work = call();
            await strike("its processes at a publication", killProcesses);
            return work;
          }
          return call();
        };
      },
    });
    const run = countingRun(size, { rounds, cohort: { size: devices, min: devices }, deadline: { stageMs: 120_000, graceMs: 120_000 } });
    const server = await createServer({ run, store, gatherMs: 10 });
    cleanups.push(() => server.close());
    const failures: unknown[] = [];
    server.on("failed", ({ error }) => failures.push(error));
    const over = new Promise<void>((resolve) => server.on("round", ({ ended }) => ended && resolve()));
    const statuses: string[] = [];
    for (let index = 0; index < devices; index++) {
      const [near, far] = createMemoryPair();
      server.accept(far);
      const client = new ScriptedClient(near, "counting", createIdentity(secureRng));
      client.onAsk = ({ round }) => {
        const answer = (): Promise<unknown> => client.answer(round, floatBytes(contributionOf(size, index)));
        // Sent twice, as by a device that lost patience.
        for (const sent of [answer(), answer()]) {
          sent.then(
            (told) => statuses.push((told as { status: string }).status),
            (error: unknown) => failures.push(error),
          );
        }
      };
      await client.join();
    }
    await over;
    expect(failures).toEqual([]);
    expect(kills).toEqual(["its processes at a publication", "the server at an answer"]);
    expect(statuses.filter((status) => status === "accepted")).toHaveLength(devices * rounds);
    expect(statuses.filter((status) => status === "duplicate")).toHaveLength(devices * rounds);
    await expectExact(inner);
  });

  it("an aggregator that is killed and started again goes on, with exact sums", async () => {
    const url = await cluster.createDatabase();
    const fates = [
      { point: "after the run is saved, before its start is published", nth: 1 },
      { point: "after an answer is durable, before it is acknowledged", nth: 2 },
      { point: "after the contributors are fixed, before the sum is revealed", nth: 1 },
      { point: "after a publication is durable, before it is announced", nth: 1 },
    ] as const;
    const lineage = new Lineage({ path: url, size, devices, rounds }, fates);
    const seen = await Promise.all(Array.from({ length: devices }, (_, index) => returningDevice(lineage, size, index)));
    await lineage.end();
    expect(lineage.failures).toEqual([]);
    expect(lineage.deaths).toBe(fates.length);
    expect(seen.flatMap(({ askedAgain }) => askedAgain)).toEqual([]);
    const store = await openStore(url);
    cleanups.push(() => store.close());
    await expectExact(store);
    // Each process took the run over, but for the first, which died before.
    expect((await store.takeOver("counting")).epoch).toBe(fates.length + 1);
  });
});
