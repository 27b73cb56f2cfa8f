/** Gateways and coordinators in one process: rounds over all of them, whoever leads, whoever is lost. */
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../client/index.node.ts";
import { connectSocket } from "../../server/connect.ts";
import { createServer } from "../../server/index.ts";
import { defineRun } from "../../shared/define-run.ts";
import type { Channel, Connector } from "../../shared/transport.ts";
import { decodeModel } from "../../shared/wire/model-codec.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { type MemoryCluster, type MemoryClusterOptions, startMemoryCluster } from "../support/memory-cluster.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const size = 7;
const devices = 6;
const rounds = 3;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(run: Parameters<typeof startMemoryCluster>[0], options: Partial<MemoryClusterOptions> = {}): Promise<MemoryCluster> {
  const cluster = await startMemoryCluster(run, { gateways: 3, coordinators: 2, ...options });
  cleanups.push(() => cluster.close());
  await cluster.ready();
  return cluster;
}

function counting(stageMs = 20_000): ReturnType<typeof countingRun> {
  return countingRun(size, { rounds, cohort: { size: devices, min: devices }, deadline: { stageMs, graceMs: 5_000 } });
}

/** Every published model holds each device's contribution exactly once for each round. */
async function expectExact({ store }: MemoryCluster): Promise<void> {
  const records = await store.records("counting");
  expect(records.map(({ round, outcome, accepted }) => [round, outcome, accepted])).toEqual(
    Array.from({ length: rounds }, (_, index) => [index + 1, "published", devices]),
  );
  for (const { round, sha256 } of records) {
    const values = decodeModel((await store.model("counting", sha256))!, size, "float64");
    expect([...values]).toEqual([...new Array<number>(devices).fill(round), 0]);
  }
}

describe("gateways and coordinators", () => {
  it("take part in rounds as one server: exact sums, and every device ends with the published model", async () => {
    const cluster = await start(counting());
    const clients = await Promise.all(
      Array.from({ length: devices }, async (_, index) => {
        const client = await ScriptedClient.join(cluster.connectTo(index % 3), "counting");
        client.onAsk = ({ round }) => void client.answer(round, floatBytes(contributionOf(size, index)));
        return client;
      }),
    );
    await Promise.all(clients.map((client) => client.until(() => client.published.at(-1)?.ended === true)));
    await expectExact(cluster);
    const last = (await cluster.store.latest("counting"))!;
    for (const client of clients) {
      expect(client.published.map(({ round, included }) => [round, included])).toEqual([1, 2, 3].map((round) => [round, true]));
      expect(client.published.at(-1)!.model.sha256).toBe(last.sha256);
    }
  });

  it("hand a round over to another coordinator when the leader ends in the middle of it", async () => {
    const cluster = await start(counting());
    const clients = await Promise.all(
      Array.from({ length: devices }, (_, index) => ScriptedClient.join(cluster.connectTo(index % 3), "counting")),
    );
    await clients[0]!.invitation(1);
    // Half of the answers come in under the first leader, half under the second.
    for (const [index, client] of clients.slice(0, 3).entries()) {
      await client.invitation(1);
      await client.answer(1, floatBytes(contributionOf(size, index)));
    }
    const leader = cluster.coordinators.findIndex(({ server }) => server !== undefined);
    const epoch = (await cluster.store.takeOver("counting")).epoch;
    await cluster.coordinators[leader]!.close();
    const other = cluster.coordinators[1 - leader]!;
    while (other.server === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    await cluster.ready();
    for (const [index, client] of clients.entries()) {
      client.onAsk = ({ round }) => {
        if (round > 1 || index >= 3) void client.answer(round, floatBytes(contributionOf(size, index)));
      };
    }
    await Promise.all(clients.map((client) => client.until(() => client.published.at(-1)?.ended === true)));
    await expectExact(cluster);
    expect((await cluster.store.takeOver("counting")).epoch).toBeGreaterThan(epoch + 1);
  });

  it("take an answer once that a device sends to two gateways, and read from the store what a lost gateway had added up", async () => {
    const cluster = await start(counting());
    const clients = await Promise.all(
      Array.from({ length: devices }, (_, index) => ScriptedClient.join(cluster.connectTo(index % 3), "counting")),
    );
    for (const client of clients) await client.invitation(1);
    const answer = (index: number, client: ScriptedClient) => client.answer(1, floatBytes(contributionOf(size, index)));
    expect(await answer(0, clients[0]!)).toMatchObject({ status: "accepted" });
    expect(await answer(3, clients[3]!)).toMatchObject({ status: "accepted" });
    // The same devices, over another gateway: one before and one after its first gateway is lost.
    const again = new ScriptedClient(await cluster.connectTo(1)(), "counting", clients[0]!.identity);
    await again.join();
    expect(await answer(0, again)).toMatchObject({ status: "duplicate" });
    // Another answer than the one that is kept elsewhere.
    await expect(again.answer(1, floatBytes(contributionOf(size, 5)))).rejects.toMatchObject({ code: "REPLAYED" });
    await cluster.gateways[0]!.close();
    const moved = new ScriptedClient(await cluster.connectTo(2)(), "counting", clients[3]!.identity);
    await moved.join();
    const all = [again, clients[1]!, clients[2]!, moved, clients[4]!, clients[5]!];
    for (const [index, client] of all.entries()) {
      client.onAsk = ({ round }) => {
        if (round > 1 || (index !== 0 && index !== 3)) void client.answer(round, floatBytes(contributionOf(size, index)));
      };
    }
    await Promise.all(all.map((client) => client.until(() => client.published.at(-1)?.ended === true)));
    await expectExact(cluster);
  });

  it("acknowledge nothing where a gateway has lost touch, and another coordinator leads", async () => {
    let isCut = false;
    const links: Channel[] = [];
    const connect =
      (url: string): Connector =>
      async () => {
        if (isCut) throw new Error("cut");
        const channel = await connectSocket(url)();
        links.push(channel);
        return channel;
      };
    // A leader that was replaced by nobody who lives learns of it with its next write, here at the deadline.
    const cluster = await start(counting(2_000), { gateway: (index) => (index === 0 ? { connect, patienceMs: 200 } : {}) });
    const clients = await Promise.all(
      Array.from({ length: devices }, (_, index) => ScriptedClient.join(cluster.connectTo(index % 3), "counting")),
    );
    for (const client of clients) await client.invitation(1);
    isCut = true;
    for (const link of links) link.close();
    // While the same coordinator leads, an answer is durable also without a link to it.
    expect(await clients[0]!.answer(1, floatBytes(contributionOf(size, 0)))).toMatchObject({ status: "accepted" });
    const { epoch } = await cluster.store.takeOver("counting");
    await expect(clients[3]!.answer(1, floatBytes(contributionOf(size, 3)))).rejects.toMatchObject({ code: "FENCED" });
    expect((await cluster.store.answerKeys("counting", 1)).map(({ client }) => client)).toEqual([clients[0]!.identity.id]);
    isCut = false;
    for (const [index, client] of clients.entries()) {
      const current = index % 3 === 0 ? new ScriptedClient(await cluster.connectTo(1)(), "counting", client.identity) : client;
      if (current !== client) {
        await current.join();
        client.channel.close();
      }
      clients[index] = current;
      current.onAsk = ({ round }) => void current.answer(round, floatBytes(contributionOf(size, index))).catch(() => undefined);
    }
    await Promise.all(clients.map((client) => client.until(() => client.published.at(-1)?.ended === true)));
    await expectExact(cluster);
    expect((await cluster.store.takeOver("counting")).epoch).toBeGreaterThan(epoch + 1);
  });

  it.each(["masks", "open"] as const)("publish under %s what one server publishes", async (protection) => {
    const run = defineRun({
      id: "films-1",
      items: 12,
      rounds: 2,
      cohort: { size: 5, min: 5 },
      deadline: { stageMs: 30_000, graceMs: 10_000 },
      model: { kind: "fcf", rank: 2 },
      protection: { kind: protection },
    });
    const firstModel = Float64Array.from({ length: run.sharedSize }, (_, at) => Math.sin(at + 1) / 4);
    const cluster = await start(run, { server: { firstModel } });
    const single = await createServer({ run, store: (await import("../../server/index.ts")).memoryStore(), gatherMs: 20, firstModel });
    cleanups.push(() => single.close());
    const { url } = await single.listen();
    const part = async (place: object, index: number) => {
      const ratings = [[index, 1] as const, [(index * 3 + 5) % 12, 1] as const];
      const client = createClient({ ...place, run: "films-1", ratings, accept: { protections: [protection] }, retryMs: 20 });
      cleanups.push(() => client.close());
      await client.participate();
      return client.model!.sha256;
    };
    const indexes = [0, 1, 2, 3, 4];
    const [clustered, alone] = await Promise.all([
      Promise.all(indexes.map((index) => part({ connect: cluster.connectTo(index % 3) }, index))),
      Promise.all(indexes.map((index) => part({ url }, index))),
    ]);
    expect(new Set(clustered).size).toBe(1);
    expect((await cluster.store.records("films-1")).map(({ outcome, accepted }) => [outcome, accepted])).toEqual([
      ["published", 5],
      ["published", 5],
    ]);
    const model = decodeModel((await cluster.store.model("films-1", clustered[0]!))!, run.sharedSize, run.terms.precision);
    const shared = single.shared;
    expect(alone).toEqual(new Array(5).fill(single.model.sha256));
    for (let at = 0; at < shared.length; at++) expect(model[at]).toBeCloseTo(shared[at]!, 6);
  });
});
