/** Every enrolment store against one suite. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type EnrolmentStore, memoryEnrolment, postgresEnrolment, postgresStore, sqliteEnrolment } from "../../server/index.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";
import { cuttingProxy } from "../support/cutting-proxy.ts";
import { missingPostgres, type PostgresCluster, startPostgres } from "../support/postgres.ts";

const run = "films-1";
const key = (): string => createIdentity(secureRng).id;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A place that may be opened again; `isShared` where another process may use it at the same time. */
interface Place {
  readonly isShared: boolean;
  open(): EnrolmentStore | Promise<EnrolmentStore>;
}

interface Kind {
  readonly name: string;
  /** What this machine lacks for it. */
  readonly missing?: string | undefined;
  create(): Place | Promise<Place>;
}

let postgres: Promise<PostgresCluster> | undefined;
afterAll(async () => (await postgres)?.stop());

const places: readonly Kind[] = [
  {
    name: "memory",
    create: () => {
      const store = memoryEnrolment();
      return { isShared: false, open: () => store };
    },
  },
  {
    name: "sqlite",
    create: () => {
      const folder = mkdtempSync(join(tmpdir(), "cofactor-enrolment-"));
      cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
      const path = join(folder, "store.enrolment");
      const open = (): EnrolmentStore => {
        const store = sqliteEnrolment(path);
        cleanups.unshift(() => void store.close());
        expect(statSync(path).mode & 0o777).toBe(0o600);
        return store;
      };
      return { isShared: true, open };
    },
  },
  {
    name: "postgres",
    missing: missingPostgres(),
    async create() {
      postgres ??= startPostgres();
      const url = await (await postgres).createDatabase();
      const open = async (): Promise<EnrolmentStore> => {
        const store = await postgresEnrolment(url);
        cleanups.unshift(() => store.close());
        return store;
      };
      return { isShared: true, open };
    },
  },
];

describe.each(places.filter(({ missing }) => missing === undefined))("the enrolment store $name", ({ create }) => {
  it("keeps standings by run, the last decision of all, in the order of decisions", async () => {
    const store = await (await create()).open();
    const [a, b, c] = [key(), key(), key()];
    expect(await store.standing(run, a)).toBeUndefined();
    expect(await store.propose(run, a, 1, 9)).toBe("pending");
    await store.decide(run, b, "revoked", 2);
    await store.decide(run, c, "approved", 3);
    await store.decide(run, a, "approved", 4);
    expect(await store.propose(run, b, 5, 9)).toBe("revoked");
    expect(await store.list(run)).toEqual([
      { client: b, standing: "revoked", atMs: 2 },
      { client: c, standing: "approved", atMs: 3 },
      { client: a, standing: "approved", atMs: 4 },
    ]);
    expect(await store.standing("films-2", a)).toBeUndefined();
    expect(await store.list("films-2")).toEqual([]);
  });

  it("lists so many pending keys at most, and has room again when one is decided", async () => {
    const store = await (await create()).open();
    const [a, b, c] = [key(), key(), key()];
    expect([await store.propose(run, a, 1, 2), await store.propose(run, b, 1, 2), await store.propose(run, c, 1, 2)]).toEqual([
      "pending",
      "pending",
      undefined,
    ]);
    expect(await store.standing(run, c)).toBeUndefined();
    expect(await store.propose(run, a, 1, 2)).toBe("pending");
    await store.decide(run, a, "revoked", 2);
    expect(await store.propose(run, c, 3, 2)).toBe("pending");
  });

  it("forgets a key that leaves, and never a revoked one", async () => {
    const store = await (await create()).open();
    const [a, b] = [key(), key()];
    await store.decide(run, a, "approved", 1);
    await store.decide(run, b, "revoked", 1);
    await store.forget(run, a);
    await store.forget(run, b);
    expect([await store.standing(run, a), await store.standing(run, b)]).toEqual([undefined, "revoked"]);
  });

  it("tells revocations once, those of keys that were revoked again too, and none that was taken back", async () => {
    const place = await create();
    const store = await place.open();
    const operator = place.isShared ? await place.open() : store;
    const [a, b] = [key(), key()];
    const first = await store.revokedSince(run, 0);
    await operator.decide(run, a, "revoked", 1);
    await operator.decide(run, b, "revoked", 2);
    await operator.decide(run, b, "approved", 3);
    const second = await store.revokedSince(run, first.seq);
    expect(second.clients).toEqual([a]);
    expect((await store.revokedSince(run, second.seq)).clients).toEqual([]);
    await operator.decide(run, a, "approved", 4);
    await operator.decide(run, a, "revoked", 5);
    expect((await store.revokedSince(run, second.seq)).clients).toEqual([a]);
  });

  it("has one key that signs invitations, whoever asks first", async () => {
    const place = await create();
    const [fresh, other] = [secureRng.bytes(32), secureRng.bytes(32)];
    expect(await (await place.open()).inviterSeed(fresh)).toEqual(fresh);
    expect(await (await place.open()).inviterSeed(other)).toEqual(fresh);
  });

  it("redeems an invitation for one key, in time, in its run, and approves that key with it", async () => {
    const store = await (await create()).open();
    const [a, b] = [key(), key()];
    await store.invite(run, ["first", "second", "late"], 100);
    expect(await store.redeem("films-2", "first", a, 1)).toBe(false);
    expect(await store.redeem(run, "never", a, 1)).toBe(false);
    expect(await store.standing(run, a)).toBeUndefined();
    expect([
      await store.redeem(run, "first", a, 1),
      await store.redeem(run, "first", b, 2),
      await store.redeem(run, "first", a, 3),
    ]).toEqual([true, false, true]);
    expect(await store.redeem(run, "late", b, 100)).toBe(false);
    expect([await store.standing(run, a), await store.standing(run, b)]).toEqual(["approved", undefined]);
    expect(await store.countInvitations(run, 50)).toEqual({ open: 2, redeemed: 1, expired: 0 });
    expect(await store.countInvitations(run, 100)).toEqual({ open: 0, redeemed: 1, expired: 2 });
  });

  it("gives one invitation to one of many keys that come at once", async () => {
    const place = await create();
    const stores = place.isShared ? [await place.open(), await place.open(), await place.open()] : [await place.open()];
    await stores[0]!.invite(run, ["only"], 100);
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, index) => stores[index % stores.length]!.redeem(run, "only", key(), 1)),
    );
    expect(outcomes.filter((isRedeemed) => isRedeemed).length).toBe(1);
  });

  it("keeps a revoked key revoked, also when it shows an invitation, which stays for another one", async () => {
    const store = await (await create()).open();
    const [a, b] = [key(), key()];
    await store.invite(run, ["first"], 100);
    await store.decide(run, a, "revoked", 1);
    expect([await store.redeem(run, "first", a, 2), await store.standing(run, a)]).toEqual([false, "revoked"]);
    expect(await store.redeem(run, "first", b, 3)).toBe(true);
  });

  it("is there after it was closed and opened again", async () => {
    const place = await create();
    const store = await place.open();
    const a = key();
    await store.invite(run, ["first"], 100);
    await store.redeem(run, "first", a, 1);
    if (!place.isShared) return;
    await store.close();
    const again = await place.open();
    expect([await again.standing(run, a), await again.redeem(run, "first", key(), 2)]).toEqual(["approved", false]);
  });

  it("gives all that it keeps of a run, and takes it in elsewhere: the same, once, and nothing of other runs", async () => {
    const [here, there] = [await (await create()).open(), await (await create()).open()];
    const [a, b, c] = [key(), key(), key()];
    expect(await here.contents(run)).toEqual({ inviterSeed: undefined, clients: [], invitations: [] });
    const seed = await here.inviterSeed(secureRng.bytes(32));
    await here.invite(run, ["A", "b", "C"], 100);
    await here.redeem(run, "b", a, 1);
    await here.decide(run, b, "revoked", 2);
    await here.propose(run, c, 3, 9);
    await here.decide("films-2", a, "revoked", 4);
    const contents = await here.contents(run);
    expect(contents).toEqual({
      inviterSeed: seed,
      clients: await here.list(run),
      invitations: [
        { hash: "A", expiresAtMs: 100 },
        { hash: "C", expiresAtMs: 100 },
        { hash: "b", expiresAtMs: 100, client: a },
      ],
    });
    expect(await there.restore(run, contents)).toBe(true);
    expect(await there.contents(run)).toEqual(contents);
    expect((await there.revokedSince(run, 0)).clients).toEqual([b]);
    expect(await there.standing("films-2", a)).toBeUndefined();
    expect([await there.redeem(run, "b", c, 5), await there.redeem(run, "A", c, 5)]).toEqual([false, true]);
    await expect(there.restore(run, contents)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(await there.standing(run, c)).toBe("approved");
  });

  it("takes in no invitation that another key signs, and every decision", async () => {
    const [here, there] = [await (await create()).open(), await (await create()).open()];
    const [a, b] = [key(), key()];
    await here.inviterSeed(secureRng.bytes(32));
    const own = await there.inviterSeed(secureRng.bytes(32));
    await here.invite(run, ["first", "second"], 100);
    await here.redeem(run, "first", a, 1);
    await here.decide(run, b, "revoked", 2);
    expect(await there.restore(run, await here.contents(run))).toBe(false);
    expect(await there.contents(run)).toEqual({ inviterSeed: own, clients: await here.list(run), invitations: [] });
  });

  it("tells of every revocation, in whatever order many of them become durable", async () => {
    const place = await create();
    const stores = place.isShared ? [await place.open(), await place.open(), await place.open()] : [await place.open()];
    const keys = Array.from({ length: 30 }, key);
    const told = new Set<string>();
    let isOver = false;
    let seq = 0;
    const look = async (): Promise<void> => {
      const found = await stores[0]!.revokedSince(run, seq);
      seq = found.seq;
      for (const client of found.clients) told.add(client);
    };
    const watch = (async () => {
      while (!isOver) {
        await look();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    await Promise.all(keys.map((client, index) => stores[index % stores.length]!.decide(run, client, "revoked", index)));
    isOver = true;
    await watch;
    await look();
    expect([...told].sort()).toEqual([...keys].sort());
  });
});

describe("an enrolment file", () => {
  it("is refused when a newer version wrote it, or when it is none, and given back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cofactor-enrolment-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const newer = join(folder, "newer");
    await sqliteEnrolment(newer).close();
    const database = new DatabaseSync(newer);
    database.exec("PRAGMA user_version = 999");
    database.close();
    const none = join(folder, "none");
    writeFileSync(none, "These are ratings, not a data base. ".repeat(100));
    const refused = expect.objectContaining({ code: "STORE_FAILED" }) as unknown;
    for (const path of [newer, none]) {
      expect(() => sqliteEnrolment(path)).toThrow(refused as Error);
      expect(openFiles(), path).not.toContain(path);
    }
  });
});

describe.skipIf(missingPostgres() !== undefined)("enrolment in a data base", () => {
  it("is refused when a newer version wrote it, and brought forward from an older one", async () => {
    postgres ??= startPostgres();
    const cluster = await postgres;
    const url = await cluster.createDatabase();
    await (await postgresStore(url)).close();
    const older = `DROP TABLE cofactor.inviter, cofactor.standings, cofactor.invitations; UPDATE cofactor.schema_version SET version = 3`;
    await cluster.query(url, older);
    const store = await postgresEnrolment(url);
    await store.decide(run, key(), "approved", 1);
    expect(await store.list(run)).toHaveLength(1);
    await store.close();
    await cluster.query(url, "UPDATE cofactor.schema_version SET version = 999");
    const refused = { code: "STORE_FAILED", message: expect.stringContaining("999") as string };
    await expect(postgresEnrolment(url)).rejects.toMatchObject(refused);
  });

  it("does once what a lost connection leaves in doubt", async () => {
    postgres ??= startPostgres();
    const url = new URL(await (await postgres).createDatabase());
    const proxy = await cuttingProxy(Number(url.port));
    url.port = String(proxy.port);
    const store = await postgresEnrolment(url.href);
    cleanups.push(
      () => proxy.close(),
      () => store.close(),
    );
    let cuts = 0;
    const cut = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      proxy.cutNext();
      const result = await work();
      expect(proxy.cuts).toBe((cuts += 1));
      return result;
    };
    const [a, b] = [key(), key()];
    const seed = secureRng.bytes(32);
    expect(await cut(() => store.inviterSeed(seed))).toEqual(seed);
    await cut(() => store.invite(run, ["first"], 100));
    expect(await cut(() => store.redeem(run, "first", a, 1))).toBe(true);
    expect(await cut(() => store.propose(run, b, 2, 1))).toBe("pending");
    await cut(() => store.decide(run, a, "revoked", 3));
    const contents = await cut(() => store.contents(run));
    expect(contents.clients.map(({ standing }) => standing)).toEqual(["pending", "revoked"]);
    await cut(() => store.forget(run, b));
    expect(await store.redeem(run, "first", b, 4)).toBe(false);
    expect(await cut(() => store.restore("films-2", contents))).toBe(true);
    expect(await store.contents("films-2")).toEqual(contents);
  });
});

/** Paths of the files that this process has open. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return [readlinkSync(join("/proc/self/fd", name))];
    } catch {
      return [];
    }
  });
}
