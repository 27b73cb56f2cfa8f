/**
 * The seam for benchmarks: a subject gives groups of cases that do comparable work, timed side by side in one run.
 * Imports statistics. One file per subject; index.ts lists them.
 */
import { median } from "../statistics.ts";

/** One thing to time. */
export interface BenchCase {
  readonly name: string;
  /** Pieces of work in one run, such as values: cases of unlike size are compared by the piece. 1 when it is not given. */
  readonly units?: number;
  /** Does the work once. */
  run(): unknown;
}

/** Cases that stand beside each other. */
export interface BenchGroup {
  /** What each case does, with its sizes. */
  readonly title: string;
  /** What a unit of the cases is, such as "value"; "run" when it is not given. */
  readonly unit?: string;
  /** What is read: wall time (the default), or the CPU time of this process, which a busy machine disturbs less. */
  readonly clock?: "wall" | "cpu";
  /** The first is what the others are compared with. */
  readonly cases: readonly BenchCase[];
  /** Ends what the group started. */
  close?(): Promise<void>;
}

/** A long piece of work that is done once and tells its own figures. */
export interface BenchJob {
  /** What is done, with its sizes. */
  readonly title: string;
  /**
   * Does the work, and checks that its result is right.
   * @param say tells a watching person how far it is
   * @throws when the result is wrong, or the signal's reason
   */
  measure(signal: AbortSignal, say: (status: string) => void): Promise<readonly BenchFigure[]>;
}

/** A figure of a job. */
export interface BenchFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "bytes" | "values" | "clients" | "rounds" | "a second" | "bytes a second" | "%" | "loss" | "epsilon";
}

/** A subject's entry in the index. */
export interface BenchSubject {
  readonly name: string;
  /** One sentence for the table. */
  readonly summary: string;
  /** Prepares its groups one by one, so that no more than one holds memory. */
  groups(): AsyncIterable<BenchGroup | BenchJob> | Iterable<BenchGroup | BenchJob>;
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
  /** Pieces of work in a call. */
  readonly units: number;
  /** Median time of a piece of work. */
  readonly unitMs: number;
  /** What a piece is. */
  readonly unit: string;
  readonly clock: "wall" | "cpu";
  /** Median of a piece of work over that of the group's first case. */
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
  const { unit = "run", clock = "wall" } = group;
  const timed = [];
  for (const { name, run, units = 1 } of group.cases) {
    timed.push({ name, run, units, repeats: await repeatsOf(run, signal), samples: [] as number[] });
  }
  const endMs = performance.now() + budgetMs * timed.length;
  for (let turn = 0; turn < mostSamples && signal?.aborted !== true; turn++) {
    if (turn >= leastSamples && performance.now() >= endMs) break;
    for (const { run, repeats, samples } of timed) samples.push((await time(run, repeats, clock)) / repeats);
  }
  const first = median(timed[0]?.samples ?? []) / (timed[0]?.units ?? 1);
  return timed.map(({ name, units, samples }) => ({
    subject,
    group: group.title,
    name,
    medianMs: median(samples),
    leastMs: Math.min(...samples),
    samples: samples.length,
    units,
    unitMs: median(samples) / units,
    unit,
    clock,
    ratio: median(samples) / units / first,
  }));
}

/** How many calls make a sample that the clock can see; warms up on the way. */
async function repeatsOf(run: () => unknown, signal: AbortSignal | undefined): Promise<number> {
  for (let turn = 1; turn < warmUps && signal?.aborted !== true; turn++) await time(run, 1);
  let repeats = 1;
  while (repeats < 1_000_000 && signal?.aborted !== true && (await time(run, repeats)) < 0.05) repeats *= 4;
  return repeats;
}

async function time(run: () => unknown, repeats: number, clock: "wall" | "cpu" = "wall"): Promise<number> {
  const startedMs = clock === "cpu" ? cpuMs() : performance.now();
  for (let call = 0; call < repeats; call++) {
    const outcome = run();
    if (outcome instanceof Promise) await outcome;
  }
  return (clock === "cpu" ? cpuMs() : performance.now()) - startedMs;
}

/** CPU time of this process and its threads so far. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** CPU time of this thread alone so far, without the threads that collect garbage; before Node 23.9, which cannot tell, of the process. */
export function threadCpuMs(): number {
  const usage: { readonly threadCpuUsage?: () => NodeJS.CpuUsage } = process;
  const { user, system } = usage.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

/** What a piece of work cost, in milliseconds. */
export interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

/** What a piece of work costs, on all threads of this process. */
export async function costOf(work: () => unknown): Promise<Cost> {
  const before = { cpu: cpuMs(), wall: performance.now() };
  await work();
  return { cpu: cpuMs() - before.cpu, wall: performance.now() - before.wall };
}

/** A cost as two figures. */
export function figuresOf(name: string, { cpu, wall }: Cost): readonly BenchFigure[] {
  return [
    { name: `${name}: CPU`, value: cpu, unit: "ms" },
    { name: `${name}: wall`, value: wall, unit: "ms" },
  ];
}
