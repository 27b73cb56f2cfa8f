/** The conversation between an aggregator and a keyholder: many chunks, little memory, and keyholders that answer badly. */
import { createHash, generateKeyPairSync, sign as signFast } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Contributor, contributorBytes, encodeContributors } from "../../../server/contributor-list.ts";
import type { Evidence } from "../../../server/evidence.ts";
import { KeyholderDesk } from "../../../server/keyholder-desk.ts";
import { exchange, type Statement } from "../../../server/keyholder-exchange.ts";
import { memoryRecord } from "../../../server/keyholder-record.ts";
import { toBase64url } from "../../../shared/crypto/encoding.ts";
import { createIdentity, sign, signedBytes } from "../../../shared/crypto/identity.ts";
import { secureRng } from "../../../shared/random.ts";
import type { Run } from "../../../shared/run.ts";
import { type Channel, createMemoryPair, type Header, maxPayloadBytes, noBytes } from "../../../shared/transport.ts";
import { answerBytes, openBytes } from "../../../shared/wire/signed.ts";
import { sealedRun } from "../../support/sealed-run.ts";

const server = createIdentity(secureRng);
const options = { signal: new AbortController().signal, onProgress: () => undefined };

/** Random contributions of `length` bytes, as evidence that counts what was read. */
function evidenceOf(
  run: Run,
  count: number,
  length: number,
): { readonly statement: Statement; readonly evidence: Evidence; readonly read: number[]; readonly all: Uint8Array[] } {
  const all = Array.from({ length: count }, (_, index) => new Uint8Array(length).fill(index + 1));
  const contributors = all.map((bytes): Contributor => {
    // By OpenSSL: thousands of devices in a moment.
    const device = generateKeyPairSync("ed25519");
    const digest = createHash("sha256").update(bytes).digest("base64url");
    const signature = signFast(null, signedBytes("answer", answerBytes(run.digest, 1, 0, digest)), device.privateKey).toString("base64url");
    return { client: String(device.publicKey.export({ format: "jwk" }).x), digest, signature };
  });
  const bytes = encodeContributors(contributors);
  const list = createHash("sha256").update(bytes).digest("base64url");
  const signature = toBase64url(sign(server, "open", openBytes(run.digest, 1, 0, list)));
  const read: number[] = [];
  const contribution = async (index: number): Promise<Uint8Array> => {
    read.push(index);
    return all[index]!;
  };
  return {
    statement: { round: 1, group: 0, contributors: count, bytes, list, signature },
    evidence: { contributors: async () => contributors, contribution },
    read,
    all,
  };
}

/** A desk whose sum is what it was given, and whose part is `part`. */
function deskOver(run: Run, taken: Uint8Array[], part: Uint8Array): Channel {
  const [near, far] = createMemoryPair();
  const desk = new KeyholderDesk({
    run,
    serverKey: server.id,
    createHalf: () => ({ combine: (bytes) => void taken.push(bytes.slice()), open: async () => part }),
    record: memoryRecord(),
    onEvent: () => undefined,
  });
  desk.serve(far);
  return near;
}

/** A run whose contributions may have so many bytes. */
function runOf(maxBytes: number, cohort = 3): Run {
  const run = sealedRun(["A".repeat(43)], { cohort: { size: cohort, min: 2 } });
  return { ...run, protection: { ...run.protection, maxAnswerBytes: () => maxBytes } };
}

describe("an exchange with a keyholder", () => {
  it("carries contributions and parts of many chunks, byte for byte, each contribution read once and in order", async () => {
    const run = runOf(1_000_000);
    const { statement, evidence, read, all } = evidenceOf(run, 3, 1_000_000);
    const taken: Uint8Array[] = [];
    const part = secureRng.bytes(60_000);
    const parts = new Uint8Array(3 * maxPayloadBytes + 1);
    parts.set(part, 2 * maxPayloadBytes);
    expect(Buffer.from(await exchange(deskOver(run, taken, parts), statement, evidence, options)).equals(Buffer.from(parts))).toBe(true);
    expect(read).toEqual([0, 1, 2]);
    expect(taken.map((bytes, index) => Buffer.from(bytes).equals(Buffer.from(all[index]!)))).toEqual([true, true, true]);
  });

  it("carries a list of many chunks", async () => {
    const count = maxPayloadBytes / contributorBytes + 5;
    const run = runOf(8, count);
    const { statement, evidence } = evidenceOf(run, count, 8);
    const taken: Uint8Array[] = [];
    expect(await exchange(deskOver(run, taken, Uint8Array.of(9)), statement, evidence, options)).toEqual(Uint8Array.of(9));
    expect(taken.length).toBe(count);
  });

  it("has at most four chunks under way, and reads no contribution before its turn", async () => {
    const run = runOf(8, 20);
    const { statement, evidence, read } = evidenceOf(run, 20, 8);
    const [near, far] = createMemoryPair();
    const held: (() => void)[] = [];
    far.serve((kind) => {
      if (kind === "open") return { header: { received: statement.bytes.length, next: 0 }, payload: noBytes };
      return new Promise((resolve) => held.push(() => resolve({ header: { received: 8 }, payload: noBytes })));
    });
    void exchange(near, statement, evidence, options).catch(() => undefined);
    await expect.poll(() => held.length).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([held.length, read.length]).toEqual([4, 4]);
    held.shift()!();
    await expect.poll(() => read.length).toBe(5);
    near.close();
  });

  it("ends with its signal, and with the keyholder's own refusal", async () => {
    const run = runOf(8);
    const { statement, evidence } = evidenceOf(run, 2, 8);
    const [near, far] = createMemoryPair();
    far.serve(() => new Promise(() => undefined));
    const controller = new AbortController();
    const asked = exchange(near, statement, evidence, { ...options, signal: controller.signal });
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: "CANCELLED" });
    const wrong = { ...statement, signature: "A".repeat(86) };
    await expect(exchange(deskOver(run, [], noBytes), wrong, evidence, options)).rejects.toMatchObject({
      code: "AUTH_FAILED",
      details: { remote: true },
    });
  });

  const bad: readonly { readonly name: string; readonly kind: string; readonly header: Header; readonly bytes?: number }[] = [
    { name: "counts no byte of the list", kind: "open", header: { received: 0, next: 0 } },
    { name: "counts more bytes than the list has", kind: "open", header: { received: 257, next: 0 } },
    { name: "wants a contribution that is not there", kind: "open", header: { received: 256, next: 3 } },
    { name: "answers a list with something else", kind: "open", header: { hello: 1 } },
    { name: "counts a contribution otherwise", kind: "contribution", header: { received: 7 } },
    { name: "hands out nothing", kind: "opened", header: { total: 4 } },
    { name: "hands out more than it said", kind: "opened", header: { total: 4 }, bytes: 5 },
    { name: "says that its part has no end", kind: "opened", header: { total: 2 ** 40 }, bytes: 4 },
    { name: "has a part of no length", kind: "opened", header: { total: 0 } },
  ];
  it.each(bad)("blames a keyholder that $name", async ({ kind, header, bytes = 0 }) => {
    const run = runOf(8);
    const { statement, evidence } = evidenceOf(run, 2, 8);
    const [near, far] = createMemoryPair();
    const honest: Record<string, Header> = { open: { received: 256, next: 0 }, contribution: { received: 8 }, opened: { total: 4 } };
    far.serve((asked) => ({ header: asked === kind ? header : honest[asked]!, payload: new Uint8Array(asked === kind ? bytes : 4) }));
    await expect(exchange(near, statement, evidence, options)).rejects.toMatchObject({ code: "DECRYPT_FAILED", details: {} });
  });
});
