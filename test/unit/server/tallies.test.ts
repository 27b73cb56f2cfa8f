import { describe, expect, it } from "vitest";
import { Tallies, type Tally } from "../../../server/cluster/tallies.ts";

const tally = (id: string, bytes: number, refused: Tally["refused"] = {}, connections = 1): Tally => ({
  id,
  name: id,
  connections,
  bytesSent: bytes,
  bytesReceived: 2 * bytes,
  refused,
});

describe("what gateways count of themselves", () => {
  it("is added up from the newest counts of each process, however often they come", () => {
    const tallies = new Tallies();
    for (const bytes of [1, 5, 9]) tallies.take(tally("a", bytes, { RATE_LIMITED: bytes }));
    tallies.take(tally("b", 100, { RATE_LIMITED: 1, REPLAYED: 2 }, 7));
    expect(tallies.traffic).toEqual({ bytesSent: 109, bytesReceived: 218 });
    expect(tallies.connections).toBe(8);
    expect(tallies.refused).toEqual({ RATE_LIMITED: 10, REPLAYED: 2 });
  });

  it("stays counted when a process is gone, and is not counted twice when it comes back", () => {
    const tallies = new Tallies();
    tallies.take(tally("a", 10, { REPLAYED: 1 }, 3));
    tallies.leave("a");
    expect([tallies.connections, tallies.traffic.bytesSent, tallies.refused]).toEqual([0, 10, { REPLAYED: 1 }]);
    tallies.take(tally("a", 12, { REPLAYED: 4 }, 2));
    expect([tallies.connections, tallies.traffic.bytesSent, tallies.refused]).toEqual([2, 12, { REPLAYED: 4 }]);
    tallies.leave("nobody");
  });

  it("is counted from a mark on, and of a process that was heard of later from then on: what it refused before belongs to no open round", () => {
    const tallies = new Tallies();
    tallies.take(tally("a", 1, { REPLAYED: 5 }));
    tallies.mark();
    tallies.take(tally("b", 1, { RATE_LIMITED: 500 }));
    expect(tallies.refusedSince).toEqual({});
    tallies.take(tally("a", 1, { REPLAYED: 6 }));
    tallies.take(tally("b", 1, { RATE_LIMITED: 502 }));
    tallies.leave("a");
    expect(tallies.refusedSince).toEqual({ REPLAYED: 1, RATE_LIMITED: 2 });
    tallies.mark();
    expect(tallies.refusedSince).toEqual({});
  });

  it("keeps no more than a thousand processes that are gone, and loses nothing of their sums", () => {
    const tallies = new Tallies();
    tallies.take(tally("here", 1));
    for (let at = 0; at < 2_500; at++) {
      tallies.take(tally(`gone-${at}`, 1, { REPLAYED: 1 }));
      tallies.leave(`gone-${at}`);
    }
    expect(tallies.known).toBe(1_001);
    expect([tallies.connections, tallies.traffic.bytesSent, tallies.refused]).toEqual([1, 2_501, { REPLAYED: 2_500 }]);
  });
});
