/**
 * The aggregator is killed by SIGKILL at named points and started again on the same file: the run finishes, every sum is exact,
 * no published model is lost, and no device is asked again for what was acknowledged.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../../server/index.ts";
import { decodeModel } from "../../shared/wire/model-codec.ts";
import { killPoints } from "../support/killing-store.ts";
import { type Fate, Lineage } from "../support/lineage.ts";
import { returningDevice } from "../support/returning-device.ts";

const size = 4;
const devices = 3;
const rounds = 3;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function survive(fates: readonly Fate[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-chaos-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const lineage = new Lineage({ path: join(folder, "run.sqlite"), size, devices, rounds }, fates);
  const seen = await Promise.all(Array.from({ length: devices }, (_, index) => returningDevice(lineage, size, index)));
  await lineage.end();
  expect(lineage.failures).toEqual([]);
  expect(lineage.deaths).toBe(fates.length);
  expect(seen.flatMap(({ askedAgain }) => askedAgain)).toEqual([]);

  const store = sqliteStore(lineage.path);
  cleanups.unshift(() => store.close());
  const records = await store.records("counting");
  expect(records.map(({ round, outcome, accepted }) => [round, outcome, accepted])).toEqual(
    [1, 2, 3].map((round) => [round, "published", devices]),
  );
  // Every published model is kept, and holds each device's contribution exactly once for each round.
  for (const { round, sha256 } of records) {
    const values = decodeModel((await store.model("counting", sha256))!, size, "float64");
    expect([...values]).toEqual([round, round, round, 0]);
  }
  for (const { published } of seen) for (const [round, sha256] of published) expect(records[round - 1]!.sha256).toBe(sha256);
  expect(await store.openRound("counting")).toBeUndefined();
  expect(await store.answers("counting", rounds)).toEqual([]);
}

describe("an aggregator that is killed and started again on its file", () => {
  it.each(killPoints)(
    "finishes the run with exact sums when it dies %s",
    async (point) => {
      await survive([{ point, nth: point.includes("answer") || point.includes("round is begun") ? 2 : 1 }]);
    },
    30_000,
  );

  it("finishes the run with exact sums when it dies at five different points one after another", async () => {
    await survive([
      { point: "after the run is saved, before its start is published", nth: 1 },
      { point: "after an answer is durable, before it is acknowledged", nth: 2 },
      { point: "after the contributors are fixed, before the sum is revealed", nth: 1 },
      { point: "before a publication is durable", nth: 1 },
      { point: "after a publication is durable, before it is announced", nth: 1 },
    ]);
  }, 60_000);
});
