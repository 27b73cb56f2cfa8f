/** Items that come and go between a real aggregator and real devices: the same cases in memory and over sockets. */
import { afterEach, describe, expect, it } from "vitest";
import { type Client, type ClientOptions, createClient, memoryStore } from "../../client/index.ts";
import { createServer, memoryStore as serverMemory } from "../../server/index.ts";
import { applyDelta, type Catalogue, emptyCatalogue, encodeCatalogue, encodeDelta } from "../../shared/catalogue/catalogue.ts";
import { maxCatalogueBytes, packDeltas } from "../../shared/catalogue/follow.ts";
import { defineRun } from "../../shared/define-run.ts";
import { sizeOf } from "../../shared/models/model.ts";
import type { TermsInput } from "../../shared/terms.ts";
import type { Connector, Packet } from "../../shared/transport.ts";
import { acceptOpen, startWorld, type TransportKind, tapped, type World } from "../support/client-world.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const terms: TermsInput = {
  id: "films-1",
  items: 8,
  rounds: 12,
  cohort: { size: 3, min: 3 },
  deadline: { stageMs: 20_000, graceMs: 10_000 },
  model: { kind: "fcf", rank: 2 },
  protection: { kind: "open" },
  catalogue: { minCount: 2 },
};
const start = ["a", "b", "c", "d"];
/** What each of three users likes; "new" and "later" are not known at first. */
const tastes = [
  ["a", "b", "new"],
  ["b", "c", "new", "later"],
  ["c", "d", "later"],
];

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function world(transport: TransportKind, changes: Partial<TermsInput> = {}): Promise<World> {
  const started = await startWorld(transport, { ...terms, ...changes }, { items: start });
  closers.push(() => started.close());
  return started;
}

function device(at: Pick<World, "connect">, liked: readonly string[], options: Partial<ClientOptions> = {}): Client {
  const ratings = liked.map((id) => [id, 1] as const);
  const client = createClient({ connect: at.connect, run: "films-1", accept: acceptOpen, retryMs: 20, ratings, ...options });
  closers.push(() => client.close());
  return client;
}

/** One published round of these devices, and the news of it taken in. */
async function round(clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.participate({ rounds: 1 })));
}

const idsOf = (client: Client): (string | undefined)[] => client.recommend({ count: 20, includeRated: true }).map(({ id }) => id);
const standing = ({ server }: World, id: string): string | undefined => server.items().find((item) => item.id === id)?.standing;

/** A connector whose answers to "catalogue" pass through a test's hands. */
function meddling(connect: Connector, change: (answer: Packet, request: Packet) => Packet): Connector {
  return async (options) => {
    const channel = await connect(options);
    return new Proxy(channel, {
      get(target, name) {
        if (name !== "request") {
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        }
        return async (kind: string, packet: Packet, how: object) => {
          const answer = await target.request(kind, packet, how);
          return kind === "catalogue" ? change(answer, packet) : answer;
        };
      },
    });
  };
}

describe.each(["memory", "socket", "cluster"] as const)("items that come and go over %s", (transport) => {
  it("are counted under the run's protection, admitted, recommended under their names, and forgotten", async () => {
    const at = await world(transport);
    const clients = tastes.map((liked) => device(at, liked));
    await Promise.all(clients.map((client) => client.join()));
    expect(idsOf(clients[2]!).sort()).toEqual(start);
    await at.server.addItems(["new", "rare"]);
    expect(standing(at, "new")).toBeUndefined();
    await round(clients);
    expect([standing(at, "new"), standing(at, "rare")]).toEqual(["candidate", "candidate"]);
    expect(idsOf(clients[2]!)).not.toContain("new");
    await round(clients);
    expect([standing(at, "new"), standing(at, "rare")]).toEqual(["live", "candidate"]);
    for (const client of clients) expect(idsOf(client).sort()).toEqual([...start, "new"]);
    expect(
      clients[0]!
        .recommend({ count: 20 })
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["c", "d"]);
    expect(clients[0]!.recommend({ count: 20, excludeIds: ["c", "unknown"] }).map(({ id }) => id)).toEqual(["d"]);

    await at.server.removeItems(["a", "rare"]);
    await at.server.addItems(["later"]);
    await round(clients);
    expect(standing(at, "a")).toBeUndefined();
    for (const client of clients) expect(idsOf(client)).not.toContain("a");
    // "later" has the row that was "a"'s: nothing of it is left there, and it is counted by its own name.
    expect(standing(at, "later")).toBe("candidate");
    await round(clients);
    expect(standing(at, "later")).toBe("live");
    // What was rated stays on the device, and comes back with the item.
    await at.server.addItems(["a"]);
    await round(clients);
    await at.server.removeItems(["b"]);
    await round(clients);
    expect(standing(at, "a")).toBe("candidate");
    expect(idsOf(clients[0]!)).not.toContain("b");
  });

  it("are followed by deltas, also by a device that missed several versions, and whole by one that is new", async () => {
    const at = await world(transport);
    const store = memoryStore();
    const asked: Packet["header"][] = [];
    const connect = tapped(at.connect, (kind, { header }) => void (kind === "catalogue" && asked.push(header)));
    const late = device({ connect }, ["b", "later"], { store });
    await late.join();
    late.close();
    expect(asked).toEqual([{ version: 1, offset: 0 }]);

    const clients = tastes.map((liked) => device(at, liked));
    await Promise.all(clients.map((client) => client.join()));
    for (const order of ["new", "later", "third"]) {
      await at.server.addItems([order]);
      await round(clients);
    }
    const back = device({ connect }, ["b", "later"], { store });
    await back.join();
    const fresh = device(at, ["b", "later"]);
    await fresh.join();
    expect(asked.slice(1)).toEqual([{ version: 4, base: 1, offset: 0 }]);
    expect(idsOf(back).sort()).toEqual(idsOf(fresh).sort());
    expect(idsOf(back)).toContain("new");
    // Back on the version that it has: nothing is asked for.
    back.close();
    await device({ connect }, ["b"], { store }).join();
    expect(asked).toHaveLength(2);
  });

  it("are the model's own: deltas that were tampered with lead to the whole, and another whole is refused", async () => {
    const at = await world(transport);
    const clients = tastes.map((liked) => device(at, liked));
    const store = memoryStore();
    let meddle: (answer: Packet, request: Packet) => Packet = (answer) => answer;
    const asked: unknown[] = [];
    const connect = meddling(at.connect, (answer, request) => {
      asked.push(request.header["base"]);
      return meddle(answer, request);
    });
    const victim = device({ connect }, ["b"], { store });
    await victim.join();
    const before = idsOf(victim);
    await at.server.addItems(["new"]);
    await Promise.all(clients.map((client) => client.join()));
    await round(clients);
    await round(clients);

    const flip = ({ header, payload }: Packet): Packet => {
      const bytes = payload.slice();
      bytes[bytes.length - 1]! ^= 1;
      return { header, payload: bytes };
    };
    // A catalogue in good order that gives two items each other's rows.
    const swapped = await catalogueOf([["b", "a", "c", "d"], ["new"]]);
    const whole = encodeCatalogue(swapped);
    const deltas = packDeltas([encodeDelta({ version: 2, expired: [], arrived: [4], ids: ["evil"], admitted: [] })]);
    const lies: readonly (readonly [string, (answer: Packet, request: Packet) => Packet])[] = [
      ["a flipped bit", flip],
      ["two items swapped", () => ({ header: { encoding: "whole", total: whole.length }, payload: whole })],
      [
        "deltas where only a whole is of use",
        (answer, request) =>
          request.header["base"] === undefined ? { ...answer, header: { ...answer.header, encoding: "deltas" } } : flip(answer),
      ],
      ["another item's delta", () => ({ header: { encoding: "deltas", total: deltas.length }, payload: deltas })],
      ["more than a catalogue may be", ({ payload }) => ({ header: { encoding: "whole", total: maxCatalogueBytes(8) + 1 }, payload })],
      ["pieces without an end", ({ header }) => ({ header, payload: new Uint8Array(0) })],
      [
        "a total that changes",
        ({ payload }, request) => ({ header: { encoding: "whole", total: 60 + Number(request.header["offset"]) }, payload }),
      ],
      ["no header", ({ payload }) => ({ header: {}, payload })],
    ];
    for (const [name, lie] of lies) {
      meddle = lie;
      await expect(victim.join(), name).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
      expect(idsOf(victim), name).toEqual(before);
    }
    // Only the deltas were spoiled: the whole is asked for, and found to be right.
    asked.length = 0;
    meddle = (answer, request) => (request.header["base"] === undefined ? answer : flip(answer));
    await victim.join();
    expect(asked).toEqual([1, undefined]);
    expect(idsOf(victim)).toContain("new");
  });

  it("are no business of a device: what it says of rows that are not live moves nothing, and nobody counts for two", async () => {
    const at = await world(transport, { cohort: { size: 1, min: 1 }, catalogue: { minCount: 2 } });
    await at.server.addItems(["new"]);
    const run = defineRun({ ...terms, cohort: { size: 1, min: 1 }, catalogue: { minCount: 2 } });
    const liar = await ScriptedClient.join(at.connect, "films-1");
    closers.push(() => liar.channel.close());
    const size = sizeOf(run.model.parameters.contribution);
    for (let number = 1; number <= 3; number++) {
      await liar.invitation(number);
      await liar.answer(number, floatBytes(new Float64Array(size).fill(1e6)));
      await liar.until(() => liar.published.some((header) => header.round === number));
    }
    expect(standing(at, "new")).toBe("candidate");
    const rows = at.server.shared.subarray(0, 8 * 2);
    expect([...rows.subarray(4 * 2)].every((value) => value === 0)).toBe(true);
    expect(rows.every(Number.isFinite)).toBe(true);

    const code = (header: Packet["header"]) =>
      liar.say("catalogue", header).then(
        () => "none",
        ({ code: found }: { readonly code: string }) => found,
      );
    expect(await code({ version: 99, offset: 0 })).toBe("ROUND_STALE");
    expect(await code({ version: 1, base: 99, offset: 1_000_000 })).toBe("MESSAGE_MALFORMED");
    for (const header of [
      { version: -1, offset: 0 },
      { version: 2 ** 24, offset: 0 },
      { version: 1 },
      { version: 1, offset: 0, id: "a" },
    ]) {
      expect(await code(header)).toBe("MESSAGE_MALFORMED");
    }
    const stranger = new ScriptedClient(await at.connect(), "films-1");
    closers.push(() => stranger.channel.close());
    await expect(stranger.say("catalogue", { version: 1, offset: 0 })).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });
});

describe("an operator", () => {
  it("is refused names that are none, more items than rows at the start, and items where they stay", async () => {
    const at = await world("memory");
    const wrong = ["", "x".repeat(65), "\n", "\ud800", "é".repeat(33)];
    for (const id of wrong) await expect(at.server.addItems(["fine", id])).rejects.toMatchObject({ code: "DATA_INVALID" });
    await expect(at.server.removeItems([5 as unknown as string])).rejects.toMatchObject({ code: "DATA_INVALID" });
    const many = Array.from({ length: 9 }, (_, index) => `item-${index}`);
    const create = (run: object, items: string[]) => createServer({ run, items, store: serverMemory() });
    await expect(create({ ...terms }, many)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    const { catalogue: _dynamic, ...fixed } = terms;
    await expect(create(fixed, ["a"])).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    const server = await createServer({ run: fixed, store: serverMemory() });
    closers.push(() => server.close());
    await expect(server.addItems(["a"])).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(server.items()).toEqual([]);
  });

  it("may say which items there are: those that are missing come, the others go, orders that wait included", async () => {
    const at = await world("memory");
    await at.server.addItems(["waits"]);
    await at.server.setItems(["b", "new", "c", "d"]);
    const clients = tastes.map((liked) => device(at, liked));
    await Promise.all(clients.map((client) => client.join()));
    await round(clients);
    expect(
      at.server
        .items()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["b", "c", "d", "new"]);
    await at.server.setItems(["b", "new", "c", "d"]);
    await round(clients);
    expect(standing(at, "new")).toBe("live");
    const status = (await (await fetch(`${(await at.server.listen()).url}/status`)).json()) as { catalogue: object };
    expect(status.catalogue).toEqual({ version: 3, rows: 8, live: 4, candidates: 0, ordered: 0 });
  });

  it("is refused what a catalogue does not go with, with the nearest choice", () => {
    const refuse = (changes: object) =>
      expect(() => defineRun({ ...terms, ...changes })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(/nearest|power of two/) as string }),
      );
    refuse({ model: { kind: "ncf" } });
    refuse({ model: { kind: "fcf", optimizer: { kind: "smmf" } } });
    refuse({ sharing: { kind: "sampled-rows" } });
    refuse({ privacy: { epsilon: 4 } });
    refuse({ itemFeatures: 2 });
    refuse({ range: { maxAbs: 3, fractionBits: 10 } });
  });
});

describe("devices", () => {
  it("replace ratings and are told why an item is recommended, by names", async () => {
    const at = await world("memory");
    const client = device(at, ["a", "unknown"]);
    await client.join();
    expect(client.recommend({ count: 9 }).map(({ id }) => id)).not.toContain("a");
    client.setRatings([
      ["b", 1],
      ["c", 1],
    ]);
    const best = client.recommend({ count: 9 });
    expect(best.map(({ id }) => id).sort()).toEqual(["a", "d"]);
    const why = client.explain("d")!;
    expect([why.id, why.shares.map(({ id }) => id).sort()]).toEqual(["d", ["b", "c"]]);
    expect(why.score).toBeCloseTo(best.find(({ id }) => id === "d")!.score, 9);
    expect(() => client.explain("unknown")).toThrow(RangeError);
    expect(() => client.setRatings([["b", Number.NaN]])).toThrow(TypeError);
    expect(client.recommend({ count: 9 })).toEqual(best);
  });

  it("may give numbers for names, and are told when a run has no names", async () => {
    const at = await world("memory");
    const numbered = device(at, [], { ratings: [[7, 1]] });
    await at.server.addItems(["7"]);
    await numbered.join();
    const { catalogue: _dynamic, ...fixed } = terms;
    const plain = await startWorld("memory", fixed);
    closers.push(() => plain.close());
    const named = device(plain, ["a"]);
    await expect(named.join()).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(named.state).toBe("disconnected");
    for (const ratings of [
      [
        ["a", 1],
        ["a", 2],
      ],
      [["a", Number.NaN]],
      [["", 1]],
      [
        ["a", 1],
        [3, 1],
      ],
    ]) {
      expect(() => device(at, [], { ratings: ratings as [string, number][] })).toThrow(TypeError);
    }
  });
});

/** Live items, then candidates, in the run of these tests. */
async function catalogueOf([live, candidates]: readonly [readonly string[], readonly string[]] | readonly string[][]): Promise<Catalogue> {
  const empty = await emptyCatalogue(8, "films-1");
  const rows = [...live!.keys()];
  const begun = await applyDelta(empty, { version: 1, expired: [], arrived: rows, ids: live!, admitted: rows });
  return applyDelta(begun, { version: 2, expired: [], arrived: [live!.length], ids: candidates!, admitted: [] });
}
