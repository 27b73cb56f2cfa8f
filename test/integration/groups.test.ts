/**
 * Rounds in groups, simulated and deployed: the same groups' sums under every protection, a group that a device spoils, rules that remember, lists of
 * keyholders.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../client/index.ts";
import { createServer, fileRecord, memoryStore, type RoundReport, type Server } from "../../server/index.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { defineRun } from "../../shared/define-run.ts";
import { GroupedAggregator } from "../../shared/protections/grouped.ts";
import { secureRng } from "../../shared/random.ts";
import { roundFrame } from "../../shared/run.ts";
import { simulate } from "../../simulations/index.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { hostKeyholder, LyingServer } from "../support/lying-server.ts";
import { realTools } from "../support/protected-round.ts";
import { greatestDifference, train } from "../support/protected-training.ts";
import { floatBytes, ScriptedClient } from "../support/scripted-client.ts";
import { contribute, keyholderOf, sealedRun, sealingDevices } from "../support/sealed-run.ts";
import { transports } from "../support/transports.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Plain steps: an optimizer that divides by the size of gradients makes whole steps of what is rounding. */
const model = { kind: "fcf", rank: 2, optimizer: { kind: "sgd", learningRate: 0.05 } };

describe("simulated rounds in groups", () => {
  const scenario = { dataset: { name: "xwines-starter" }, model, rounds: 2, network: { dropout: 0.1 } };
  const median = { ...scenario, cohort: { size: 24, min: 4, groups: 4 }, aggregation: { kind: "median" } };

  it("give the same model under masks and paillier, and that of open but for rounding", { timeout: 120_000 }, async () => {
    const under = (kind: string, options: object = {}): ReturnType<typeof train> => train({ ...median, protection: { kind, ...options } });
    const [masks, paillier] = [await under("masks"), await under("paillier", { holders: 1 })];
    expect(masks.factors).toEqual(paillier.factors);
    expect(masks.results.map(({ sums }) => sums)).toEqual(paillier.results.map(({ sums }) => sums));
    // Open groups may be of one device, so that none is given up: the same when none of the others was.
    const open = await under("open");
    for (const { sums } of masks.results) expect(sums).toEqual({ revealed: 4, lost: 0 });
    const difference = greatestDifference(open.factors, masks.factors);
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(0.05 * open.sumScale * scenario.rounds);
  });

  it("are other rounds than those of one group, and with the plain sum the same", async () => {
    const plain = await train({ ...scenario, cohort: { size: 24 } });
    const summed = await train({ ...scenario, cohort: { size: 24, groups: 4 } });
    expect(greatestDifference(plain.factors, summed.factors)).toBeLessThan(1e-12);
    expect(greatestDifference(plain.factors, (await train(median)).factors)).toBeGreaterThan(1e-6);
  });

  it("go on without groups that lost too many, and the result says so, for any number of workers", async () => {
    const lossy = {
      ...median,
      network: { dropout: 0.15 },
      protection: { kind: "masks", dropout: 0.2 },
      cohort: { size: 48, min: 5, groups: 8 },
    };
    const results = await Promise.all([1, 2].map((workers) => simulate({ ...lossy, seed: 3, baselines: [] }, { workers })));
    const [one, two] = results.map(({ rounds, metrics }) => ({
      // Which neighbors a device draws, and with them the length of its messages, is chance in both.
      rounds: rounds.map(({ bytesUp: _up, bytesDown: _down, ...round }) => round),
      metrics,
    }));
    expect(one).toEqual(two);
    expect(one!.rounds.some(({ sums }) => sums!.lost > 0)).toBe(true);
    for (const { sums, outcome } of one!.rounds) expect([outcome, sums!.revealed + sums!.lost]).toEqual(["published", 8]);
    expect(results[0]!.aggregation).toMatchObject({ rule: "median", groups: 8, anonymity: 5, toleratedGroups: 3 });
  });

  it("keep what a rule remembers behind the model's own state, and judge models over all groups", async () => {
    const clipped = { ...median, aggregation: { kind: "centered-clipping", radius: 0.001, iterations: 1 } };
    const [one, two] = [await train({ ...clipped, rounds: 1 }), await train({ ...clipped, rounds: 2 })];
    // From zeros by at most the radius a round: what is remembered lets the second step go further.
    expect(greatestDifference(one.factors, two.factors)).toBeGreaterThan(0);
    const judged = await simulate({ ...median, evaluation: { federated: true, every: 1, metrics: ["hr@10"] }, baselines: [] });
    for (const { federatedMetrics, accepted } of judged.rounds) expect(federatedMetrics!.people).toBe(accepted);
  });

  it("lose one group by one device that lies under masks, not the round", async () => {
    const run = defineRun({
      id: "x",
      items: 4,
      model,
      cohort: { size: 9, min: 3, groups: 3 },
      aggregation: { kind: "median" },
      protection: { kind: "masks", dropout: 0.3 },
    });
    const groups = [0, 1, 2].map(() => [0, 1, 2].map(() => createIdentity(secureRng).id));
    const aggregator = await GroupedAggregator.create(run.protection, (group) => roundFrame(run, 1, group), groups, realTools);
    const opened = await aggregator.reveal([0, 1, 2], 2, async (half, group) => {
      if (group !== 1) return { values: Float64Array.of(group), count: 3 };
      return half.reveal(undefined);
    });
    expect(opened.sums.map(({ values }) => values[0])).toEqual([0, 2]);
    expect(opened.spoiled).toEqual([{ group: 1, error: expect.objectContaining({ code: "COHORT_TOO_SMALL" }) }]);
    const failing = aggregator.reveal([0, 1, 2], 3, (half) => half.reveal(undefined));
    await expect(failing).rejects.toMatchObject({ code: "COHORT_TOO_SMALL" });
  });
});

function endOf(server: Server): Promise<RoundReport> {
  return new Promise((resolve) => {
    server.on("round", resolve);
  });
}

describe.each(transports)("deployed rounds in groups over $name", ({ reach }) => {
  it("take the median of single devices under open: a lie counts for nothing", async () => {
    const run = countingRun(4, { rounds: 1, cohort: { size: 5, min: 5, groups: 5 }, aggregation: { kind: "median" } });
    const server = await createServer({ run, store: memoryStore(), gatherMs: 4_000 });
    cleanups.push(() => server.close());
    const connect = await reach(server);
    const done = endOf(server);
    await Promise.all(
      [0, 1, 2, 3, 4].map(async (index) => {
        const client = await ScriptedClient.join(connect, "counting");
        const values = contributionOf(4, 0);
        if (index >= 3) values.fill(1e9);
        client.onAsk = (header) => void client.answer(header.round, floatBytes(values));
      }),
    );
    expect(await done).toMatchObject({ outcome: "published", accepted: 5 });
    // Five times the median.
    expect([...server.shared]).toEqual([5, 0, 0, 0]);
  });

  it("are masked within each group by real clients, who recommend by what comes of it", { timeout: 60_000 }, async () => {
    const terms = {
      id: "films-1",
      items: 12,
      rounds: 2,
      cohort: { size: 12, min: 3, groups: 3 },
      model,
      aggregation: { kind: "median" },
      protection: { kind: "masks", dropout: 0.3 },
    };
    const server = await createServer({ run: terms, store: memoryStore(), gatherMs: 4_000 });
    cleanups.push(() => server.close());
    const connect = await reach(server);
    const clients = Array.from({ length: 12 }, (_, person) =>
      createClient({
        connect,
        run: "films-1",
        ratings: [0, 1, 2].map((at) => [(person + 4 * at) % 12, 1] as const),
        accept: { minCohort: 3 },
      }),
    );
    cleanups.push(() => clients.map((client) => client.close()));
    const reports: RoundReport[] = [];
    server.on("round", (report) => reports.push(report));
    await Promise.all(clients.map((client) => client.join()));
    await Promise.all(clients.map((client) => client.participate()));
    expect(reports.map(({ outcome, accepted }) => [outcome, accepted])).toEqual([
      ["published", 12],
      ["published", 12],
    ]);
    expect(clients[0]!.recommend({ count: 3 })).toHaveLength(3);
  });

  it("are opened by a keyholder one list a group", { timeout: 60_000 }, async () => {
    const holder = createIdentity(secureRng);
    const run = sealedRun([holder.id], { cohort: { size: 6, min: 2, groups: 3 }, aggregation: { kind: "median" } });
    const server = await createServer({ run, store: memoryStore(), gatherMs: 4_000 });
    cleanups.push(() => server.close());
    const connect = await reach(server);
    const lists: number[] = [];
    await keyholderOf(connect, holder, { onEvent: (event) => event.kind === "opened" && lists.push(event.contributors) }).join();
    const done = endOf(server);
    await sealingDevices(run, connect, [1, 2, 3, 4, 5, 6]);
    expect(await done).toMatchObject({ outcome: "published", accepted: 6 });
    expect(lists).toEqual([2, 2, 2]);
  });
});

describe("a keyholder of a run with groups", () => {
  const holder = createIdentity(secureRng);
  const run = sealedRun([holder.id], { rounds: 3, cohort: { size: 9, min: 2, groups: 3 }, aggregation: { kind: "median" } });

  it("opens no list with a device of another group's, which would give that device away by the difference, also after a restart", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cofactor-groups-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "holder.opened");
    const sealed = [];
    for (let device = 0; device < 5; device++) sealed.push(await contribute(run, 1, device + 1));
    const [a, b, c, d, e] = sealed;
    const server = new LyingServer(run);
    const host = () => hostKeyholder("memory", server, holder, (close) => cleanups.push(close), { record: fileRecord(path) });
    const first = await host();
    await first.server.open(1, [a!, b!], 0);
    await expect(first.server.open(1, [a!, c!], 1)).rejects.toMatchObject({ code: "REPLAYED" });
    await expect(first.server.open(1, [c!, d!], 0)).rejects.toMatchObject({ code: "REPLAYED" });
    await expect(first.server.open(1, [c!, d!], 3)).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
    // The whole cohort at once, which the groups' sums would be taken off.
    await expect(first.server.open(1, [a!, b!, c!, d!], 1)).rejects.toMatchObject({ code: "COHORT_TOO_SMALL" });
    first.record.close();
    const second = await host();
    await expect(second.server.open(1, [b!, c!, d!], 1)).rejects.toMatchObject({ code: "REPLAYED" });
    await second.server.open(1, [c!, d!], 1);
    await second.server.open(1, [c!, d!], 1);
    await expect(second.server.open(1, [d!, e!], 2)).rejects.toMatchObject({ code: "REPLAYED" });
    // A group of a round that is over stays shut: who was in its others is no longer known.
    await second.server.open(2, [await contribute(run, 2, 1, { device: a!.device }), await contribute(run, 2, 2)], 0);
    const late = await contribute(run, 1, 9);
    await expect(second.server.open(1, [late, e!], 2)).rejects.toMatchObject({ code: "ROUND_STALE" });
    second.record.close();
  });
});
