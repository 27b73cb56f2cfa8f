/** Who leads, in virtual time. */
import { describe, expect, it } from "vitest";
import { Leadership, type Term } from "../../../server/cluster/leadership.ts";
import { type Lease, MemoryLeases } from "../../../server/cluster/lease.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

/** Work that ends when it is told to, and what became of it. */
function work() {
  const log: string[] = [];
  let finish: () => void = () => undefined;
  const begin = async (): Promise<Term> => {
    log.push("began");
    const ended = new Promise<void>((resolve) => {
      finish = resolve;
    });
    return {
      ended,
      stop: async () => {
        if (log.at(-1) !== "ended") log.push("ended");
        finish();
      },
    };
  };
  return { log, begin, end: () => finish() };
}

const ttlMs = 1_000;
const everyMs = 250;

describe("leadership", () => {
  it("is one's at a time, and another's when the leader stops", async () => {
    const clock = createVirtualClock();
    const leases = new MemoryLeases(clock);
    const [first, second] = [work(), work()];
    const onFailure = () => undefined;
    const a = new Leadership({ lease: leases.of("a", ttlMs), clock, everyMs, begin: first.begin, onFailure });
    const b = new Leadership({ lease: leases.of("b", ttlMs), clock, everyMs, begin: second.begin, onFailure });
    await clock.advance(5_000);
    expect([first.log, second.log, a.isLeading, b.isLeading]).toEqual([["began"], [], true, false]);
    await a.stop();
    await clock.advance(everyMs);
    expect([first.log, second.log]).toEqual([["began", "ended"], ["began"]]);
    await b.stop();
  });

  it("passes on when the leader says nothing for the lease's time, and the old one ends as soon as it learns of it", async () => {
    const clock = createVirtualClock();
    const leases = new MemoryLeases(clock);
    const inner = leases.of("a", ttlMs);
    let isAway = false;
    const lease: Lease = { ...inner, claim: async () => (isAway ? Promise.reject(new Error("away")) : inner.claim()) };
    const [first, second] = [work(), work()];
    const onFailure = () => undefined;
    const a = new Leadership({ lease, clock, everyMs, begin: first.begin, onFailure });
    await clock.advance(everyMs);
    const b = new Leadership({ lease: leases.of("b", ttlMs), clock, everyMs, begin: second.begin, onFailure });
    isAway = true;
    await clock.advance(ttlMs / 2);
    expect(second.log).toEqual([]);
    await clock.advance(ttlMs);
    // A lease that cannot be reached ends nothing: the store refuses the old one.
    expect([first.log, second.log]).toEqual([["began"], ["began"]]);
    isAway = false;
    await clock.advance(everyMs);
    expect([first.log, second.log]).toEqual([["began", "ended"], ["began"]]);
    await Promise.all([a.stop(), b.stop()]);
  });

  it("is given back when the work ends by itself or cannot begin, and is claimed again", async () => {
    const clock = createVirtualClock();
    const leases = new MemoryLeases(clock);
    const only = work();
    const failures: unknown[] = [];
    let refusals = 2;
    const begin = async (): Promise<Term> => {
      refusals -= 1;
      if (refusals >= 0) throw new Error("no");
      return only.begin();
    };
    const a = new Leadership({ lease: leases.of("a", ttlMs), clock, everyMs, begin, onFailure: (error) => failures.push(error) });
    await clock.advance(3 * everyMs);
    expect([failures.length, only.log]).toEqual([2, ["began"]]);
    only.end();
    await clock.advance(2 * everyMs);
    expect(only.log).toEqual(["began", "ended", "began"]);
    await a.stop();
    expect(await leases.of("b", ttlMs).holder()).toBeUndefined();
  });

  it("waits for a beginning before it ends", async () => {
    const clock = createVirtualClock();
    const leases = new MemoryLeases(clock);
    const only = work();
    let go: () => void = () => undefined;
    const begin = async (): Promise<Term> => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return only.begin();
    };
    const a = new Leadership({ lease: leases.of("a", ttlMs), clock, everyMs, begin, onFailure: () => undefined });
    // Longer than the lease's time: it is kept meanwhile.
    await clock.advance(4 * ttlMs);
    expect(await leases.of("b", ttlMs).claim()).toBe(false);
    const stopped = a.stop();
    go();
    await stopped;
    expect(only.log).toEqual(["began", "ended"]);
  });
});
