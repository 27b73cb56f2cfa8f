/** Every job of `cofactor bench transport` with a few clients, over real sockets and processes. No time is asserted. */
import { describe, expect, it } from "vitest";
import type { BenchFigure, BenchJob } from "../../simulations/bench/bench.ts";
import { possibleClients } from "../../simulations/bench/transport/fleet.ts";
import { idleJob } from "../../simulations/bench/transport/idle.ts";
import { maskedRoundJob } from "../../simulations/bench/transport/masked-round.ts";
import { modelJob } from "../../simulations/bench/transport/model.ts";
import { openFileLimit } from "../../simulations/bench/transport/process-use.ts";
import { roundsJob } from "../../simulations/bench/transport/rounds.ts";

async function figuresOf(job: BenchJob): Promise<ReadonlyMap<string, BenchFigure>> {
  const steps: string[] = [];
  const figures = await job.measure(new AbortController().signal, (step) => steps.push(step));
  for (const { name, value } of figures) expect(Number.isFinite(value), name).toBe(true);
  expect(steps).not.toEqual([]);
  expect(new Set(figures.map(({ name }) => name)).size).toBe(figures.length);
  return new Map(figures.map((figure) => [figure.name, figure]));
}

describe("the jobs of the transport benchmark", () => {
  it("hold idle clients, and measure the aggregator's process", async () => {
    const figures = await figuresOf(idleJob({ clients: 100, idleMs: 500, hosts: 2 }));
    expect(figures.get("clients connected at once")?.value).toBe(100);
    expect(figures.get("aggregator, resident memory, idle")?.value).toBeGreaterThan(2 ** 24);
    expect(figures.get("aggregator, CPU of a join")?.value).toBeGreaterThan(0);
    expect(figures.get("one client's request and answer meanwhile: p99")?.value).toBeGreaterThan(0);
  });

  it("play a masked round of some of the connected clients to its end", async () => {
    const figures = await figuresOf(maskedRoundJob({ clients: 40, cohort: 20, items: 30, rank: 4, hosts: 2 }));
    expect(figures.get("contributions in the model")?.value).toBe(20);
    expect(figures.get("all acknowledgements: p99")?.value).toBeGreaterThan(0);
    expect(figures.get("contribution: acknowledgement, median")?.value).toBeGreaterThan(0);
  });

  it("hand a model of several chunks to everyone", async () => {
    const figures = await figuresOf(modelJob({ clients: 10, items: 10_000, rank: 16, hosts: 2 }));
    expect(figures.get("clients that have the model, its hash checked")?.value).toBe(10);
    expect(figures.get("aggregator's resident memory, growth at the peak")?.value).toBeGreaterThanOrEqual(0);
  });

  it("read memory round after round", async () => {
    const figures = await figuresOf(roundsJob({ clients: 8, rounds: 6, items: 20, rank: 2, compared: 2, hosts: 2 }));
    expect(figures.get("rounds published")?.value).toBe(6);
    expect(figures.get("resident memory, median of the last 2")?.value).toBeGreaterThan(2 ** 24);
  });

  it("end with what they started when they are interrupted", async () => {
    const interrupt = new AbortController();
    const job = idleJob({ clients: 2_000, idleMs: 60_000, hosts: 1 });
    await expect(job.measure(interrupt.signal, () => interrupt.abort())).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("ask for no more clients than files may be open, and refuse when those are far too few", () => {
    const limit = openFileLimit();
    expect(possibleClients(10)).toBe(10);
    expect(possibleClients(2 * limit)).toBe(limit - 200);
    expect(() => possibleClients(20 * limit)).toThrow(/"ulimit -n" expected \d+ open files/);
  });
});
