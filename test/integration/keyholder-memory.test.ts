/** What a keyholder remembers of a lying aggregator: one list a round, one server, one set of terms, for ever; and what it does meanwhile. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { fileRecord, type KeyholderParts, type KeyholderRecord, memoryRecord } from "../../server/index.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";
import { type HostedKeyholder, hostKeyholder, LyingServer } from "../support/lying-server.ts";
import { contribute, type Sealed, sealedRun } from "../support/sealed-run.ts";

const holder = createIdentity(secureRng);
const stranger = createIdentity(secureRng);
const run = sealedRun([holder.id]);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let pair: readonly Sealed[];
let third: Sealed;
let otherRound: Sealed;
beforeAll(async () => {
  pair = [await contribute(run, 1, 1), await contribute(run, 1, 2)];
  third = await contribute(run, 1, 3);
  otherRound = await contribute(run, 2, 3);
});

const openScene = (
  over: "memory" | "socket",
  parts: Partial<KeyholderParts> = {},
  server = new LyingServer(run),
): Promise<HostedKeyholder> => hostKeyholder(over, server, holder, (close) => cleanups.push(close), parts);

describe.each(["memory", "socket"] as const)("a keyholder over %s", (over) => {
  it("opens one list a round, for ever: the same one gives the same, another one is REPLAYED, also after a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cofactor-keyholder-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "opened");
    const server = new LyingServer(run);
    const record = fileRecord(path);
    await openScene(over, { record }, server);
    const part = await server.open(1, pair);
    await expect(server.open(1, [pair[0]!, third])).rejects.toMatchObject({ code: "REPLAYED" });
    expect(await server.open(1, pair)).toEqual(part);
    expect(statSync(path).mode & 0o077).toBe(0);
    record.close();

    const again = fileRecord(path);
    cleanups.push(() => again.close());
    await openScene(over, { record: again }, server);
    await expect(server.open(1, [pair[0]!, third])).rejects.toMatchObject({ code: "REPLAYED" });
    expect(await server.open(1, pair)).toEqual(part);
    await expect(server.open(2, [otherRound, await contribute(run, 2, 5)])).resolves.toBeInstanceOf(Uint8Array);
  });

  it("records a list before it opens it, and opens none when it cannot record", async () => {
    const inner = memoryRecord();
    let opened = 0;
    const record: KeyholderRecord = {
      ...inner,
      record: () => {
        throw new Error("the disk is full");
      },
    };
    const createKeyholder = () => () => ({ combine: () => undefined, open: async () => new Uint8Array(++opened) });
    const { server } = await openScene(over, { record, createKeyholder });
    await expect(server.open(1, pair)).rejects.toMatchObject({ code: "INTERNAL" });
    expect(opened).toBe(0);
  });

  it("opens one of two lists that are sent at the same time", async () => {
    const { server } = await openScene(over);
    const outcomes = await Promise.allSettled([server.open(1, pair), server.open(1, [pair[0]!, third])]);
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeLessThanOrEqual(1);
  });

  it("answers others while it opens, and refuses another list until it is done", async () => {
    let finish: (() => void) | undefined;
    const createKeyholder = () => () => ({
      combine: () => undefined,
      open: () => new Promise<Uint8Array>((resolve) => (finish = () => resolve(Uint8Array.of(7)))),
    });
    const { server } = await openScene(over, { createKeyholder });
    const first = server.open(1, pair);
    await expect.poll(() => finish).toBeDefined();
    const second = [otherRound, await contribute(run, 2, 5)];
    await expect(server.open(2, second)).rejects.toMatchObject({ code: "ROUND_CLOSED", retryable: true });
    finish!();
    finish = undefined;
    expect(await first).toEqual(Uint8Array.of(7));
    const next = server.open(2, second);
    await expect.poll(() => finish).toBeDefined();
    finish!();
    expect(await next).toEqual(Uint8Array.of(7));
  });

  it("serves no other terms and no other server than at its first join", async () => {
    const record = memoryRecord();
    const { server } = await openScene(over, { record });
    const longer = new LyingServer(sealedRun([holder.id], { rounds: 2 }));
    longer.identity = server.identity;
    await expect(openScene(over, { record }, longer)).rejects.toMatchObject({ code: "TERMS_REFUSED" });
    await expect(openScene(over, { record }, new LyingServer(run))).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(openScene(over, { record }, server)).resolves.toBeDefined();
  });

  it("joins none whose terms are forged, do not name it, are another run's, or whose key is not the expected one", async () => {
    const forged = new LyingServer(run);
    forged.termsSigner = createIdentity(secureRng);
    await expect(openScene(over, {}, forged)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(openScene(over, {}, new LyingServer(sealedRun([stranger.id])))).rejects.toMatchObject({ code: "TERMS_REFUSED" });
    await expect(openScene(over, {}, new LyingServer(sealedRun([holder.id], { id: "another" })))).rejects.toMatchObject({
      code: "TERMS_REFUSED",
    });
    await expect(openScene(over, { serverKey: stranger.id })).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });
});
