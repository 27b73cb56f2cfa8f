/**
 * Real clients in masked rounds over real sockets, of which some end, lose their connection or are restarted at each stage. A published round is
 * an exact one: with one mask left in it, the sum would lie beyond what the devices may send, and the round would fail.
 */
import { afterEach, describe, expect, it } from "vitest";
import { type Client, type ClientOptions, createClient, memoryStore as deviceStore, socketConnector } from "../../client/index.ts";
import { createServer, memoryStore, type Server } from "../../server/index.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { maskedStages, stageOf } from "../../shared/protections/masked-round.ts";
import type { Connector } from "../../shared/transport.ts";
import { leftRatings, openTerms, tapped } from "../support/client-world.ts";

const people = 7;
const terms = {
  ...openTerms,
  items: 40,
  rounds: 1,
  cohort: { size: people, min: 3 },
  deadline: { stageMs: 15_000, graceMs: 400 },
  protection: { kind: "masks", corruption: 0, dropout: 0.3 },
};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(changes: object = {}): Promise<{ readonly server: Server; readonly url: string; readonly ended: Promise<unknown> }> {
  const server = await createServer({ run: { ...terms, ...changes }, store: memoryStore(), gatherMs: 2_000 });
  closers.push(() => server.close());
  const ended = new Promise((resolve) => server.on("round", resolve));
  return { server, url: (await server.listen({ port: 0 })).url, ended };
}

function person(url: string, connect: (inner: Connector) => Connector = (inner) => inner, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    connect: connect(socketConnector(url)),
    run: terms.id,
    ratings: leftRatings,
    accept: {},
    primitives: nodePrimitives,
    retryMs: 20,
    ...options,
  });
  closers.push(() => client.close());
  return client;
}

/** Does something once, right before a device's answer to a stage leaves. */
function whenAnswering(stage: number, act: (close: () => void) => void): (inner: Connector) => Connector {
  let isDone = false;
  return (inner) =>
    tapped(inner, (kind, { header }, channel) => {
      if (kind !== "answer" || header["stage"] !== stage || isDone) return;
      isDone = true;
      act(() => channel.close("lost by the test"));
    });
}

/** Lets devices take part; those that the test ends end in their own way. */
function takePart(clients: readonly Client[]): void {
  for (const client of clients) void client.participate({ rounds: 1 }).catch(() => undefined);
}

const stages = maskedStages.map((name, stage) => [name, stage] as const);

describe("real clients in a masked round over sockets", () => {
  it.each(stages)("make up for two of seven that end before their answer to %s", async (_, stage) => {
    const { server, url, ended } = await serve();
    const clients: Client[] = [];
    for (let index = 0; index < people; index++) {
      clients.push(person(url, index < 2 ? whenAnswering(stage, () => clients[index]!.close()) : undefined));
    }
    takePart(clients);
    await ended;
    const accepted = stage <= stageOf.contribution ? people - 2 : people;
    expect((await server.records()).map(({ outcome, accepted: count, reason }) => [outcome, count, reason])).toEqual([
      ["published", accepted, ""],
    ]);
  });

  it("make up for one lost at each of two stages", async () => {
    const { server, url, ended } = await serve();
    const clients: Client[] = [];
    for (let index = 0; index < people; index++) {
      const stage = [stageOf.shares, stageOf.consistency][index];
      clients.push(person(url, stage === undefined ? undefined : whenAnswering(stage, () => clients[index]!.close())));
    }
    takePart(clients);
    await ended;
    expect((await server.records()).map(({ outcome, accepted }) => [outcome, accepted])).toEqual([["published", people - 1]]);
  });

  it.each(stages)("go on when the connection is lost in the stage %s and comes back", async (_, stage) => {
    const { server, url, ended } = await serve({ deadline: { stageMs: 15_000, graceMs: 10_000 } });
    const clients = Array.from({ length: people }, (__, index) =>
      person(url, index < 2 ? whenAnswering(stage, (close) => close()) : undefined),
    );
    takePart(clients);
    await ended;
    expect((await server.records()).map(({ outcome, accepted }) => [outcome, accepted])).toEqual([["published", people]]);
  });

  it.each(stages)("lose one that is restarted in the stage %s, or take its kept answer: it counts once at most", async (_, stage) => {
    const { server, url, ended } = await serve();
    const store = deviceStore();
    const clients: Client[] = [];
    const declined: string[] = [];
    const restart = (close: () => void): void => {
      clients[0]!.close();
      close();
      const again = person(url, undefined, { store });
      again.on("declined", ({ reason }) => declined.push(reason));
      takePart([again]);
    };
    clients.push(person(url, whenAnswering(stage, restart), { store }));
    for (let index = 1; index < people; index++) clients.push(person(url));
    takePart(clients);
    await ended;
    // The answer that was being sent is kept and sent again; the secrets of later stages are gone.
    const accepted = stage < stageOf.contribution ? people - 1 : people;
    expect((await server.records()).map(({ outcome, accepted: count }) => [outcome, count])).toEqual([["published", accepted]]);
    if (stage < stageOf.unmask) expect(declined).toEqual(["this device was restarted within the round"]);
  });

  it("abandon a round in which too few are left, and publish nothing", async () => {
    const { server, url, ended } = await serve();
    const clients: Client[] = [];
    for (let index = 0; index < people; index++) {
      clients.push(person(url, index < 5 ? whenAnswering(stageOf.contribution, () => clients[index]!.close()) : undefined));
    }
    takePart(clients);
    await ended;
    expect((await server.records()).map(({ outcome }) => outcome)).toEqual(["abandoned"]);
  });
});
