/** Devices of a temporal run against a real aggregator in memory: they wait while nothing has changed, and never subtract what is not there. */
import { afterEach, describe, expect, it } from "vitest";
import { type Client, type ClientOptions, type ClientStore, memoryStore as clientMemory, createClient } from "../../client/index.ts";
import { memoryStore } from "../../server/index.ts";
import { defineRun } from "../../shared/define-run.ts";
import type { PrivatePart } from "../../shared/models/private-part.ts";
import { acceptOpen, leftRatings, next, openTerms, rightRatings, startWorld, type TransportKind, tapped } from "../support/client-world.ts";
import { memoryOf, peopleInState, rememberedBy, sumInState, sumOfRemembered } from "../support/temporal-sum.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const newAlone = { trainingRounds: 0, driftTolerance: "any", decay: 1 } as const;
const { temporal, ...plain } = {
  ...openTerms,
  rounds: 20,
  model: { kind: "implicit-als", rank: 2 },
  temporal: newAlone,
};
const terms = { ...plain, temporal };
const run = defineRun(terms);
const inner = defineRun(plain).model;

async function world(transport: TransportKind) {
  const store = memoryStore();
  const started = await startWorld(transport, terms, { store });
  closers.push(() => started.close());
  const device = (ratings: ClientOptions["ratings"], options: Partial<ClientOptions> = {}): Client => {
    const client = createClient({ connect: started.connect, run: terms.id, accept: acceptOpen, retryMs: 20, ratings, ...options });
    closers.push(() => client.close());
    return client;
  };
  const latest = async () => (await store.latest(terms.id))!;
  return { ...started, device, latest };
}

const more = [...leftRatings, [6, 1]] as const;

async function assertSum(state: Float64Array, stores: readonly ClientStore[]): Promise<void> {
  const memories = await Promise.all(stores.map((store) => memoryOf(store, terms.id)));
  expect(sumInState(run.model, inner, state)).toEqual(
    sumOfRemembered(
      inner,
      memories.map(({ part }) => part as PrivatePart),
      run.range,
    ),
  );
}

describe.each(["memory", "cluster"] as const)("devices that contribute what has changed over %s", (transport) => {
  it("decline while nothing has, are asked anew when their ratings change, and stand in the sum once", async () => {
    const at = await world(transport);
    const stores = [clientMemory(), clientMemory()];
    const left = at.device(leftRatings, { store: stores[0]! });
    const right = at.device(rightRatings, { store: stores[1]! });
    const declined = Promise.all([next(left, "declined"), next(right, "declined")]);
    const working = [left.participate(), right.participate()];
    expect((await declined).map(({ reason }) => reason)).toEqual(Array(2).fill("nothing has changed on this device"));
    expect((await at.latest()).round).toBe(1);
    // Nobody is asked again until something changes, however short the gathering time is.
    const rounds = (await at.server.records()).length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await at.server.records()).length).toBeLessThanOrEqual(rounds + 1);

    const published = Promise.all([next(left, "published"), next(right, "published")]);
    left.setRatings(more);
    right.setRatings(rightRatings.slice(1));
    expect((await published).map(({ included }) => included)).toEqual([true, true]);
    await expect.poll(async () => (await memoryOf(stores[1]!, terms.id)).counted).toBe((await at.latest()).round);
    expect([...rememberedBy((await memoryOf(stores[0]!, terms.id)).part!).ratings.items]).toEqual([0, 2, 4, 6]);
    await assertSum((await at.latest()).state, stores);
    expect(peopleInState(run.model, (await at.latest()).state)).toBe(2);
    left.close();
    right.close();
    await Promise.all(working);
  });

  it("tell the server that they have nothing to add, and nothing of why", async () => {
    const at = await world(transport);
    const answers: unknown[] = [];
    const connect: typeof at.connect = async (options) => {
      const channel = await at.connect(options);
      const serve = channel.serve.bind(channel);
      channel.serve = (handler) =>
        serve(async (kind, packet) => {
          const answer = await handler(kind, packet);
          if (kind === "ask") answers.push(answer.header);
          return answer;
        });
      return channel;
    };
    const left = at.device(leftRatings, { connect });
    const right = at.device(rightRatings);
    const declined = next(left, "declined");
    void left.participate();
    void right.participate();
    await declined;
    await expect.poll(() => answers.at(-1)).toEqual({ takesPart: false, reason: "nothing has changed on this device", isIdle: true });
  });

  it("leave nothing of them in the sum when they ask to be forgotten, and may come back as if they had never been there", async () => {
    const at = await world(transport);
    const stores = [clientMemory(), clientMemory()];
    const [left, right] = [at.device(leftRatings, { store: stores[0]! }), at.device(rightRatings, { store: stores[1]! })];
    await Promise.all([left.join(), right.join()]);
    await Promise.all([left.participate({ rounds: 1 }), right.participate({ rounds: 1 })]);
    expect(peopleInState(run.model, (await at.latest()).state)).toBe(2);
    // A round needs two: the other one has something new.
    const working = right.participate();
    right.setRatings(rightRatings.slice(1));
    await left.leave({ forget: true });
    expect(left.state).toBe("closed");
    expect(await memoryOf(stores[0]!, terms.id)).toMatchObject({ part: undefined });
    expect(peopleInState(run.model, (await at.latest()).state)).toBe(1);
    await assertSum((await at.latest()).state, stores.slice(1));
    // Nothing to take out any more, and nothing to wait for.
    const back = at.device(more, { store: clientMemory() });
    await back.join();
    await back.leave({ forget: true });
    right.close();
    await working;
  });

  it("say so when no round comes that could take them out", async () => {
    const at = await world(transport);
    const clients = [at.device(leftRatings), at.device(rightRatings)] as const;
    await Promise.all(clients.map((client) => client.join()));
    await Promise.all(clients.map((client) => client.participate({ rounds: 1 })));
    await expect(clients[0].leave({ forget: true, signal: AbortSignal.timeout(300) })).rejects.toMatchObject({ code: "CANCELLED" });
    expect(peopleInState(run.model, (await at.latest()).state)).toBe(2);
  });

  it.each([
    ["left and came back under a new name", async (client: Client) => client.leave()],
    ["lost what it remembers", async (_client: Client, store: ClientStore) => store.delete(`${terms.id}/private`)],
  ])("take no part any more when one %s: the sum keeps what it has of them", async (_what, lose) => {
    const at = await world(transport);
    const stores = [clientMemory(), clientMemory()];
    const clients = [at.device(leftRatings, { store: stores[0]! }), at.device(rightRatings, { store: stores[1]! })];
    await Promise.all(clients.map((client) => client.join()));
    await Promise.all(clients.map((client) => client.participate({ rounds: 1 })));
    const before = (await at.latest()).state.slice();
    await lose(clients[0]!, stores[0]!);
    clients[0]!.close();
    const back = at.device(more, { store: stores[0]! });
    const declined = next(back, "declined");
    clients[1]!.setRatings(rightRatings.slice(1));
    void back.participate();
    void clients[1]!.participate();
    expect((await declined).reason).toMatch(/no longer has what the run's sum holds of it/);
    expect((await at.latest()).state).toEqual(before);
  });

  it("do not work for a server that does not say what it counted", async () => {
    const at = await world(transport);
    const connect = tapped(at.connect, () => undefined);
    const silent: typeof connect = async (options) => {
      const channel = await connect(options);
      return {
        ...channel,
        request: async (kind, packet, requestOptions) => {
          const answer = await channel.request(kind, packet, requestOptions);
          if (kind !== "join") return answer;
          const { counted: _counted, ...header } = answer.header as Record<string, unknown>;
          return { ...answer, header } as typeof answer;
        },
      };
    };
    await expect(at.device(leftRatings, { connect: silent }).join()).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
  });

  it("are refused by a user who does not want to show when something changed", async () => {
    const at = await world(transport);
    const client = at.device(leftRatings, { accept: { ...acceptOpen, temporal: false } });
    await expect(client.join()).rejects.toMatchObject({
      code: "TERMS_REFUSED",
      message: expect.stringContaining("accept.temporal") as string,
    });
  });
});

describe("terms with a temporal section", () => {
  it.each([
    [
      "a promise of privacy",
      { privacy: { mechanism: "local-gaussian", epsilon: 4, delta: 1e-5, noiseMultiplier: 1 } },
      /no accounting of rounds covers/,
    ],
    ["a catalogue", { catalogue: {} }, /no catalogue section/],
    ["a sharing policy that leaves things out", { sharing: { kind: "sampled-rows" } }, /nearest: sharing all/],
    ["a model of local steps", { model: { kind: "biased-mf" } }, /nearest: model als/],
    ["a range in which nobody counts", { range: { maxAbs: 1, fractionBits: 10 } }, /maxAbs of at least 2/],
  ])("refuse %s, with the nearest sound choice", (_what, changes, message) => {
    expect(() => defineRun({ ...terms, ...changes })).toThrow(message);
  });

  it("give differences twice the model's range", () => {
    expect(run.range).toEqual({ maxAbs: 2 * defineRun(plain).range.maxAbs, fractionBits: defineRun(plain).range.fractionBits });
    expect(run.terms.temporal).toEqual(newAlone);
    expect(defineRun({ ...plain, temporal: {} }).terms.temporal).toEqual({ trainingRounds: 0, driftTolerance: 0.2, decay: 1 });
  });
});
