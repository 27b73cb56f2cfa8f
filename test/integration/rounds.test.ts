/** Whole rounds against a real server, over memory and over sockets. */
import { afterEach, describe, expect, it } from "vitest";
import { createServer, memoryStore, type RoundReport, type Server, type ServerOptions } from "../../server/index.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";
import { maxPayloadBytes } from "../../shared/transport.ts";
import { applyDelta, decodeModel } from "../../shared/wire/model-codec.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";
import { transports } from "../support/transports.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: Partial<ServerOptions> & Pick<ServerOptions, "run">): Promise<Server> {
  const server = await createServer({ store: memoryStore(), gatherMs: 4_000, ...options });
  servers.push(server);
  return server;
}

function roundOf(server: Server, round: number): Promise<RoundReport> {
  return new Promise((resolve) => {
    const stop = server.on("round", (report) => {
      if (report.round !== round) return;
      stop();
      resolve(report);
    });
  });
}

describe.each(transports)("rounds over $name", ({ reach }) => {
  it("counts every device of the cohort exactly once a round, and ends after the rounds of the terms", async () => {
    const size = 4;
    const server = await start({ run: countingRun(size, { rounds: 3 }) });
    const connect = await reach(server);
    const clients = [0, 1, 2].map(async (index) => {
      const client = await ScriptedClient.join(connect, "counting");
      client.onAsk = (header) => void client.answer(header.round, floatBytes(contributionOf(size, index)));
      return client;
    });
    const joined = await Promise.all(clients);
    for (const client of joined) await client.until(() => client.published.at(-1)?.ended === true);
    expect([...server.shared]).toEqual([3, 3, 3, 0]);
    expect((await server.records()).map((record) => [record.round, record.outcome, record.accepted, record.dropped])).toEqual([
      [1, "published", 3, 0],
      [2, "published", 3, 0],
      [3, "published", 3, 0],
    ]);
    expect(joined[0]!.published.map((header) => [header.round, header.included, header.accepted])).toEqual([
      [1, true, 3],
      [2, true, 3],
      [3, true, 3],
    ]);
  });

  it("hands out a published model in pieces, whole or as a difference to one the device has", async () => {
    const size = 60_000;
    const server = await start({ run: countingRun(size, { rounds: 1, cohort: { size: 2, min: 2 } }) });
    const connect = await reach(server);
    const before = server.model;
    const clients = await Promise.all([0, 1].map(() => ScriptedClient.join(connect, "counting")));
    await Promise.all(
      clients.map(async (client, index) => {
        const { round } = await client.invitation();
        await client.answer(round, floatBytes(contributionOf(size, index)));
      }),
    );
    await clients[0]!.until(() => clients[0]!.published.length === 1);
    const pull = async (header: { sha256: string; base?: string }): Promise<{ encoding: unknown; bytes: Uint8Array }> => {
      const pieces: Uint8Array[] = [];
      let total = 1;
      let encoding: unknown;
      for (let offset = 0; offset < total; offset = pieces.reduce((sum, piece) => sum + piece.length, 0)) {
        const piece = await clients[0]!.say("pull", { ...header, offset });
        expect(piece.payload.length).toBeLessThanOrEqual(maxPayloadBytes);
        total = piece.header["total"] as number;
        encoding = piece.header["encoding"];
        pieces.push(piece.payload.slice());
      }
      return { encoding, bytes: new Uint8Array(Buffer.concat(pieces)) };
    };
    const full = await pull({ sha256: server.model.sha256 });
    expect(full.encoding).toBe("full");
    expect([...decodeModel(full.bytes, size, "float64").subarray(0, 3)]).toEqual([1, 1, 0]);
    const base = await pull({ sha256: before.sha256 });
    const delta = await pull({ sha256: server.model.sha256, base: before.sha256 });
    expect(delta.encoding).toBe("delta");
    expect(delta.bytes.length).toBeLessThan(full.bytes.length / 100);
    expect(await applyDelta(base.bytes, delta.bytes, "float64")).toEqual(full.bytes);
    await expect(clients[0]!.say("pull", { sha256: "A".repeat(43), offset: 0 })).rejects.toMatchObject({ code: "ROUND_STALE" });
  });

  it("goes on with an upload where a lost connection left it", async () => {
    const size = 100_000;
    const server = await start({
      run: countingRun(size, { rounds: 1, cohort: { size: 2, min: 2 }, deadline: { stageMs: 20_000, graceMs: 10_000 } }),
    });
    const connect = await reach(server);
    const identity = createIdentity(secureRng);
    const first = await ScriptedClient.join(connect, "counting", identity);
    const other = await ScriptedClient.join(connect, "counting");
    const { round } = await first.invitation();
    const bytes = floatBytes(contributionOf(size, 0));
    await first.answer(round, bytes.subarray(0, maxPayloadBytes), { total: bytes.length, digest: await digestOf(bytes) });
    first.channel.close();
    const again = await ScriptedClient.join(connect, "counting", identity);
    const invitation = await again.invitation(round);
    expect(invitation.received).toBe(maxPayloadBytes);
    expect((await again.answer(round, bytes, { offset: invitation.received })).status).toBe("accepted");
    await other.answer(round, floatBytes(contributionOf(size, 1)));
    await other.until(() => other.published.length === 1);
    expect([...server.shared.subarray(0, 3)]).toEqual([1, 1, 0]);
  });

  it("goes on without a device that is lost and does not come back within the grace", async () => {
    const server = await start({ run: countingRun(4, { rounds: 1, deadline: { stageMs: 60_000, graceMs: 20 } }) });
    const connect = await reach(server);
    const clients = await Promise.all([0, 1, 2].map(() => ScriptedClient.join(connect, "counting")));
    const done = roundOf(server, 1);
    await Promise.all(clients.map((client) => client.invitation()));
    clients[2]!.channel.close();
    for (const index of [0, 1]) await clients[index]!.answer(1, floatBytes(contributionOf(4, index)));
    expect(await done).toMatchObject({ outcome: "published", accepted: 2, dropped: 1 });
    expect([...server.shared]).toEqual([1, 1, 0, 0]);
  });

  it("goes on without a device that declines, and abandons a round with too few answers under a number of its own", async () => {
    const server = await start({ run: countingRun(4, { rounds: 1, cohort: { size: 2, min: 2 } }), gatherMs: 10 });
    const connect = await reach(server);
    const willing = await ScriptedClient.join(connect, "counting");
    const unwilling = new ScriptedClient(await connect(), "counting");
    unwilling.takesPart = false;
    for (const [index, client] of [willing, unwilling].entries()) {
      client.onAsk = (header) => {
        if (client.takesPart) void client.answer(header.round, floatBytes(contributionOf(4, index)));
      };
    }
    await unwilling.join();
    await willing.until(() => willing.abandoned.length === 1);
    expect(willing.abandoned[0]).toEqual({ round: 1, reason: "expected at least 2 answers, got 1" });
    unwilling.takesPart = true;
    await willing.until(() => willing.published.length === 1);
    const { round } = willing.published[0]!;
    expect(round).toBeGreaterThan(1);
    expect(willing.published[0]).toMatchObject({ included: true, ended: true, accepted: 2 });
    expect([...server.shared]).toEqual([1, 1, 0, 0]);
    expect((await server.records()).map((record) => record.outcome)).toEqual([...Array<string>(round - 1).fill("abandoned"), "published"]);
  });

  it("pauses while fewer clients are there than a cohort needs", async () => {
    const server = await start({ run: countingRun(4), gatherMs: 10 });
    const connect = await reach(server);
    const client = await ScriptedClient.join(connect, "counting");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.asked).toEqual([]);
    await ScriptedClient.join(connect, "counting");
    expect((await client.invitation()).round).toBe(1);
  });
});
