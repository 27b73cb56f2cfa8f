/** `cofactor simulate` and `cofactor bench` as processes: streams, exit codes, interrupts. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { packageRoot } from "../../simulations/package-root.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-simulate-"));
afterAll(() => rmSync(folder, { recursive: true }));

const quick = ["simulate", "simulations/scenarios/quick.yaml", "--set", "rounds=2", "--set", "baselines=[popularity]"];

/** Runs the command; `onOutput` sees what it has printed so far. */
function cofactor(
  args: readonly string[],
  onOutput?: (text: string, interrupt: () => void) => void,
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["cofactor.ts", ...args], { cwd: packageRoot(), stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      onOutput?.(out, () => child.kill("SIGINT"));
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out, err }));
  });
}

it("prints a line a round and a table that names protocol, seed, data and the command", async () => {
  const { code, out } = await cofactor(quick);
  expect(code).toBe(0);
  expect(out).toMatch(/^round 1\/2 {2}accepted \d+ {2}dropped \d+ {2}up [\d.]+ MB$/m);
  expect(out).toMatch(/federated als \(open\) +0\.\d{4}/);
  expect(out).toMatch(/popularity +0\.\d{4}/);
  expect(out).toMatch(/protocol .*random 10 % test.*seed 1/);
  expect(out).toMatch(/data .*food-world-cup.*sha256 [0-9a-f]{16}/);
  expect(out).toContain("command   cofactor simulate simulations/scenarios/quick.yaml --set rounds=2 --set 'baselines=[popularity]'");
});

it("prints nothing but JSON with --json -, and the same with the same seed", async () => {
  const first = await cofactor([...quick, "--seed", "3", "--json", "-"]);
  const path = join(folder, "result.json");
  const second = await cofactor([...quick, "--seed", "3", "--workers", "2", "--json", path]);
  expect([first.code, first.err, second.code]).toEqual([0, "", 0]);
  const [printed, saved] = [first.out, readFileSync(path, "utf8")].map((text) => JSON.parse(text) as Record<string, unknown>);
  for (const key of ["timing", "memory", "version"]) for (const result of [printed!, saved!]) delete result[key];
  expect(saved).toEqual(printed);
  expect(printed).toHaveProperty("scenario.seed", 3);
});

it("writes a report, beside the results of other seeds, and names it", async () => {
  const [json, page] = [join(folder, "seed-2.json"), join(folder, "report.html")];
  expect((await cofactor([...quick, "--seed", "2", "--json", json])).code).toBe(0);
  const { code, out, err } = await cofactor([...quick, "--report", page, "--compare", json]);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain(`report    ${page}`);
  const text = readFileSync(page, "utf8");
  expect(text).toContain("cofactor simulate simulations/scenarios/quick.yaml --set rounds=2 --set &#39;baselines=[popularity]&#39;");
  expect(text).toContain("A: seed-2.json");
  expect(text).toMatch(/± 0\.\d{4}/);
});

it.each([
  [["--compare", "package.json"], '"--compare" expected "--report FILE.html" beside it'],
  [["--report", "r.html", "--compare", "package.json"], '"package.json", scenario'],
  [["--report", "no/such/folder/r.html"], '"--report" expected a folder that can be written'],
  [["--report", "r.html", "--audit", "2"], '"--report" expected no "--audit"'],
  [["--attacks", "1"], '"--attacks" expected 2 to 100000 people, got 1'],
  [["--attacks", "9", "--audit", "2"], '"--audit" expected no "--attacks"'],
  [["--attacks", "9", "--report", "r.html", "--compare", "package.json"], '"--attacks" expected no "--compare"'],
])("refuses %j before it trains", async (args, told) => {
  const { code, out, err } = await cofactor([...quick, ...args]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(told);
});

it("refuses a wrong scenario with exit code 2, naming the nearest word", async () => {
  const { code, out, err } = await cofactor(["simulate", "--set", "model.rnk=3"]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain('--set model.rnk: "model.rnk" is not a known key; did you mean "rank"?');
});

it("ends at Ctrl-C with exit code 130 and what is known so far", async () => {
  const args = ["simulate", "--workers", "1", "--set", "dataset.name=food-world-cup", "--set", "rounds=100000", "--set", "model.kind=als"];
  let isInterrupted = false;
  const { code, out } = await cofactor(args, (text, interrupt) => {
    // Once: a second signal ends the process at once.
    if (!isInterrupted && text.includes("round      2/")) {
      isInterrupted = true;
      interrupt();
    }
  });
  expect(code).toBe(130);
  expect(out).toMatch(/INTERRUPTED after \d+ of 100000 rounds/);
  expect(out).toMatch(/federated als \(open\) +0\.\d{4}/);
});

it("sweeps a grid, ends at Ctrl-C with what is finished, and goes on with the rest", async () => {
  const [grid, json] = [join(folder, "grid.yaml"), join(folder, "sweep.json")];
  writeFileSync(grid, "grid:\n  model.rank: [2, 3, 4]\n  model.l2: [0.5, 2]\nseeds: [1, 2]\nchoose: { metric: mae }\n");
  const args = ["simulate", "simulations/scenarios/quick.yaml", "--set", "rounds=2", "--sweep", grid, "--json", json];
  let isInterrupted = false;
  const stopped = await cofactor([...args, "--workers", "1"], (text, interrupt) => {
    if (!isInterrupted && text.includes("cell  2/12")) {
      isInterrupted = true;
      interrupt();
    }
  });
  expect(stopped.code).toBe(130);
  expect(stopped.out).toMatch(/INTERRUPTED after \d+ of 12 cells/);
  expect(stopped.out).toContain("the same command goes on");
  const page = join(folder, "sweep.html");
  const resumed = await cofactor([...args, "--workers", "2", "--report", page]);
  expect([resumed.code, resumed.err]).toEqual([0, ""]);
  expect(resumed.out.match(/\(finished before\)/g)!.length).toBeGreaterThanOrEqual(2);
  expect(resumed.out).toMatch(/chosen {4}model\.rank=\d model\.l2=\S+: the least mae of 6 settings on validation, 0\.\d{4} ± 0\.\d{4}/);
  expect(resumed.out).toContain("command   cofactor simulate simulations/scenarios/quick.yaml --set rounds=2 --set model.rank=");
  const sweep = JSON.parse(readFileSync(json, "utf8")) as { isComplete: boolean; settings: unknown[]; chosen: unknown[] };
  expect([sweep.isComplete, sweep.settings.length, sweep.chosen.length]).toEqual([true, 6, 1]);
  expect(readFileSync(page, "utf8")).toContain("mae on validation by model.rank and model.l2");
});

it.each([
  [["--cache", "cells"], '"--cache" expected "--sweep GRID.yaml" beside it'],
  [["--show-test"], '"--show-test" expected "--sweep GRID.yaml" beside it'],
  [["--sweep", "package.json", "--audit", "2"], '"--sweep" expected no "--audit"'],
  [["--sweep", "no-such-grid.yaml"], 'the grid file "no-such-grid.yaml" cannot be read'],
])("refuses %j before a cell is run", async (args, told) => {
  const { code, out, err } = await cofactor([...quick, ...args]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(told);
});

it("attacks people under every protection, prints the table, and writes it as JSON and as a page", { timeout: 120_000 }, async () => {
  const [json, report] = [join(folder, "attacks.json"), join(folder, "attacks.html")];
  const sets = ["dataset.name=food-world-cup", "model={kind: fed-mf, rank: 1}", "split.kind=random", "participants=60", "rounds=2"];
  const set = [...sets, "cohort={size: 8, min: 3}"].flatMap((one) => ["--set", one]);
  const { code, out } = await cofactor(["simulate", ...set, "--attacks", "6", "--json", json, "--report", report]);
  expect(code).toBe(0);
  expect(out).toMatch(/^ {2}which items a person rated$/m);
  expect(out).toMatch(/^ {2}which of them they rated highly$/m);
  expect(out).toMatch(/^ {2}masked-paillier +\.\d{3} \(\.\d{3} to/m);
  const { arms, isComplete } = JSON.parse(readFileSync(json, "utf8")) as {
    arms: { arm: string; refused?: string; figures: { attack: string; goal: string; auc: number }[] }[];
    isComplete: boolean;
  };
  expect(isComplete).toBe(true);
  expect(arms.map(({ arm }) => arm.split(",")[0])).toEqual(["open", "masks", "paillier", "masked-paillier", "open", "masks", "masks"]);
  for (const { figures, refused } of arms) expect([figures.length, refused]).toEqual([10, undefined]);
  const single = arms[0]!.figures.find(({ attack, goal }) => attack === "single" && goal === "items")!;
  expect(single.auc).toBeGreaterThan(0.9);
  const page = readFileSync(report, "utf8");
  expect(page).toContain("<caption><span>AUC: which items a person rated</span></caption>");
  expect(page).toContain("--attacks 6");
});

it("benches a subject and names the nearest for one that is none", async () => {
  const { code, out } = await cofactor(["bench", "kernels", "--time", "1", "--json", "-"]);
  expect(code).toBe(0);
  const { rows, machine } = JSON.parse(out) as { rows: { medianMs: number; ratio: number }[]; machine: object };
  expect(rows.length).toBeGreaterThan(8);
  for (const { medianMs, ratio } of rows) expect([medianMs > 0, ratio > 0]).toEqual([true, true]);
  expect(machine).toHaveProperty("cores");
  const wrong = await cofactor(["bench", "kernel"]);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('did you mean "kernels"?');
});
