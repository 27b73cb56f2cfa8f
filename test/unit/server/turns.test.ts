/** Turns: what comes at once is let through a little at a time, in order, and others get their turn in between. */
import { expect, it } from "vitest";
import { Turns } from "../../../server/turns.ts";

it("lets so many through in a turn, in order, and all in the end", async () => {
  const turns = new Turns(3);
  const done: number[] = [];
  const byTurn: number[] = [];
  const all = Promise.all(Array.from({ length: 10 }, (_, index) => turns.next().then(() => done.push(index))));
  for (let turn = 0; turn < 5; turn++) {
    await Promise.resolve();
    await Promise.resolve();
    byTurn.push(done.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  expect(done).toEqual(Array.from({ length: 10 }, (_, index) => index));
  expect(byTurn[0]).toBe(3);
  for (let turn = 1; turn < byTurn.length; turn++) expect(byTurn[turn]! - byTurn[turn - 1]!).toBeLessThanOrEqual(3);
});

it("is free again after a turn", async () => {
  const turns = new Turns(1);
  for (let turn = 0; turn < 3; turn++) {
    let isThrough = false;
    void turns.next().then(() => {
      isThrough = true;
    });
    await Promise.resolve();
    expect(isThrough).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
