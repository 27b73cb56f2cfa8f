/**
 * A device that contributes differences is killed at every point between computing one and knowing what became of it, and comes back with other
 * ratings: the server's sum is, bit for bit, what the devices remember, each once.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fileStore } from "../../client/index.node.ts";
import { type ClientStore, memoryStore as clientMemory, createClient } from "../../client/index.ts";
import { createServer, memoryStore } from "../../server/index.ts";
import { defineRun } from "../../shared/define-run.ts";
import type { PrivatePart } from "../../shared/models/private-part.ts";
import { acceptOpen, leftRatings, openTerms, rightRatings } from "../support/client-world.ts";
import { type DeviceOrder, rememberingPoints } from "../support/device-process.ts";
import { root } from "../support/source-tree.ts";
import { memoryOf, peopleInState, rememberedBy, sumInState, sumOfRemembered } from "../support/temporal-sum.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const { temporal, ...plain } = {
  ...openTerms,
  rounds: 12,
  cohort: { size: 3, min: 3 },
  model: { kind: "implicit-als", rank: 2 },
  temporal: { trainingRounds: 0, driftTolerance: 0, decay: 1 },
};
const terms = { ...plain, temporal };
const run = defineRun(terms);
const inner = defineRun(plain).model;

function start(order: DeviceOrder): { readonly child: ChildProcess; readonly ended: Promise<string> } {
  const child = fork(join(root, "test", "support", "device-process.ts"), [JSON.stringify(order)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  return { child, ended: new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? String(code)))) };
}

const before = [
  [0, 1],
  [3, 1],
] as const;
const after = [
  [0, 1],
  [5, 1],
  [6, 1],
] as const;

describe("a device that contributes differences, killed", () => {
  it.each([...rememberingPoints, "recorded", "sealed", "last chunk sent", "all taken"] as const)(
    "%s, is in the sum once, with what it knows that it contributed",
    async (dieAt) => {
      const folder = mkdtempSync(join(tmpdir(), "cofactor-kill-"));
      closers.push(() => rmSync(folder, { recursive: true }));
      const store = memoryStore();
      const server = await createServer({ run: terms, store, gatherMs: 20 });
      closers.push(() => server.close());
      const { url } = await server.listen({ port: 0 });
      const stores: ClientStore[] = [];
      const others = [leftRatings, rightRatings].map((ratings) => {
        const own = clientMemory();
        stores.push(own);
        const client = createClient({ url, run: terms.id, ratings, accept: acceptOpen, store: own, retryMs: 20 });
        closers.push(() => client.close());
        return client;
      });

      const path = join(folder, "device.store");
      const order: DeviceOrder = { url, run: terms.id, path, dieAt, ratings: before };
      const first = start(order);
      await Promise.all(others.map((other) => other.join()));
      // Points behind the publication need the others' answers; before the others the round stays open until the device is gone.
      const isBehind = ["taken over", "counted", "forgotten"].includes(dieAt);
      const begun = isBehind ? Promise.resolve() : first.ended;
      const working = begun.then(() => Promise.all(others.map((other) => other.participate())));
      expect(await first.ended).toBe("SIGKILL");
      const second = start({ ...order, dieAt: undefined, ratings: after, rounds: 2 });
      closers.push(() => second.child.kill("SIGKILL"));
      expect(await second.ended).toBe("0");

      const { round, state } = (await store.latest(terms.id))!;
      await expect
        .poll(async () => (await Promise.all(stores.map((own) => memoryOf(own, terms.id)))).map(({ counted }) => counted))
        .toEqual([round, round]);
      const file = await fileStore({ path, key: new Uint8Array(32).fill(7) });
      stores.push(file);
      const memories = await Promise.all(stores.map((own) => memoryOf(own, terms.id)));
      await file.close();
      const parts = memories.map(({ part }) => part as PrivatePart);
      expect(rememberedBy(parts[2]!).ratings.items).toEqual(Int32Array.of(0, 5, 6));
      expect(sumInState(run.model, inner, state)).toEqual(sumOfRemembered(inner, parts, run.range));
      expect(peopleInState(run.model, state)).toBe(3);
      for (const other of others) other.close();
      await working;
    },
    30_000,
  );
});
