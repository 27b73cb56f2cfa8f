/**
 * An aggregator whose items come and go, killed by SIGKILL at named points and started again on the same file: catalogue and model never
 * disagree, no order is lost or carried out twice, and real devices go on by what they have.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createClient, socketConnector } from "../../client/index.ts";
import { sqliteStore } from "../../server/index.ts";
import { decodeDelta, emptyCatalogue, encodeCatalogue } from "../../shared/catalogue/catalogue.ts";
import { packDeltas, takeDeltas, takeWhole } from "../../shared/catalogue/follow.ts";
import { defineRun } from "../../shared/define-run.ts";
import { decodeModel } from "../../shared/wire/model-codec.ts";
import { acceptOpen } from "../support/client-world.ts";
import { killPoints } from "../support/killing-store.ts";
import { type Fate, Lineage } from "../support/lineage.ts";

const run = defineRun({
  id: "films-1",
  items: 6,
  rounds: 4,
  cohort: { size: 3, min: 3 },
  deadline: { stageMs: 60_000, graceMs: 60_000 },
  model: { kind: "fcf", rank: 2 },
  protection: { kind: "open" },
  catalogue: { minCount: 2, expireAfterRounds: 2 },
});
/** Nobody likes "dull", which goes; two like "new", which comes; "spare" has to wait for a row. */
const items = ["a", "b", "c", "dull"];
const ordered = ["new", "spare", "more"];
const tastes = [
  ["a", "b", "new"],
  ["b", "c", "new"],
  ["a", "c", "more"],
];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function survive(fates: readonly Fate[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-chaos-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const lineage = new Lineage(
    { path: join(folder, "run.sqlite"), size: 6, devices: 3, rounds: 4, planned: run.terms, items, ordered },
    fates,
  );
  const clients = tastes.map((liked) =>
    createClient({
      connect: async (options) => socketConnector(await lineage.url)(options),
      run: "films-1",
      ratings: liked.map((id) => [id, 1] as const),
      accept: acceptOpen,
      retryMs: 20,
    }),
  );
  await Promise.all(clients.map((client) => client.participate()));
  for (const client of clients) {
    const best = client.recommend({ count: 10, includeRated: true }).map(({ id }) => id);
    expect(best.sort()).toEqual(["a", "b", "c", "new"]);
    client.close();
  }
  await lineage.end();
  expect(lineage.failures).toEqual([]);
  expect(lineage.deaths).toBe(fates.length);

  const store = sqliteStore(lineage.path);
  cleanups.unshift(() => store.close());
  const { model } = run.catalogue!;
  const records = await store.records("films-1");
  expect(records.map(({ round, outcome }) => [round, outcome])).toEqual([1, 2, 3, 4].map((round) => [round, "published"]));
  // Every kept model names a kept catalogue, whose rows have the model's phases.
  for (const { sha256 } of records) {
    const shared = decodeModel((await store.model("films-1", sha256))!, run.sharedSize, "float64");
    const mark = model.markOf(shared);
    const catalogue = await takeWhole((await store.catalogue.whole("films-1", mark.version))!, 6, mark);
    expect(model.phasesOf(shared)).toEqual(catalogue.phases);
    const deltas = (await store.catalogue.deltas("films-1", 0, mark.version))!;
    const replayed = await takeDeltas(await emptyCatalogue(6, "films-1"), packDeltas(deltas), mark);
    expect(encodeCatalogue(replayed)).toEqual(encodeCatalogue(catalogue));
  }
  const all = (await store.catalogue.deltas(
    "films-1",
    0,
    model.markOf(decodeModel((await store.latest("films-1"))!.model, run.sharedSize, "float64")).version,
  ))!;
  // However often it was ordered, each item came once.
  const arrivals = all.flatMap((delta) => decodeDelta(delta, 6).ids);
  expect(arrivals.filter((id) => id === "new")).toHaveLength(1);
  expect(arrivals.filter((id) => id === "more")).toHaveLength(1);
}

describe("an aggregator with a catalogue that is killed and started again on its file", () => {
  it.each(killPoints)(
    "keeps model and catalogue together when it dies %s",
    async (point) => {
      await survive([{ point, nth: point.includes("answer") || point.includes("round is begun") ? 2 : 1 }]);
    },
    60_000,
  );

  it("keeps them together when it dies three times around publications", async () => {
    await survive([
      { point: "before a publication is durable", nth: 1 },
      { point: "after a publication is durable, before it is announced", nth: 1 },
      { point: "before a publication is durable", nth: 1 },
    ]);
  }, 60_000);
});
