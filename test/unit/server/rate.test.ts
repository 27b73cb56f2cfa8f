/** Token buckets by a clock of the test's own, addresses behind proxies, the gate's counts. */
import { describe, expect, it } from "vitest";
import { addressReader } from "../../../server/address.ts";
import { Conduct } from "../../../server/conduct.ts";
import { Gate } from "../../../server/gate.ts";
import { connectionLimits, limitsFrom, sessionLimits } from "../../../server/limits.ts";
import { Bucket, Recent } from "../../../server/rate.ts";

function request(address: string, headers: Record<string, string> = {}) {
  return { headers, socket: { remoteAddress: address } } as unknown as Parameters<Gate["enter"]>[0];
}

describe("a bucket", () => {
  it("gives a burst at once, then its rate, and says how long to wait", () => {
    const bucket = new Bucket(10, 5, 0);
    for (let i = 0; i < 5; i++) expect(bucket.take(1, 0)).toBe(0);
    expect(bucket.take(1, 0)).toBeCloseTo(100, 9);
    expect(bucket.take(1, 100)).toBe(0);
    expect(bucket.take(1, 100)).toBeCloseTo(100, 9);
  });

  it("refuses what comes behind a refused request until its wait is over, however small", () => {
    const bucket = new Bucket(10, 5, 0);
    expect(bucket.take(4, 0)).toBe(0);
    expect(bucket.take(4, 0)).toBeCloseTo(300, 9);
    expect(bucket.take(1, 200)).toBeCloseTo(100, 9);
    expect(bucket.take(4, 300)).toBe(0);
  });

  it("never holds more than a burst, takes a larger cost as one, and pays debts off first", () => {
    const bucket = new Bucket(10, 5, 0);
    expect(bucket.take(50, 1_000_000)).toBe(0);
    expect(bucket.take(1, 1_000_000)).toBeCloseTo(100, 9);
    const indebted = new Bucket(10, 5, 0);
    indebted.charge(15, 0);
    expect(indebted.take(1, 0)).toBeCloseTo(1_100, 9);
  });

  it("is forgotten with the key that was used longest ago", () => {
    const recent = new Recent(2, () => ({ count: 0 }));
    recent.of("a").count = 1;
    recent.of("b").count = 2;
    recent.of("a");
    recent.of("c");
    expect([recent.size, recent.of("a").count, recent.of("b").count]).toEqual([2, 1, 0]);
  });
});

describe("an address", () => {
  it.each([
    ["of a peer", [], "203.0.113.9", undefined, "203.0.113.9"],
    ["of a peer that claims another one", [], "203.0.113.9", "10.0.0.1", "203.0.113.9"],
    ["behind a trusted proxy", ["10.0.0.0/8"], "10.1.2.3", "203.0.113.9", "203.0.113.9"],
    ["behind two trusted proxies, with a forged one in front", ["10.0.0.0/8"], "10.1.2.3", "1.1.1.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"],
    ["behind a trusted proxy that says nothing", ["10.0.0.0/8"], "10.1.2.3", undefined, "10.1.2.3"],
    ["behind a trusted proxy that says rubbish", ["10.0.0.0/8"], "10.1.2.3", "'; drop", "10.1.2.3"],
    ["of IPv4 in IPv6", [], "::ffff:203.0.113.9", undefined, "203.0.113.9"],
    ["of IPv6: its network", [], "2001:db8:0:1:a:b:c:d", undefined, "2001:db8:0:1::/64"],
    ["of IPv6 in short", [], "2001:DB8::7", undefined, "2001:db8:0:0::/64"],
    ["of IPv6 behind a trusted one", ["::1"], "::1", "fe80::1%eth0, 2001:db8::7", "2001:db8:0:0::/64"],
  ])("%s", (_name, trusted, remote, forwarded, expected) => {
    const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
    expect(addressReader(trusted)(request(remote, headers))).toBe(expected);
  });

  it.each(["10.0.0.0/33", "proxy.example", "10.0.0.1/8/8", "::1/129", "10.0.0.0/x"])("refuses %s as a proxy", (text) => {
    expect(() => addressReader([text])).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });
});

describe("the gate", () => {
  const create = (limits: object) => {
    const clock = { nowMs: 0, now: () => clock.nowMs, after: () => () => undefined };
    const gate = new Gate({ limits: limitsFrom(connectionLimits, limits), allowedOrigins: [], addressOf: addressReader([]), clock });
    return { gate, clock, codeOf: (address: string) => gate.refusal(request(address))?.code };
  };

  it("bounds those that have not joined, and counts each once however it ends", () => {
    const { gate, codeOf } = create({ maxPendingJoins: 2 });
    const [first, second] = [gate.enter(request("1.1.1.1")), gate.enter(request("1.1.1.2"))];
    expect(codeOf("1.1.1.3")).toBe("UNAVAILABLE");
    first.admit();
    first.admit();
    expect([gate.pending, codeOf("1.1.1.3")]).toEqual([1, undefined]);
    for (const entry of [first, first, second, second]) entry.leave();
    first.admit();
    expect([gate.connections, gate.pending]).toEqual([0, 0]);
  });

  it("bounds the rate of one address without touching others, and that of all together", () => {
    const { gate, clock, codeOf } = create({
      connectsPerSecondPerAddress: 1,
      connectBurstPerAddress: 2,
      connectsPerSecond: 10,
      connectBurst: 4,
    });
    expect([codeOf("1.1.1.1"), codeOf("1.1.1.1"), codeOf("1.1.1.1")]).toEqual([undefined, undefined, "RATE_LIMITED"]);
    expect([codeOf("1.1.1.2"), codeOf("1.1.1.3"), codeOf("1.1.1.4")]).toEqual([undefined, undefined, "RATE_LIMITED"]);
    clock.nowMs = 1_100;
    expect([codeOf("1.1.1.1"), codeOf("1.1.1.4")]).toEqual([undefined, undefined]);
    expect(gate.connections).toBe(0);
  });
});

describe("a connection's conduct", () => {
  it("is to be cut off when it does not wait, and not when it does", () => {
    const clock = { nowMs: 0, now: () => clock.nowMs, after: () => () => undefined };
    const limits = limitsFrom(sessionLimits, { requestsPerSecond: 1, requestBurst: 1, maxRequestsInWork: 3 });
    const conduct = new Conduct(limits, clock);
    const ask = (): boolean => {
      try {
        conduct.begin(0);
        return false;
      } catch (error) {
        expect(error).toMatchObject({ code: "RATE_LIMITED", retryable: true });
        return conduct.refuse("RATE_LIMITED");
      } finally {
        conduct.end(0);
      }
    };
    for (let i = 0; i < 20; i++) {
      expect([ask(), ask()]).toEqual([false, false]);
      clock.nowMs += 1_000;
    }
    expect([ask(), ask(), ask(), ask(), ask()]).toEqual([false, false, false, false, true]);
  });
});
