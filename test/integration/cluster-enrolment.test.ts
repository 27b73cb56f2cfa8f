/** Who may join a run of several gateways, each with a desk of its own over one enrolment: in memory, and in a real PostgreSQL. */
import { afterAll, afterEach, describe, expect, it } from "vitest";
import {
  createInvitation,
  EnrolmentDesk,
  type EnrolmentStore,
  enrolmentPolicies,
  type GatewayOptions,
  memoryEnrolment,
  postgresEnrolment,
} from "../../server/index.ts";
import { createIdentity, identityFromSeed } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";
import { decodeModel } from "../../shared/wire/model-codec.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { type MemoryCluster, startMemoryCluster } from "../support/memory-cluster.ts";
import { missingPostgres, type PostgresCluster, startPostgres } from "../support/postgres.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const size = 7;
const run = "counting";
const gateways = 3;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
let postgres: Promise<PostgresCluster> | undefined;
afterAll(async () => (await postgres)?.stop());

/** Where enrolment is kept: each call is another server's way to it. */
interface Kind {
  readonly name: string;
  readonly missing?: string | undefined;
  place(): Promise<() => Promise<EnrolmentStore>>;
}

const kinds: readonly Kind[] = [
  {
    name: "memory",
    async place() {
      const store = memoryEnrolment();
      return async () => store;
    },
  },
  {
    name: "postgres",
    missing: missingPostgres(),
    async place() {
      postgres ??= startPostgres();
      const url = await (await postgres).createDatabase();
      return () => postgresEnrolment(url);
    },
  },
];

describe.each(kinds.filter(({ missing }) => missing === undefined))("gateways with enrolment in $name", ({ place }) => {
  /** A cluster, and its operator's own way to the enrolment. */
  async function start(kind: string, options: Partial<GatewayOptions> = {}): Promise<{ cluster: MemoryCluster; operator: EnrolmentStore }> {
    const open = await place();
    const desks = await Promise.all(
      Array.from(
        { length: gateways },
        async () => new EnrolmentDesk({ policies: enrolmentPolicies, section: { kind }, store: await open() }),
      ),
    );
    const operator = await open();
    cleanups.push(() => operator.close());
    const cluster = await startMemoryCluster(countingRun(size, { rounds: 1_000, cohort: { size: 2, min: 2 } }), {
      gateways,
      coordinators: 1,
      server: { gatherMs: 50 },
      gateway: (index) => ({ enrolment: desks[index]!, revocationMs: 40, ...options }),
    });
    cleanups.push(() => cluster.close());
    await cluster.ready();
    return { cluster, operator };
  }

  const device = async (cluster: MemoryCluster, gateway: number, identity = createIdentity(secureRng)): Promise<ScriptedClient> =>
    new ScriptedClient(await cluster.connectTo(gateway)(), run, identity);

  const isEnded = async (...clients: readonly ScriptedClient[]): Promise<void> => {
    while (clients.some(({ channel }) => channel.isOpen)) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  async function invite(operator: EnrolmentStore): Promise<string> {
    const inviter = identityFromSeed(await operator.inviterSeed(secureRng.bytes(32)));
    const { token, hash } = createInvitation(inviter, run, Date.now() + 60_000, secureRng);
    await operator.invite(run, [hash], Date.now() + 60_000);
    return token;
  }

  it("let in one of the keys that show one invitation at all of them at once, and that key at every one", async () => {
    const { cluster, operator } = await start("invitation");
    const token = await invite(operator);
    const clients = await Promise.all(Array.from({ length: 9 }, (_, index) => device(cluster, index % gateways)));
    const joins = await Promise.allSettled(clients.map((client) => client.join("client", token)));
    const inside = clients.filter((_, index) => joins[index]!.status === "fulfilled");
    expect(inside).toHaveLength(1);
    for (const join of joins) if (join.status === "rejected") expect(join.reason).toMatchObject({ code: "NOT_ADMITTED" });
    for (let gateway = 0; gateway < gateways; gateway++) {
      await (await device(cluster, gateway, inside[0]!.identity)).join();
      await expect((await device(cluster, gateway)).join("client", token)).rejects.toMatchObject({ code: "NOT_ADMITTED" });
    }
  });

  it("have a key wait for its operator at every one, and forget it wherever it leaves", async () => {
    const { cluster, operator } = await start("approved");
    const [first, second] = [await device(cluster, 0), await device(cluster, 1)];
    await expect(first.join()).rejects.toMatchObject({ code: "NOT_ADMITTED", retryable: true });
    await expect((await device(cluster, 1, first.identity)).join()).rejects.toMatchObject({ code: "NOT_ADMITTED", retryable: true });
    await expect(second.join()).rejects.toMatchObject({ code: "NOT_ADMITTED", retryable: true });
    expect((await operator.list(run)).map(({ client, standing }) => [client, standing])).toEqual([
      [first.identity.id, "pending"],
      [second.identity.id, "pending"],
    ]);
    await operator.decide(run, first.identity.id, "approved", Date.now());
    const inside = await device(cluster, 2, first.identity);
    await inside.join();
    await expect((await device(cluster, 2, second.identity)).join()).rejects.toMatchObject({ code: "NOT_ADMITTED" });
    await inside.say("leave", {});
    expect((await operator.list(run)).map(({ client }) => client)).toEqual([second.identity.id]);
    await expect((await device(cluster, 0, first.identity)).join()).rejects.toMatchObject({ code: "NOT_ADMITTED" });
  });

  it.each(enrolmentPolicies.map(({ kind }) => kind))(
    "end every connection of a key that is revoked, and refuse it at every one, while the round goes on without it: %s",
    async (kind) => {
      const { cluster, operator } = await start(kind);
      const enter = async (gateway: number, identity = createIdentity(secureRng)): Promise<ScriptedClient> => {
        if (kind !== "open") await operator.decide(run, identity.id, "approved", Date.now());
        const client = await device(cluster, gateway, identity);
        await client.join();
        return client;
      };
      const bad = await enter(0);
      const again = await enter(1, bad.identity);
      const honest = [await enter(1), await enter(2)];
      await operator.decide(run, bad.identity.id, "revoked", Date.now());
      await isEnded(bad, again);
      for (let gateway = 0; gateway < gateways; gateway++) {
        const back = device(cluster, gateway, bad.identity);
        await expect((await back).join()).rejects.toMatchObject({ code: "REVOKED", retryable: false });
      }
      expect(honest.map(({ channel }) => channel.isOpen)).toEqual([true, true]);
      for (const [index, client] of honest.entries()) {
        client.onAsk = ({ round }) => void client.answer(round, floatBytes(contributionOf(size, index))).catch(() => undefined);
      }
      const published = async () => (await cluster.store.records(run)).find(({ outcome }) => outcome === "published");
      while ((await published()) === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
      const { sha256, accepted } = (await published())!;
      const model = decodeModel((await cluster.store.model(run, sha256))!, size, "float64");
      expect([accepted, ...model.subarray(0, 3)]).toEqual([2, 1, 1, 0]);
    },
  );

  it("each count the connections of a key by themselves", async () => {
    const { cluster } = await start("open", { maxConnectionsPerIdentity: 1 });
    const identity = createIdentity(secureRng);
    const [first, elsewhere] = [await device(cluster, 0, identity), await device(cluster, 1, identity)];
    await first.join();
    await elsewhere.join();
    const newer = await device(cluster, 0, identity);
    await newer.join();
    await isEnded(first);
    expect([elsewhere.channel.isOpen, newer.channel.isOpen]).toEqual([true, true]);
  });

  it("enrol no more keys than may be, between them", async () => {
    const { cluster } = await start("open", { maxEnrolled: 4 });
    const clients = await Promise.all(Array.from({ length: 12 }, (_, index) => device(cluster, index % gateways)));
    const joins = await Promise.allSettled(clients.map((client) => client.join()));
    expect(joins.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
  });
});
