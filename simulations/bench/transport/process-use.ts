/** What this process uses: memory and its peak, how long its event loop is held up, how many files it may open. Imports node:fs, node:perf_hooks. */
import { readFileSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** Bytes of memory. */
export interface MemoryUse {
  readonly rss: number;
  readonly heapUsed: number;
  /** Memory of typed arrays and the like, outside of the heap. */
  readonly external: number;
}

/** How long timers were held up, in milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Reads memory; behind a collection when this process was started with `--expose-gc` and `isCollected` asks for it. */
export function memoryUse(isCollected: boolean): MemoryUse {
  const { gc } = globalThis;
  // Twice: what the first one finalizes only the second one frees.
  if (isCollected && gc !== undefined) for (let time = 0; time < 2; time++) void gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heapUsed, external };
}

/** Peak of resident memory since `resetPeak`, or since the start where the system cannot begin it anew. */
export function peakRssBytes(): number {
  const line = readProc("/proc/self/status", /^VmHWM:\s+(\d+) kB$/m);
  return line === undefined ? process.resourceUsage().maxRSS * 1024 : line * 1024;
}

/** Begins the peak anew, where the system can (Linux, proc(5) clear_refs). */
export function resetPeak(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // The peak then counts from the start: more, never less.
  }
}

/** Files, sockets among them, that a process may have open at once; Node has raised the soft limit to the hard one at its start. */
export function openFileLimit(): number {
  return readProc("/proc/self/limits", /^Max open files\s+(\d+)/m) ?? 1_024;
}

function readProc(path: string, pattern: RegExp): number | undefined {
  try {
    const found = pattern.exec(readFileSync(path, "utf8"));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}

/** How often the loop is looked at. */
const resolutionMs = 10;

/** Watches how long timers are held up. Node's figures hold the timer's own interval, which is taken off. */
export function watchLoop(): { reset(): void; read(): LoopDelay; close(): void } {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  return {
    reset: () => histogram.reset(),
    read: () => ({ p50: late(histogram.percentile(50)), p99: late(histogram.percentile(99)), max: late(histogram.max) }),
    close: () => void histogram.disable(),
  };
}
