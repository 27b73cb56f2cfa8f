/** Round after round of the same clients: whether the aggregator's memory stays where it is. Imports fleet. */
import { median, quantile } from "../../statistics.ts";
import type { BenchJob } from "../bench.ts";
import { startFleet } from "./fleet.ts";
import type { MemoryUse } from "./process-use.ts";

/** The sizes of the job. */
export interface RoundsShape {
  readonly clients: number;
  readonly rounds: number;
  readonly items: number;
  readonly rank: number;
  /** Rounds at either end that are compared. */
  readonly compared: number;
  /** Processes of devices. */
  readonly hosts: number;
}

/** The job: whole clients under masks, a store on disk; memory is read after every round, behind a collection. */
export function roundsJob({ clients, rounds, items, rank, compared, hosts }: RoundsShape): BenchJob {
  return {
    title: `rounds: ${rounds} of ${clients} clients x ${(items * rank).toLocaleString("en-US")} values under masks`,
    async measure(signal, say) {
      const terms = {
        id: "bench-rounds",
        items,
        rounds,
        cohort: { size: clients, min: clients },
        deadline: { stageMs: 600_000, graceMs: 60_000 },
        model: { kind: "fcf", rank },
        protection: { kind: "masks" },
      };
      const fleet = await startFleet({ terms, hosts, readsRounds: true, signal });
      try {
        const memory: MemoryUse[] = [];
        const seconds: number[] = [];
        const ended = fleet.fromServer("round", (report) => {
          if (report.outcome !== "published") return true;
          memory.push(report.memory!);
          seconds.push(report.seconds);
          say(`${memory.length} rounds`);
          return memory.length === rounds;
        });
        await fleet.connect(clients, "taking-part", () => undefined);
        const last = await ended;
        if (last.outcome !== "published") throw new Error(`a round came to nothing: ${last.reason}`);
        const medianOf = (of: keyof MemoryUse, part: readonly MemoryUse[]): number => median(part.map((use) => use[of]));
        const [first, final] = [memory.slice(0, compared), memory.slice(-compared)];
        const growth = (of: keyof MemoryUse): number => 100 * (medianOf(of, final) / medianOf(of, first) - 1);
        return [
          { name: "rounds published", value: memory.length, unit: "rounds" },
          { name: `resident memory, median of the first ${compared}`, value: medianOf("rss", first), unit: "bytes" },
          { name: `resident memory, median of the last ${compared}`, value: medianOf("rss", final), unit: "bytes" },
          { name: "the last beside the first", value: growth("rss"), unit: "%" },
          { name: "the same of the heap", value: growth("heapUsed"), unit: "%" },
          { name: "the same of memory beside the heap", value: growth("external"), unit: "%" },
          { name: "a round: median", value: 1000 * median(seconds), unit: "ms" },
          { name: "a round: p99", value: 1000 * quantile(seconds, 0.99), unit: "ms" },
        ];
      } finally {
        await fleet.close();
      }
    },
  };
}
