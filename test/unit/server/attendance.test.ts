/** A device is there as long as one of its connections is, and the newest of them counts. */
import { describe, expect, it } from "vitest";
import { Attendance } from "../../../server/attendance.ts";
import { createRng } from "../../../shared/random.ts";

describe("attendance", () => {
  it("goes back to the way before when the newest one ends, with what was told over it", () => {
    const attendance = new Attendance<string>();
    attendance.add("ann", "first", "m1");
    attendance.add("ann", "second", "m2");
    attendance.add("ann", "third", "m3");
    expect(attendance.present.get("ann")).toBe("third");
    expect(attendance.remove("ann", "second")).toEqual({ kind: "unnoticed" });
    expect(attendance.remove("ann", "third")).toEqual({ kind: "elsewhere", way: { person: "first", told: "m1" } });
    expect(attendance.remove("ann", "first")).toEqual({ kind: "gone" });
    expect(attendance.remove("ann", "first")).toEqual({ kind: "unnoticed" });
    expect(attendance.present.size).toBe(0);
  });

  it("counts a way once that comes anew, and none of a device that is forgotten", () => {
    const attendance = new Attendance<string>();
    attendance.add("ann", "first", "m1");
    attendance.add("ann", "second", "m1");
    attendance.add("ann", "first", "m2");
    expect(attendance.remove("ann", "first")).toEqual({ kind: "elsewhere", way: { person: "second", told: "m1" } });
    attendance.add("ann", "first", "m3");
    attendance.forget("ann");
    expect(attendance.remove("ann", "first")).toEqual({ kind: "unnoticed" });
    expect(attendance.remove("ann", "second")).toEqual({ kind: "unnoticed" });
  });

  it("holds exactly the devices that have a way, whatever the order", () => {
    const rng = createRng(5);
    const attendance = new Attendance<number>();
    const open = new Map<string, Set<number>>();
    for (let step = 0; step < 5_000; step++) {
      const client = `c${Math.floor(rng.float() * 4)}`;
      const person = Math.floor(rng.float() * 5);
      const ways = open.get(client) ?? new Set();
      open.set(client, ways);
      if (rng.float() < 0.5) {
        attendance.add(client, person, `${step}`);
        ways.add(person);
      } else {
        attendance.remove(client, person);
        ways.delete(person);
      }
      const there = [...open].flatMap(([name, found]) => (found.size > 0 ? [name] : []));
      expect([...attendance.present.keys()].sort()).toEqual(there.sort());
      if (ways.size > 0) expect(ways.has(attendance.present.get(client)!)).toBe(true);
    }
  });
});
