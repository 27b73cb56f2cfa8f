import { describe, expect, it } from "vitest";
import { standingAfter } from "../../../server/orders.ts";
import type { ConsoleFacts, ConsoleRound } from "../../../shared/console/feed.ts";
import {
  allowedOrders,
  consoleCharts,
  leaderConsole,
  nothingKnown,
  refusalRows,
  roundNews,
  spentShare,
  standbySentence,
  takeNews,
} from "../../../shared/console/view.ts";

const round = (number: number, more: Partial<ConsoleRound> = {}): ConsoleRound => {
  const counts = { invited: 5, accepted: 4, dropped: 1, reason: "", seconds: 1, bytesUp: 10 };
  return { round: number, outcome: "published", ...counts, epsilon: { server: null, release: number / 2 }, quality: null, ...more };
};
const budgeted = { budget: { epsilon: 5, delta: 1e-5 } } as ConsoleFacts;

describe("a console's state", () => {
  it("takes a round that comes twice once, and keeps the order", () => {
    let state = takeNews(nothingKnown, { kind: "rounds", rounds: [round(1), round(2)] });
    state = takeNews(takeNews(state, { kind: "round", round: round(2, { accepted: 3 }) }), { kind: "round", round: round(3) });
    expect(state.rounds.map(({ round: number, accepted }) => [number, accepted])).toEqual([
      [1, 4],
      [2, 3],
      [3, 4],
    ]);
  });

  it("allows what fits to where the run stands", () => {
    expect(allowedOrders(standingAfter([]), "collecting")).toEqual(["pause", "end"]);
    expect(allowedOrders(standingAfter([{ order: "pause" }]), "gathering")).toEqual(["resume", "end"]);
    expect(allowedOrders(standingAfter([{ order: "pause" }, { order: "resume" }]), "failed")).toEqual([]);
    expect(allowedOrders(standingAfter([{ order: "end" }]), "collecting")).toEqual([]);
  });

  it("orders refusals by their number, and bounds what is spent", () => {
    expect(refusalRows({ B: 1, C: 3, A: 1 })).toEqual([
      ["C", 3],
      ["A", 1],
      ["B", 1],
    ]);
    expect([spentShare(2.5, 5), spentShare(9, 5), spentShare(null, 5)]).toEqual([0.5, 1, null]);
  });
});

describe("a console that stands by", () => {
  const standby = { run: "films-1", leader: "https://10.0.0.2:8443", isTakingOver: false };

  it("knows nothing but who leads, until this coordinator does", () => {
    let state = takeNews(nothingKnown, { kind: "rounds", rounds: [round(1)] });
    state = takeNews(takeNews(state, { kind: "facts", facts: budgeted }), { kind: "standby", standby });
    expect(state).toEqual({ ...nothingKnown, standby });
    expect(takeNews(state, { kind: "facts", facts: budgeted })).toEqual({ ...nothingKnown, facts: budgeted });
  });

  it("says where the leader is, and leads to web addresses alone, with nothing in them but host and port", () => {
    expect(standbySentence(standby)).toBe("Standing by: the leader is at https://10.0.0.2:8443.");
    expect(leaderConsole(standby)).toBe("https://10.0.0.2:8443/console/");
    for (const leader of [
      null,
      "javascript:alert(1)",
      "https://ann:word@10.0.0.2",
      "https://10.0.0.2/x",
      "https://10.0.0.2?token=1",
      "//x",
      "",
    ])
      expect(leaderConsole({ ...standby, leader })).toBeUndefined();
    expect(standbySentence({ ...standby, leader: null })).toMatch(/^Standing by: no coordinator that leads is known/);
    expect(standbySentence({ ...standby, leader: null, isTakingOver: true })).toBe("This coordinator is about to lead.");
  });
});

describe("what is said aloud", () => {
  it("is of the last round, and of how many there were since it was quiet", () => {
    expect(roundNews([])).toBeUndefined();
    expect(roundNews([round(7)])).toBe("Round 7 published: 4 of 5 devices.");
    expect(roundNews([round(7), round(8, { outcome: "abandoned" })])).toBe("2 rounds finished. Round 8 abandoned: 4 of 5 devices.");
  });
});

describe("a console's figures", () => {
  it("leave out what nobody knows, and say so of observers that nothing is proved against", () => {
    expect(consoleCharts({ rounds: [], facts: budgeted })).toEqual([]);
    const charts = consoleCharts({ rounds: [round(1, { bytesUp: null }), round(2, { outcome: "abandoned" })], facts: budgeted });
    expect(charts.map(({ id }) => id)).toEqual(["devices", "bytes", "epsilon"]);
    const [devices, bytes, epsilon] = charts;
    expect(devices!.series.map(({ values }) => values)).toEqual([
      [4, 0],
      [1, 1],
    ]);
    expect(bytes!.x.values).toEqual(["2"]);
    expect(epsilon!.series.map(({ name, values }) => [name, values])).toEqual([
      ["readers of the models", [0.5, 1]],
      ["budget", [5, 5]],
    ]);
    expect(epsilon!.note).toBe("Nothing is proved against the aggregator: not drawn.");
  });

  it("keep errors and shares apart", () => {
    const rounds = [round(1, { quality: { people: 4, metrics: { rmse: 1.1, "hr@10": 0.2 } } })];
    expect(consoleCharts({ rounds, facts: { budget: null } as ConsoleFacts }).map(({ id }) => id)).toEqual([
      "quality",
      "quality-error",
      "devices",
      "bytes",
    ]);
  });
});
