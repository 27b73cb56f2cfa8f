/** Runs that move from store to store as signed archives, and the item factors that leave a store: through the commands, on real runs. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { command as exportCommand } from "../../server/export-cli.ts";
import { command as factorsCommand } from "../../server/factors-cli.ts";
import { command as importCommand } from "../../server/import-cli.ts";
import { createServer, importRun, memoryStore, openStore, type Server } from "../../server/index.ts";
import { readNpy } from "../../server/npy.ts";
import { runProgram } from "../../shared/command/program.node.ts";
import { defineRun } from "../../shared/define-run.ts";
import type { Run } from "../../shared/run.ts";
import { createMemoryPair } from "../../shared/transport.ts";
import { privateRun } from "../support/private-terms.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-archive-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A command as an operator types it. */
async function cofactor(...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
  let said = "";
  const say = (text: string): void => void (said += text);
  const io = { out: say, err: say, isTerminal: false, signal: new AbortController().signal };
  const commands = Object.entries({ export: exportCommand, import: importCommand, factors: factorsCommand }).map(([name, command]) => {
    return { name, summary: name, load: async () => ({ command }) };
  });
  const program = { name: "cofactor", summary: "recommenders", version: "0", node: "22.18", commands };
  return { code: await runProgram(program, args, { io, nodeVersion: process.versions.node, debug: false }), said };
}

interface World {
  readonly folder: string;
  /** The path of the store's file. */
  readonly path: string;
  readonly passphraseFile: string;
  readonly run: Run;
}

async function serve(run: Run, url: string, items?: readonly string[]): Promise<Server> {
  const store = await openStore(url);
  try {
    const server = await createServer({ run, store, gatherMs: 10, ...(items === undefined ? {} : { items }) });
    cleanups.push(() => server.close());
    return server;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** So many rounds with two devices each; those behind `answered` are left open. */
async function train(server: Server, rounds: number, answered = rounds): Promise<void> {
  const clients = await Promise.all(
    [0, 1].map(async () => {
      const [near, far] = createMemoryPair();
      server.accept(far);
      return ScriptedClient.join(async () => near, server.run.terms.id);
    }),
  );
  const contribution = floatBytes(new Float64Array(server.run.contributionSize).fill(0.01));
  const start = server.model.round;
  for (let round = start + 1; round <= start + rounds; round++) {
    await Promise.all(clients.map((client) => client.invitation(round)));
    if (round > start + answered) break;
    await Promise.all(clients.map((client) => client.answer(round, contribution)));
    await clients[0]!.until(() => clients[0]!.published.length === round - start);
  }
}

/** A store with two published rounds and a third that is open. */
async function trained(run: Run, items?: readonly string[]): Promise<World> {
  const folder = temporaryFolder();
  const path = join(folder, "run.sqlite");
  const server = await serve(run, path, items);
  await train(server, 3, 2);
  await server.close();
  const passphraseFile = join(folder, "passphrase");
  writeFileSync(passphraseFile, "correct horse battery staple\n");
  return { folder, path, passphraseFile, run };
}

const privateTerms = { rounds: 12, cohort: { size: 2, min: 2 } };

describe.each(["gaussian", "matrix"] as const)("a run that promises privacy by the mechanism %s", (mechanism) => {
  it("moves to another store with its key and goes on there: ledger, records, noise and models", async () => {
    const run = await privateRun({ mechanism }, privateTerms);
    const { folder, path, passphraseFile } = await trained(run);
    const archive = join(folder, "run.cofactor");
    const moved = join(folder, "moved.sqlite");
    const sealed = ["--with-identity", "--passphrase-file", passphraseFile];
    expect(await cofactor("export", "--store", path, "--out", archive, ...sealed)).toMatchObject({ code: 0 });
    expect(statSync(archive).mode & 0o077).toBe(0);
    const imported = await cofactor("import", archive, "--store", moved, ...sealed);
    expect(imported).toEqual({ code: 0, said: expect.stringContaining("published round 2") as string });

    const [before, after] = [await openStore(path), await openStore(moved)];
    const [old, now] = [(await before.contents(run.terms.id))!, (await after.contents(run.terms.id))!];
    // The round that was open is over, and used up.
    expect(now.records.slice(0, -1)).toEqual(old.records);
    expect(now.records.at(-1)).toMatchObject({ round: 3, outcome: "abandoned", invited: 2, accepted: 0 });
    expect(now.ledger.map(({ kind }) => kind)).toEqual(["began", "released", "began", "released", "began", "abandoned"]);
    expect(now.ledger.slice(0, -1)).toEqual(old.ledger);
    expect(now.models).toEqual(old.models);
    expect(now.open).toBeUndefined();
    await before.close();
    await after.close();

    const server = await serve(run, moved);
    expect(server.model.round).toBe(2);
    expect([...server.participations()]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(imported.said).toContain(server.publicKey);
    const next = new Promise<number>((resolve) => server.on("round", ({ round }) => resolve(round)));
    const clients = await Promise.all(
      [0, 1].map(async () => {
        const [near, far] = createMemoryPair();
        server.accept(far);
        return ScriptedClient.join(async () => near, run.terms.id);
      }),
    );
    await Promise.all(clients.map((client) => client.invitation(4)));
    await Promise.all(clients.map((client) => client.answer(4, floatBytes(new Float64Array(run.contributionSize)))));
    expect(await next).toBe(4);
  });

  it("shows no secret in an archive without its key, and is read but not served where that is imported", async () => {
    const run = await privateRun({ mechanism }, privateTerms);
    const { folder, path } = await trained(run);
    const archive = join(folder, "run.cofactor");
    await cofactor("export", run.terms.id, "--store", path, "--out", archive);
    const store = await openStore(path);
    const secrets = [(await store.loadRun(run.terms.id))!.identitySeed, (await store.latest(run.terms.id))!.noise];
    await store.close();
    const bytes = readFileSync(archive);
    expect(secrets[1] === undefined).toBe(mechanism === "gaussian");
    for (const secret of secrets.filter((one) => one !== undefined)) {
      for (const form of [Buffer.from(secret), Buffer.from(Buffer.from(secret).toString("base64url"))]) {
        expect(bytes.includes(form.subarray(0, 24))).toBe(false);
      }
    }
    const moved = join(folder, "moved.sqlite");
    expect(await cofactor("import", archive, "--store", moved)).toMatchObject({
      code: 0,
      said: expect.stringContaining("not served") as string,
    });
    await expect(serve(run, moved)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("without its key") as string,
    });
    const again = await cofactor("export", "--store", moved, "--out", join(folder, "again.cofactor"));
    expect(again.said).toContain("without its key");
    expect(again.code).not.toBe(0);
  });
});

describe("an archive", () => {
  it("is refused when anything in it was changed, cut off or put behind it", async () => {
    const { folder, path } = await trained(await privateRun({}, privateTerms));
    const archive = join(folder, "run.cofactor");
    await cofactor("export", "--store", path, "--out", archive);
    const bytes = new Uint8Array(readFileSync(archive));
    const changes = Array.from({ length: 60 }, (_, index) => Math.floor((index * bytes.length) / 60));
    for (const at of changes) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      const store = memoryStore();
      await expect(importRun(store, changed), `byte ${at}`).rejects.toMatchObject({ code: "DATA_INVALID" });
      expect(await store.runs()).toEqual([]);
    }
    for (const length of [0, 10, 19, 400, bytes.length - 1]) {
      await expect(importRun(memoryStore(), bytes.slice(0, length))).rejects.toMatchObject({ code: "DATA_INVALID" });
    }
    await expect(importRun(memoryStore(), Uint8Array.of(...bytes, 0))).rejects.toMatchObject({ code: "DATA_INVALID" });
  });

  it("is refused for a run that is there, under another key than the expected one, and without the right passphrase", async () => {
    const { folder, path, passphraseFile, run } = await trained(await privateRun({}, privateTerms));
    const archive = join(folder, "run.cofactor");
    const sealed = ["--with-identity", "--passphrase-file", passphraseFile];
    await cofactor("export", "--store", path, "--out", archive, ...sealed);
    expect((await cofactor("export", "--store", path, "--out", archive)).said).toContain("not written over");
    const bytes = new Uint8Array(readFileSync(archive));
    const store = memoryStore();
    await expect(importRun(store, bytes, { serverKey: "A".repeat(43) })).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(importRun(store, bytes, { passphrase: "wrong horse battery" })).rejects.toMatchObject({ code: "DECRYPT_FAILED" });
    expect(await store.runs()).toEqual([]);
    const { serverKey } = await importRun(store, bytes, { passphrase: "correct horse battery staple" });
    await expect(importRun(store, bytes)).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(await importRun(memoryStore(), bytes, { serverKey })).toEqual({ run: run.terms.id, serverKey, hasIdentity: false, round: 2 });
    const missing = await cofactor("export", "--store", join(folder, "nowhere.sqlite"), "--out", join(folder, "x"));
    expect(missing.said).toContain("there is no store");
    expect((await cofactor("export", "films-9", "--store", path, "--out", join(folder, "x"))).said).toContain(run.terms.id);
  });

  it("whose signed ledger does not bear out the promise is refused too", async () => {
    const { path, run } = await trained(await privateRun({}, privateTerms));
    const store = await openStore(path);
    const contents = (await store.contents(run.terms.id))!;
    const { identitySeed } = (await store.loadRun(run.terms.id))!;
    await store.close();
    const { encodeArchive } = await import("../../server/archive-format.ts");
    const { identityFromSeed } = await import("../../shared/crypto/identity.ts");
    const identity = identityFromSeed(identitySeed);
    const shorter = { ...contents, ledger: contents.ledger.slice(0, -1) };
    const bytes = encodeArchive(identity, run.terms.id, shorter, undefined);
    await expect(importRun(memoryStore(), bytes)).rejects.toMatchObject({ code: "LEDGER_CORRUPT" });
    const otherModel = {
      ...contents,
      models: contents.models.map((one, at) => (at === 0 ? { ...one, sha256: contents.models[1]!.sha256 } : one)),
    };
    const wrong = encodeArchive(identity, run.terms.id, otherModel, undefined);
    await expect(importRun(memoryStore(), wrong)).rejects.toMatchObject({ code: "DATA_INVALID" });
  });
});

describe("item factors", () => {
  const terms = { id: "films-1", items: 8, rounds: 12, cohort: { size: 2, min: 2 }, protection: { kind: "open" } } as const;

  it("leave as .npy with names beside it, and as JSON lines: the same numbers, those of the newest model", async () => {
    const run = defineRun({ ...terms, model: { kind: "fcf", rank: 3 } });
    const { folder, path } = await trained(run);
    const [npy, lines] = [join(folder, "items.npy"), join(folder, "items.jsonl")];
    expect((await cofactor("factors", "--store", path, "--out", npy)).said).toContain("8 items");
    expect(await cofactor("factors", "--store", path, "--out", lines)).toMatchObject({ code: 0 });
    const { count, values } = readNpy(readFileSync(npy), 8);
    expect(count).toBe(3);
    expect(readFileSync(join(folder, "items.ids.txt"), "utf8")).toBe("0\n1\n2\n3\n4\n5\n6\n7\n");
    const server = await serve(run, path);
    const vectors = run.model.itemVectors!(run.model.open(server.shared));
    const rows = readFileSync(lines, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; vector: number[] });
    for (const [item, { id, vector }] of rows.entries()) {
      expect(id).toBe(String(item));
      expect(vector).toEqual([...vectors.values.subarray(item * vectors.stride, item * vectors.stride + 3)]);
      expect([...values.subarray(3 * item, 3 * item + 3)]).toEqual(vector.map(Math.fround));
    }
    // The head's length makes the numbers begin at a multiple of 64. Source: NumPy's description of the format.
    expect((10 + readFileSync(npy).readUInt16LE(8)) % 64).toBe(0);
    expect((await cofactor("factors", "--store", path, "--out", "x.csv")).said).toContain(".jsonl");
  });

  it("carry the names of the items that are recommended, where items come and go", async () => {
    const run = defineRun({ ...terms, model: { kind: "fcf", rank: 2 }, catalogue: { minCount: 2 } });
    const { folder, path } = await trained(run, ["b", "a", '"quoted" ünicode']);
    const lines = join(folder, "items.jsonl");
    expect(await cofactor("factors", "--store", path, "--out", lines)).toMatchObject({ code: 0 });
    const names = readFileSync(lines, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(names.toSorted()).toEqual(['"quoted" ünicode', "a", "b"]);
    // A catalogue moves with its run.
    const archive = join(folder, "run.cofactor");
    await cofactor("export", "--store", path, "--out", archive);
    const moved = join(folder, "moved.sqlite");
    expect(await cofactor("import", archive, "--store", moved)).toMatchObject({ code: 0 });
    await cofactor("factors", "--store", moved, "--out", join(folder, "again.jsonl"));
    expect(readFileSync(join(folder, "again.jsonl"), "utf8")).toBe(readFileSync(lines, "utf8"));
  });
});
