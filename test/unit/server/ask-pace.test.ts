/** The pace at which devices are asked: all at once where they are few, else as answers can be taken in; every device once, in order. */
import { describe, expect, it } from "vitest";
import { type Asking, AskPace } from "../../../server/ask-pace.ts";
import type { Clock } from "../../../shared/clock.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `d${index}`);

function begin(pace: AskPace, count: number, changes: Partial<Asking> = {}): string[] {
  const asked: string[] = [];
  pace.begin({
    stage: 0,
    clients: names(count),
    maxAnswerBytes: 0,
    mostMs: 600_000,
    waiting: () => 0,
    ask: (client) => asked.push(client),
    ...changes,
  });
  return asked;
}

describe("the pace of asking", () => {
  it("asks a small cohort at once, and waits for nothing", () => {
    const clock = createVirtualClock();
    expect(begin(new AskPace(clock), 64)).toEqual(names(64));
    expect(clock.waiting).toBe(0);
  });

  it("asks the first of a large one at once, and every other once, in order, over time", async () => {
    const clock = createVirtualClock();
    const pace = new AskPace(clock);
    const asked = begin(pace, 1_000);
    expect(asked).toEqual(names(64));
    expect([pace.isToCome("d63"), pace.isToCome("d64"), pace.isToCome("d999")]).toEqual([false, true, true]);
    await clock.advance(100);
    expect(asked.length).toBeGreaterThan(64 + 50);
    expect(asked.length).toBeLessThan(64 + 300);
    await clock.advance(10_000);
    expect(asked).toEqual(names(1_000));
    expect([clock.waiting, pace.isToCome("d999")]).toEqual([0, false]);
  });

  it("takes longer where answers are longer, as far as it knows from the stage before", async () => {
    const counts: number[] = [];
    for (const [maxAnswerBytes, seen] of [
      [0, undefined],
      [262_144, undefined],
      [262_144, 1],
    ] as const) {
      const clock = createVirtualClock();
      const pace = new AskPace(clock);
      if (seen !== undefined) pace.took(0, seen, 1);
      const asked = begin(pace, 1_000, { maxAnswerBytes });
      await clock.advance(200);
      counts.push(asked.length - 64);
    }
    const [short, long, known] = counts as [number, number, number];
    expect(long).toBeLessThan(short / 3);
    expect(known).toBeGreaterThan(0.9 * short);
  });

  it("asks nobody while many answers wait for the disk, and goes on when they do not", async () => {
    const clock = createVirtualClock();
    let waiting = 65;
    const asked = begin(new AskPace(clock), 200, { waiting: () => waiting });
    await clock.advance(60_000);
    expect(asked).toHaveLength(64);
    waiting = 64;
    await clock.advance(60_000);
    expect(asked).toEqual(names(200));
  });

  it("slows down when timers are held up, and does not make up for it at once", async () => {
    const asked = async (lateMs: number): Promise<number> => {
      const inner = createVirtualClock();
      const clock: Clock = { now: inner.now, after: (delayMs, task) => inner.after(delayMs + lateMs, task) };
      const before = begin(new AskPace(clock), 10_000);
      await inner.advance(2_000);
      return before.length - 64;
    };
    const [free, held] = [await asked(0), await asked(480)];
    // Four timers instead of a hundred, each of which counts for two at most.
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(free / 20);
  });

  it("slows down when answers take long to become durable, once for those that came together", async () => {
    const count = async (slow: number): Promise<number> => {
      const clock = createVirtualClock();
      const pace = new AskPace(clock);
      for (let answer = 0; answer < slow; answer++) pace.took(0, 0, 300);
      const asked = begin(pace, 10_000);
      await clock.advance(200);
      return asked.length - 64;
    };
    const [none, one, ten] = [await count(0), await count(1), await count(10)];
    expect(one).toBeLessThan(0.8 * none);
    expect(ten).toBe(one);
  });

  it("asks the last one within the time for it, however slow it has become", async () => {
    const clock = createVirtualClock();
    const asked = begin(new AskPace(clock), 1_000, { maxAnswerBytes: 100_000_000, mostMs: 2_000 });
    await clock.advance(2_000);
    expect(asked).toHaveLength(1_000);
  });

  it("asks nobody of an earlier stage, and nobody after a stop", async () => {
    const clock = createVirtualClock();
    const pace = new AskPace(clock);
    const first = begin(pace, 200);
    const second = begin(pace, 200, { stage: 1 });
    await clock.advance(10_000);
    expect([first.length, second.length]).toEqual([64, 200]);
    const third = begin(pace, 200, { stage: 2 });
    pace.stop();
    await clock.advance(10_000);
    expect([third.length, clock.waiting, pace.isToCome("d199")]).toEqual([64, 0, false]);
  });
});
