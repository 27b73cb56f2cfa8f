/** Tries every attack under every protection, and says how well each tells. Imports arms, cells, record, the seam. */
import { isCofactorError } from "../../shared/errors.ts";
import { packageVersion } from "../package-root.ts";
import { type Prepared, prepareScenario } from "../prepare.ts";
import type { Scenario } from "../scenario.ts";
import { type Arm, armsOf } from "./arms.ts";
import type { Attack, AttackRecord, Cells, Goal, Teaching } from "./attack.ts";
import { type Auc, aucOf } from "./auc.ts";
import { recordRounds } from "./record.ts";
import { attackedPeople, teach } from "./teach.ts";

/** How to attack. */
export interface MeasureOptions {
  readonly attacks: readonly Attack[];
  /** People that are attacked; at most half of those who took part, the others being known to the attacker. */
  readonly people: number;
  readonly say?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How well an attack did. */
export interface AttackFigure extends Auc {
  readonly attack: string;
  readonly goal: Goal;
  /** People attacked, and items of theirs that were judged. */
  readonly people: number;
  readonly items: number;
}

/** What was found under one protection. */
export interface ArmResult {
  readonly arm: string;
  readonly figures: readonly AttackFigure[];
  /** Why the scenario cannot run so; then there are no figures. */
  readonly refused?: string;
}

/** What attacks found. */
export interface AttackResult {
  readonly version: string;
  readonly scenario: Scenario;
  readonly dataset: { readonly name: string; readonly sha256: string; readonly splitHash: string };
  readonly participants: number;
  /** Devices of a round, and how many of them the aggregator's own lie is about. */
  readonly cohort: { readonly size: number; readonly min: number };
  readonly attacks: readonly { readonly kind: string; readonly summary: string; readonly source: string }[];
  readonly arms: readonly ArmResult[];
  /** False when interrupted. */
  readonly isComplete: boolean;
}

/**
 * Measures all attacks of the index under all arms of a scenario.
 *
 * Guarantees: who is attacked, and with which items, follows from the seed and is the same under every protection. Figures where contributions are hidden
 * are of this very run: keys and masks come from the platform, and another run guesses otherwise.
 * @throws CofactorError CONFIG_INVALID when the scenario has no rounds that could be recorded
 */
export async function measureAttacks(scenario: Scenario, options: MeasureOptions): Promise<AttackResult> {
  const { attacks, signal } = options;
  const arms: ArmResult[] = [];
  let about: Pick<AttackResult, "dataset" | "participants" | "cohort"> | undefined;
  const isStopped = (): boolean => signal?.aborted === true;
  for (const arm of armsOf(scenario)) {
    if (isStopped()) break;
    try {
      const prepared = await prepareScenario(arm.scenario);
      about ??= aboutOf(prepared);
      arms.push({ arm: arm.name, figures: await attackArm(arm, prepared, options) });
    } catch (error) {
      if (isStopped()) break;
      // What goes with no protection is the scenario's fault, not this one's.
      if (!isCofactorError(error) || error.code === "INTERNAL" || about === undefined) throw error;
      arms.push({ arm: arm.name, figures: [], refused: error.message });
    }
  }
  return {
    version: packageVersion(),
    scenario,
    ...about!,
    attacks: attacks.map(({ kind, summary, source }) => ({ kind, summary, source })),
    arms,
    isComplete: !isStopped(),
  };
}

async function attackArm(arm: Arm, prepared: Prepared, { attacks, people, say, signal }: MeasureOptions): Promise<AttackFigure[]> {
  const onRound = (round: number, rounds: number): void => say?.(`${arm.name}: round ${round}/${rounds}`);
  const record = await recordRounds(prepared, { onRound, signal });
  const goals: readonly Goal[] = prepared.run.model.objective === "rating" ? ["items", "ratings"] : ["items"];
  const figures: AttackFigure[] = [];
  for (const goal of goals) {
    const attacked = attackedPeople(prepared, record, goal, people);
    const teaching = await teach(prepared, record, goal, attacked, signal);
    for (const attack of attacks) {
      signal?.throwIfAborted();
      figures.push(await tryAttack(attack, record, goal, attacked, teaching));
      const { auc, low, high } = figures.at(-1)!;
      say?.(`${arm.name}: ${attack.kind} on ${goal} ${auc.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`);
    }
  }
  return figures;
}

/** One attack on people's cells, after learning from others'. @throws CofactorError DATA_INVALID where there is nobody to attack or to learn from */
export async function tryAttack(
  attack: Attack,
  record: AttackRecord,
  goal: Goal,
  attacked: readonly Cells[],
  teaching: Teaching,
): Promise<AttackFigure> {
  const judge = await attack.learn(record, goal, teaching);
  const chosen = attacked.slice(0, attack.mostPeople ?? attacked.length);
  const scores: number[] = [];
  for (const { person, items } of chosen) scores.push(...(await judge(person, items)));
  const clusters = chosen.flatMap(({ person, items }) => Array.from(items, () => person));
  const labels = Uint8Array.from(chosen.flatMap((cells) => [...cells.labels]));
  const auc = aucOf(Float64Array.from(scores), labels, Int32Array.from(clusters));
  return { attack: attack.kind, goal, people: chosen.length, items: labels.length, ...auc };
}

function aboutOf({ dataset, split, participants, run }: Prepared): Pick<AttackResult, "dataset" | "participants" | "cohort"> {
  return {
    dataset: { name: dataset.name, sha256: dataset.sha256, splitHash: split.hash },
    participants: participants.length,
    cohort: { size: run.terms.cohort.size, min: run.terms.cohort.min },
  };
}
