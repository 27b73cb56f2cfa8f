/** What a device tells its own user, and shows of what it sends: ratings that change, reasons for scores, the sealed bytes. */
import { afterEach, describe, expect, it } from "vitest";
import { type Client, type ClientOptions, createClient, type Sent } from "../../client/index.ts";
import { memoryStore, type Store } from "../../server/index.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { acceptOpen, leftRatings, openTerms, rightRatings, startWorld, tapped, type World } from "../support/client-world.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function world(terms: object = {}, store: Store = memoryStore()): Promise<World> {
  const started = await startWorld("memory", { ...openTerms, ...terms }, { store });
  closers.push(() => started.close());
  return started;
}

function device({ connect }: Pick<World, "connect">, ratings: ClientOptions["ratings"]): Client {
  const client = createClient({ connect, run: openTerms.id, accept: acceptOpen, ratings });
  closers.push(() => client.close());
  return client;
}

describe("ratings that change", () => {
  it("are fitted on the spot, without a message, as by a device that had them from the start", async () => {
    const at = await world();
    const asked: string[] = [];
    const client = device({ connect: tapped(at.connect, (kind) => void asked.push(kind)) }, leftRatings);
    await client.join();
    const before = client.recommend({ includeRated: true });
    asked.length = 0;
    client.setRatings(rightRatings);
    const after = client.recommend({ includeRated: true });
    expect(asked).toEqual([]);
    const other = device(at, rightRatings);
    await other.join();
    expect(after).toEqual(other.recommend({ includeRated: true }));
    expect(after).not.toEqual(before);
    client.close();
    client.setRatings(leftRatings);
    expect(client.recommend({ includeRated: true })).toEqual(before);
    expect(asked).toEqual([]);
  });

  it("are what the next contribution is made from", async () => {
    const at = await world({ rounds: 1 });
    const [changed, plain] = [device(at, leftRatings), device(at, leftRatings)];
    const bytes: Uint8Array[] = [];
    for (const client of [changed, plain]) client.on("sent", (sent) => bytes.push(sent.bytes));
    changed.setRatings(rightRatings);
    await Promise.all([changed.participate(), plain.participate()]);
    expect(bytes).toHaveLength(2);
    expect(bytes[0]).not.toEqual(bytes[1]);
  });

  it("are taken whole or not at all", async () => {
    const client = device(await world(), leftRatings);
    await client.join();
    const before = client.recommend();
    expect(() =>
      client.setRatings([
        [3, 1],
        [3, 1],
      ]),
    ).toThrow(/entries 0 and 1/);
    expect(client.recommend()).toEqual(before);
    client.setRatings([]);
    expect(client.recommend({ count: 3 }).map(({ score }) => score)).toEqual([0, 0, 0]);
  });
});

describe("an explanation", () => {
  it("names each rating's share of a recommended score, the greatest first, and nothing is left", async () => {
    const client = device(await world(), leftRatings);
    expect(() => client.explain(3)).toThrow(/"explain" expected "join" before/);
    await client.join();
    for (const { item, score } of client.recommend({ count: 9 })) {
      const explanation = client.explain(item)!;
      expect(explanation).toMatchObject({ item, base: 0 });
      expect(explanation.score).toBeCloseTo(score, 12);
      const { shares } = explanation;
      expect(shares.map((one) => one.item).sort((a, b) => a - b)).toEqual(leftRatings.map(([rated]) => rated));
      expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(score, 12);
      expect([...shares].sort((a, b) => b.share - a.share)).toEqual(shares);
    }
    expect(() => client.explain(openTerms.items)).toThrow(RangeError);
  });

  it("of a predicted rating counts from what somebody without ratings would be told", async () => {
    const at = await world({ model: { kind: "als", rank: 2 }, ratings: { range: [1, 5], globalMean: 3.5 } });
    const client = device(at, [
      [1, 5],
      [4, 2],
    ]);
    const nobody = device(at, []);
    await Promise.all([client.join(), nobody.join()]);
    const explanation = client.explain(7)!;
    expect(explanation.base).toBeCloseTo(nobody.recommend({ count: 12 }).find(({ item }) => item === 7)!.score, 12);
    expect(explanation.score).toBeCloseTo(client.recommend({ count: 12 }).find(({ item }) => item === 7)!.score, 12);
  });

  it("is undefined for a model whose scores are no sum over ratings", async () => {
    const client = device(await world({ model: { kind: "bpr", rank: 2 } }), leftRatings);
    await client.join();
    expect(client.explain(3)).toBeUndefined();
  });
});

describe("what is sent", () => {
  it("is shown byte for byte as the aggregator stores it, stage by stage, in a copy", async () => {
    const stored: { readonly client: string; readonly stage: number; readonly digest: string; readonly bytes: Uint8Array }[] = [];
    const store = memoryStore();
    const recording: Store = {
      ...store,
      saveAnswer(run, round, answer) {
        stored.push({ ...answer, bytes: answer.bytes.slice() });
        return store.saveAnswer(run, round, answer);
      },
    };
    const at = await world({ rounds: 1, cohort: { size: 3, min: 3 }, protection: { kind: "masks", dropout: 0 } }, recording);
    const sent: Sent[] = [];
    const clients = [leftRatings, rightRatings, leftRatings].map((ratings) => {
      const client = createClient({ connect: at.connect, run: openTerms.id, ratings });
      closers.push(() => client.close());
      return client;
    });
    clients[0]!.on("sent", (one) => {
      sent.push({ ...one, bytes: one.bytes.slice() });
      // Whoever looks at the bytes changes nothing of what leaves.
      one.bytes.fill(0);
    });
    await Promise.all(clients.map((client) => client.participate()));
    expect(sent.map(({ name, isContribution }) => [name, isContribution])).toEqual([
      ["keys", false],
      ["shares", false],
      ["contribution", true],
      ["consistency", false],
      ["unmask", false],
    ]);
    for (const { stage, digest, bytes } of sent) {
      const there = stored.find((answer) => answer.client === clients[0]!.id && answer.stage === stage)!;
      expect(bytes).toEqual(there.bytes);
      expect([digest, await digestOf(bytes)]).toEqual([there.digest, there.digest]);
    }
  });
});
