/** A device whose run promises privacy, in front of an aggregator that lies: what it sends is bounded, and never more often than promised. */
import { afterEach, describe, expect, it } from "vitest";
import { type Client, type ClientOptions, type ClientStore, createClient, memoryStore } from "../../client/index.ts";
import type { PrivacyInput } from "../../shared/privacy/promise.ts";
import type { TermsInput } from "../../shared/terms.ts";
import { acceptOpen, leftRatings, next } from "../support/client-world.ts";
import { FakeServer } from "../support/fake-server.ts";
import { privateRun } from "../support/private-terms.ts";

const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

async function lying(privacy: Partial<PrivacyInput> = {}, terms: Partial<TermsInput> = {}): Promise<FakeServer> {
  const server = new FakeServer((await privateRun(privacy, terms)).terms);
  await server.publish(1, 0);
  return server;
}

/** A device that takes part until it is closed. */
async function takingPart(server: FakeServer, options: Partial<ClientOptions> = {}): Promise<Client> {
  const run = server.run.terms.id;
  const client = createClient({ connect: server.connect, run, ratings: leftRatings, accept: acceptOpen, retryMs: 5, ...options });
  clients.push(client);
  await client.join();
  client.participate().catch(() => undefined);
  return client;
}

/** Noise on the device: it bounds the contribution itself. */
const local: Partial<PrivacyInput> = { mechanism: "local-gaussian", clipNorm: undefined };

/** Asks for a round; settles once the answer is in. @returns whether it was contributed to, or why not */
async function ask(server: FakeServer, client: Client, round: number): Promise<string> {
  const contributed = next(client, "contributed");
  const { takesPart, reason } = await server.ask(round, server.newest);
  if (!takesPart) return reason ?? "";
  await contributed;
  return "contributed";
}

const digests = (server: FakeServer): Set<string> => new Set(server.taken.map(({ digest }) => digest));
/** Values of the last answer, under `open`. */
function sent(server: FakeServer): Float64Array {
  const { bytes } = server.taken.at(-1)!;
  return new Float64Array(bytes.slice().buffer);
}

describe("what leaves the device", () => {
  it("is within the promised bound where the aggregator adds the noise, and touches every item where the device does", async () => {
    const clipped = await lying({ clipNorm: 0.01 });
    await ask(clipped, await takingPart(clipped), 1);
    expect(Math.hypot(...sent(clipped))).toBeGreaterThan(0);
    expect(Math.hypot(...sent(clipped))).toBeLessThanOrEqual(0.01 * (1 + 1e-9));
    const noised = await lying({ ...local });
    await ask(noised, await takingPart(noised), 1);
    expect(sent(noised).length).toBe(clipped.run.contributionSize);
    expect(sent(noised).every((value) => value !== 0)).toBe(true);
  });

  it("is fresh noise in every round, and the same bytes when a round is asked for again", async () => {
    const server = await lying({ ...local });
    const client = await takingPart(server);
    expect([await ask(server, client, 1), await ask(server, client, 1), await ask(server, client, 1)]).toEqual(
      Array<string>(3).fill("contributed"),
    );
    expect(digests(server).size).toBe(1);
    await server.announce(1, server.newest, true);
    await ask(server, client, 2);
    expect(digests(server).size).toBe(2);
  });
});

describe("an aggregator that asks more often than it promised", () => {
  it("gets nothing for rounds too close together, with the off-by-one of the terms", async () => {
    const server = await lying({ participation: { kind: "min-separation", participations: 3, separation: 3 } });
    const client = await takingPart(server);
    const outcomes: string[] = [];
    for (const round of [1, 2, 3, 4, 6, 7, 8, 9, 10, 12]) outcomes.push(`${round} ${await ask(server, client, round)}`);
    expect(outcomes.filter((outcome) => outcome.endsWith("contributed"))).toEqual(["1 contributed", "4 contributed", "7 contributed"]);
    expect(outcomes.filter((outcome) => outcome.endsWith("BUDGET_EXHAUSTED")).length).toBe(7);
    expect(server.taken.map(({ round }) => round)).toEqual([1, 4, 7]);
  });

  it("gets nothing beyond the last round of the terms, and the app is told why", async () => {
    const server = await lying({}, { rounds: 2 });
    const client = await takingPart(server);
    const declined = next(client, "declined");
    expect(await ask(server, client, 3)).toBe("BUDGET_EXHAUSTED");
    expect((await declined).reason).toBe("BUDGET_EXHAUSTED: round 3 is none of the 2 rounds of the terms");
  });

  it("gets nothing more from a device that left and came back under a new name", async () => {
    const server = await lying({ participation: { kind: "single" } });
    const store = memoryStore();
    const client = await takingPart(server, { store });
    expect(await ask(server, client, 1)).toBe("contributed");
    const first = client.id;
    await client.leave();
    const again = await takingPart(server, { store });
    expect(again.id).not.toBe(first);
    expect(await ask(server, again, 2)).toBe("BUDGET_EXHAUSTED");
    expect(await again.spent()).toMatchObject({ epsilon: 4, delta: 1e-5, runs: [{ run: "films-1", reserved: [1] }] });
  });

  it("does not get a round back by saying that it was abandoned, or by losing the answer", async () => {
    const server = await lying({ participation: { kind: "single" } });
    const client = await takingPart(server);
    expect(await ask(server, client, 1)).toBe("contributed");
    await server.abandon(1);
    expect(await ask(server, client, 2)).toBe("BUDGET_EXHAUSTED");
    expect((await client.spent()).runs).toMatchObject([{ reserved: [1], included: [] }]);
  });
});

describe("a run whose last round is abandoned", () => {
  it("ends for its devices too, with no round that holds their contribution", async () => {
    const server = await lying({}, { rounds: 1 });
    const client = createClient({ connect: server.connect, run: "films-1", ratings: leftRatings, accept: acceptOpen, retryMs: 5 });
    clients.push(client);
    await client.join();
    const running = client.participate();
    expect(await ask(server, client, 1)).toBe("contributed");
    await server.abandon(1, true);
    expect(await running).toEqual({ rounds: 0, reason: "ended" });
    expect((await client.spent()).runs).toMatchObject([{ reserved: [1], included: [] }]);
  });
});

describe("an aggregator that was set back to an older state", () => {
  it("gets no second contribution for a round number that was used, whatever model it begins with", async () => {
    const server = await lying();
    const client = await takingPart(server);
    const first = server.newest;
    for (const round of [1, 2, 3]) {
      expect(await ask(server, client, round)).toBe("contributed");
      await server.announce(round, await server.publish(10 + round, round), true);
    }
    server.newest = first;
    for (const round of [1, 2, 3]) expect(await ask(server, client, round)).not.toBe("contributed");
    expect(digests(server).size).toBe(3);
    expect(await client.spent()).toMatchObject({ epsilon: 4, runs: [{ reserved: [1, 2, 3], included: [1, 2, 3] }] });
  });

  it("gets none from a device that was restarted meanwhile either", async () => {
    const server = await lying();
    const store = memoryStore();
    const client = await takingPart(server, { store });
    await ask(server, client, 1);
    await server.announce(1, server.newest, true);
    client.close();
    const again = await takingPart(server, { store });
    expect(await ask(server, again, 1)).not.toBe("contributed");
    expect(digests(server).size).toBe(1);
  });
});

describe("a device that dies between reserving a round and sealing it", () => {
  it("has lost the round: it is charged, and nothing is computed for it again", async () => {
    const server = await lying({ ...local, participation: { kind: "unrestricted", participations: 2 } });
    const inner = memoryStore();
    const store: ClientStore = {
      ...inner,
      set: async (key, bytes) => {
        if (key.endsWith("/participation")) throw new Error("killed");
        await inner.set(key, bytes);
      },
    };
    const doomed = await takingPart(server, { store });
    const failed = next(doomed, "failed");
    await server.ask(1, server.newest);
    await failed;
    doomed.close();
    expect(server.taken).toEqual([]);
    const again = await takingPart(server, { store: inner });
    expect((await again.spent()).runs).toMatchObject([{ reserved: [1] }]);
    expect(await ask(server, again, 1)).toMatch(/it is charged, and lost/);
    expect(server.taken).toEqual([]);
    expect(await ask(server, again, 2)).toBe("contributed");
    expect(await ask(server, again, 3)).toBe("BUDGET_EXHAUSTED");
  });
});

describe("a user's budget over all runs of a device", () => {
  it("lets the device join a further run, but not take part in it, and tells the server no more than that", async () => {
    const store = memoryStore();
    const accept = { ...acceptOpen, budget: { epsilon: 6, delta: 1e-4 } };
    const films = await lying();
    expect(await ask(films, await takingPart(films, { store, accept }), 1)).toBe("contributed");
    const wines = await lying({}, { id: "wines-1" });
    const client = await takingPart(wines, { store, accept });
    const declined = next(client, "declined");
    expect(await ask(wines, client, 1)).toBe("BUDGET_EXHAUSTED");
    expect((await declined).reason).toMatch(/would cost \(8, .*raise accept\.budget/);
    expect(wines.taken).toEqual([]);
    expect(client.recommend({ count: 1 }).length).toBe(1);
    const small = await lying({ epsilon: 2 }, { id: "books-1" });
    expect(await ask(small, await takingPart(small, { store, accept }), 1)).toBe("contributed");
    expect(await client.spent()).toMatchObject({ epsilon: 6, runs: [{ run: "films-1" }, { run: "books-1" }] });
  });
});
