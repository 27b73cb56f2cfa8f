/** The coordinator of a run that promises privacy: who is asked, what is counted, and when nothing more is released. */
import { afterEach, describe, expect, it } from "vitest";
import { createServer, memoryStore, type RoundReport, type Server, type ServerEvents, type Store } from "../../../server/index.ts";
import type { PrivacyInput } from "../../../shared/privacy/promise.ts";
import { type SecureRng, secureRng } from "../../../shared/random.ts";
import type { Run } from "../../../shared/run.ts";
import type { TermsInput } from "../../../shared/terms.ts";
import { createMemoryPair } from "../../../shared/transport.ts";
import { privateRun } from "../../support/private-terms.ts";
import { floatBytes, ScriptedClient } from "../../support/scripted-client.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtual-clock.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const gatherMs = 50;
const stageMs = 1_000;

interface World {
  readonly run: Run;
  readonly server: Server;
  readonly clock: VirtualClock;
  readonly reports: readonly RoundReport[];
  readonly failures: readonly ServerEvents["failed"][];
  readonly starved: readonly ServerEvents["starved"][];
  /** A device that answers with zeros, in every round up to the last given. */
  join(last?: number): Promise<ScriptedClient>;
  /** Lets time pass until so many rounds are over. */
  until(rounds: number): Promise<void>;
}

interface WorldOptions {
  readonly privacy?: Partial<PrivacyInput>;
  readonly terms?: Partial<TermsInput>;
  readonly store?: Store;
  readonly secure?: SecureRng;
  readonly run?: Run;
}

async function openWorld({ privacy, terms, store = memoryStore(), secure = secureRng, run: given }: WorldOptions = {}): Promise<World> {
  const clock = createVirtualClock();
  const run = given ?? (await privateRun(privacy, { deadline: { stageMs, graceMs: 100 }, ...terms }));
  const server = await createServer({ run, store, clock, gatherMs, secure });
  servers.push(server);
  const reports: RoundReport[] = [];
  const failures: ServerEvents["failed"][] = [];
  const starved: ServerEvents["starved"][] = [];
  server.on("round", (report) => reports.push(report));
  server.on("failed", (failure) => failures.push(failure));
  server.on("starved", (facts) => starved.push(facts));
  const bytes = floatBytes(new Float64Array(run.contributionSize));
  return {
    run,
    server,
    clock,
    reports,
    failures,
    starved,
    async join(last = Number.POSITIVE_INFINITY) {
      const [near, far] = createMemoryPair();
      server.accept(far);
      const client = await ScriptedClient.join(async () => near, run.terms.id);
      client.onAsk = ({ round }) => {
        if (round <= last) client.answer(round, bytes).catch(() => undefined);
      };
      return client;
    },
    async until(rounds) {
      for (let step = 0; reports.length < rounds; step++) {
        if (step > 400) throw new Error(`only ${reports.length} rounds of ${rounds}`);
        await clock.advance(25);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  };
}

const askedIn = (client: ScriptedClient): number[] => client.asked.map(({ round }) => round);

describe("a cohort", () => {
  it("is drawn of devices that the promise admits, and everybody else waits for their turn", async () => {
    const world = await openWorld({
      terms: { rounds: 4, cohort: { size: 2, min: 2 } },
      privacy: { participation: { kind: "min-separation", participations: 2, separation: 2 } },
    });
    const clients = await Promise.all([1, 2, 3, 4].map(() => world.join()));
    await world.until(4);
    expect(world.reports.map(({ outcome }) => outcome)).toEqual(Array<string>(4).fill("published"));
    for (const client of clients) expect([[1, 3].join(), [2, 4].join()]).toContain(askedIn(client).join());
    expect([...world.server.participations()].map((rounds) => rounds.join()).toSorted()).toEqual(["1,3", "1,3", "2,4", "2,4"]);
  });

  it("waits while those who are there may come back later: round numbers pass, nobody is asked, and then they are", async () => {
    const world = await openWorld({
      terms: { rounds: 6, cohort: { size: 2, min: 2 } },
      privacy: { participation: { kind: "min-separation", participations: 2, separation: 3 } },
    });
    const clients = [await world.join(), await world.join()];
    await world.until(4);
    expect(world.reports.map(({ outcome, invited, reason }) => `${outcome} ${invited} ${reason}`)).toEqual([
      "published 2 ",
      "abandoned 0 expected at least 2 devices that may take part, got 0",
      "abandoned 0 expected at least 2 devices that may take part, got 0",
      "published 2 ",
    ]);
    for (const client of clients) expect(askedIn(client)).toEqual([1, 4]);
    expect(world.clock.now()).toBeGreaterThan(2 * stageMs);
  });

  it("is not waited for in vain: when nobody who is there may come back the operator is told, and others are awaited", async () => {
    const world = await openWorld({ terms: { rounds: 5, cohort: { size: 2, min: 2 } }, privacy: { participation: { kind: "single" } } });
    await world.join();
    await world.join();
    await world.until(1);
    for (let i = 0; i < 4; i++) await world.clock.advance(stageMs);
    expect(world.reports.length).toBe(1);
    expect(world.starved).toEqual([{ round: 2, connected: 2, candidates: 0 }]);
    await world.join();
    await world.join();
    await world.until(2);
    expect(world.reports[1]).toMatchObject({ round: 2, outcome: "published", accepted: 2 });
  });
});

describe("rounds that are abandoned", () => {
  it("are used up: the run ends after as many rounds as the terms promise, and devices are told", async () => {
    const world = await openWorld({ terms: { rounds: 2 } });
    const clients = [await world.join(0), await world.join(0)];
    await world.until(2);
    expect(world.reports.map(({ outcome, ended }) => [outcome, ended])).toEqual([
      ["abandoned", false],
      ["abandoned", true],
    ]);
    await clients[0]!.until(() => clients[0]!.abandoned.length === 2);
    expect(clients[0]!.abandoned.map(({ ended }) => ended)).toEqual([undefined, true]);
    for (let i = 0; i < 5; i++) await world.clock.advance(stageMs);
    expect(world.reports.length).toBe(2);
    expect(world.server.model.round).toBe(0);
  });
});

describe("what rounds cost", () => {
  it("is told after each of them for both observers, and never falls", async () => {
    const world = await openWorld({ terms: { rounds: 3 } });
    await world.join();
    await world.join();
    await world.until(3);
    const epsilons = world.reports.map(({ epsilon }) => epsilon!);
    expect(epsilons.map(({ server }) => server)).toEqual([null, null, null]);
    expect(epsilons[0]!.release!).toBeGreaterThan(0);
    expect(epsilons[1]!.release!).toBeGreaterThan(epsilons[0]!.release!);
    expect(epsilons[2]!.release!).toBeCloseTo(4, 2);
    expect(world.server.privacy()).toMatchObject({
      epsilon: 4,
      planned: { server: null },
      asRun: { participations: 3, rounds: 3, epsilon: { server: null } },
    });
    const metrics = await world.server.metrics.text();
    expect(metrics).toContain('cofactor_epsilon{view="server"} +Inf');
    expect(metrics).toMatch(/cofactor_epsilon\{view="release"\} (3\.99|4)/);
  });

  it("is told by nobody where nothing is promised, and no client is kept", async () => {
    const run = await privateRun();
    const { privacy: _none, ...terms } = run.terms;
    const store = memoryStore();
    const server = await createServer({ run: { ...terms, id: "plain" }, store });
    servers.push(server);
    expect(await server.metrics.text()).not.toContain("cofactor_epsilon{");
    expect(server.privacy()).toMatchObject({ mechanism: "none", epsilon: null });
    expect([...server.participations()]).toEqual([]);
    expect(await store.ledger("plain")).toEqual([]);
  });
});

describe("a ledger that does not bear the promise out", () => {
  it("stops the run before a sum is opened: nothing is released", async () => {
    const planned = await privateRun({}, { rounds: 3, deadline: { stageMs, graceMs: 100 } });
    let isStrict = false;
    const guard = planned.privacy!;
    const strict = { ...guard.terms, participation: { kind: "single" } as const };
    const privacy = {
      ...guard,
      get terms() {
        return isStrict ? strict : guard.terms;
      },
    };
    const world = await openWorld({ run: { ...planned, privacy } });
    const clients = [await world.join(1), await world.join(1)];
    await world.until(1);
    await Promise.all(clients.map((client) => client.invitation(2)));
    isStrict = true;
    const zeros = floatBytes(new Float64Array(world.run.contributionSize));
    await Promise.all(clients.map((client) => client.answer(2, zeros)));
    for (let i = 0; i < 40 && world.failures.length === 0; i++) await world.clock.advance(50);
    expect(world.failures).toMatchObject([{ round: 2, error: { code: "LEDGER_CORRUPT" } }]);
    expect(world.reports.length).toBe(1);
    expect(world.server.model.round).toBe(1);
    for (let i = 0; i < 5; i++) await world.clock.advance(stageMs);
    expect((await world.server.records()).length).toBe(1);
  });

  /** A store after two rounds, one of them abandoned, with the third one open. */
  async function storeWithRounds(): Promise<{ store: Store; run: Run }> {
    const store: Store = { ...memoryStore(), close: async () => undefined };
    const world = await openWorld({ store, terms: { rounds: 9 } });
    await world.join(1);
    await world.join(1);
    await world.until(2);
    for (let i = 0; i < 40 && (await store.openRound(world.run.terms.id)) === undefined; i++) await world.clock.advance(50);
    await world.server.close();
    expect((await store.ledger(world.run.terms.id)).map(({ kind }) => kind)).toEqual(["began", "released", "began", "abandoned", "began"]);
    return { store, run: world.run };
  }

  it.each<[string, (store: Store) => Partial<Store>, RegExp]>([
    [
      "a changed entry",
      (store) => ({ ledger: async (run) => (await store.ledger(run)).map((one, at) => (at === 1 ? { ...one, clients: [] } : one)) }),
      /entry 2 was changed/,
    ],
    [
      "an entry dropped in the middle",
      (store) => ({ ledger: async (run) => (await store.ledger(run)).toSpliced(2, 1) }),
      /entry 3 is missing/,
    ],
    ["the newest entry dropped", (store) => ({ ledger: async (run) => (await store.ledger(run)).slice(0, -1) }), /another open round/],
    [
      "a whole round dropped",
      (store) => ({ ledger: async (run) => (await store.ledger(run)).slice(0, 2), openRound: async () => undefined }),
      /other rounds/,
    ],
    ["no entry at all", () => ({ ledger: async () => [] }), /other rounds/],
    [
      "another cohort in the open round",
      (store) => ({ openRound: async (run) => ({ ...(await store.openRound(run))!, cohort: ["a"] }) }),
      /another open round/,
    ],
    ["no open round", () => ({ openRound: async () => undefined }), /another open round/],
    [
      "a record that says otherwise",
      (store) => ({ records: async (run) => (await store.records(run)).map((one) => ({ ...one, outcome: "published" })) }),
      /other rounds/,
    ],
    [
      "a newest model of another round",
      (store) => ({ latest: async (run) => ({ ...(await store.latest(run))!, round: 2 }) }),
      /newest model/,
    ],
  ])("keeps a server from starting: %s", async (_what, change, reason) => {
    const { store, run } = await storeWithRounds();
    const start = createServer({ run, store: { ...store, ...change(store) } });
    await expect(start).rejects.toMatchObject({ code: "LEDGER_CORRUPT", message: expect.stringMatching(reason) as string });
    const honest = await createServer({ run, store });
    await honest.close();
  });
});
