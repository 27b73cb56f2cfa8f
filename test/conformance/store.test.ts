/** Every store against the suite of test/conformance/store.ts, and what SQLite's alone promises. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { memoryStore, sqliteStore } from "../../server/index.ts";
import { describeStore, type StorePlace } from "./store.ts";

function sqlitePlace(): StorePlace & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-store-"));
  const path = join(folder, "store.sqlite");
  return { path, open: () => sqliteStore(path), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

describeStore({ name: "memory", isDurable: false, createPlace: () => ({ open: memoryStore, remove: () => undefined }) });
describeStore({ name: "sqlite", isDurable: true, createPlace: sqlitePlace });

describe("sqlite store's file", () => {
  const run = { terms: "{}", identitySeed: new Uint8Array(32) };

  it("is refused when a newer version wrote it", () => {
    const at = sqlitePlace();
    at.open().close();
    const database = new DatabaseSync(at.path);
    database.exec("PRAGMA user_version = 999");
    database.close();
    expect(() => at.open()).toThrow(expect.objectContaining({ code: "STORE_FAILED", message: expect.stringContaining("999") as string }));
    at.remove();
  });

  it("is brought forward from every older version, with what it holds", () => {
    const at = sqlitePlace();
    const store = at.open();
    store.saveRun("films-1", run);
    store.close();
    const database = new DatabaseSync(at.path);
    database.exec(
      "DROP TABLE ledger; ALTER TABLE records DROP COLUMN quality; ALTER TABLE records DROP COLUMN contributors; DROP TABLE catalogues; DROP TABLE item_orders; DROP TABLE counted",
    );
    database.exec("PRAGMA user_version = 3");
    database.close();
    const again = at.open();
    expect(again.loadRun("films-1")!.terms).toBe("{}");
    const entry = { seq: 1, round: 1, kind: "began", clients: ["a"], previous: "", hash: "h" } as const;
    again.saveRound("films-1", { round: 1, stage: 0, cohort: ["a"] }, entry);
    expect(again.ledger("films-1")).toEqual([entry]);
    again.close();
    at.remove();
  });

  it("refuses statements that change or delete an entry of the ledger", () => {
    const at = sqlitePlace();
    const store = at.open();
    store.saveRun("films-1", run);
    const entry = { seq: 1, round: 1, kind: "began", clients: ["a"], previous: "", hash: "h" } as const;
    store.saveRound("films-1", { round: 1, stage: 0, cohort: ["a"] }, entry);
    store.close();
    const database = new DatabaseSync(at.path);
    expect(() => database.exec("UPDATE ledger SET clients = '[]'")).toThrow(/only grows/);
    expect(() => database.exec("DELETE FROM ledger")).toThrow(/only grows/);
    database.close();
    at.remove();
  });

  it("is refused when it is no store", () => {
    const at = sqlitePlace();
    writeFileSync(at.path, "These are ratings, not a data base. ".repeat(100));
    expect(() => at.open()).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
    at.remove();
  });

  it("is refused to a second server while the first one is using it", () => {
    const at = sqlitePlace();
    const store = at.open();
    expect(() => at.open()).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
    store.saveRun("films-1", run);
    store.close();
    const again = at.open();
    expect(again.loadRun("films-1")?.terms).toBe("{}");
    again.close();
    at.remove();
  });

  it("is readable by its owner alone: it holds the key that signs the terms", () => {
    const at = sqlitePlace();
    const store = at.open();
    store.saveRun("films-1", run);
    expect(statSync(at.path).mode & 0o077).toBe(0);
    expect(statSync(`${at.path}-wal`).mode & 0o077).toBe(0);
    store.close();
    at.remove();
  });

  it("says STORE_FAILED for a write that breaks its rules, and keeps nothing of it", () => {
    const at = sqlitePlace();
    const store = at.open();
    store.saveRun("films-1", run);
    const publication = { round: 1, advanced: 1, sha256: "m", model: Uint8Array.of(1), state: new Float64Array(0) };
    const record = { round: 1, outcome: "published", invited: 1, accepted: 1, dropped: 0, sha256: "m", reason: "" } as const;
    store.publish("films-1", publication, record);
    expect(() => store.publish("films-1", { ...publication, round: 2, sha256: "n" }, record)).toThrow(
      expect.objectContaining({ code: "STORE_FAILED" }),
    );
    expect(store.latest("films-1")!.sha256).toBe("m");
    expect(() => store.enrol("no such run", "a")).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
    store.close();
    expect(() => store.enrol("films-1", "a")).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
    at.remove();
  });
});
