/**
 * One aggregator on its own file, and its keyholder, are killed by SIGKILL at random moments and come back: no acknowledged contribution is lost or
 * counted twice, and every device ends with the published model.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../../server/index.ts";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { createIdentity, seedOf } from "../../shared/crypto/identity.ts";
import { publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import type { TermsInput } from "../../shared/terms.ts";
import { decodeModel } from "../../shared/wire/model-codec.ts";
import { countAll, roamingDevice } from "../support/cluster-devices.ts";
import { Member } from "../support/cluster-processes.ts";
import { countingRun } from "../support/counting-run.ts";
import { freePort } from "../support/free-port.ts";
import { testKey2048 } from "../support/paillier-keys.ts";
import { storm, tell, victimOf } from "../support/storm.ts";

const size = 7;
const devices = 6;
const isSlow = process.env["COFACTOR_SLOW"] !== undefined;
const seed = Number(process.env["COFACTOR_SEED"] ?? 20261201);
/** So many models are kept: a part of the run is as long, so that every model can be read behind it. */
const part = isSlow ? 8 : 5;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const holder = createIdentity(secureRng);
const protections: Readonly<Record<string, TermsInput["protection"]>> = {
  open: { kind: "open" },
  masks: { kind: "masks", corruption: 0, dropout: 0.3 },
  paillier: { kind: "paillier", holders: 1, publicKey: publicKeyText(testKey2048.publicKey), keyholders: [holder.id] },
};

describe("one aggregator under fire", () => {
  it.each(Object.keys(protections))("loses and doubles nothing: %s", async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), "cofactor-chaos-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    // Run after run on files of their own, since a file has one server: what it holds is read between two.
    const total = { published: 0, abandoned: 0, contributions: 0, lost: 0, double: 0, wrong: 0, acknowledged: 0, connections: 0 };
    const struck: Record<string, number> = {};
    const failures: string[] = [];
    const rounds = isSlow ? 50 : part;
    for (let left = rounds, at = 0; left > 0; left -= part, at++) {
      const terms: Partial<TermsInput> = {
        rounds: Math.min(part, left),
        cohort: { size: devices, min: devices - 1 },
        deadline: { stageMs: 10_000, graceMs: 5_000 },
        model: { kind: "fcf", rank: 1 },
        range: { maxAbs: 2, fractionBits: 16 },
        protection: protections[kind]!,
      };
      const run = countingRun(size, terms);
      const port = await freePort();
      const path = join(folder, `${at}.sqlite`);
      const order = { postgres: "", redis: "", counting: { size, terms } };
      const server = new Member({ ...order, role: "single", port, path });
      const members: [string, Member][] = [["server", server]];
      const urls = [`http://127.0.0.1:${port}`];
      if (kind === "paillier") {
        const seedText = toBase64url(seedOf(holder));
        members.push(["keyholder", new Member({ ...order, role: "keyholder", urls, seed: seedText, path: join(folder, `${at}.opened`) })]);
      }
      for (const [, member] of members) {
        cleanups.push(() => member.end());
        await member.start();
      }
      const thinking = createRng(seed + at);
      const think = (): number => (thinking.float() * 600) / run.protection.stages.length;
      let isOver = false;
      const all = Promise.all(Array.from({ length: devices }, (_, index) => roamingDevice(run, urls, size, index, think))).finally(() => {
        isOver = true;
      });
      const victims = members.map(([name, member]) => victimOf(name, member));
      const rng = createRng(seed + 100 + at);
      const strikes = await storm(victims, { rng, times: isSlow ? 1_000 : 4, calmMs: 1_500, downMs: 200, isOver: () => isOver });
      const logs = await all;
      for (const [, member] of members) await member.end();
      const store = sqliteStore(path);
      cleanups.push(() => store.close());
      const models = new Map<number, Float64Array>();
      for (const { round, outcome, sha256 } of await store.records("counting")) {
        if (outcome === "published") models.set(round, decodeModel((await store.model("counting", sha256))!, size, "float64"));
      }
      const count = await countAll(store, "counting", { models }, logs);
      const { sha256, advanced } = (await store.latest("counting"))!;
      expect(logs.map(({ lastModel }) => lastModel)).toEqual(new Array(devices).fill(sha256));
      expect(advanced).toBe(terms.rounds);
      for (const [name, value] of Object.entries(count)) total[name as keyof typeof total] += value;
      for (const [name, value] of Object.entries(strikes)) struck[name] = (struck[name] ?? 0) + value;
      for (const { acknowledged, connections } of logs) {
        total.acknowledged += acknowledged.size;
        total.connections += connections;
      }
      failures.push(...members.flatMap(([, member]) => member.failures));
    }
    tell({ protection: kind, seed, struck, ...total });
    expect({ lost: total.lost, double: total.double, wrong: total.wrong }).toEqual({ lost: 0, double: 0, wrong: 0 });
    expect(total.published).toBe(rounds);
    expect(Object.values(struck).reduce((sum, times) => sum + times, 0)).toBeGreaterThan(0);
    expect(failures.filter((code) => code !== "DECRYPT_FAILED")).toEqual([]);
  });
});
