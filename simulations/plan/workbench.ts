/** Where the planner times single steps: CPU time of this process, which other programs disturb less than the clock. Imports bench. */
import { cpuMs } from "../bench/bench.ts";

/** Times steps, each kind once for all protections. */
export interface Workbench {
  /** CPU milliseconds of one call of a step. `share` is the part of the whole time budget to spend on it; at least one call is made. */
  time(step: () => unknown, share: number): Promise<number>;
  /** What was made under a name before, or is made now: keys, and figures that protections share. */
  once<T>(name: string, make: () => Promise<T>): Promise<T>;
}

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
      let calls = 0;
      let spent = 0;
      // A first call that is over quickly was a warm-up: the compiler has not settled.
      for (let warm = true; calls === 0 || performance.now() - started < share * budgetMs; warm = false) {
        const before = cpuMs();
        const outcome = step();
        if (outcome instanceof Promise) await outcome;
        const cost = cpuMs() - before;
        if (warm && performance.now() - started < share * budgetMs) continue;
        calls += 1;
        spent += cost;
      }
      return spent / calls;
    },
    once<T>(name: string, make: () => Promise<T>): Promise<T> {
      const found = (known.get(name) as Promise<T> | undefined) ?? make();
      known.set(name, found);
      return found;
    },
  };
}
