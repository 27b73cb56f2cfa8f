/** Input that no honest device sends: a coded refusal on that connection alone, counted, and the round goes on unharmed. */
import { afterEach, describe, expect, it } from "vitest";
import { createServer, memoryStore, type Server } from "../../server/index.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import type { ErrorCode } from "../../shared/errors.ts";
import { secureRng } from "../../shared/random.ts";
import { type Connector, type Header, maxPayloadBytes } from "../../shared/transport.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { type AnswerChanges, floatBytes, ScriptedClient } from "../support/scripted-client.ts";
import { transports } from "../support/transports.ts";

const size = 4;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Scene {
  readonly server: Server;
  readonly connect: Connector;
  readonly hostile: ScriptedClient;
  readonly honest: readonly ScriptedClient[];
}

/** Three invited devices in round 1, one of which is about to misbehave. */
async function openScene(reach: (server: Server) => Promise<Connector>): Promise<Scene> {
  const server = await createServer({ run: countingRun(size, { rounds: 2 }), store: memoryStore(), gatherMs: 4_000 });
  servers.push(server);
  const connect = await reach(server);
  const clients = await Promise.all([0, 1, 2].map(() => ScriptedClient.join(connect, "counting")));
  await Promise.all(clients.map((client) => client.invitation(1)));
  return { server, connect, hostile: clients[2]!, honest: clients.slice(0, 2) };
}

/** The refusal came with its code, it was counted once, everybody is still connected, and the round ends with an exact sum. */
async function expectUnharmed({ server, hostile, honest }: Scene, code: ErrorCode, act: Promise<unknown>): Promise<void> {
  const others = Object.values(server.metrics.refused()).reduce((sum, count) => sum + count, 0);
  await expect(act).rejects.toMatchObject({ name: "CofactorError", code });
  expect(server.metrics.refused()).toEqual({ [code]: others + 1 });
  expect(await server.metrics.text()).toContain(`cofactor_refused_total{code="${code}"} ${others + 1}`);
  expect([hostile, ...honest].map((client) => client.channel.isOpen)).toEqual([true, true, true]);
  await finish({ honest, hostile });
  expect([...server.shared]).toEqual([1, 1, 1, 0]);
  expect(await server.records()).toMatchObject([{ round: 1, outcome: "published", accepted: 3, dropped: 0 }]);
}

async function finish({ honest, hostile }: Pick<Scene, "honest" | "hostile">): Promise<void> {
  const all = [...honest, hostile];
  await Promise.all(all.map((client, index) => client.answer(1, floatBytes(contributionOf(size, index)))));
  await Promise.all(all.map((client) => client.until(() => client.published.length === 1)));
  expect(all.map((client) => client.published[0]!.included)).toEqual([true, true, true]);
}

const good = floatBytes(contributionOf(size, 3));
const withEntry = (value: number): Uint8Array => floatBytes(Float64Array.of(0, value, 0, 0));
const noise = (length: number): Uint8Array => secureRng.bytes(length);

const badAnswers: readonly {
  readonly name: string;
  readonly code: ErrorCode;
  readonly bytes: Uint8Array;
  readonly changes?: AnswerChanges;
  readonly round?: number;
}[] = [
  { name: "NaN", code: "VALUE_NOT_FINITE", bytes: withEntry(Number.NaN) },
  { name: "Infinity", code: "VALUE_NOT_FINITE", bytes: withEntry(Number.POSITIVE_INFINITY) },
  { name: "fewer values than the model has", code: "SHAPE_MISMATCH", bytes: good.slice(0, 24) },
  { name: "a length that is no number of values", code: "SHAPE_MISMATCH", bytes: noise(13) },
  { name: "a round that has not begun", code: "ROUND_STALE", bytes: good, round: 2 },
  { name: "a stage that the protection has not", code: "ROUND_CLOSED", bytes: good, changes: { stage: 3 } },
  { name: "another device's signature", code: "AUTH_FAILED", bytes: good, changes: { signer: createIdentity(secureRng) } },
  { name: "a digest of other bytes", code: "MESSAGE_MALFORMED", bytes: good, changes: { digest: "A".repeat(43) } },
  { name: "more bytes than any answer has, refused by the header", code: "MESSAGE_TOO_LARGE", bytes: good, changes: { total: 2 ** 40 } },
  { name: "one value too many", code: "MESSAGE_TOO_LARGE", bytes: floatBytes(new Float64Array(size + 1)) },
  { name: "a chunk beyond what came before it", code: "MESSAGE_MALFORMED", bytes: good, changes: { offset: 8 } },
];

describe.each(transports)("a hostile device over $name", ({ reach }) => {
  it.each(badAnswers)("is refused with $code for $name", async ({ code, bytes, changes, round }) => {
    const scene = await openScene(reach);
    await expectUnharmed(scene, code, scene.hostile.answer(round ?? 1, bytes, changes));
  });

  it("is refused with REPLAYED for a second, other answer; the same one again is a duplicate and counts once", async () => {
    const scene = await openScene(reach);
    const own = floatBytes(contributionOf(size, 2));
    expect(await scene.hostile.answer(1, own)).toEqual({ received: own.length, status: "accepted" });
    expect(await scene.hostile.answer(1, own)).toEqual({ received: own.length, status: "duplicate" });
    await expect(scene.hostile.answer(1, good)).rejects.toMatchObject({ code: "REPLAYED" });
    expect(scene.server.metrics.refused()).toEqual({ REPLAYED: 1 });
    await Promise.all(scene.honest.map((client, index) => client.answer(1, floatBytes(contributionOf(size, index)))));
    await scene.hostile.until(() => scene.hostile.published.length === 1);
    expect([...scene.server.shared]).toEqual([1, 1, 1, 0]);
  });

  it("is refused with ROUND_CLOSED for the round that is over and with ROUND_STALE for an older one", async () => {
    const scene = await openScene(reach);
    await finish(scene);
    await expect(scene.hostile.answer(1, good)).rejects.toMatchObject({ code: "ROUND_STALE" });
    await scene.hostile.invitation(2);
    await Promise.all([...scene.honest, scene.hostile].map((client, index) => client.answer(2, floatBytes(contributionOf(size, index)))));
    await scene.hostile.until(() => scene.hostile.published.length === 2);
    await expect(scene.hostile.answer(2, good)).rejects.toMatchObject({ code: "ROUND_CLOSED" });
    await expect(scene.hostile.answer(1, good)).rejects.toMatchObject({ code: "ROUND_STALE" });
    expect([...scene.server.shared]).toEqual([2, 2, 2, 0]);
  });

  it("is refused with ROUND_CLOSED when it answers without having been asked", async () => {
    const scene = await openScene(reach);
    const stranger = await ScriptedClient.join(scene.connect, "counting");
    await expectUnharmed(scene, "ROUND_CLOSED", stranger.answer(1, good));
  });

  const key = "A".repeat(43);
  const badMessages: readonly { readonly name: string; readonly code: ErrorCode; readonly kind: string; readonly header: Header }[] = [
    { name: "a kind that is none", code: "MESSAGE_MALFORMED", kind: "drop table", header: {} },
    { name: "a kind that is a property of every object", code: "MESSAGE_MALFORMED", kind: "constructor", header: {} },
    {
      name: "a message that only servers send",
      code: "MESSAGE_MALFORMED",
      kind: "ask",
      header: { round: 1, stage: 0, model: { sha256: key, bytes: 1, round: 0 }, deadlineMs: 1, briefBytes: 0, received: 0 },
    },
    { name: "a header without its fields", code: "MESSAGE_MALFORMED", kind: "answer", header: {} },
    { name: "a header with a field too many", code: "MESSAGE_MALFORMED", kind: "pull", header: { sha256: key, offset: 0, more: 1 } },
    { name: "a negative offset", code: "MESSAGE_MALFORMED", kind: "pull", header: { sha256: key, offset: -1 } },
    { name: "an offset that is no integer", code: "MESSAGE_MALFORMED", kind: "pull", header: { sha256: key, offset: 0.5 } },
    { name: "an object for a number", code: "MESSAGE_MALFORMED", kind: "pull", header: { sha256: key, offset: { $gt: 0 } } },
    { name: "a model that never was", code: "ROUND_STALE", kind: "pull", header: { sha256: key, offset: 0 } },
    { name: "a second join", code: "AUTH_FAILED", kind: "join", header: { role: "client", publicKey: key, proof: "A".repeat(86) } },
  ];
  it.each(badMessages)("is refused with $code for $name", async ({ code, kind, header }) => {
    const scene = await openScene(reach);
    await expectUnharmed(scene, code, scene.hostile.say(kind, header, noise(64)));
  });

  it("is refused with AUTH_FAILED before it has joined, whatever it asks", async () => {
    const scene = await openScene(reach);
    const stranger = new ScriptedClient(await scene.connect(), "counting");
    await expect(stranger.answer(1, good)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(stranger.say("pull", { sha256: scene.server.model.sha256, offset: 0 })).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(stranger.say("leave", {})).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(scene.server.metrics.refused()).toEqual({ AUTH_FAILED: 3 });
    await finish(scene);
    expect([...scene.server.shared]).toEqual([1, 1, 1, 0]);
  });

  it("cannot join with another's key, another connection's challenge, the same challenge twice, or as a keyholder", async () => {
    const scene = await openScene(reach);
    const [first, second] = [new ScriptedClient(await scene.connect(), "counting"), new ScriptedClient(await scene.connect(), "counting")];
    const hello = await first.hello();
    const proof = await first.proofFor(hello);
    const join = (client: ScriptedClient, publicKey: string, signed: string, role = "client"): Promise<unknown> =>
      client.say("join", { role, publicKey, proof: signed });
    await second.hello();
    await expect(join(second, first.identity.id, proof)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(join(first, second.identity.id, proof)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(join(first, first.identity.id, proof)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(first.join("keyholder")).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(scene.server.metrics.refused()).toEqual({ AUTH_FAILED: 4 });
    await finish(scene);
  });

  it("is told when it speaks another protocol or asks for a run that is not there", async () => {
    const scene = await openScene(reach);
    const stranger = new ScriptedClient(await scene.connect(), "counting");
    await expect(stranger.say("hello", { protocol: 99, run: "counting" })).rejects.toMatchObject({ code: "PROTOCOL_UNSUPPORTED" });
    await expect(stranger.say("hello", { protocol: 1, run: "another" })).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });

  it("is cut off after fifty refusals, and nobody else is", async () => {
    const scene = await openScene(reach);
    const stranger = await ScriptedClient.join(scene.connect, "counting");
    let refused = 0;
    for (; refused < 60 && stranger.channel.isOpen; refused++) {
      await expect(stranger.say("nonsense", {})).rejects.toMatchObject({ name: "CofactorError" });
      if (refused >= 49) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(refused).toBe(50);
    await finish(scene);
    expect([...scene.server.shared]).toEqual([1, 1, 1, 0]);
  });

  it("survives random answers without a change to the sum", async () => {
    const scene = await openScene(reach);
    for (const length of [1, 7, 32, 33, 4_096]) {
      const bytes = noise(length);
      // A random number is finite most of the time: the last byte pair makes the first value a NaN.
      if (length === 32) bytes.fill(0xff, 0, 8);
      await expect(scene.hostile.answer(1, bytes, { digest: await digestOf(bytes) })).rejects.toMatchObject({ name: "CofactorError" });
    }
    await finish(scene);
    expect([...scene.server.shared]).toEqual([1, 1, 1, 0]);
  });

  it("cannot send a payload beyond the limit of the transport", async () => {
    const scene = await openScene(reach);
    await expect(scene.hostile.say("answer", {}, noise(maxPayloadBytes + 1))).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE" });
    await finish(scene);
  });
});

describe("a hostile device in one turn of the event loop", () => {
  it("may not have more than 32 requests in work at once: the others are refused and may be sent again", async () => {
    const scene = await openScene(transports[0]!.reach);
    const header = { sha256: scene.server.model.sha256, offset: 0 };
    const outcomes = await Promise.allSettled(Array.from({ length: 48 }, () => scene.hostile.say("pull", header)));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled").length).toBe(32);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "UPDATE_REJECTED", retryable: true });
    await finish(scene);
    expect([...scene.server.shared]).toEqual([1, 1, 1, 0]);
  });
});
