/** What the aggregator keeps of devices' worth: where terms ask for it, from cohorts' figures and memberships, under every protection. */
import { afterEach, describe, expect, it } from "vitest";
import { type JudgedWorld, judgedTerms, startJudged } from "../support/judged-world.ts";

const worlds: JudgedWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function played(name: "open" | "masks", more: Parameters<typeof judgedTerms>[1]): Promise<JudgedWorld> {
  const world = await startJudged(name, judgedTerms(name, more));
  worlds.push(world);
  await Promise.all(world.clients.map((client) => client.participate()));
  return world;
}

describe.each(["open", "masks"] as const)("rewards under %s", (name) => {
  it("add up to what the judged models gained, by public key, the same for devices that were in the same rounds", async () => {
    const { server } = await played(name, { rounds: 4, rewards: { metric: "rmse", division: { kind: "fitted" } } });
    const found = await server.rewards();
    expect(found).toHaveLength(4);
    expect(found.map(({ rounds }) => rounds)).toEqual([3, 3, 3, 3]);
    const records = await server.records();
    const [first, last] = [records[0]!.quality!.metrics["rmse"]!, records.at(-1)!.quality!.metrics["rmse"]!];
    expect(first).not.toBe(last);
    expect(found.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(first - last, 9);
    for (const { value } of found) expect(value).toBeCloseTo(found[0]!.value, 9);
    expect(records.map(({ contributors }) => [...contributors!].sort())).toEqual(new Array(4).fill(found.map(({ client }) => client)));
  });

  it("are not kept where terms ask for none: nothing durable says who contributed", async () => {
    const { server } = await played(name, { rounds: 2 });
    expect(await server.rewards()).toEqual([]);
    for (const record of await server.records()) expect(record).not.toHaveProperty("contributors");
  });
});
