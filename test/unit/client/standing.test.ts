/** What a device makes of the server's word on which of its contributions was counted. */
import { describe, expect, it } from "vitest";
import { outcomeUnknown, StandingRecord } from "../../../client/standing.ts";
import { memoryStore } from "../../../client/stores/memory.ts";
import { Vault } from "../../../client/vault.ts";
import { PrivatePart } from "../../../shared/models/private-part.ts";

const part = (value: number): PrivatePart => new PrivatePart(Float64Array.of(value, -0, 3));
const joined = (counted: number, over: number) => ({
  model: { sha256: "x", bytes: 1, round: 0 },
  isNew: false,
  ended: false,
  counted,
  over,
});

function device(store = memoryStore()) {
  const vault = new Vault(store, "films-1");
  return { vault, standing: new StandingRecord(vault), restart: () => device(store) };
}

describe("a device's standing", () => {
  it("is taken over when the server counted what was on its way, also by a new process, and once", async () => {
    const first = device();
    await first.standing.rejoin(joined(0, 2));
    await first.standing.promise(3, part(1));
    const second = first.restart();
    await second.standing.rejoin(joined(3, 3));
    expect((await second.vault.privatePart())!.values).toEqual(part(1).values);
    expect(await second.vault.counted()).toBe(3);
    expect(await second.vault.candidate()).toBeUndefined();
    expect(await second.standing.refusal(4)).toBeUndefined();
    await second.restart().standing.rejoin(joined(3, 9));
    expect(await second.vault.counted()).toBe(3);
  });

  it("stays what it was when the round is over without it", async () => {
    const first = device();
    await first.standing.rejoin(joined(0, 2));
    await first.standing.promise(3, part(1));
    const second = first.restart();
    await second.standing.rejoin(joined(0, 3));
    expect(await second.vault.candidate()).toBeUndefined();
    expect(await second.vault.privatePart()).toBeUndefined();
    expect(await second.standing.refusal(4)).toBeUndefined();
  });

  it("is open while the round is: no later round gets anything, the same one may be answered again", async () => {
    const { standing, vault } = device();
    await standing.rejoin(joined(0, 2));
    await standing.promise(3, part(1));
    await standing.rejoin(joined(0, 2));
    expect(await standing.refusal(3)).toBeUndefined();
    expect(await standing.refusal(4)).toBe(outcomeUnknown);
    await standing.settle(2, true);
    expect(await vault.candidate()).toMatchObject({ round: 3 });
    await standing.settle(3, true);
    expect(await standing.refusal(4)).toBeUndefined();
    await standing.promise(4, part(2));
    await standing.settle(4, false);
    expect((await vault.privatePart())!.values).toEqual(part(1).values);
    expect(await standing.refusal(5)).toBeUndefined();
  });

  it.each([
    ["the server counted a round that this device does not know", 7],
    ["the server forgot the round that this device knows", 0],
  ])("allows nothing when %s", async (_what, counted) => {
    const first = device();
    await first.standing.rejoin(joined(0, 2));
    await first.standing.promise(3, part(1));
    await first.standing.settle(3, true);
    const second = first.restart();
    await second.standing.rejoin(joined(counted, 8));
    expect(await second.standing.refusal(9)).toMatch(/no longer has/);
  });

  it("allows nothing once what was on its way was forgotten: it may be counted yet", async () => {
    const first = device();
    await first.standing.rejoin(joined(0, 2));
    await first.standing.promise(3, part(1));
    await first.vault.clear();
    const again = first.restart();
    await again.standing.rejoin(joined(0, 5));
    expect(await again.vault.privatePart()).toBeUndefined();
    expect(await again.standing.refusal(6)).toMatch(/no longer has/);
  });
});
