/** The operator's view of a cluster: a console at every coordinator, whoever leads; counts of all gateways; orders under the driver's epoch; metrics. */
import { afterEach, describe, expect, it } from "vitest";
import { socketConnector } from "../../client/socket.ts";
import type { ServerEvents } from "../../server/index.ts";
import { CofactorError } from "../../shared/errors.ts";
import type { Connector } from "../../shared/transport.ts";
import { ScriptedConsole, token } from "../support/console-world.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { type MemoryCluster, type MemoryClusterOptions, startMemoryCluster } from "../support/memory-cluster.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const size = 7;
const devices = 6;
const patience = { timeout: 60_000 };
const page = new Map([["index.html", new TextEncoder().encode("<!doctype html><title>console</title>")]]);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** What a gateway is asked to hand over, it does not, while this is true. */
let withholds = false;
const withholding = (url: string): Connector => {
  const connect = socketConnector(url);
  return async () => {
    const channel = await connect();
    const serve = channel.serve.bind(channel);
    channel.serve = (handle) =>
      serve((kind, packet) => {
        if (kind === "part" && withholds) throw new CofactorError("INTERNAL", "withheld by the test");
        return handle(kind, packet);
      });
    return channel;
  };
};

interface World extends MemoryCluster {
  /** Indexes of the coordinators. */
  readonly leader: number;
  readonly other: number;
}

async function start(options: Partial<MemoryClusterOptions> = {}): Promise<World> {
  const run = countingRun(size, { rounds: 5, cohort: { size: devices, min: devices }, deadline: { stageMs: 60_000, graceMs: 20_000 } });
  const names = ["one", "two", "three"];
  const cluster = await startMemoryCluster(run, {
    gateways: 3,
    coordinators: 2,
    server: { consoleToken: token, consoleFiles: page },
    gateway: (index) => ({ consoleToken: token, tallyMs: 50, name: names[index], ...(index === 2 ? { connect: withholding } : {}) }),
    ...options,
  });
  cleanups.push(() => cluster.close());
  await cluster.ready();
  const leader = cluster.coordinators.findIndex(({ server }) => server !== undefined);
  return { ...cluster, leader, other: 1 - leader };
}

async function watch(url: string): Promise<ScriptedConsole> {
  const console = new ScriptedConsole(url, { token, name: "Ada" });
  cleanups.push(() => console.close());
  expect(await console.opened()).toBe("open");
  return console;
}

function join({ connectTo }: MemoryCluster): Promise<ScriptedClient[]> {
  return Promise.all(Array.from({ length: devices }, (_, index) => ScriptedClient.join(connectTo(index % 3), "counting")));
}

const bytes = (index: number): Uint8Array => floatBytes(contributionOf(size, index));
const authorized = { headers: { authorization: `Bearer ${token}` } };
const metricsOf = async (url: string): Promise<string> => (await fetch(`${url}/metrics`, authorized)).text();

describe("a cluster's console", () => {
  it("shows the run at the one that leads, and at the other who that is: its address, and no token", async () => {
    const { coordinators, leader, other } = await start();
    const [leading, standing] = [coordinators[leader]!, coordinators[other]!];
    for (const { url } of coordinators) {
      const answer = await fetch(`${url}/console/`);
      expect([answer.status, await answer.text()]).toEqual([200, "<!doctype html><title>console</title>"]);
      expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect((await fetch(`${url}/status`)).status).toBe(401);
    }
    const [one, two] = [await watch(leading.url), await watch(standing.url)];
    await expect.poll(() => one.live?.gateways?.length, patience).toBe(3);
    await expect.poll(() => two.standby, patience).toEqual({ run: "counting", leader: leading.url, isTakingOver: false });
    expect([one.facts?.run, one.standby, two.facts, two.live]).toEqual(["counting", undefined, undefined, undefined]);
    expect(await (await fetch(`${standing.url}/status`, authorized)).json()).toEqual({
      role: "coordinator",
      phase: "standing by",
      run: "counting",
      leader: leading.url,
      isTakingOver: false,
    });
    for (const what of ["order", "report"] as const)
      expect(await two.ask(what, what === "order" ? "pause" : "json")).toMatchObject({
        ok: false,
        message: expect.stringMatching(/^UNAVAILABLE/),
      });
    expect(two.received.join("\n")).not.toContain(token);
    // The door of a stand-by is as narrow.
    const stranger = new ScriptedConsole(standing.url, { token: "not-the-operators-token" });
    cleanups.push(() => stranger.close());
    expect(await stranger.opened()).toBe("expected the operator's token");
    expect(await metricsOf(standing.url)).toContain('cofactor_refused_total{code="AUTH_FAILED"} 1');
  });

  it("counts over all gateways: who joined, answered and was refused, the bytes, and which part was lost", async () => {
    const cluster = await start();
    const { coordinators, leader, gateways } = cluster;
    const console = await watch(coordinators[leader]!.url);
    const clients = await join(cluster);
    for (const client of clients) await client.invitation(1);
    // Refused at three gateways, by two codes.
    for (const index of [0, 1, 1, 2]) await expect(clients[index]!.answer(9, bytes(index))).rejects.toMatchObject({ code: "ROUND_STALE" });
    for (const index of [0, 1])
      await expect(clients[index]!.answer(1, new Uint8Array(8))).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    for (const index of [0, 1, 2, 3]) await clients[index]!.answer(1, bytes(index));
    await expect
      .poll(() => console.live?.open, patience)
      .toMatchObject({
        round: 1,
        invited: devices,
        joined: devices,
        accepted: 4,
        dropped: 0,
        refused: { ROUND_STALE: 4, SHAPE_MISMATCH: 2 },
      });
    const live = console.live!;
    expect(live.refused).toMatchObject({ ROUND_STALE: 4, SHAPE_MISMATCH: 2 });
    expect(live.gateways!.map(({ name, clients: there, partsLost }) => [name, there, partsLost]).toSorted()).toEqual([
      ["one", 2, 0],
      ["three", 2, 0],
      ["two", 2, 0],
    ]);
    for (const { sinceMs } of live.gateways!) expect(Math.abs(sinceMs - Date.now())).toBeLessThan(3_600_000);
    expect([live.connected, live.connections]).toEqual([devices, devices + 3]);
    // What the devices sent and got is in the whole; the rest is between the servers.
    const own = clients.map(({ channel }) => channel.traffic);
    const sum = (name: "bytesSent" | "bytesReceived"): number => own.reduce((total, one) => total + one[name], 0);
    await expect.poll(() => console.live!.gateways!.reduce((total, one) => total + one.bytesReceived, 0), patience).toBe(sum("bytesSent"));
    expect(console.live!.gateways!.reduce((total, one) => total + one.bytesSent, 0)).toBe(sum("bytesReceived"));
    expect(console.live!.traffic.bytesReceived).toBeGreaterThan(sum("bytesSent"));

    for (const index of [4, 5]) await clients[index]!.answer(1, bytes(index));
    await expect.poll(() => console.rounds.at(-1), patience).toMatchObject({ round: 1, accepted: devices, dropped: 0 });
    // Eight bytes a value from six devices, and what was refused as too short for a vector.
    expect(console.rounds.at(-1)!.bytesUp).toBeGreaterThanOrEqual(8 * size * devices);
    expect(console.rounds.at(-1)!.bytesUp).toBeLessThanOrEqual(8 * size * devices + 16);
    const text = await metricsOf(coordinators[leader]!.url);
    for (const line of [
      "cofactor_gateways 3",
      "cofactor_leading 1",
      "cofactor_contributions_accepted_total 6",
      "cofactor_parts_lost_total 0",
    ])
      expect(text).toContain(`${line}\n`);
    expect(await gateways[0]!.metrics.text()).toContain("cofactor_linked 1\n");

    // What one of them does not hand over is read from the store, and nothing is missing.
    withholds = true;
    for (const [index, client] of clients.entries()) {
      await client.invitation(2);
      await client.answer(2, bytes(index));
    }
    await expect.poll(() => console.rounds.at(-1), patience).toMatchObject({ round: 2, accepted: devices });
    withholds = false;
    await expect
      .poll(() => console.live!.gateways!.map(({ name, partsLost }) => `${name} ${partsLost}`).toSorted(), patience)
      .toEqual(["one 0", "three 1", "two 0"]);
    expect(await metricsOf(coordinators[leader]!.url)).toContain("cofactor_parts_lost_total 1\n");
    expect(console.rounds.at(-1)!.bytesUp).toBe(8 * size * devices);

    const report = await console.ask("report", "html");
    expect(report.ok && report.text).toMatch(/<th scope="row" class="words">three<\/th><td>2<\/td>/);

    // A gateway that is gone has no connections, and what it counted stays in the sums.
    await gateways[0]!.close();
    await expect.poll(() => console.live!.gateways!.length, patience).toBe(2);
    expect(console.live!.refused).toMatchObject({ ROUND_STALE: 4, SHAPE_MISMATCH: 2 });
    expect(console.live!.traffic.bytesReceived).toBeGreaterThan(sum("bytesSent"));
  });

  it("goes on where it is open when leadership comes or goes, with the orders that were given before", async () => {
    const cluster = await start();
    const { coordinators, leader, other, gateways } = cluster;
    const [one, two] = [await watch(coordinators[leader]!.url), await watch(coordinators[other]!.url)];
    const clients = await join(cluster);
    for (const client of clients) await client.invitation(1);
    expect(await one.ask("order", "pause")).toEqual({ ok: true });
    for (const [index, client] of clients.slice(0, 3).entries()) await client.answer(1, bytes(index));
    await expect(clients[0]!.answer(9, bytes(0))).rejects.toMatchObject({ code: "ROUND_STALE" });
    await expect.poll(() => one.live?.refused["ROUND_STALE"], patience).toBe(1);

    await cluster.steal(leader);
    await expect.poll(() => coordinators[other]!.server !== undefined && gateways.every(({ isLinked }) => isLinked), patience).toBe(true);
    await expect.poll(() => one.standby?.leader, patience).toBe(coordinators[other]!.url);
    await expect.poll(() => two.live?.gateways?.length, patience).toBe(3);
    expect([one.facts, two.standby]).toEqual([undefined, undefined]);
    // The order holds, and what was refused under the former leader is counted, but is not the open round's.
    await expect
      .poll(() => two.live, patience)
      .toMatchObject({ standing: "paused", orders: [{ order: "pause", by: "Ada" }], refused: { ROUND_STALE: 1 } });
    await expect.poll(() => two.live?.open, patience).toMatchObject({ round: 1, accepted: 3, joined: devices, refused: {} });
    const text = await metricsOf(coordinators[leader]!.url);
    for (const line of ["cofactor_leading 0", "cofactor_gateways 0"]) expect(text).toContain(`${line}\n`);
    for (const [index, client] of clients.entries())
      client.onAsk = ({ round }) => void client.answer(round, bytes(index)).catch(() => undefined);
    await expect.poll(() => two.rounds.at(-1), patience).toMatchObject({ round: 1, accepted: devices });
    expect(await two.ask("order", "resume")).toEqual({ ok: true });
    await expect.poll(() => two.rounds.at(-1)?.round, patience).toBe(5);
  });

  it("refuses an order at a coordinator that was replaced without knowing it, says so, and keeps nothing of it", async () => {
    const cluster = await start();
    const { coordinators, leader, store } = cluster;
    const node = coordinators[leader]!;
    const console = await watch(node.url);
    await expect.poll(() => console.live?.standing, patience).toBe("running");
    const failures: ServerEvents["failed"][] = [];
    node.on("failed", (event) => failures.push(event));
    // Another one drives, as after a failover that this one has not noticed.
    await store.takeOver("counting");
    const replaced = node.server!;
    const reply = await console.ask("order", "end");
    expect(reply).toMatchObject({ ok: false, message: expect.stringMatching(/^FENCED: this run is driven by another server now/) });
    expect(await store.orders.given("counting")).toEqual([]);
    // It knows now, and drives no more.
    await expect.poll(() => replaced.hasFailed && failures.length, patience).toBe(1);
    expect(failures[0]!.error).toMatchObject({ code: "FENCED" });
    await cluster.ready();
    const now = coordinators.find(({ server }) => server !== undefined)!;
    expect(now.server).not.toBe(replaced);
    await expect.poll(async () => (await watch(now.url)).ask("order", "pause"), patience).toEqual({ ok: true });
    expect((await store.orders.given("counting")).map(({ order }) => order)).toEqual(["pause"]);
    expect(await metricsOf(node.url)).toContain('cofactor_failures_total{code="FENCED"} 1');
  });
});
