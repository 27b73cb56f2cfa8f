/** Typed events: who hears what, and that one bad listener does not silence the others. */
import { expect, it, vi } from "vitest";
import { createEmitter } from "../../shared/emitter.ts";

it("calls every listener of an event with its value, until it is removed", () => {
  const events = createEmitter<{ round: number; left: string }>();
  const seen: (number | string)[] = [];
  const remove = events.on("round", (round) => seen.push(round));
  events.on("left", (who) => seen.push(who));
  events.emit("round", 1);
  events.emit("left", "a");
  remove();
  events.emit("round", 2);
  expect(seen).toEqual([1, "a"]);
});

it("calls the others when a listener throws, and lets the error surface", () => {
  const surfaced: (() => void)[] = [];
  const later = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => void surfaced.push(task));
  const events = createEmitter<{ round: number }>();
  const seen: number[] = [];
  events.on("round", () => {
    throw new Error("mine");
  });
  events.on("round", (round) => seen.push(round));
  events.emit("round", 7);
  later.mockRestore();
  expect(seen).toEqual([7]);
  expect(() => surfaced[0]!()).toThrow("mine");
});
