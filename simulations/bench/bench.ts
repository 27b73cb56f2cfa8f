/**
 * The seam for benchmarks: a subject gives groups of cases that do comparable work, timed side by side in one run.
 * Imports statistics. One file per subject; index.ts lists them.
 */
import { median } from "../statistics.ts";

/** One thing to time. */
export interface BenchCase {
  readonly name: string;
  /** Does the work once. */
  run(): unknown;
}

/** Cases that stand beside each other. */
export interface BenchGroup {
  /** What each case does, with its sizes. */
  readonly title: string;
  /** The first is what the others are compared with. */
  readonly cases: readonly BenchCase[];
  /** Ends what the group started. */
  close?(): Promise<void>;
}

/** A subject's entry in the index. */
export interface BenchSubject {
  readonly name: string;
  /** One sentence for the table. */
  readonly summary: string;
  /** Prepares its groups one by one, so that no more than one holds memory. */
  groups(): AsyncIterable<BenchGroup> | Iterable<BenchGroup>;
}

/** A timed case. */
export interface BenchRow {
  readonly subject: string;
  readonly group: string;
  readonly name: string;
  readonly medianMs: number;
  readonly leastMs: number;
  /** Timed calls after the warm-up. */
  readonly samples: number;
  /** Median over the median of the group's first case. */
  readonly ratio: number;
}

/** How long to time. */
export interface MeasureOptions {
  /** Milliseconds per case, warm-up included; default 1,000. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal;
}

/** Calls that are not counted: they let the compiler settle. */
const warmUps = 3;
const leastSamples = 5;
const mostSamples = 500;

/**
 * Times a group. The cases take turns, so that a busy moment of the machine hits all of them alike.
 *
 * A case that is over in less than 50 microseconds is called many times for one sample.
 */
export async function measureGroup(subject: string, group: BenchGroup, options: MeasureOptions = {}): Promise<BenchRow[]> {
  const { budgetMs = 1_000, signal } = options;
  const timed = [];
  for (const { name, run } of group.cases) timed.push({ name, run, repeats: await repeatsOf(run), samples: [] as number[] });
  const endMs = performance.now() + budgetMs * timed.length;
  for (let turn = 0; turn < mostSamples && signal?.aborted !== true; turn++) {
    if (turn >= leastSamples && performance.now() >= endMs) break;
    for (const { run, repeats, samples } of timed) samples.push((await time(run, repeats)) / repeats);
  }
  const first = median(timed[0]?.samples ?? []);
  return timed.map(({ name, samples }) => ({
    subject,
    group: group.title,
    name,
    medianMs: median(samples),
    leastMs: Math.min(...samples),
    samples: samples.length,
    ratio: median(samples) / first,
  }));
}

/** How many calls make a sample that the clock can see; warms up on the way. */
async function repeatsOf(run: () => unknown): Promise<number> {
  for (let turn = 1; turn < warmUps; turn++) await time(run, 1);
  let repeats = 1;
  while (repeats < 1_000_000 && (await time(run, repeats)) < 0.05) repeats *= 4;
  return repeats;
}

async function time(run: () => unknown, repeats: number): Promise<number> {
  const startedMs = performance.now();
  for (let call = 0; call < repeats; call++) {
    const outcome = run();
    if (outcome instanceof Promise) await outcome;
  }
  return performance.now() - startedMs;
}
