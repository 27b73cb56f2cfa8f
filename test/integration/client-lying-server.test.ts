/** A device in front of an aggregator that lies: it sends nothing that it should not, and says why. */
import { afterEach, describe, expect, it } from "vitest";
import { type Client, type ClientOptions, type ClientStore, createClient, memoryStore } from "../../client/index.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { defineRun } from "../../shared/define-run.ts";
import { secureRng } from "../../shared/random.ts";
import { canonicalJson } from "../../shared/terms.ts";
import { acceptOpen, leftRatings, next, openTerms } from "../support/client-world.ts";
import { FakeServer } from "../support/fake-server.ts";

const clients: Client[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function device(server: FakeServer, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    connect: server.connect,
    run: server.run.terms.id,
    ratings: leftRatings,
    accept: acceptOpen,
    retryMs: 5,
    ...options,
  });
  clients.push(client);
  return client;
}

async function lying(terms: object = openTerms): Promise<FakeServer> {
  const server = new FakeServer(terms);
  await server.publish(1, 0);
  return server;
}

/** A device that takes part until it is closed. */
async function takingPart(server: FakeServer, options: Partial<ClientOptions> = {}): Promise<Client> {
  const client = device(server, options);
  await client.join();
  client.participate().catch(() => undefined);
  return client;
}

describe("one contribution for a round", () => {
  it("is answered once and declined for another model", async () => {
    const server = await lying();
    const first = server.newest;
    const other = await server.publish(2, 0);
    const client = await takingPart(server);
    const contributed = next(client, "contributed");
    expect(await server.ask(1, first)).toEqual({ takesPart: true });
    await contributed;
    expect(await server.ask(1, other)).toEqual({ takesPart: false, reason: "this round was begun with another model" });
    expect(new Set(server.taken.map(({ digest }) => digest)).size).toBe(1);
  });

  it("is declined for another model while the first is being worked on", async () => {
    const server = await lying();
    const first = server.newest;
    const other = await server.publish(2, 0);
    const client = await takingPart(server);
    const contributed = next(client, "contributed");
    const answers = await Promise.all([server.ask(1, first), server.ask(1, other)]);
    expect(answers.map(({ takesPart }) => takesPart)).toEqual([true, false]);
    await contributed;
    expect(server.taken).toHaveLength(1);
  });

  it("is sent again in the same bytes when the same is asked for again", async () => {
    const server = await lying({ ...openTerms, model: { kind: "bpr", rank: 2 } });
    const client = await takingPart(server);
    for (let time = 0; time < 3; time++) {
      const contributed = next(client, "contributed");
      await server.ask(1, server.newest);
      await contributed;
    }
    expect(server.taken).toHaveLength(3);
    expect(new Set(server.taken.map(({ digest }) => digest)).size).toBe(1);
  });

  it("is declined for another brief", async () => {
    const server = await lying();
    const client = await takingPart(server);
    const contributed = next(client, "contributed");
    await server.ask(1, server.newest);
    await contributed;
    expect((await server.ask(1, server.newest, { brief: Uint8Array.of(1) })).reason).toMatch(/at most 0 bytes/);
  });

  it("is not made anew after the round was called abandoned or published", async () => {
    const server = await lying();
    const client = await takingPart(server);
    const contributed = next(client, "contributed");
    await server.ask(1, server.newest);
    await contributed;
    await server.abandon(1);
    expect((await server.ask(1, server.newest)).reason).toMatch(/answered in this round before/);
    const again = next(client, "contributed");
    await server.ask(2, server.newest);
    await again;
    await server.announce(2, await server.publish(3, 2), true);
    expect((await server.ask(2, server.newest)).takesPart).toBe(false);
    expect((await server.ask(1, server.newest)).reason).toMatch(/later round/);
    expect(server.taken.map(({ round }) => round)).toEqual([1, 2]);
  });

  it("holds across a restart and across leaving the run", async () => {
    const server = await lying();
    const first = server.newest;
    const other = await server.publish(2, 0);
    const store = memoryStore();
    const client = await takingPart(server, { store });
    const contributed = next(client, "contributed");
    await server.ask(1, first);
    await contributed;
    client.close();
    const again = await takingPart(server, { store });
    expect((await server.ask(1, other)).takesPart).toBe(false);
    await again.leave();
    const newcomer = await takingPart(server, { store });
    expect(newcomer.id).not.toBe(client.id);
    expect((await server.ask(1, first)).takesPart).toBe(false);
    expect((await server.ask(1, other)).takesPart).toBe(false);
    expect(server.taken).toHaveLength(1);
  });

  it("is recorded before its first byte leaves, and none leaves when it cannot be recorded", async () => {
    const server = await lying();
    const inner = memoryStore();
    let isFull = false;
    const store: ClientStore = {
      ...inner,
      set: async (key, bytes) => {
        if (isFull && key.endsWith("pending")) throw new Error("the disk is full");
        await inner.set(key, bytes);
      },
    };
    const client = device(server, { store });
    await client.join();
    const outcome = client.participate().then(
      () => "ended",
      (error: Error) => error.message,
    );
    isFull = true;
    await server.ask(1, server.newest);
    expect(await outcome).toMatch(/failed unexpectedly/);
    expect(server.taken).toHaveLength(0);
  });

  it("is not given beyond the budget of rounds", async () => {
    const server = await lying({ ...openTerms, rounds: 1 });
    const client = await takingPart(server, { accept: { ...acceptOpen, maxRounds: 1 } });
    const contributed = next(client, "contributed");
    await server.ask(1, server.newest);
    await contributed;
    await server.abandon(1);
    expect((await server.ask(2, server.newest)).reason).toMatch(/^BUDGET_EXHAUSTED/);
  });

  it("needs a model of an earlier round and the round's first stage", async () => {
    const server = await lying();
    await takingPart(server);
    expect((await server.ask(1, { ...server.newest, round: 1 })).reason).toMatch(/earlier round/);
    expect((await server.ask(1, server.newest, { stage: 1 })).reason).toMatch(/no stage 1/);
  });
});

describe("a model", () => {
  async function failure(server: FakeServer, change: (server: FakeServer) => Promise<Parameters<FakeServer["ask"]>[1]>): Promise<string> {
    const client = await takingPart(server);
    const ref = await change(server);
    const failed = next(client, "failed");
    await server.ask(1, ref);
    const { error } = await failed;
    expect(server.taken).toHaveLength(0);
    return error.code;
  }

  it("with another hash than announced is refused", async () => {
    const server = await lying();
    const code = await failure(server, async () => {
      const ref = await server.publish(2, 0);
      server.models.get(ref.sha256)![0]! ^= 1;
      return ref;
    });
    expect(code).toBe("MESSAGE_MALFORMED");
  });

  it("with a number that is not finite is refused", async () => {
    const server = await lying();
    const code = await failure(server, async () => {
      const bytes = new Uint8Array(new Float64Array(server.run.sharedSize).fill(Number.NaN).buffer);
      const ref = { sha256: await digestOf(bytes), bytes: bytes.length, round: 0 };
      server.models.set(ref.sha256, bytes);
      return ref;
    });
    expect(code).toBe("VALUE_NOT_FINITE");
  });

  it("of another size is refused before a byte is fetched", async () => {
    const server = await lying();
    let pulls = 0;
    const code = await failure(server, async () => {
      const onPull = server.onPull;
      server.onPull = (header) => {
        pulls += 1;
        return onPull(header);
      };
      return { ...server.newest, bytes: 2 ** 40 };
    });
    expect([code, pulls]).toEqual(["SHAPE_MISMATCH", 0]);
  });

  it.each([
    ["claims to be endless", { encoding: "full", total: 2 ** 40 }, 8],
    ["comes in empty pieces", { encoding: "full", total: 192 }, 0],
    ["is a difference to nothing", { encoding: "delta", total: 8 }, 8],
  ] as const)("that %s is refused", async (_what, header, bytes) => {
    const server = await lying();
    const code = await failure(server, async () => {
      const ref = await server.publish(2, 0);
      server.onPull = () => ({ header, payload: new Uint8Array(bytes) });
      return ref;
    });
    expect(code).toBe("MESSAGE_MALFORMED");
  });

  it("whose difference does not fit is fetched whole", async () => {
    const server = await lying();
    const client = await takingPart(server);
    const whole = server.onPull;
    server.onPull = (header) =>
      header.base === undefined ? whole(header) : { header: { encoding: "delta", total: 5 }, payload: new Uint8Array(5) };
    const ref = await server.publish(2, 0);
    const contributed = next(client, "contributed");
    await server.ask(1, ref);
    expect((await contributed).status).toBe("accepted");
  });
});

describe("what a server claims", () => {
  it("about a round that the device was not in does not count as taking part", async () => {
    const server = await lying();
    const client = device(server);
    await client.join();
    const running = client.participate({ rounds: 1 });
    const published = next(client, "published");
    await server.announce(7, server.newest, true);
    expect(await published).toMatchObject({ round: 7, included: false });
    client.close();
    expect(await running).toEqual({ rounds: 0, reason: "closed" });
  });

  it("about an answer that it never takes ends the upload", async () => {
    const server = await lying();
    server.onAnswer = (header) => ({ received: header.total, status: "partial" });
    const client = await takingPart(server);
    const failed = next(client, "failed");
    await server.ask(1, server.newest);
    expect((await failed).error.code).toBe("MESSAGE_MALFORMED");
  });

  it("in a message that is none is refused, and the next one is answered", async () => {
    const server = await lying();
    await takingPart(server);
    const bytes = new Uint8Array(0);
    await expect(server.channel!.request("ask", { header: { round: -1 }, payload: bytes })).rejects.toMatchObject({
      code: "MESSAGE_MALFORMED",
    });
    await expect(server.channel!.request("hello", { header: {}, payload: bytes })).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
    expect((await server.ask(1, server.newest)).takesPart).toBe(true);
  });
});

describe("a server that comes back", () => {
  it("with other terms is refused while the device reconnects", async () => {
    const server = await lying();
    const client = device(server);
    await client.join();
    const outcome = client.participate().then(
      () => "ended",
      (error: { code: string }) => error.code,
    );
    server.termsText = canonicalJson(defineRun({ ...openTerms, rounds: 3 }).terms);
    server.channel!.close("restarted");
    expect(await outcome).toBe("TERMS_REFUSED");
    expect(server.joins).toBe(1);
  });

  it("with another key is refused, also by a device that was restarted", async () => {
    const server = await lying();
    const store = memoryStore();
    const client = device(server, { store });
    await client.join();
    client.close();
    server.identity = createIdentity(secureRng);
    await expect(device(server, { store }).join()).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(device(server).join()).resolves.toBeUndefined();
    expect(server.joins).toBe(2);
  });

  it("under the same key and terms is joined again, and asked for the rest", async () => {
    const server = await lying();
    const client = await takingPart(server);
    const joined = next(client, "joined");
    server.channel!.close("restarted");
    await joined;
    const contributed = next(client, "contributed");
    await server.ask(1, server.newest);
    expect(await contributed).toMatchObject({ round: 1, status: "accepted" });
  });
});
