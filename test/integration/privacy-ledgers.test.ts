/** Runs that promise privacy, with a real aggregator and real devices: both ledgers agree, and an aggregator set back to an old backup gains nothing. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it } from "vitest";
import { type Client, type ClientStore, createClient, memoryStore as deviceStore } from "../../client/index.ts";
import { type RoundReport, type ServerOptions, sqliteStore } from "../../server/index.ts";
import type { PrivacyInput } from "../../shared/privacy/promise.ts";
import type { Connector } from "../../shared/transport.ts";
import { leftRatings, openTerms, rightRatings, startWorld, type TransportKind, tapped, type World } from "../support/client-world.ts";
import { privateRun, promised } from "../support/private-terms.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-privacy-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function open(transport: TransportKind, terms: object, options: Partial<ServerOptions> = {}): Promise<World> {
  const world = await startWorld(transport, terms, options);
  closers.push(() => world.close());
  return world;
}

function device(connect: Connector, ratings: readonly (readonly [number, number])[], store: ClientStore, protections = ["open"]): Client {
  const client = createClient({ connect, run: openTerms.id, ratings, accept: { protections, maxEpsilon: 4 }, store, retryMs: 5 });
  closers.push(() => client.close());
  return client;
}

const mechanisms: readonly (readonly [string, string, Partial<PrivacyInput>])[] = [
  ["gaussian", "open", {}],
  ["gaussian", "masks", {}],
  ["matrix", "masks", { mechanism: "matrix" }],
  ["distributed-gaussian", "masks", { mechanism: "distributed-gaussian" }],
  ["skellam", "masks", { mechanism: "skellam" }],
  ["local-gaussian", "open", { mechanism: "local-gaussian", clipNorm: undefined }],
];

describe.each<TransportKind>(["memory", "socket", "cluster"])("a run that promises privacy over %s", (transport) => {
  it.each(mechanisms)("by %s under %s goes to its end, and the ledgers of both sides agree", async (_name, protection, privacy) => {
    const terms = {
      ...openTerms,
      rounds: 3,
      cohort: { size: 3, min: 3 },
      protection: { kind: protection },
      privacy: { ...promised, ...privacy },
    };
    const { server, connect } = await open(transport, terms);
    const reports: RoundReport[] = [];
    server.on("round", (report) => reports.push(report));
    const clients = [leftRatings, rightRatings, leftRatings].map((ratings) => device(connect, ratings, deviceStore(), [protection]));
    await Promise.all(clients.map((client) => client.participate()));
    expect(reports.map(({ outcome, reason }) => `${outcome}${reason}`)).toEqual(["published", "published", "published"]);
    expect(reports.every(({ epsilon }) => epsilon !== undefined && epsilon.release! <= 4)).toBe(true);
    expect([...server.participations()]).toEqual(Array<number[]>(3).fill([1, 2, 3]));
    for (const client of clients) {
      const { epsilon, runs } = await client.spent();
      expect(epsilon).toBe(4);
      expect(runs).toMatchObject([{ run: openTerms.id, reserved: [1, 2, 3], included: [1, 2, 3] }]);
    }
    expect(server.shared.every(Number.isFinite)).toBe(true);
  });
});

describe("an aggregator that is started again from an old backup", () => {
  it("gets no second contribution of any device to any round, and goes on behind the newest one", async () => {
    const folder = temporaryFolder();
    const run = await privateRun({ mechanism: "local-gaussian", clipNorm: undefined }, { rounds: 8 });
    const path = join(folder, "run.sqlite");
    const backup = join(folder, "backup.sqlite");
    let world: World | undefined;
    /** By device and round: the digests of what it sent. */
    const sent = new Map<string, Set<unknown>>();
    const connectFor =
      (name: string): Connector =>
      (options) =>
        tapped(world!.connect, (kind, { header }) => {
          if (kind !== "answer") return;
          const key = `${name} ${String(header["round"])}`;
          sent.set(key, (sent.get(key) ?? new Set()).add(header["digest"]));
        })(options);
    const stores = [deviceStore(), deviceStore()];
    const declined: string[] = [];
    /** A server on the file, and both devices until each was in so many more rounds. */
    const go = async (rounds: number): Promise<number[]> => {
      world = await open("memory", run, { store: sqliteStore(path) });
      const clients = [leftRatings, rightRatings].map((ratings, index) => device(connectFor(`device ${index}`), ratings, stores[index]!));
      for (const client of clients) client.on("declined", ({ reason }) => declined.push(reason));
      await Promise.all(clients.map((client) => client.participate({ rounds })));
      for (const client of clients) client.close();
      const published = (await world.server.records()).filter(({ outcome }) => outcome === "published");
      await world.close();
      return published.map(({ round }) => round);
    };
    expect(await go(1)).toEqual([1]);
    copyFileSync(path, backup);
    const before = await go(2);
    expect(before.length).toBe(3);
    const newest = before.at(-1)!;
    copyFileSync(backup, path);
    for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
    declined.length = 0;
    const after = await go(1);
    expect(after.at(-1)).toBeGreaterThan(newest);
    expect(after.filter((round) => round > 1 && round <= newest)).toEqual([]);
    expect(declined.length).toBeGreaterThan(0);
    for (const [key, digests] of sent) expect(digests.size, key).toBe(1);
    const [first, second] = await Promise.all(stores.map((store) => device(connectFor("reader"), leftRatings, store).spent()));
    expect(first!.runs[0]!.reserved).toEqual(second!.runs[0]!.reserved);
    expect(new Set(first!.runs[0]!.reserved).size).toBe(first!.runs[0]!.reserved.length);
  });

  it("does not start when single entries of its ledger were changed or taken out of the file", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "run.sqlite");
    const run = await privateRun({}, { rounds: 2 });
    const world = await open("memory", run, { store: sqliteStore(path) });
    const clients = [leftRatings, rightRatings].map((ratings) => device(world.connect, ratings, deviceStore()));
    await Promise.all(clients.map((client) => client.participate()));
    await world.close();
    const original = join(folder, "original.sqlite");
    copyFileSync(path, original);
    for (const change of [
      "UPDATE ledger SET clients = '[]' WHERE seq = 2",
      "DELETE FROM ledger WHERE seq = 2",
      "DELETE FROM ledger WHERE seq > 2",
    ]) {
      copyFileSync(original, path);
      const database = new DatabaseSync(path);
      database.exec(`DROP TRIGGER ledger_is_not_changed; DROP TRIGGER ledger_is_not_cut; ${change}`);
      database.close();
      const store = sqliteStore(path);
      await expect(startWorld("memory", run, { store }), change).rejects.toMatchObject({ code: "LEDGER_CORRUPT" });
      await store.close();
    }
    copyFileSync(original, path);
    await (await startWorld("memory", run, { store: sqliteStore(path) })).close();
  });
});

describe("what an operator and a user are told", () => {
  it("is epsilon for both observers on the status page, and the promise in the terms that the device accepted", async () => {
    const { server, connect } = await open("socket", { ...openTerms, privacy: promised });
    const { url } = await server.listen();
    const clients = [leftRatings, rightRatings].map((ratings) => device(connect, ratings, deviceStore()));
    await Promise.all(clients.map((client) => client.participate()));
    const status = (await (await fetch(`${url}/status`)).json()) as { privacy: object };
    expect(status.privacy).toMatchObject({
      mechanism: "gaussian",
      epsilon: 4,
      delta: 1e-5,
      planned: { server: null, release: expect.closeTo(4, 2) as number },
      asRun: { participations: 2, rounds: 2 },
    });
    expect(JSON.stringify(status)).not.toContain(clients[0]!.id);
    expect(clients[0]!.terms!.privacy).toMatchObject({ epsilon: 4, participation: { kind: "unrestricted", participations: 2 } });
  });
});
