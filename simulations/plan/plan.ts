/** A plan: every protection's price for a job, the bounds of masks, and a recommendation. Imports shared, pricing, recommend. */
import { type NeighborhoodReport, reportNeighborhood } from "../../shared/crypto/masks/neighborhood-report.ts";
import { isCofactorError } from "../../shared/errors.ts";
import type { GroupPrice } from "../../shared/groups.ts";
import { graphOf } from "../../shared/protections/masked-graph.ts";
import { groupPriceOf, priceOfAll, timesOfAll } from "./groups.ts";
import { maskOptionsOf } from "./masks.ts";
import type { Job, Price, Pricing, Times } from "./pricing.ts";
import { type Recommendation, recommend } from "./recommend.ts";
import { createWorkbench } from "./workbench.ts";

/** One protection's row. */
export interface PlanRow {
  readonly name: string;
  /** Bytes and promises; absent when the protection cannot do the job. */
  readonly price?: Price;
  /** Estimated CPU milliseconds of one thread of this machine. */
  readonly times?: Times;
  /** Why it cannot do the job. */
  readonly refusal?: string;
}

/** The bounds of masks for a size of the cohort; bits that are null are those of a failure that cannot happen. */
export interface MasksRow extends Omit<NeighborhoodReport, "securityBits" | "recoveryBits"> {
  readonly securityBits: number | null;
  readonly recoveryBits: number | null;
}

/** What `cofactor plan --json` prints, beside `machine`. */
export interface Plan {
  readonly job: Job;
  /** What the rule makes of the job's groups; absent for a cohort that is not split. */
  readonly groups?: GroupPrice;
  readonly protections: readonly PlanRow[];
  /** Masks for the job's cohort and a few other sizes, where they are sound. */
  readonly masks: readonly MasksRow[];
  readonly recommendation: Recommendation;
  /** What the planner does not know, and what would make the job cheaper. */
  readonly notes: readonly string[];
  /** How long the measurements took. */
  readonly calibrationMs: number;
}

/** How a plan is made. */
export interface PlanOptions {
  /** Milliseconds that the measurements should take. */
  readonly timeMs: number;
  /** The rule over the job's groups, where there are several. */
  readonly rule: string;
  /** Devices answer once a round. */
  readonly answersOnce: boolean;
  readonly signal?: AbortSignal;
  /** Told what is measured next. */
  readonly say?: (what: string) => void;
}

/** Prices a job; what a protection cannot do is its row's `refusal`. @throws the signal's reason when it is aborted */
export async function makePlan(job: Job, pricings: readonly Pricing[], options: PlanOptions): Promise<Plan> {
  const groups = await groupPriceOf(job, options.rule);
  const workbench = createWorkbench(options.timeMs, options.signal);
  const started = performance.now();
  const rows: PlanRow[] = [];
  for (const pricing of pricings) {
    options.say?.(pricing.name);
    rows.push(await rowOf(pricing, job, () => pricing.calibrate(job, workbench)));
  }
  const calibrationMs = performance.now() - started;
  return {
    job,
    ...(groups === undefined ? {} : { groups }),
    protections: rows,
    masks: masksRows(job),
    recommendation: recommend(job, rows, options.answersOnce),
    notes: notesOf(job, rows),
    calibrationMs,
  };
}

async function rowOf({ name, price }: Pricing, job: Job, calibrate: () => Promise<Times>): Promise<PlanRow> {
  let priced: Price;
  try {
    priced = price(job);
  } catch (error) {
    if (!isCofactorError(error) || (error.code !== "CONFIG_INVALID" && error.code !== "ENCODE_OVERFLOW")) throw error;
    return { name, refusal: error.message };
  }
  return { name, price: priceOfAll(priced, job), times: timesOfAll(await calibrate(), job) };
}

/** The bounds for the job's cohort, and for cohorts of a quarter to four times its size, as far as they are quickly found. */
export function masksRows(job: Job): readonly MasksRow[] {
  const options = maskOptionsOf(job);
  const sizes = [job.clients / 4, job.clients / 2, job.clients, 2 * job.clients, 4 * job.clients].map(Math.floor);
  const rows: MasksRow[] = [];
  // Where a device has so many neighbors, the search for those of a larger cohort takes seconds to minutes.
  const isSlow = (devices: number): boolean => devices > job.clients && (rows.at(-1)?.neighbors ?? 0) > 300;
  for (const devices of new Set(sizes.filter((size) => size >= Math.min(3, job.clients) && size <= 65_535))) {
    if (isSlow(devices)) break;
    try {
      const { securityBits, recoveryBits, ...report } = reportNeighborhood({ ...options, devices }, graphOf(options, devices));
      rows.push({ ...report, securityBits: finite(securityBits), recoveryBits: finite(recoveryBits) });
    } catch (error) {
      if (!isCofactorError(error)) throw error;
    }
  }
  return rows;
}

function finite(bits: number): number | null {
  return Number.isFinite(bits) ? bits : null;
}

/** Bits of a slot under Paillier, as packing.ts has it. */
const widestSlot = 45;

function notesOf(job: Job, rows: readonly PlanRow[]): readonly string[] {
  const guard = Math.ceil(Math.log2(job.clients));
  const narrow = 32 - guard;
  const hasMasks = rows.some(({ name, price }) => name === "masks" && price !== undefined);
  const hint = `masks: ${job.bits}-bit values of ${job.clients} clients take 64 bits each; with --bits ${narrow} they would take 32`;
  const widest = widestSlot - guard;
  const nearest = `paillier: for sums of ${job.clients} contributions, the nearest sound choice is --bits ${widest}`;
  return [
    ...(job.bits > widest && widest >= 2 ? [nearest] : []),
    ...(hasMasks && job.bits > narrow && narrow >= 2 ? [hint] : []),
    "bytes: answers and briefs of the protection; the model itself, which is the same under all, and a few percent of envelopes come on top",
    "ms: measured steps times their counts, an estimate: whole masked rounds have taken up to 1.5 times as long on devices, and up to 3 times in small cohorts on the aggregator; a phone takes several times as long; training, sockets and disk come on top",
    "holder: a keyholder that is asked; it receives all contributions and makes the sum itself. once: a device's table, for a run",
    "not known: your network, how long devices stay, who runs the keyholders, what the published model reveals (no protection hides that)",
  ];
}
