/** What a device keeps aside: chosen once, for good, and never trained on. */
import { describe, expect, it } from "vitest";
import { splitRatings } from "../../../client/held-out.ts";
import { toOwnRatings } from "../../../client/ratings.ts";
import { memoryStore } from "../../../client/stores/memory.ts";
import { Vault } from "../../../client/vault.ts";
import { defineRun } from "../../../shared/define-run.ts";
import { openTerms } from "../../support/client-world.ts";

type Pairs = readonly (readonly [number, number])[];

const list: Pairs = [
  [7, 1],
  [2, 2],
  [9, 3],
  [0, 4],
  [11, 5],
  [4, 6],
];
const run = (holdOut: object) => defineRun({ ...openTerms, evaluation: { holdOut } });
const secret = () => new Uint8Array(32).fill(5);

async function parts(pairs: Pairs, vault: Vault, holdOut: object = { kind: "latest", count: 2 }) {
  const { training, heldOut } = await splitRatings(toOwnRatings(pairs), run(holdOut), vault, secret);
  return { training: [...training.items], heldOut: [...heldOut.items], values: [...heldOut.values] };
}

describe("splitRatings", () => {
  it("parts the ratings in two, and keeps values with their items", async () => {
    const { training, heldOut, values } = await parts(list, new Vault(memoryStore(), "films-1"));
    expect(heldOut).toEqual([4, 11]);
    expect(values).toEqual([6, 5]);
    expect(training).toEqual([0, 2, 7, 9]);
  });

  it("keeps the choice when ratings come, go, or change their order: nothing that was trained on is judged by", async () => {
    const vault = new Vault(memoryStore(), "films-1");
    await parts(list, vault);
    const later: Pairs = [[11, 5], ...list.slice(0, 4), [4, 6], [1, 1], [3, 1]];
    expect(await parts(later, vault)).toMatchObject({ heldOut: [4, 11], training: [0, 1, 2, 3, 7, 9] });
    expect(await parts(list.slice(0, 5), vault)).toMatchObject({ heldOut: [11], training: [0, 2, 7, 9] });
    await vault.clear();
    expect(await parts(later, vault)).toMatchObject({ heldOut: [4, 11] });
  });

  it("holds nothing out of few ratings, and stays with that", async () => {
    const vault = new Vault(memoryStore(), "films-1");
    expect(await parts(list.slice(0, 4), vault)).toMatchObject({ heldOut: [], training: [0, 2, 7, 9] });
    expect(await parts(list, vault)).toMatchObject({ heldOut: [], training: [0, 2, 4, 7, 9, 11] });
  });

  it("chooses among the run's items alone", async () => {
    const beyond: Pairs = [...list, [999, 1], [1_000, 1]];
    expect(await parts(beyond, new Vault(memoryStore(), "films-1"))).toMatchObject({ heldOut: [4, 11], training: [0, 2, 7, 9] });
  });

  it("draws by the device's own secret, the same in every window", async () => {
    const [one, two] = [new Vault(memoryStore(), "films-1"), new Vault(memoryStore(), "films-1")];
    const drawn = { kind: "drawn", count: 2 };
    expect(await parts(list, one, drawn)).toEqual(await parts([...list].reverse(), two, drawn));
  });

  it("trains on everything where terms ask for no evaluation, and keeps no choice", async () => {
    const vault = new Vault(memoryStore(), "films-1");
    const { training, heldOut } = await splitRatings(toOwnRatings(list), defineRun(openTerms), vault, secret);
    expect([training.items.length, heldOut.items.length]).toEqual([6, 0]);
    expect(await vault.heldOut()).toBeUndefined();
  });
});
