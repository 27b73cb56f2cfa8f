/** Where the planner times single steps: CPU time of this process, which other programs disturb less than the clock. Imports bench, statistics. */
import { cpuMs } from "../bench/bench.ts";
import { median } from "../statistics.ts";

/** Times steps, each kind once for all protections. */
export interface Workbench {
  /** CPU milliseconds of one call of a step, the median. `share` is the part of the whole time to spend on it; at least one call is made. */
  time(step: () => unknown, share: number): Promise<number>;
  /** What was made under a name before, or is made now: keys, and figures that protections share. */
  once<T>(name: string, make: () => Promise<T>): Promise<T>;
}

const warmUps = 20;
const longMs = 10;
const sampleMs = 0.5;
const mostRepeats = 200;

/**
 * A workbench.
 * @param budgetMs what all steps together should take; long steps are made once and may take it beyond
 * @param signal ends the work with its reason
 */
export function createWorkbench(budgetMs: number, signal?: AbortSignal): Workbench {
  const known = new Map<string, Promise<unknown>>();
  return {
    async time(step, share) {
      signal?.throwIfAborted();
      const started = performance.now();
      const isOver = (): boolean => performance.now() - started >= share * budgetMs;
      let spent = await cost(step, 1);
      // A step that is over quickly is called a few times first, until the compiler has settled, and many times for a sample.
      for (let call = 0; call < warmUps && spent < longMs && !isOver(); call++) spent = await cost(step, 1);
      const repeats = Math.ceil(sampleMs / Math.max(spent, sampleMs / mostRepeats));
      const samples = spent < longMs ? [] : [spent];
      while (samples.length === 0 || !isOver()) samples.push((await cost(step, repeats)) / repeats);
      return median(samples);
    },
    once<T>(name: string, make: () => Promise<T>): Promise<T> {
      const found = (known.get(name) as Promise<T> | undefined) ?? make();
      known.set(name, found);
      return found;
    },
  };
}

async function cost(step: () => unknown, calls: number): Promise<number> {
  const before = cpuMs();
  for (let call = 0; call < calls; call++) {
    const outcome = step();
    if (outcome instanceof Promise) await outcome;
  }
  return cpuMs() - before;
}
