/** The stores of a device against their suite, and what is particular to each. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IDBFactory } from "fake-indexeddb";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { fileStore } from "../../client/index.node.ts";
import { indexedDbStore, memoryStore } from "../../client/index.ts";
import { secureRng } from "../../shared/random.ts";
import { describeClientStore } from "./client-store.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-store-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllGlobals());
let files = 0;
const freshPath = (): string => join(folder, `${files++}.store`);

describeClientStore("memory", async () => {
  const store = memoryStore();
  return { isLasting: false, open: async () => store };
});

describeClientStore("file under a key", async () => {
  const [path, key] = [freshPath(), secureRng.bytes(32)];
  return { isLasting: true, open: () => fileStore({ path, key }) };
});

describeClientStore("file under a passphrase", async () => {
  const path = freshPath();
  return { isLasting: true, open: () => fileStore({ path, key: "correct horse battery" }) };
});

describeClientStore("IndexedDB", async () => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  return { isLasting: true, open: () => indexedDbStore() };
});

describe("the file store", () => {
  const secret = new TextEncoder().encode("own factors and the seed of an identity");

  it("holds nothing in clear, for nobody but its owner to read", async () => {
    const path = freshPath();
    const store = await fileStore({ path, key: secureRng.bytes(32) });
    await store.set("private", secret);
    const text = readFileSync(path, "latin1");
    expect(text).not.toContain(new TextDecoder().decode(secret));
    expect(text).not.toContain("private");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("refuses another key, a passphrase instead of a key, and changed bytes", async () => {
    const path = freshPath();
    const key = secureRng.bytes(32);
    const first = await fileStore({ path, key });
    await first.set("private", secret);
    await first.close();
    await expect(fileStore({ path, key: secureRng.bytes(32) })).rejects.toMatchObject({ code: "DECRYPT_FAILED" });
    await expect(fileStore({ path, key: "correct horse battery" })).rejects.toMatchObject({ code: "DECRYPT_FAILED" });
    const bytes = readFileSync(path);
    for (const at of [10, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      writeFileSync(path, changed);
      await expect(fileStore({ path, key })).rejects.toMatchObject({ code: "DECRYPT_FAILED" });
    }
  });

  it("refuses another file and one that was cut off", async () => {
    const path = freshPath();
    const key = secureRng.bytes(32);
    for (const bytes of [Buffer.from("item,value\n1,2\n"), Buffer.alloc(0), Buffer.from([1, 255, 255, 255, 255, 0])]) {
      writeFileSync(path, bytes);
      await expect(fileStore({ path, key })).rejects.toMatchObject({ code: "STORE_FAILED" });
    }
  });

  it("refuses a short key or passphrase before anything is kept", async () => {
    const path = freshPath();
    await expect(fileStore({ path, key: new Uint8Array(16) })).rejects.toThrow(RangeError);
    await expect(fileStore({ path, key: "short" })).rejects.toThrow(RangeError);
    expect(existsSync(path)).toBe(false);
  });

  it("says so when the folder is not there, and works again once it is", async () => {
    const missing = join(folder, "later");
    const store = await fileStore({ path: join(missing, "device.store"), key: secureRng.bytes(32) });
    await expect(store.set("a", Uint8Array.of(1))).rejects.toMatchObject({ code: "STORE_FAILED" });
    const { mkdirSync } = await import("node:fs");
    mkdirSync(missing);
    await store.set("b", Uint8Array.of(2));
    expect(await store.get("b")).toEqual(Uint8Array.of(2));
  });

  it("is not misled by the leavings of a process that was killed while it wrote", async () => {
    const path = freshPath();
    const key = secureRng.bytes(32);
    const first = await fileStore({ path, key });
    await first.set("a", Uint8Array.of(1));
    await first.close();
    writeFileSync(`${path}.tmp`, "half of a");
    // No process has number 2^30: the highest that systems give out is far below.
    writeFileSync(`${path}.lock`, `${2 ** 30} of a process that is gone`);
    const store = await fileStore({ path, key });
    expect(await store.get("a")).toEqual(Uint8Array.of(1));
    await store.set("a", Uint8Array.of(2));
    await store.close();
    const last = await fileStore({ path, key });
    expect(await last.get("a")).toEqual(Uint8Array.of(2));
    await last.close();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it("is one process's at a time: a second one is refused, also when it begins at the same moment", async () => {
    const path = freshPath();
    const key = secureRng.bytes(32);
    const opened = await Promise.allSettled(Array.from({ length: 8 }, () => fileStore({ path, key })));
    expect(opened.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of opened) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "STORE_FAILED" });
    writeFileSync(`${path}.lock`, `${process.ppid} of a process that is there`);
    await expect(fileStore({ path, key })).rejects.toThrow(/in use by process/);
  });
});

describe("the IndexedDB store", () => {
  it("says so where there is none, and after it was closed", async () => {
    vi.stubGlobal("indexedDB", undefined);
    await expect(indexedDbStore()).rejects.toMatchObject({ code: "STORE_FAILED" });
    vi.stubGlobal("indexedDB", new IDBFactory());
    const store = await indexedDbStore();
    await store.close();
    await expect(store.get("a")).rejects.toMatchObject({ code: "STORE_FAILED" });
  });

  it("keeps databases of other names apart", async () => {
    vi.stubGlobal("indexedDB", new IDBFactory());
    const [films, wines] = [await indexedDbStore("films"), await indexedDbStore("wines")];
    await films.set("a", Uint8Array.of(1));
    expect(await wines.get("a")).toBeUndefined();
  });
});
