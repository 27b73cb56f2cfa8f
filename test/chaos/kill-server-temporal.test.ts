/**
 * The aggregator of a run whose devices contribute differences is killed around a publication and started again on its file: every device learns
 * which of its contributions was counted, and the sum is, bit for bit, what the devices remember.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type ClientStore, memoryStore as clientMemory, createClient, socketConnector } from "../../client/index.ts";
import { sqliteStore } from "../../server/index.ts";
import { defineRun } from "../../shared/define-run.ts";
import type { PrivatePart } from "../../shared/models/private-part.ts";
import { acceptOpen, leftRatings, openTerms, rightRatings } from "../support/client-world.ts";
import type { KillPoint } from "../support/killing-store.ts";
import { Lineage } from "../support/lineage.ts";
import { memoryOf, peopleInState, sumInState, sumOfRemembered } from "../support/temporal-sum.ts";

const { temporal, ...plain } = {
  ...openTerms,
  rounds: 4,
  cohort: { size: 3, min: 3 },
  model: { kind: "implicit-als", rank: 2 },
  temporal: { trainingRounds: 4, driftTolerance: "any", decay: 1 },
} as const;
const run = defineRun({ ...plain, temporal });
const inner = defineRun(plain).model;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("an aggregator that keeps everyone's latest statistics", () => {
  it.each<KillPoint>([
    "before a publication is durable",
    "after a publication is durable, before it is announced",
    "after an answer is durable, before it is acknowledged",
    "after the contributors are fixed, before the sum is revealed",
  ])(
    "counts every device once when it dies %s",
    async (point) => {
      const folder = mkdtempSync(join(tmpdir(), "cofactor-chaos-"));
      cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
      const order = { path: join(folder, "run.sqlite"), size: 0, devices: 3, rounds: 4, planned: run.terms };
      const lineage = new Lineage(order, [
        { point, nth: 2 },
        { point, nth: 1 },
      ]);
      const stores: ClientStore[] = [];
      const clients = [leftRatings, rightRatings, [...leftRatings.slice(1), ...rightRatings.slice(1)]].map((ratings) => {
        const store = clientMemory();
        stores.push(store);
        const connect: ReturnType<typeof socketConnector> = async (options) => socketConnector(await lineage.url)(options);
        const client = createClient({ connect, run: run.terms.id, ratings, accept: acceptOpen, store, retryMs: 20 });
        cleanups.push(() => client.close());
        return client;
      });
      await Promise.all(clients.map((client) => client.participate()));
      await lineage.end();
      expect(lineage.failures).toEqual([]);
      expect(lineage.deaths).toBe(2);

      const store = sqliteStore(lineage.path);
      cleanups.push(() => store.close());
      const published = (await store.records(run.terms.id)).filter(({ outcome }) => outcome === "published");
      expect(published.map(({ accepted }) => accepted)).toEqual([3, 3, 3, 3]);
      const { round, state } = (await store.latest(run.terms.id))!;
      const memories = await Promise.all(stores.map((own) => memoryOf(own, run.terms.id)));
      expect(memories.map(({ counted }) => counted)).toEqual([round, round, round]);
      const parts = memories.map(({ part }) => part as PrivatePart);
      expect(sumInState(run.model, inner, state)).toEqual(sumOfRemembered(inner, parts, run.range));
      expect(peopleInState(run.model, state)).toBe(3);
    },
    60_000,
  );
});
