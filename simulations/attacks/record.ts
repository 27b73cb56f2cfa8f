/**
 * Plays a run's rounds by the deployed halves of its protection and keeps everything that passes, for attackers to look at. Imports shared, attendance,
 * protected-sum, the seam.
 */
import { CofactorError } from "../../shared/errors.ts";
import { addInto } from "../../shared/math/linear.ts";
import type { Aggregate } from "../../shared/models/model.ts";
import { createRng, type NoiseRng, simulationRng } from "../../shared/random.ts";
import { createReleaser } from "../../shared/release.ts";
import { advanceModel, type Run, roundFrame } from "../../shared/run.ts";
import { decodeFixed, encodeFixed } from "../../shared/wire/fixed-point.ts";
import { Attendance } from "../attendance.ts";
import { protectedSum } from "../audits/protected-sum.ts";
import type { Prepared } from "../prepare.ts";
import { initialState } from "../simulated-round.ts";
import type { AttackRecord, Evidence, SeenRound } from "./attack.ts";
import { crowdOf } from "./cells.ts";
import { Devices } from "./devices.ts";

/** How to record. */
export interface RecordOptions {
  /** The seed of the first model, where another run's is to be gone on from; by default the scenario's own. */
  readonly startSeed?: number;
  /** Whether vectors are added up as they are, to what the protection would reveal: no bytes are seen then, and nobody can be lied to. */
  readonly isPlain?: boolean;
  readonly onRound?: ((round: number, rounds: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Records all rounds of a prepared scenario, in each of which everyone who is asked answers.
 *
 * @throws CofactorError CONFIG_INVALID for a run of which no such record can be made; what the signal was aborted with
 */
export async function recordRounds(
  prepared: Prepared,
  { startSeed, isPlain = false, onRound, signal }: RecordOptions = {},
): Promise<AttackRecord> {
  const { run, scenario, opener, participants } = prepared;
  assertRecordable(prepared);
  const { rounds: total } = run.terms;
  const devices = new Devices(prepared);
  const attendance = new Attendance(run, participants, scenario.seed);
  const releaser = await createReleaser(run, simulationRng(createRng(scenario.seed, "noise")));
  const guard = await run.privacy?.createAggregator(unusedRng);
  const wireSize = roundFrame(run, 1).size;
  const read = (values: Float64Array, round: number): Float64Array => {
    const isRestored = guard !== undefined && run.privacy?.placement !== "central";
    return run.sharing.decode(isRestored ? guard.release({ values, count: 1 }, round).values : values, round);
  };
  const rounds: SeenRound[] = [];
  let state = initialState(run, startSeed ?? scenario.seed);
  for (let round = 1; round <= total; round++) {
    signal?.throwIfAborted();
    const cohort = attendance.draw(round);
    if (cohort.length < run.terms.cohort.min) continue;
    const vectors = new Map<number, Float64Array>();
    for (const user of cohort) vectors.set(user, await devices.contribute(user, round, state.shared));
    const answers = new Map<number, Uint8Array[]>();
    const keep = (user: number, stage: number, answer: Uint8Array): void => {
      const own = answers.get(user) ?? [];
      own[stage] = answer.slice();
      answers.set(user, own);
    };
    const sum = isPlain ? plainSum(run, vectors.values()) : await protectedSum(run, opener, round, vectors, keep);
    const next = advanceModel(run, state, releaser.release([copyOf(sum)], round), round);
    rounds.push({ round, cohort, before: state.shared, after: next.shared, sum: read(sum.values, round), answers });
    // The last round may be played again, by a liar: parts stay as they were before it.
    if (round < total) devices.settle();
    state = next;
    onRound?.(round, total);
  }
  const last = rounds.at(-1);
  if (last === undefined) throw new CofactorError("COHORT_TOO_SMALL", "attacks expected a round with enough devices, got none");
  const spec = run.model.parameters.contribution;
  const evidence = (values: Float64Array): Evidence => ({ values, spec, published: last.before });
  return {
    run,
    crowd: crowdOf(prepared),
    rounds,
    wireSize,
    read,
    async fill(person) {
      const vectors = new Map([[person, await devices.contribute(person, last.round, last.before)]]);
      // Names that no person has; what such a device sends is its maker's choice.
      for (let own = 1; own < run.terms.cohort.min; own++) vectors.set(firstMadeUp + own, new Float64Array(wireSize));
      return evidence(read((await protectedSum(run, opener, last.round, vectors)).values, last.round));
    },
    async imitate(person) {
      const vector = await devices.contribute(person, last.round, last.before);
      return evidence(read(asSealed(run, vector), last.round));
    },
  };
}

const firstMadeUp = 1_000_000_000;

/** What the aggregator's half reads with: it draws nothing where devices add the noise. */
const unusedRng: NoiseRng = simulationRng(createRng(0, "unused"));

/** What a protection lets through of a vector, in real numbers: as `reveal` gives it back. */
function asSealed(run: Run, vector: Float64Array): Float64Array {
  return run.protection.revealsContributions ? vector : decodeFixed(encodeFixed(vector, run.range).integers, run.range);
}

function plainSum(run: Run, vectors: Iterable<Float64Array>): Aggregate {
  const sum = new Float64Array(roundFrame(run, 1).size);
  let count = 0;
  for (const vector of vectors) {
    addInto(sum, asSealed(run, vector));
    count += 1;
  }
  return { values: sum, count };
}

function copyOf(sum: Aggregate): Aggregate {
  return { ...sum, values: sum.values.slice() };
}

/** @throws CofactorError CONFIG_INVALID naming what attacks are not made for */
function assertRecordable({ run, scenario }: Prepared): void {
  const obstacles: readonly (readonly [string, boolean])[] = [
    ["catalogue", run.catalogue !== undefined],
    ["temporal", run.terms.temporal !== undefined],
    ["timeline", scenario.timeline !== undefined],
    ["rewards", scenario.rewards !== undefined],
    ["unlearning", scenario.unlearning !== undefined],
    ["cohort.groups", run.groups.most > 1],
    ["sharing", run.sharing.scattered !== undefined],
    ["evaluation.federated", run.evaluation !== undefined],
    ["network.transport", scenario.network.transport !== "memory"],
  ];
  const [path] = obstacles.find(([, isThere]) => isThere) ?? [];
  if (path === undefined) return;
  throw new CofactorError("CONFIG_INVALID", `"--attacks" expected a scenario of plain rounds in memory, got one with "${path}"`, {
    details: { path },
  });
}
