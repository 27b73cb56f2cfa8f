/**
 * A gateway, or every coordinator, kills itself by SIGKILL right before or right after something becomes durable: nothing that was acknowledged is
 * lost or counted twice, and the run goes on without the one that died until it is started again.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postgresStore } from "../../server/index.ts";
import { countAll, ModelWatch, roamingDevice } from "../support/cluster-devices.ts";
import type { MemberFate } from "../support/cluster-member.ts";
import { missingCluster, startCluster } from "../support/cluster-processes.ts";
import { countingRun } from "../support/counting-run.ts";
import { takeOverPoint } from "../support/killing-store.ts";
import { type PostgresCluster, startPostgres } from "../support/postgres.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const size = 7;
const devices = 6;
const rounds = 3;
const terms = {
  rounds,
  cohort: { size: devices, min: devices },
  deadline: { stageMs: 20_000, graceMs: 20_000 },
  model: { kind: "fcf", rank: 1 },
};
const missing = missingCluster();

const fates: readonly (readonly ["gateway" | "coordinator", MemberFate])[] = [
  ["gateway", { point: "before an answer is durable", nth: 2 }],
  ["gateway", { point: "after an answer is durable, before it is acknowledged", nth: 2 }],
  ["coordinator", { point: "after a round is begun, before anybody is asked", nth: 1 }],
  // The stage has ended, and nothing of it is brought together yet.
  ["coordinator", { point: "after the contributors are fixed, before the sum is revealed", nth: 1 }],
  // The gateways' parts were handed over.
  ["coordinator", { point: "before a publication is durable", nth: 2 }],
  ["coordinator", { point: "after a publication is durable, before it is announced", nth: 1 }],
  ["coordinator", { point: takeOverPoint, nth: 1 }],
];

describe.skipIf(missing !== undefined)(
  `a cluster whose members die at named points${missing === undefined ? "" : `, skipped: ${missing}`}`,
  () => {
    let servers: { readonly postgres: PostgresCluster; readonly redis: RedisServer };
    const cleanups: (() => unknown)[] = [];
    beforeAll(async () => {
      const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
      servers = { postgres, redis };
    });
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    });
    afterAll(() => Promise.all([servers?.postgres.stop(), servers?.redis.stop()]));

    it.each(fates.map(([role, fate]) => [role, fate.point, fate] as const))(
      "loses and doubles nothing when a %s dies %s",
      async (role, _point, fate) => {
        const cluster = await startCluster({ counting: { size, terms }, servers, fates: { [role]: fate } });
        cleanups.push(() => cluster.end());
        const store = await postgresStore(cluster.order.postgres, { connections: 2 });
        cleanups.push(() => store.close());
        const watch = new ModelWatch(store, "counting", size);
        const members = role === "gateway" ? cluster.gateways.slice(0, 1) : cluster.coordinators;
        // Whoever has died comes back, and lives.
        let deaths = 0;
        for (const member of members) {
          void member.death.then(() => {
            deaths += 1;
            return member.start();
          });
        }
        const run = countingRun(size, terms);
        const logs = await Promise.all(
          Array.from({ length: devices }, (_, index) => roamingDevice(run, cluster.urls, size, index, () => 0)),
        );
        await watch.stop();
        expect(deaths).toBeGreaterThan(0);
        const { published, abandoned, contributions, lost, double, wrong } = await countAll(store, "counting", watch, logs);
        expect({ published, abandoned, contributions, lost, double, wrong }).toEqual({
          published: rounds,
          abandoned: 0,
          contributions: rounds * devices,
          lost: 0,
          double: 0,
          wrong: 0,
        });
        const { sha256 } = (await store.latest("counting"))!;
        expect(logs.map(({ lastModel }) => lastModel)).toEqual(new Array(devices).fill(sha256));
      },
    );
  },
);
