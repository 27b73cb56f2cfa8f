/** What a coordinator receives: a sum from each gateway, and a few bytes for each device, however long contributions are. */
import { afterEach, describe, expect, it } from "vitest";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { startMemoryCluster } from "../support/memory-cluster.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";

const size = 8_000;
const contributionBytes = 8 * size;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Bytes that came to the coordinator, and to all gateways, in a run of one round. */
async function received(devices: number): Promise<{ readonly coordinator: number; readonly gateways: number }> {
  const run = countingRun(size, { rounds: 1, cohort: { size: devices, min: devices }, deadline: { stageMs: 60_000, graceMs: 60_000 } });
  const cluster = await startMemoryCluster(run, { gateways: 3, coordinators: 1 });
  cleanups.push(() => cluster.close());
  await cluster.ready();
  await Promise.all(
    Array.from({ length: devices }, async (_, index) => {
      const client = await ScriptedClient.join(cluster.connectTo(index % 3), "counting");
      client.onAsk = ({ round }) => void client.answer(round, floatBytes(contributionOf(size, index)));
      await client.until(() => client.published.at(-1)?.ended === true);
    }),
  );
  expect(await cluster.store.records("counting")).toMatchObject([{ outcome: "published", accepted: devices }]);
  const bytesOf = async (metrics: { text(): Promise<string> }): Promise<number> =>
    Number(/^cofactor_received_bytes_total (\d+)/m.exec(await metrics.text())![1]);
  const gateways = await Promise.all(cluster.gateways.map(({ metrics }) => bytesOf(metrics)));
  return { coordinator: await bytesOf(cluster.coordinators[0]!.metrics), gateways: gateways.reduce((sum, bytes) => sum + bytes, 0) };
}

describe("a coordinator's traffic", () => {
  it("is the gateways' sums and names: it does not grow with what devices send", async () => {
    const few = await received(12);
    const many = await received(48);
    for (const [devices, { gateways }] of [
      [12, few],
      [48, many],
    ] as const)
      expect(gateways).toBeGreaterThan(devices * contributionBytes);
    // Three sums, each as long as a contribution; names, digests and reports.
    for (const { coordinator } of [few, many]) expect(coordinator).toBeGreaterThan(3 * contributionBytes);
    expect((many.coordinator - few.coordinator) / 36).toBeLessThan(0.02 * contributionBytes);
    expect(many.coordinator).toBeLessThan(0.1 * many.gateways);
  });
});
