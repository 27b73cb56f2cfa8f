/** The PostgreSQL store against the suite of test/conformance/store.ts on a real server, and what it alone promises. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore, postgresStore, type Store } from "../../server/index.ts";
import { type CuttingProxy, cuttingProxy } from "../support/cutting-proxy.ts";
import { freePort } from "../support/free-port.ts";
import { missingPostgres, type PostgresCluster, startPostgres } from "../support/postgres.ts";
import { describeStore } from "./store.ts";
import type { StorePlace } from "./store-world.ts";

const missing = missingPostgres();

describe.skipIf(missing !== undefined)(`on a PostgreSQL server${missing === undefined ? "" : `, skipped: ${missing}`}`, () => {
  let cluster: PostgresCluster;
  let url: string;
  beforeAll(async () => {
    cluster = await startPostgres();
    url = await cluster.createDatabase();
  });
  afterAll(() => cluster?.stop());

  const clear = async (): Promise<void> => {
    await cluster.query(url, "DROP SCHEMA IF EXISTS cofactor CASCADE");
  };
  /** The first place is the schema of the common data base, cleared behind each test; a second one at a time is a data base of its own. */
  let isTaken = false;
  const createPlace = async (): Promise<StorePlace> => {
    if (isTaken) {
      const own = await cluster.createDatabase();
      return { open: () => openStore(own), remove: () => undefined };
    }
    isTaken = true;
    const remove = async (): Promise<void> => {
      isTaken = false;
      await clear();
    };
    return { open: () => openStore(url), remove };
  };
  describeStore({ name: "postgres", isDurable: true, createPlace });

  const run = "films-1";
  const stored = { terms: "{}", identitySeed: new Uint8Array(32).fill(7) };

  describe("postgres store's data base", () => {
    it("is made by one of several servers that start at once, and is there for all", async () => {
      const stores = await Promise.all(Array.from({ length: 4 }, () => postgresStore(url)));
      await stores[0]!.saveRun(run, stored);
      expect((await stores[3]!.loadRun(run))!.terms).toBe("{}");
      // Epochs ascend, whichever server takes over.
      const drivers = await Promise.all(stores.map((store) => store.takeOver(run)));
      expect(drivers.map(({ epoch }) => epoch).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
      for (const store of stores) await store.close();
      await clear();
    });

    it("is refused when a newer version wrote it", async () => {
      await (await postgresStore(url)).close();
      await cluster.query(url, "UPDATE cofactor.schema_version SET version = 999");
      const refused = { code: "STORE_FAILED", message: expect.stringContaining("999") as string };
      await expect(postgresStore(url)).rejects.toMatchObject(refused);
      await clear();
    });

    it("is brought forward from an older version, with what it holds", async () => {
      const store = await postgresStore(url);
      await store.saveRun(run, stored);
      await store.close();
      await cluster.query(
        url,
        "ALTER TABLE cofactor.records DROP COLUMN contributors; DROP TABLE cofactor.operator_orders, cofactor.inviter, cofactor.standings, cofactor.invitations; UPDATE cofactor.schema_version SET version = 1",
      );
      const again = await postgresStore(url);
      expect((await again.loadRun(run))!.terms).toBe("{}");
      const record = {
        round: 1,
        outcome: "abandoned",
        invited: 1,
        accepted: 0,
        dropped: 1,
        sha256: "",
        reason: "",
        contributors: ["a"],
      } as const;
      await again.abandon(await again.takeOver(run), record);
      expect(await again.records(run)).toEqual([record]);
      await again.close();
      await clear();
    });

    it("enrols no more clients than may be, whichever of several servers they come to at once", async () => {
      const stores = await Promise.all(Array.from({ length: 3 }, () => postgresStore(url)));
      await stores[0]!.saveRun(run, stored);
      const fates = await Promise.all(Array.from({ length: 30 }, (_, index) => stores[index % 3]!.enrol(run, `c${index}`, 10)));
      expect(fates.filter((fate) => fate === "new")).toHaveLength(10);
      expect(await cluster.query(url, "SELECT count(*)::integer AS n FROM cofactor.clients")).toEqual([{ n: 10 }]);
      for (const store of stores) await store.close();
      await clear();
    });

    it("refuses statements that change, delete or empty the ledger", async () => {
      const store = await postgresStore(url);
      await store.saveRun(run, stored);
      const entry = { seq: 1, round: 1, kind: "began", clients: ["a"], previous: "", hash: "h" } as const;
      await store.saveRound(await store.takeOver(run), { round: 1, stage: 0, cohort: ["a"] }, entry);
      await expect(cluster.query(url, "UPDATE cofactor.ledger SET clients = '[]'")).rejects.toThrow(/only grows/);
      await expect(cluster.query(url, "DELETE FROM cofactor.ledger")).rejects.toThrow(/only grows/);
      await expect(cluster.query(url, "TRUNCATE cofactor.ledger")).rejects.toThrow(/only grows/);
      expect(await store.ledger(run)).toEqual([entry]);
      await store.close();
      await clear();
    });

    it("says STORE_FAILED where it cannot be reached or is not let in, and no password", async () => {
      const secret = "hunter2";
      const away = `postgres://cofactor:${secret}@127.0.0.1:${await freePort()}/test`;
      const wrong = url.replace(/:[^:@/]+@/, `:${secret}@`);
      for (const bad of [away, wrong, `postgres://cofactor:${secret}@:::::/x`]) {
        const error: unknown = await postgresStore(bad, { patienceMs: 50 }).catch((refusal: unknown) => refusal);
        expect(error).toMatchObject({ name: "CofactorError" });
        const { message, stack, cause, details } = error as Error & { details: unknown };
        expect(JSON.stringify([message, stack, String(cause), (cause as Error | undefined)?.stack, details])).not.toContain(secret);
      }
      await expect(openStore("mysql://root:hunter2@host/x")).rejects.toThrow(/got mysql:$/);
    });

    it("keeps answers of many at once in their groups, each once", async () => {
      const store = await postgresStore(url);
      await store.saveRun(run, stored);
      const driver = await store.takeOver(run);
      const clients = Array.from({ length: 300 }, (_, index) => `c${String(index).padStart(3, "0")}`);
      await store.saveRound(driver, { round: 1, stage: 0, cohort: clients });
      const answerOf = (client: string) => ({
        stage: 0,
        client,
        digest: `d-${client}`,
        signature: "s",
        bytes: new Uint8Array(1_000).fill(1),
      });
      const before = await transactions();
      const fates = await Promise.all([...clients, ...clients].map((client) => store.saveAnswer(driver, 1, answerOf(client))));
      expect(fates).toEqual([...clients.map(() => "saved"), ...clients.map(() => "duplicate")]);
      expect((await store.answers(run, 1)).map(({ client }) => client)).toEqual(clients);
      // 600 answers, a few commits: others of the server are counted too.
      expect((await transactions()) - before).toBeLessThan(100);
      await store.close();
      await clear();
    });

    async function transactions(): Promise<number> {
      // Numbers are told by a server's processes a moment later.
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      const [row] = await cluster.query(url, "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()");
      return Number(row!["xact_commit"]);
    }
  });

  describe("a postgres store whose connection is lost after a commit, before it is told", () => {
    let proxy: CuttingProxy;
    let store: Store;
    beforeAll(async () => {
      proxy = await cuttingProxy(Number(new URL(url).port));
      const through = new URL(url);
      through.port = String(proxy.port);
      store = await postgresStore(through.href);
    });
    afterAll(async () => {
      await store?.close();
      await proxy?.close();
      await clear();
    });

    it("finds what it did, does it once, and says so", async () => {
      let cuts = 0;
      const cut = async <Result>(work: () => Promise<Result>): Promise<Result> => {
        proxy.cutNext();
        const result = await work();
        expect(proxy.cuts).toBe((cuts += 1));
        return result;
      };
      const chained = (seq: number, round: number, kind: "began" | "released" | "abandoned") =>
        ({ seq, round, kind, clients: ["a"], previous: `h${seq - 1}`, hash: `h${seq}` }) as const;
      const record = (round: number, outcome: "published" | "abandoned") =>
        ({ round, outcome, invited: 1, accepted: 1, dropped: 0, sha256: `m${round}`, reason: "" }) as const;
      const publication = { round: 1, advanced: 1, sha256: "m1", model: Uint8Array.of(1), state: Float64Array.of(1) };
      const answer = { stage: 0, client: "a", digest: "d", signature: "s", bytes: Uint8Array.of(1) };

      await cut(() => store.saveRun(run, stored));
      const driver = await cut(() => store.takeOver(run));
      // The epoch that nobody was told of is left out.
      expect(driver.epoch).toBe(2);
      expect(await cut(() => store.enrol(run, "a"))).toBe("new");
      expect(await store.enrol(run, "a")).toBe("known");
      await cut(() =>
        store.catalogue.order(run, [
          { kind: "add", id: "x" },
          { kind: "remove", id: "y" },
        ]),
      );
      expect((await store.catalogue.orders(run)).map(({ id }) => id)).toEqual(["x", "y"]);
      await cut(() => store.saveRound(driver, { round: 1, stage: 0, cohort: ["a"] }, chained(1, 1, "began")));
      expect(["saved", "duplicate"]).toContain(await cut(() => store.saveAnswer(driver, 1, answer)));
      expect(await store.answers(run, 1)).toHaveLength(1);
      await cut(() => store.publish(driver, publication, record(1, "published"), chained(2, 1, "released")));
      await cut(() => store.saveRound(driver, { round: 2, stage: 0, cohort: ["a"] }, chained(3, 2, "began")));
      await cut(() => store.abandon(driver, record(2, "abandoned"), chained(4, 2, "abandoned")));
      await cut(() => store.forget(run, "a"));
      expect((await store.ledger(run)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      expect(await store.records(run)).toEqual([record(1, "published"), record(2, "abandoned")]);
      expect(await store.countEnrolled(run)).toBe(0);
      // What another one did is not taken for its own: nothing was committed here, and nothing is cut.
      await expect(store.saveRun(run, { ...stored, terms: "[]" })).rejects.toMatchObject({ code: "STORE_FAILED" });
    });
  });
});
