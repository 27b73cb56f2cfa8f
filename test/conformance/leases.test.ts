/** Every lease against the one suite; and what a Redis that is away means. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryLeases, redisLease } from "../../server/index.ts";
import { missingRedis, type RedisServer, startRedis } from "../support/redis.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";
import { describeLease } from "./lease.ts";

const clock = createVirtualClock();
const places = new Map<string, MemoryLeases>();
describeLease({
  name: "memory",
  open: async (run, holder, ttlMs) => {
    const place = places.get(run) ?? new MemoryLeases(clock);
    places.set(run, place);
    return place.of(holder, ttlMs);
  },
  pass: (ms) => clock.advance(ms),
});

const missing = missingRedis();
describe.skipIf(missing !== undefined)(`on a Redis server${missing === undefined ? "" : `, skipped: ${missing}`}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  const connected = async (run: string, holder: string, ttlMs: number) => {
    const lease = await redisLease({ url: server.url, run, holder, ttlMs });
    // Whoever claims before the connection is there claims again.
    while (
      !(await lease.holder().then(
        () => true,
        () => false,
      ))
    )
      await new Promise((resolve) => setTimeout(resolve, 10));
    return lease;
  };
  describeLease({ name: "Redis", open: connected, pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) });

  it("rejects while the server is away, and goes on when it is back", async () => {
    const lease = await connected("run", "ann", 60_000);
    expect(await lease.claim()).toBe(true);
    await server.kill();
    await expect(lease.claim()).rejects.toThrow();
    await server.start();
    while (!(await lease.claim().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await lease.holder()).toBe("ann");
    await lease.close();
  });

  it("refuses a URL that is none of Redis, without showing it", async () => {
    await expect(redisLease({ url: "http://secret@example", run: "run", holder: "", ttlMs: 1_000 })).rejects.toThrow(
      /^(?!.*secret).*redis:/,
    );
  });
});
