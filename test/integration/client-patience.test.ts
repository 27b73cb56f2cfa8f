/** The client SDK beside a server that is strict about rates: it waits as long as it is told to, and nothing is lost or out of order. */
import { afterEach, describe, expect, it } from "vitest";
import { createClient, socketConnector } from "../../client/index.ts";
import { patientChannel, waitAfter } from "../../client/patience.ts";
import { Retry } from "../../client/retry.ts";
import { createServer, memoryStore, type Server } from "../../server/index.ts";
import { CofactorError } from "../../shared/errors.ts";
import { secureRng } from "../../shared/random.ts";
import { createMemoryPair, noBytes } from "../../shared/transport.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const terms = {
  id: "films",
  items: 40_000,
  rounds: 1,
  cohort: { size: 1, min: 1 },
  model: { kind: "fcf", rank: 4 },
  protection: { kind: "open" },
};

describe("a device beside strict limits", () => {
  it("pulls its model and uploads its chunks at the rate that it is given", async () => {
    const limits = { bytesPerSecond: 1_500_000, byteBurst: 300_000, requestsPerSecond: 50, requestBurst: 3 };
    const server = await createServer({ run: terms, store: memoryStore(), gatherMs: 20, ...limits });
    servers.push(server);
    const { url } = await server.listen();
    const accept = { protections: ["open"], minCohort: 1 } as const;
    const client = createClient({
      connect: socketConnector(url),
      run: "films",
      ratings: [
        [1, 1],
        [2, 1],
      ],
      accept,
    });
    const failures: CofactorError[] = [];
    let connections = 0;
    client.on("failed", ({ error }) => failures.push(error));
    client.on("joined", () => (connections += 1));
    expect(await client.participate({ rounds: 1 })).toMatchObject({ rounds: 1, reason: "rounds" });
    client.close();
    expect([failures, connections]).toEqual([[], 1]);
    const { RATE_LIMITED = 0, ...others } = server.metrics.refused();
    expect(RATE_LIMITED).toBeGreaterThan(2);
    expect(others).toEqual({});
    expect(await server.records()).toMatchObject([{ outcome: "published", accepted: 1 }]);
  });
});

describe("a patient channel", () => {
  const late = new CofactorError("RATE_LIMITED", "later", { retryable: true, retryAfterMs: 20 });

  it("asks again after the wait, and gives up on a server that never means it", async () => {
    for (const [refusals, isAnswered] of [
      [3, true],
      [100, false],
    ] as const) {
      const [near, far] = createMemoryPair();
      let asked = 0;
      far.serve(() => {
        asked += 1;
        if (asked <= refusals) throw late;
        return { header: { asked }, payload: noBytes };
      });
      const act = patientChannel(near).request("pull", { header: {}, payload: noBytes });
      if (isAnswered) expect((await act).header).toEqual({ asked: 4 });
      else await expect(act).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 20 });
      expect(asked).toBe(isAnswered ? 4 : 9);
    }
  });

  it("hands on every other refusal at once, and stops waiting when the connection has ended", async () => {
    const [near] = createMemoryPair();
    for (const error of [new CofactorError("AUTH_FAILED", "no"), new CofactorError("RATE_LIMITED", "no time told"), new Error("other")]) {
      expect(await waitAfter(error, near)).toBe(false);
    }
    const waiting = waitAfter(late, near);
    near.close();
    await expect(waiting).rejects.toMatchObject({ code: "DISCONNECTED" });
  });
});

describe("the waits between connections", () => {
  it("have full jitter up to a bound, and begin where a server asked them to, spread over as long again", () => {
    let nowMs = 0;
    const retry = new Retry(500, { now: () => nowMs, after: () => () => undefined }, secureRng);
    expect(retry.nextMs()).toBe(0);
    retry.attempts = 3;
    const jittered = Array.from({ length: 400 }, () => retry.nextMs());
    expect(Math.max(...jittered)).toBeLessThanOrEqual(2_000);
    expect(Math.max(...jittered)).toBeGreaterThan(1_000);
    expect(Math.min(...jittered)).toBeLessThan(1_000);
    retry.attempts = 40;
    expect(Math.max(...Array.from({ length: 400 }, () => retry.nextMs()))).toBeLessThanOrEqual(30_000);
    retry.attempts = 0;
    retry.hold(undefined);
    expect(retry.nextMs()).toBe(0);
    retry.hold(60_000);
    const held = Array.from({ length: 400 }, () => retry.nextMs());
    expect(Math.min(...held)).toBeGreaterThanOrEqual(60_000);
    expect(Math.max(...held)).toBeGreaterThan(90_000);
    expect(Math.max(...held)).toBeLessThanOrEqual(120_000);
    nowMs = 60_000;
    expect(retry.nextMs()).toBeLessThanOrEqual(500);
  });
});
