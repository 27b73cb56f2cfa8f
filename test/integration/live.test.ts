/** Live runs: a real aggregator, keyholder and devices in processes of their own, from the first invitation to the last clean-up. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runLive } from "../../simulations/live/live.ts";
import { parseScenario } from "../../simulations/scenario.ts";
import { root } from "../support/source-tree.ts";

const small = {
  model: { kind: "fcf", rank: 2 },
  rounds: 3,
  participants: 14,
  cohort: { min: 4 },
  network: { transport: "socket" },
  baselines: [],
};

describe("a live run", () => {
  it("trains under encryption, does without the device that is killed, and finds no contribution in clear on the disk", async () => {
    const lines: string[] = [];
    const scenario = parseScenario({ ...small, protection: { kind: "paillier" } });
    const result = await runLive(scenario, { say: (line) => lines.push(line) });
    expect(result.rounds.map(({ outcome }) => outcome)).toEqual(["published", "published", "published"]);
    expect(result.rounds.at(-1)).toMatchObject({ accepted: 13 });
    expect(result.rounds.some(({ dropped }) => dropped === 1)).toBe(true);
    expect(result.metrics.test["hr@10"]).toBeGreaterThan(0);
    const text = lines.join("\n");
    expect(text).toMatch(/killed one client/);
    expect(text).toMatch(/no contribution in clear \(0 of [1-9]\d* samples found/);
    expect(text.match(/computed on the device/g)).toHaveLength(2);
    // Headers, terms and models come on top of the sealed bytes.
    expect(text).toMatch(/on the wire +[\d.]+ kB up, [\d.]+ kB down per device and round/);
    expect(result.rounds.every(({ rejected }) => rejected === 0)).toBe(true);
    expect(result.timing.clientSecondsMedian).toBeNull();
  });

  it("keeps a promise of privacy: epsilon after every round for both observers, and the log of the aggregator's own ledger", async () => {
    const privacy = { mechanism: "distributed-gaussian", epsilon: 6, delta: 1e-5, clipNorm: 0.5 };
    const scenario = parseScenario({ ...small, protection: { kind: "masks" }, privacy });
    const result = await runLive(scenario, { say: () => undefined });
    expect(result.rounds.map(({ outcome }) => outcome)).toContain("published");
    const epsilons = result.rounds.map(({ epsilon }) => epsilon!.server!);
    expect(epsilons.every((epsilon, at) => epsilon > (epsilons[at - 1] ?? 0))).toBe(true);
    expect(result.privacy).toMatchObject({ mechanism: "distributed-gaussian", epsilon: 6, asRun: { rounds: 3, participations: 3 } });
    expect(result.privacy.asRun!.epsilon.server).toBeCloseTo(6, 2);
  });

  it("finds the contributions on the disk when they are not protected: the search can fail", async () => {
    const lines: string[] = [];
    await runLive(parseScenario({ ...small, protection: { kind: "open" } }), { say: (line) => lines.push(line) });
    expect(lines.join("\n")).toMatch(/IN CLEAR \([1-9]\d* of [1-9]\d* samples found\)/);
  });

  it("ends every process it started when it is interrupted", async () => {
    const args = ["cofactor.ts", "simulate", "--set", "network.transport=socket", "--set", "participants=10", "--set", "rounds=100000"];
    const child = spawn(process.execPath, [...args, "--set", "baselines=[]", "--set", "model.rank=2"], { cwd: join(root), detached: true });
    const group = -child.pid!;
    let text = "";
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`ended with ${code} before the third round: ${text}`)));
      child.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (/round +3\//.test(text)) resolve();
      });
    });
    child.removeAllListeners("exit");
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    // As a terminal does: to the whole group.
    process.kill(group, "SIGINT");
    expect(await ended).toBe(130);
    expect(() => process.kill(group, 0)).toThrow(/ESRCH/);
    expect(text).toMatch(/INTERRUPTED after \d+ of 100000 rounds/);
  });
});
