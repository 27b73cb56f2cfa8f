/** The count that the chaos suite trusts finds what is lost, doubled or wrong. */
import { describe, expect, it } from "vitest";
import { memoryStore } from "../../server/index.ts";
import { encodeModel } from "../../shared/wire/model-codec.ts";
import { countAll, type DeviceLog } from "../support/cluster-devices.ts";

const run = "counting";
const devices = 3;

/** Two rounds of three devices, whose models come to `sums`, with what records and devices say. */
async function count(sums: readonly (readonly number[])[], accepted: readonly number[], acknowledged: readonly (readonly number[])[]) {
  const store = memoryStore();
  await store.saveRun(run, { terms: "{}", identitySeed: new Uint8Array(32) });
  const driver = await store.takeOver(run);
  const models = new Map<number, Float64Array>();
  for (const [index, sum] of sums.entries()) {
    const round = index + 1;
    const shared = Float64Array.from(sum);
    models.set(round, shared);
    const sha256 = `${round}`;
    const publication = { round, advanced: round, sha256, model: encodeModel(shared, "float64"), state: new Float64Array(1) };
    const record = { round, outcome: "published", invited: devices, accepted: accepted[index]!, dropped: 0, sha256, reason: "" } as const;
    await store.publish(driver, publication, record);
  }
  const logs = acknowledged.map((rounds): DeviceLog => ({ acknowledged: new Set(rounds), connections: 1, lastModel: "" }));
  return countAll(store, run, { models }, logs);
}

describe("the count of a run under fire", () => {
  const all = [
    [1, 2],
    [1, 2],
    [1, 2],
  ];

  it("finds nothing where every acknowledged contribution is in its round's sum once", async () => {
    const found = await count([[1, 1, 1], [2, 2, 2]], [3, 3], all); // biome-ignore format: one line a case
    expect(found).toEqual({ published: 2, abandoned: 0, contributions: 6, lost: 0, double: 0, wrong: 0 });
  });

  it("finds an acknowledged contribution that is in no sum", async () => {
    expect(await count([[1, 1, 1], [2, 1, 2]], [3, 2], all)).toMatchObject({ lost: 1, double: 0, wrong: 0 }); // biome-ignore format: one line a case
  });

  it("finds one that is in a sum twice, also where another one is missing", async () => {
    expect(await count([[1, 2, 1], [2, 3, 2]], [4, 3], all)).toMatchObject({ double: 1, lost: 1 }); // biome-ignore format: one line a case
    expect(await count([[1, 2, 0], [2, 3, 1]], [3, 3], all)).toMatchObject({ double: 1, lost: 2, wrong: 0 }); // biome-ignore format: one line a case
  });

  it("finds a record that says another number than the sum holds", async () => {
    expect(await count([[1, 1, 1], [2, 2, 2]], [3, 2], all)).toMatchObject({ wrong: 1 }); // biome-ignore format: one line a case
  });
});
