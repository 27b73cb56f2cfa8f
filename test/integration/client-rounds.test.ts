/** Devices against a real aggregator: the same cases in memory and over sockets. */
import { afterEach, describe, expect, it } from "vitest";
import { type Client, type ClientOptions, createClient, memoryStore } from "../../client/index.ts";
import { defineRun } from "../../shared/define-run.ts";
import { createRng } from "../../shared/random.ts";
import type { Channel } from "../../shared/transport.ts";
import { isMessageKind, parseRequest } from "../../shared/wire/messages.ts";
import {
  acceptOpen,
  leftRatings,
  next,
  openTerms,
  rightRatings,
  startWorld,
  type TransportKind,
  tapped,
  type World,
} from "../support/client-world.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function world(transport: TransportKind, terms: object = openTerms): Promise<World> {
  const started = await startWorld(transport, terms);
  closers.push(() => started.close());
  return started;
}

function device(at: World, options: Partial<ClientOptions> & Pick<ClientOptions, "ratings">): Client {
  const client = createClient({ connect: at.connect, run: openTerms.id, accept: acceptOpen, retryMs: 20, ...options });
  closers.push(() => client.close());
  return client;
}

/** An answer of seven chunks. */
const largeTerms = { ...openTerms, items: 50_000, model: { kind: "fcf", rank: 4 }, rounds: 1 };

describe.each(["memory", "socket", "cluster"] as const)("devices over %s", (transport) => {
  it("join, take part in two rounds, and recommend what a solve against the published items scores highest", async () => {
    const at = await world(transport);
    const left = device(at, { ratings: leftRatings });
    const right = device(at, { ratings: rightRatings });
    await Promise.all([left.join(), right.join()]);
    expect(left.state).toBe("joined");
    const results = await Promise.all([left.participate(), right.participate()]);
    expect(results.map(({ rounds }) => rounds)).toEqual([2, 2]);
    expect((await at.server.records()).map(({ outcome, accepted }) => [outcome, accepted])).toEqual([
      ["published", 2],
      ["published", 2],
    ]);

    const { model } = defineRun(openTerms);
    const opened = model.open(at.server.shared);
    const ratings = { items: Int32Array.from(leftRatings, ([item]) => item), values: Float64Array.from(leftRatings, ([, value]) => value) };
    const rng = createRng(1);
    const scores = new Float64Array(openTerms.items);
    model.score(opened, model.fit(opened, model.createPrivate(ratings, rng), ratings, rng), scores);
    const expected = [...scores.keys()]
      .filter((item) => !leftRatings.some(([rated]) => rated === item))
      .sort((a, b) => scores[b]! - scores[a]!);
    const recommended = left.recommend({ count: 4 });
    expect(recommended.map(({ item }) => item)).toEqual(expected.slice(0, 4));
    expect(recommended.map(({ score }) => score)).toEqual(expected.slice(0, 4).map((item) => scores[item]));
    expect(left.model).toEqual(at.server.model);
  });

  it("leave out what the app names, and give rated items only when asked to", async () => {
    const at = await world(transport);
    const cold = device(at, { ratings: leftRatings });
    await cold.join();
    const all = cold.recommend({ count: 100 });
    expect(all).toHaveLength(openTerms.items - leftRatings.length);
    expect(cold.recommend({ count: 100, exclude: [all[0]!.item] }).map(({ item }) => item)).toEqual(all.slice(1).map(({ item }) => item));
    expect(cold.recommend({ count: 100, includeRated: true })).toHaveLength(openTerms.items);
    expect(() => cold.recommend({ count: 1.5 })).toThrow(RangeError);
    expect(() => cold.recommend({ exclude: [openTerms.items] })).toThrow(RangeError);
  });

  it("recommend to someone who never takes part, and to someone without ratings", async () => {
    const at = await world(transport);
    await Promise.all([device(at, { ratings: leftRatings }).participate(), device(at, { ratings: rightRatings }).participate()]);
    const sent: string[] = [];
    const cold = device(at, { ratings: [[0, 1]], connect: tapped(at.connect, (kind) => void sent.push(kind)) });
    await cold.join();
    expect(cold.recommend({ count: 3 })).toHaveLength(3);
    expect(sent).not.toContain("answer");
    const blank = device(at, { ratings: [] });
    await blank.join();
    expect(blank.recommend({ count: 3 })).toHaveLength(3);
    expect((await cold.participate()).reason).toBe("ended");
  });

  it("take part only when the app says so: a device that has merely joined declines", async () => {
    const at = await world(transport);
    const sent: string[] = [];
    const bystander = device(at, { ratings: leftRatings, connect: tapped(at.connect, (kind) => void sent.push(kind)) });
    const declined = next(bystander, "declined");
    await bystander.join();
    void device(at, { ratings: rightRatings }).participate();
    expect((await declined).reason).toMatch(/does not take part/);
    expect(sent).not.toContain("answer");
  });

  it("take part in as many rounds as the app says and not in one more", async () => {
    const at = await world(transport, { ...openTerms, rounds: 3 });
    const digests: string[][] = [[], []];
    const clients = [leftRatings, rightRatings].map((ratings, index) => {
      const client = device(at, { ratings });
      client.on("contributed", ({ digest }) => digests[index]!.push(digest));
      return client;
    });
    for (const rounds of [1, 2]) {
      const results = await Promise.all(clients.map((client) => client.participate({ rounds })));
      expect(results).toEqual([
        { rounds, reason: "rounds" },
        { rounds, reason: "rounds" },
      ]);
      expect(digests.map((sent) => sent.length)).toEqual(rounds === 1 ? [1, 1] : [3, 3]);
    }
    const published = (await at.server.records()).filter(({ outcome }) => outcome === "published");
    expect(published.map(({ accepted }) => accepted)).toEqual([2, 2, 2]);
  });

  it("say nothing but the protocol's messages, bytes in answers alone", async () => {
    const at = await world(transport);
    const sent: { kind: string; bytes: number }[] = [];
    const listened = tapped(at.connect, (kind, { header, payload }) => {
      if (!isMessageKind(kind)) throw new Error("an unknown kind of message");
      // The schemas are strict: a field more than the protocol's fails here.
      parseRequest(kind, header);
      sent.push({ kind, bytes: payload.length });
    });
    await Promise.all([
      device(at, { ratings: leftRatings, connect: listened }).participate(),
      device(at, { ratings: rightRatings }).participate(),
    ]);
    expect(sent.filter(({ kind, bytes }) => kind !== "answer" && bytes > 0)).toEqual([]);
    expect(sent.filter(({ kind }) => kind === "answer").map(({ bytes }) => bytes)).toEqual([192, 192]);
  });

  it("go on from the last byte that arrived when the connection breaks in the middle of an upload", async () => {
    const at = await world(transport, largeTerms);
    const chunks: { connection: Channel; offset: number; digest: string; bytes: number }[] = [];
    let answered = 0;
    const flaky = tapped(
      at.connect,
      (kind, { header, payload }, connection) => {
        if (kind === "answer")
          chunks.push({ connection, offset: Number(header["offset"]), digest: String(header["digest"]), bytes: payload.length });
      },
      (kind, _packet, connection) => {
        if (kind === "answer" && ++answered === 2) connection.close("cable pulled");
      },
    );
    const left = device(at, { ratings: leftRatings, connect: flaky });
    const disconnected = next(left, "disconnected");
    const [result] = await Promise.all([left.participate(), device(at, { ratings: rightRatings }).participate()]);
    await disconnected;
    expect(result).toEqual({ rounds: 1, reason: "ended" });
    const [first, second] = [...new Set(chunks.map(({ connection }) => connection))].map((connection) =>
      chunks.filter((chunk) => chunk.connection === connection),
    );
    // Another gateway has none of it.
    expect(second![0]!.offset).toBeGreaterThanOrEqual(transport === "cluster" ? 0 : 2 * 262_144);
    expect(second![0]!.offset).toBeLessThanOrEqual(first!.at(-1)!.offset + first!.at(-1)!.bytes);
    expect(new Set(chunks.map(({ digest }) => digest)).size).toBe(1);
    expect((await at.server.records()).map(({ accepted }) => accepted)).toEqual([2]);
  });

  it("send the same bytes again after a restart in the middle of a round, and count once", async () => {
    const at = await world(transport, largeTerms);
    const store = memoryStore();
    const digests: string[] = [];
    let answered = 0;
    const dying = device(at, {
      ratings: leftRatings,
      store,
      connect: tapped(
        at.connect,
        (kind, { header }) => void (kind === "answer" && digests.push(String(header["digest"]))),
        (kind) => void (kind === "answer" && ++answered === 3 && dying.close()),
      ),
    });
    const other = device(at, { ratings: rightRatings });
    const finished = other.participate();
    expect((await dying.participate()).reason).toBe("closed");
    const before = dying.id;

    const again = device(at, {
      ratings: leftRatings,
      store,
      connect: tapped(at.connect, (kind, { header }) => void (kind === "answer" && digests.push(String(header["digest"])))),
    });
    const contributed = next(again, "contributed");
    await Promise.all([again.participate(), finished]);
    expect((await contributed).status).toBe("accepted");
    expect(again.id).toBe(before);
    expect(new Set(digests).size).toBe(1);
    expect((await at.server.records()).map(({ accepted, dropped }) => [accepted, dropped])).toEqual([[2, 0]]);
  });

  it("do not contribute again when they restart after their answer was taken", async () => {
    const at = await world(transport, { ...openTerms, rounds: 1 });
    const store = memoryStore();
    const first = device(at, { ratings: leftRatings, store });
    const contributed = next(first, "contributed");
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const late = device(at, { ratings: rightRatings, connect: tapped(at.connect, (kind) => (kind === "answer" ? gate : undefined)) });
    const running = first.participate();
    const others = late.participate();
    await contributed;
    first.close();
    await running;

    const sent: string[] = [];
    const again = device(at, { ratings: leftRatings, store, connect: tapped(at.connect, (kind) => void sent.push(kind)) });
    await again.join();
    const rest = again.participate();
    release();
    expect((await rest).rounds).toBe(1);
    await others;
    expect(sent).not.toContain("answer");
    expect((await at.server.records()).map(({ accepted }) => accepted)).toEqual([2]);
  });

  it("are forgotten when they leave, and come back under another name", async () => {
    const at = await world(transport);
    const store = memoryStore();
    const client = device(at, { ratings: leftRatings, store });
    await client.join();
    const before = client.id;
    const forgotten: string[] = [];
    at.server.on("left", (event) => forgotten.push(event.client));
    await client.leave();
    // A gateway tells it itself.
    expect(forgotten).toEqual(transport === "cluster" ? [] : [before]);
    expect(client.state).toBe("closed");
    await client.join();
    expect(client.id).not.toBe(before);
  });

  it("end quietly at the caller's signal, and wait for a server that is away", async () => {
    const at = await world(transport);
    const alone = device(at, { ratings: leftRatings });
    const controller = new AbortController();
    const running = alone.participate({ signal: controller.signal });
    await next(alone, "joined");
    controller.abort();
    expect(await running).toEqual({ rounds: 0, reason: "signal" });

    let failures = 3;
    const patient = device(at, {
      ratings: rightRatings,
      connect: async (options) => {
        if (failures-- > 0) throw Object.assign(new Error("away"), { name: "CofactorError", code: "DISCONNECTED", retryable: true });
        return at.connect(options);
      },
    });
    const stop = new AbortController();
    const waiting = patient.participate({ signal: stop.signal });
    await next(patient, "joined");
    stop.abort();
    expect((await waiting).reason).toBe("signal");
  });

  it("join as any other with a rating beyond the catalogue, which the app alone is told of", async () => {
    const at = await world(transport);
    const client = device(at, {
      ratings: [
        [3, 1],
        [999, 1],
      ],
    });
    const joined = next(client, "joined");
    await client.join();
    expect(await joined).toMatchObject({ leftOut: 1 });
    expect(client.recommend({ count: 3 }).map(({ item }) => item)).not.toContain(3);
  });
});
