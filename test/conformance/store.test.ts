/** Every store against the suite of test/conformance/store.ts, and what SQLite's alone promises. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { memoryStore, type Store, sqliteStore } from "../../server/index.ts";
import { describeStore } from "./store.ts";

function sqlitePlace(): { readonly path: string; open(): Store; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-store-"));
  const path = join(folder, "store.sqlite");
  return { path, open: () => sqliteStore(path), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

describeStore({ name: "memory", isDurable: false, createPlace: () => ({ open: memoryStore, remove: () => undefined }) });
describeStore({ name: "sqlite", isDurable: true, createPlace: sqlitePlace });

describe("sqlite store's file", () => {
  const run = { terms: "{}", identitySeed: new Uint8Array(32) };

  it("is refused when a newer version wrote it", async () => {
    const at = sqlitePlace();
    await at.open().close();
    const database = new DatabaseSync(at.path);
    database.exec("PRAGMA user_version = 999");
    database.close();
    expect(() => at.open()).toThrow(expect.objectContaining({ code: "STORE_FAILED", message: expect.stringContaining("999") as string }));
    // It is given back: who opens it next finds nobody who holds it.
    const next = new DatabaseSync(at.path);
    next.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK");
    next.close();
    at.remove();
  });

  it("is brought forward from every older version, with what it holds", async () => {
    const at = sqlitePlace();
    const store = at.open();
    await store.saveRun("films-1", run);
    await store.close();
    const database = new DatabaseSync(at.path);
    database.exec(
      "DROP TABLE ledger; ALTER TABLE records DROP COLUMN quality; ALTER TABLE records DROP COLUMN contributors; DROP TABLE catalogues; DROP TABLE item_orders; DROP TABLE counted; DROP TABLE operator_orders; DROP TRIGGER client_is_counted; DROP TRIGGER client_is_uncounted; DROP TABLE enrolled; ALTER TABLE runs DROP COLUMN epoch; INSERT INTO clients VALUES ('films-1', 'a')",
    );
    database.exec("PRAGMA user_version = 3");
    database.close();
    const again = at.open();
    expect((await again.loadRun("films-1"))!.terms).toBe("{}");
    expect(await again.countEnrolled("films-1")).toBe(1);
    const entry = { seq: 1, round: 1, kind: "began", clients: ["a"], previous: "", hash: "h" } as const;
    await again.saveRound(await again.takeOver("films-1"), { round: 1, stage: 0, cohort: ["a"] }, entry);
    expect(await again.ledger("films-1")).toEqual([entry]);
    await again.close();
    at.remove();
  });

  it("refuses statements that change or delete an entry of the ledger", async () => {
    const at = sqlitePlace();
    const store = at.open();
    await store.saveRun("films-1", run);
    const entry = { seq: 1, round: 1, kind: "began", clients: ["a"], previous: "", hash: "h" } as const;
    await store.saveRound(await store.takeOver("films-1"), { round: 1, stage: 0, cohort: ["a"] }, entry);
    await store.close();
    const database = new DatabaseSync(at.path);
    expect(() => database.exec("UPDATE ledger SET clients = '[]'")).toThrow(/only grows/);
    expect(() => database.exec("DELETE FROM ledger")).toThrow(/only grows/);
    database.close();
    at.remove();
  });

  it("is refused when it is no store", async () => {
    const at = sqlitePlace();
    writeFileSync(at.path, "These are ratings, not a data base. ".repeat(100));
    expect(() => at.open()).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
    at.remove();
  });

  it("is refused to a second server while the first one is using it", async () => {
    const at = sqlitePlace();
    const store = at.open();
    expect(() => at.open()).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
    await store.saveRun("films-1", run);
    await store.close();
    const again = at.open();
    expect((await again.loadRun("films-1"))?.terms).toBe("{}");
    await again.close();
    at.remove();
  });

  it("is readable by its owner alone: it holds the key that signs the terms", async () => {
    const at = sqlitePlace();
    const store = at.open();
    await store.saveRun("films-1", run);
    expect(statSync(at.path).mode & 0o077).toBe(0);
    expect(statSync(`${at.path}-wal`).mode & 0o077).toBe(0);
    await store.close();
    at.remove();
  });

  it("says STORE_FAILED for a write that breaks its rules, and keeps nothing of it", async () => {
    const at = sqlitePlace();
    const store = at.open();
    await store.saveRun("films-1", run);
    const publication = { round: 1, advanced: 1, sha256: "m", model: Uint8Array.of(1), state: new Float64Array(0) };
    const record = { round: 1, outcome: "published", invited: 1, accepted: 1, dropped: 0, sha256: "m", reason: "" } as const;
    const driver = await store.takeOver("films-1");
    await store.publish(driver, publication, record);
    const twice = store.publish(driver, { ...publication, round: 2, sha256: "n" }, record);
    await expect(twice).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect((await store.latest("films-1"))!.sha256).toBe("m");
    await expect(store.enrol("no such run", "a")).rejects.toMatchObject({ code: "STORE_FAILED" });
    await store.close();
    await expect(store.enrol("films-1", "a")).rejects.toMatchObject({ code: "STORE_FAILED" });
    at.remove();
  });
});
