/** The suite that every executor of sweeps passes: cells come to the same wherever they run. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CellProgress } from "../../simulations/sweep/cell.ts";
import { runCell } from "../../simulations/sweep/cell.ts";
import type { Executor } from "../../simulations/sweep/executor.ts";
import { lasting, smallCell } from "../support/sweep-cells.ts";

/** An executor under test. */
export interface ExecutorSubject {
  readonly name: string;
  /** Why it cannot run here. */
  readonly missing?: string | undefined;
  /** What its executors need beside them. @returns what ends it */
  start?(): Promise<() => Promise<void>>;
  open(signal: AbortSignal): Promise<Executor>;
}

const never = new AbortController().signal;

/** Declares the suite for one executor. */
export function executorConformance({ name, missing, start, open }: ExecutorSubject): void {
  describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name}: ${missing}`, () => {
    let stop: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      stop = await start?.();
    });
    afterAll(() => stop?.());

    const using = async (signal: AbortSignal, work: (executor: Executor) => Promise<void>): Promise<void> => {
      const executor = await open(signal);
      try {
        await work(executor);
      } finally {
        await executor.close();
      }
    };

    it("gives what the cell gives, bit for bit but for times and memory, as plain data", async () => {
      const cell = await smallCell({ evaluation: { every: 1 } });
      await using(never, async (executor) => {
        const result = await executor.run(cell);
        expect(lasting(result)).toEqual(lasting(await runCell(cell.scenario)));
        expect(JSON.parse(JSON.stringify(result))).toEqual(result);
      });
    });

    it("runs as many at a time as it says, each to its own result", async () => {
      await using(never, async (executor) => {
        expect(executor.width).toBeGreaterThanOrEqual(1);
        const count = Math.min(executor.width, 5);
        const cells = await Promise.all(
          Array.from({ length: count }, (_, at) => smallCell({ seed: at + 1, model: { kind: "als", rank: 2 } })),
        );
        const results = await Promise.all(cells.map((cell) => executor.run(cell)));
        for (const [at, { scenario }] of cells.entries()) expect(lasting(results[at]!)).toEqual(lasting(await runCell(scenario)));
        expect(new Set(results.map(({ metrics }) => JSON.stringify(metrics))).size).toBe(count);
      });
    });

    it("passes on what a cell fails with, and runs the next one", async () => {
      const doomed = await smallCell({ network: { dropout: 1, deadlineMs: 10 } });
      const fine = await smallCell({ seed: 3 });
      await using(never, async (executor) => {
        await expect(executor.run(doomed)).rejects.toMatchObject({
          name: "CofactorError",
          code: "COHORT_TOO_SMALL",
          message: expect.stringMatching(/^20 rounds in a row were abandoned/),
        });
        expect((await executor.run(fine)).isComplete).toBe(true);
        // A failure is not kept: the same cell is tried again.
        await expect(executor.run(doomed)).rejects.toMatchObject({ code: "COHORT_TOO_SMALL" });
      });
    });

    it("tells of rounds in their order, if it does", async () => {
      const told: CellProgress[] = [];
      await using(never, async (executor) => {
        const result = await executor.run(await smallCell({ rounds: 5, seed: 4 }), (progress) => told.push(progress));
        expect(result.rounds).toHaveLength(5);
      });
      const numbers = told.map(({ round }) => round);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      for (const { round, rounds } of told) expect([rounds, round >= 1 && round <= 5]).toEqual([5, true]);
    });

    it("lets go of what is under way when it is interrupted, and begins nothing afterwards", async () => {
      const stopping = new AbortController();
      await using(stopping.signal, async (executor) => {
        const running = executor.run(await smallCell({ rounds: 100_000, seed: 5 }));
        const ended = expect(running).rejects.toMatchObject({ code: "CANCELLED" });
        setTimeout(() => stopping.abort(), 100);
        await ended;
        await expect(executor.run(await smallCell())).rejects.toMatchObject({ code: "CANCELLED" });
      });
    });
  });
}
