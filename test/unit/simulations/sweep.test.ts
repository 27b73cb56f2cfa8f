/** Sweeps: grids and their errors, cells and their names, choosing by validation alone, going on where one was interrupted. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { CofactorError } from "../../../shared/errors.ts";
import { renderSweep } from "../../../simulations/report/sweep-page.ts";
import type { Result } from "../../../simulations/result.ts";
import type { Scenario } from "../../../simulations/scenario.ts";
import { folderCache, noCache } from "../../../simulations/sweep/cache.ts";
import { cellKey, runCell } from "../../../simulations/sweep/cell.ts";
import type { Executor } from "../../../simulations/sweep/executor.ts";
import { type Grid, loadGrid, settingName } from "../../../simulations/sweep/grid.ts";
import { spreadOf, summarizeSweep } from "../../../simulations/sweep/summary.ts";
import { runSweep } from "../../../simulations/sweep/sweep.ts";
import { sweepTable } from "../../../simulations/sweep/terminal.ts";
import { createExecutor } from "../../../simulations/sweep/threads.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-sweep-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function gridFile(text: string): string {
  const path = join(folder, `grid-${++files}.yaml`);
  writeFileSync(path, text);
  return path;
}

const small = [
  "dataset.name=synthetic",
  "dataset.users=80",
  "dataset.items=30",
  "dataset.ratings=10",
  "model.kind=implicit-als",
  "rounds=2",
];
const load = (text: string, overrides: readonly string[] = small): Promise<Grid> => loadGrid(gridFile(text), undefined, overrides);
const never = new AbortController().signal;

/** A finished cell with given figures: what a real one has, and nothing that a sweep does not read. */
function result(scenario: Scenario, validation: Record<string, number>, test: Record<string, number>): Result {
  const dataset = { name: "d", users: 1, items: 1, ratings: 1, sha256: "s".repeat(64), splitHash: "h".repeat(64), notes: [] };
  const plain = { scenario, dataset, isLeaking: false, isComplete: true, rounds: [], protocols: { "hr@10": "leave-one-out" } };
  return { ...plain, metrics: { validation, test }, traffic: { upBytesPerClientRound: 10 } } as unknown as Result;
}

/** An executor that answers by a function of the scenario, and counts. */
function scripted(answer: (scenario: Scenario) => Result): Executor & { readonly ran: Scenario[] } {
  const ran: Scenario[] = [];
  return {
    width: 3,
    ran,
    async run({ scenario }) {
      ran.push(scenario);
      return answer(scenario);
    },
    close: async () => undefined,
  };
}

const rankOf = ({ model }: Scenario): number => model["rank"] as number;

describe("loadGrid", () => {
  it("makes every combination, with every seed, and no baselines", async () => {
    const { settings, seeds } = await load("grid:\n  model.rank: [2, 4]\n  sharing.kind: [all, hashed-rows]\nseeds: [5, 6]\n");
    expect(seeds).toEqual([5, 6]);
    expect(settings.map(({ values }) => settingName(values))).toEqual([
      "model.rank=2 sharing.kind=all",
      "model.rank=2 sharing.kind=hashed-rows",
      "model.rank=4 sharing.kind=all",
      "model.rank=4 sharing.kind=hashed-rows",
    ]);
    expect(settings.map(({ scenarios }) => scenarios.map(({ model, sharing, seed }) => [model["rank"], sharing.kind, seed]))[3]).toEqual([
      [4, "hashed-rows", 5],
      [4, "hashed-rows", 6],
    ]);
    for (const { scenarios } of settings) for (const { baselines } of scenarios) expect(baselines).toEqual([]);
  });

  it("takes the scenario's own seed where the grid names none, and a grid of seeds alone", async () => {
    expect((await load("grid: {}\n", [...small, "seed=9"])).seeds).toEqual([9]);
    expect((await load("grid: {}\nseeds: [1, 2, 3]\n")).settings).toHaveLength(1);
  });

  it.each<[string, string, RegExp]>([
    [
      "a path that no scenario has",
      "grid:\n  model.rnk: [2]\n",
      /grid-\d+\.yaml:2:14: "model\.rnk" is not a known key; did you mean "rank"\?/,
    ],
    ["a value that a path does not take", "grid:\n  rounds: [2]\n  model.rank: [2, 0]\n", /yaml:3:15: "model\.rank"/],
    ["an unknown key", "grid: {}\nsedes: [1]\n", /yaml:2:8: "sedes" is not a known key; did you mean "seeds"/],
    ["a seed among the paths", "grid:\n  seed: [1, 2]\n", /yaml:2:9: "grid\.seed" is not for a grid: see "seeds"/],
    ["a value twice", "grid:\n  rounds: [2, 3, 2]\n", /yaml:2:11: "grid\.rounds" expected each value once/],
    ["paths of which one is part of the other", "grid:\n  model: [{kind: als}]\n  model.rank: [1]\n", /one is part of the other/],
    ["no value", "grid:\n  rounds: []\n", /yaml:2:11: .*at least one value/],
    ["an unknown path to choose per", "grid:\n  rounds: [2]\nchoose: {per: [round]}\n", /yaml:3:.*did you mean "rounds"/],
    ["figures that cannot be compared", "grid:\n  split.kind: [random, leave-one-out]\n", /yaml:2:15: .*cannot be compared.*"choose.per"/],
    [
      "more than it can be meant",
      `grid:\n  rounds: [${Array.from({ length: 400 }, (_, i) => i + 1)}]\n  model.l2: [${Array.from({ length: 300 }, (_, i) => i + 1)}]\n`,
      /at most 100000 cells, got 120000/,
    ],
    ["broken YAML", "grid: [\n", /yaml:\d+:\d+: /],
  ])("refuses %s, with its place", async (_name, text, message) => {
    await expect(load(text)).rejects.toThrow(message);
    await expect(load(text)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("blames the scenario for what is wrong with it", async () => {
    await expect(load("grid: {}\n", ["model.rnk=2"])).rejects.toThrow(/^--set model\.rnk/);
  });
});

describe("choosing", () => {
  const text = "grid:\n  model.rank: [2, 4, 8]\nseeds: [1, 2]\nchoose: {metric: hr@10}\n";

  it("goes by the mean on validation, whatever the test part says, and tells the test figures of the chosen one alone", async () => {
    const grid = await load(text);
    const hits: Record<number, number> = { 2: 0.1, 4: 0.3, 8: 0.2 };
    const run = (best: number) =>
      runSweep(grid, {
        executor: scripted((scenario) => {
          const size = hits[rankOf(scenario)]! + scenario.seed / 100;
          return result(scenario, { "hr@10": size }, { "hr@10": rankOf(scenario) === best ? 0.99 : 0.0123 });
        }),
        cache: noCache,
        signal: never,
      });
    for (const luckyOnTest of [2, 4, 8]) {
      const sweep = await run(luckyOnTest);
      expect(sweep.chosen.map(({ name, among }) => [name, among])).toEqual([["model.rank=4", 3]]);
      expect(sweep.chosen[0]!.validation["hr@10"]).toMatchObject({ mean: expect.closeTo(0.315, 12), min: 0.31, max: 0.32, seeds: 2 });
      expect(sweep.choose).toEqual({ metric: "hr@10", on: "validation", best: "greatest", per: [] });
      // Whoever reads the result finds one setting's test figures: those of the chosen one.
      const told = JSON.stringify(sweep);
      expect(told.includes("0.99")).toBe(luckyOnTest === 4);
      expect(JSON.stringify(sweep.settings)).not.toMatch(/0\.99|0\.0123|"test"/);
      const [page, table] = [await renderSweep(sweep, "cofactor simulate"), sweepTable(sweep, "cofactor simulate")];
      for (const shown of [page, table]) expect(shown.includes("0.9900")).toBe(luckyOnTest === 4);
    }
  });

  it("takes the least of an error, the first of equals, and a best one for each value of a path", async () => {
    const grid = await load("grid:\n  rounds: [1, 2]\n  model.l2: [1, 5, 7]\nchoose: {metric: rmse, per: [rounds]}\n", [
      "dataset.name=synthetic",
      "split.kind=random",
      "model.kind=als",
    ]);
    const sweep = await runSweep(grid, {
      executor: scripted((scenario) => {
        const l2 = scenario.model["l2"] as number;
        const error = scenario.rounds === 1 ? l2 : l2 === 1 ? 3 : 2;
        return result(scenario, { rmse: error }, { rmse: 9 });
      }),
      cache: noCache,
      signal: never,
    });
    expect(sweep.chosen.map(({ name, per, among }) => [name, per, among])).toEqual([
      ["rounds=1 model.l2=1", { rounds: 1 }, 3],
      ["rounds=2 model.l2=5", { rounds: 2 }, 3],
    ]);
    expect(sweep.notes.join(" ")).toMatch(/One seed/);
  });

  it("leaves out what failed or is missing with a seed, and says so", async () => {
    const grid = await load(text);
    const executor = scripted((scenario) => {
      if (rankOf(scenario) === 8 && scenario.seed === 2) throw new CofactorError("COHORT_TOO_SMALL", "expected more devices");
      return result(scenario, { "hr@10": rankOf(scenario) }, { "hr@10": 0.5 });
    });
    const sweep = await runSweep(grid, { executor, cache: noCache, signal: never });
    expect(sweep.chosen.map(({ name, among }) => [name, among])).toEqual([["model.rank=4", 2]]);
    expect(sweep.settings[2]!.cells[1]).toEqual({ seed: 2, error: { code: "COHORT_TOO_SMALL", message: "expected more devices" } });
    expect(await renderSweep(sweep, "c")).toContain("seed 2 failed: COHORT_TOO_SMALL");
    const wrong = await load("grid:\n  model.rank: [2]\nchoose: {metric: hr@5}\n");
    await expect(runSweep(wrong, { executor, cache: noCache, signal: never })).rejects.toThrow(
      /"choose.metric" expected one of hr@10, got "hr@5"; did you mean/,
    );
  });

  it("shows all test figures when asked, with a warning wherever they stand", async () => {
    const grid = await load(text);
    const executor = scripted((scenario) => result(scenario, { "hr@10": 0.1 }, { "hr@10": rankOf(scenario) / 1000 }));
    const sweep = await runSweep(grid, { executor, cache: noCache, signal: never, tellsTest: true });
    expect(sweep.settings.map(({ test }) => test!["hr@10"]!.mean)).toEqual([0.002, 0.004, 0.008]);
    expect(sweepTable(sweep, "c")).toContain("TEST FIGURES OF ALL SETTINGS");
    expect(await renderSweep(sweep, "c")).toContain("TEST FIGURES OF ALL SETTINGS");
  });

  it("refuses data without a validation part: nothing is chosen by test", async () => {
    const grid = await load("grid:\n  rounds: [1, 2]\n", ["dataset.name=synthetic", "split.kind=random", "split.validationFraction=0"]);
    const executor = scripted((scenario) => result(scenario, {}, {}));
    await expect(runSweep(grid, { executor, cache: noCache, signal: never })).rejects.toThrow(
      /expected a validation part.*validationFraction/,
    );
    expect(executor.ran).toEqual([]);
  });
});

it("knows mean and spread", () => {
  expect(spreadOf([1, 2, 6])).toEqual({ mean: 3, stddev: Math.sqrt(7), min: 1, max: 6, seeds: 3 });
  expect(spreadOf([4])).toMatchObject({ mean: 4, stddev: null });
});

describe("cells", () => {
  it("are pure: the same scenario gives the same result, as JSON has it", async () => {
    const [scenario] = (await load("grid: {}\n")).settings[0]!.scenarios;
    const lasting = ({ timing: _timing, memory: _memory, ...rest }: Result): unknown => rest;
    const one = await runCell(scenario!);
    expect(lasting(await runCell(structuredClone(scenario!)))).toEqual(lasting(one));
    expect(JSON.parse(JSON.stringify(one))).toEqual(one);
  });

  it("have names that tell scenarios, data and versions apart, and not where the data lie", async () => {
    const { settings } = await load("grid:\n  model.rank: [2, 3]\nseeds: [1, 2]\n");
    const scenarios = settings.flatMap((setting) => setting.scenarios);
    const keys = scenarios.map((scenario) => cellKey(scenario, "a", "1"));
    expect(new Set([...keys, cellKey(scenarios[0]!, "b", "1"), cellKey(scenarios[0]!, "a", "2")]).size).toBe(6);
    const moved = { ...scenarios[0]!, dataset: { ...scenarios[0]!.dataset, path: "elsewhere" } };
    expect(cellKey(moved as Scenario, "a", "1")).toBe(keys[0]);
  });
});

describe("a sweep that is interrupted", () => {
  const text = "grid:\n  model.rank: [2, 3]\n  model.l2: [1, 9]\nseeds: [1, 2]\n";

  it("goes on with what is missing, and comes to the same", async () => {
    const grid = await load(text);
    const whole = await runSweep(grid, { executor: createExecutor(1, never), cache: noCache, signal: never });
    const cache = folderCache(join(folder, "cells"));
    const stop = new AbortController();
    const first = createExecutor(2, stop.signal);
    const partial = await runSweep(grid, {
      executor: first,
      cache,
      signal: stop.signal,
      onCell: ({ ended }) => (ended === 3 ? stop.abort() : undefined),
    });
    await first.close();
    expect(partial.isComplete).toBe(false);
    const kept = readdirSync(join(folder, "cells"));
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(kept.length).toBeLessThan(8);
    // A damaged one, and one of another cell, are run again.
    writeFileSync(join(folder, "cells", kept[0]!), "{");
    writeFileSync(join(folder, "cells", kept[1]!), readFileSync(join(folder, "cells", kept[2]!)));
    const cached: boolean[] = [];
    const second = createExecutor(2, never);
    const resumed = await runSweep(grid, { executor: second, cache, signal: never, onCell: ({ isCached }) => void cached.push(isCached) });
    await second.close();
    expect(cached.filter(Boolean)).toHaveLength(kept.length - 2);
    expect(resumed).toEqual(whole);
    expect(readdirSync(join(folder, "cells")).every((name) => /^[0-9a-f]{64}\.json$/.test(name))).toBe(true);
  });

  it("tells what is missing and chooses among what is whole", async () => {
    const grid = await load("grid:\n  model.rank: [2, 3]\nseeds: [1, 2]\n");
    const done = (scenario: Scenario) => ({ result: result(scenario, { "hr@10": rankOf(scenario) }, { "hr@10": 0.5 }) });
    const [low, high] = grid.settings.map(({ scenarios }) => scenarios.map(done));
    const sweep = summarizeSweep(grid, [low!, [high![0], undefined]], { version: "1", tellsTest: false });
    expect(sweep.isComplete).toBe(false);
    expect(sweep.chosen.map(({ name }) => name)).toEqual(["model.rank=2"]);
    expect(sweepTable(sweep, "c")).toContain("INTERRUPTED after 3 of 4 cells");
    expect(await renderSweep(sweep, "c")).toContain("1 of 2 seeds missing");
  });
});

describe("the page of a sweep", () => {
  it("draws a map for each pair of keys and lines for each, in numeric order, and the same for the same sweep", async () => {
    const grid = await load("grid:\n  model.rank: [8, 2, 4]\n  model.l2: [1, 9]\n  sharing.kind: [all, low-rank]\nseeds: [1, 2]\n");
    const executor = scripted((scenario) => result(scenario, { "hr@10": rankOf(scenario) / 100 + scenario.seed / 1000 }, { "hr@10": 0.5 }));
    const sweep = await runSweep(grid, { executor, cache: noCache, signal: never });
    const page = await renderSweep(sweep, "cofactor simulate");
    expect(page.match(/<figure id="map-1-\d"/g)).toHaveLength(3);
    expect(page.match(/<figure id="key-1-\d"/g)).toHaveLength(3);
    expect(page).toContain("hr@10 on validation by model.rank and model.l2. Best: 0.0815 at model.rank 8, model.l2 1. Worst: 0.0215");
    expect(page).toMatch(/by model\.rank\. hr@10 by model\.rank\. best setting: 0\.0215 at model\.rank 2, 0\.0815 at model\.rank 8/);
    expect(await renderSweep(sweep, "cofactor simulate")).toBe(page);
    expect(page).not.toMatch(/NaN|undefined|\[object|https?:/);
  });

  it("escapes what comes from grid, results and command", async () => {
    const hostile = `"><img src=x onerror=alert(1)>`;
    const grid = await load("grid:\n  model.rank: [2, 3]\n");
    const executor = scripted((scenario) => ({ ...result(scenario, { [hostile]: 1 }, { [hostile]: 1 }), protocols: { a: hostile } }));
    const sweep = await runSweep(grid, { executor, cache: noCache, signal: never });
    const named = {
      ...sweep,
      grid: { [hostile]: [hostile, 1] },
      settings: sweep.settings.map((one) => ({ ...one, values: { [hostile]: hostile } })),
    };
    const page = await renderSweep(named, hostile);
    expect(page).not.toContain("<img");
    expect(page).toContain("&#60;img src=x onerror=alert(1)&#62;");
  });
});
