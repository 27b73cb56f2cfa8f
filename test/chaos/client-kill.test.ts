/** A device's process is killed at every point of a contribution and started again: it sends the same bytes or none, and counts once. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Budget } from "../../client/budget.ts";
import { fileStore } from "../../client/index.node.ts";
import { createClient } from "../../client/index.ts";
import { createServer, memoryStore } from "../../server/index.ts";
import { acceptOpen, openTerms, rightRatings } from "../support/client-world.ts";
import { type DeviceOrder, deathPoints } from "../support/device-process.ts";
import { root } from "../support/source-tree.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** One answer is seven chunks long; two rounds at most are needed: one may be lost with the process. */
const terms = { ...openTerms, items: 50_000, rounds: 1, model: { kind: "fcf", rank: 4 } };

interface Sent {
  readonly digest: string;
  readonly round: number;
}

function start(order: DeviceOrder, sent: Sent[]): { readonly child: ChildProcess; readonly ended: Promise<string> } {
  const child = fork(join(root, "test", "support", "device-process.ts"), [JSON.stringify(order)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  child.on("message", (message) => sent.push(message as Sent));
  const ended = new Promise<string>((resolve) => child.once("exit", (code, signal) => resolve(signal ?? String(code))));
  return { child, ended };
}

/** The key of the store that `device-process` opens. */
const storeKey = new Uint8Array(32).fill(7);

describe("a device killed", () => {
  it.each(deathPoints.filter((point) => point !== "reserved"))(
    "with its contribution %s goes on after a restart and is counted once",
    async (dieAt) => {
      const folder = mkdtempSync(join(tmpdir(), "cofactor-kill-"));
      closers.push(() => rmSync(folder, { recursive: true }));
      const server = await createServer({ run: terms, store: memoryStore(), gatherMs: 50 });
      closers.push(() => server.close());
      const { url } = await server.listen({ port: 0 });
      const names = new Set<string>();
      server.on("joined", ({ client }) => names.add(client));
      const other = createClient({ url, run: terms.id, ratings: rightRatings, accept: acceptOpen, retryMs: 20 });
      closers.push(() => other.close());

      const sent: Sent[] = [];
      const order = { url, run: terms.id, path: join(folder, "device.store"), dieAt };
      const first = start(order, sent);
      // The other device holds the round open: it answers once the first process is gone.
      await other.join();
      const isDead = first.ended;
      const others = isDead.then(() => other.participate());
      expect(await isDead).toBe("SIGKILL");
      const second = start({ ...order, dieAt: undefined }, sent);
      closers.push(() => second.child.kill("SIGKILL"));
      await others;
      await second.ended;

      expect(names.size).toBe(2);
      const published = (await server.records()).filter(({ outcome }) => outcome === "published");
      expect(published.map(({ accepted }) => accepted)).toEqual([2]);
      for (const round of new Set(sent.map((chunk) => chunk.round))) {
        expect(new Set(sent.filter((chunk) => chunk.round === round).map(({ digest }) => digest)).size, `round ${round}`).toBe(1);
      }
    },
  );

  it.each(deathPoints)(
    "with its contribution %s in a run that promises privacy has reserved every round that it sent for, and sent once",
    async (dieAt) => {
      const folder = mkdtempSync(join(tmpdir(), "cofactor-kill-"));
      closers.push(() => rmSync(folder, { recursive: true }));
      const promise = { mechanism: "local-gaussian", epsilon: 4, delta: 1e-5 };
      const server = await createServer({ run: { ...terms, rounds: 4, privacy: promise }, store: memoryStore(), gatherMs: 50 });
      closers.push(() => server.close());
      const { url } = await server.listen({ port: 0 });
      const other = createClient({ url, run: terms.id, ratings: rightRatings, accept: acceptOpen, retryMs: 20 });
      closers.push(() => other.close());

      const sent: Sent[] = [];
      const path = join(folder, "device.store");
      const order = { url, run: terms.id, path, dieAt };
      const first = start(order, sent);
      await other.join();
      const others = first.ended.then(() => other.participate());
      expect(await first.ended).toBe("SIGKILL");
      const second = start({ ...order, dieAt: undefined }, sent);
      closers.push(() => second.child.kill("SIGKILL"));
      await second.ended;
      other.close();
      await others;

      const store = await fileStore({ path, key: storeKey });
      const spent = await new Budget(store).spent();
      await store.close();
      const rounds = [...new Set(sent.map(({ round }) => round))];
      expect(spent).toMatchObject({ epsilon: 4, delta: 1e-5, runs: [{ run: terms.id }] });
      for (const round of rounds) {
        expect(spent.runs[0]!.reserved).toContain(round);
        expect(new Set(sent.filter((chunk) => chunk.round === round).map(({ digest }) => digest)).size, `round ${round}`).toBe(1);
      }
      expect((await server.records()).some(({ outcome, accepted }) => outcome === "published" && accepted === 2)).toBe(true);
    },
  );
});
