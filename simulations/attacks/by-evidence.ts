/**
 * Attacks that read one vector a person: they learn on people whose ratings they know what a rated item looks like in it, and look at others. Imports
 * features, logistic, the seam.
 *
 * Source: Shokri et al. 2017, https://arxiv.org/abs/1610.05820: attackers train on shadows of what they attack
 */
import { CofactorError } from "../../shared/errors.ts";
import type { Attack, AttackRecord, Cells, Evidence, Judge } from "./attack.ts";
import { aucOf } from "./auc.ts";
import { featuresOf, type ItemFeatureTable } from "./features.ts";
import { type LogOdds, learnLogOdds } from "./logistic.ts";

/** Everything that could be read of a person, in one or more ways; the same ways for everyone. */
export type Look = (record: AttackRecord, person: number) => Promise<readonly Evidence[]>;

/** How an attack learns. */
export interface Lesson {
  /** From whom: people of the run itself, where each person's evidence is their own; of the shadow run otherwise. */
  readonly from: "known" | "shadow";
  /** How those are looked at, where looking costs more than knowing. */
  readonly imitate?: Look;
}

/**
 * An attack's `learn`: of several ways of reading it takes the one that tells best on taught people that it did not learn from.
 * @param look how the attacked are looked at
 */
export function learnByEvidence(look: Look, { from, imitate = look }: Lesson): Attack["learn"] {
  return async (record, _goal, { known, shadow }): Promise<Judge> => {
    const lessons = from === "known" ? { record, cells: known } : shadow;
    const looked: LookedAt[] = [];
    for (const cells of lessons.cells) looked.push({ cells, evidence: await imitate(lessons.record, cells.person) });
    const ways = looked[0]?.evidence.length ?? 0;
    if (ways === 0) throw new CofactorError("DATA_INVALID", "an attack expected people to learn from, got none");
    const inWay = (people: readonly LookedAt[], way: number): SeenPerson[] =>
      people.map(({ cells, evidence }) => ({ cells, table: tableOf(lessons.record, evidence[way]!) }));
    const way = ways === 1 ? 0 : bestWay(ways, (one) => inWay(looked.slice(0, mostCompared), one));
    const logOdds = learnFrom(inWay(looked, way));
    return async (person, items) => {
      const { values, width } = tableOf(record, (await look(record, person))[way]!);
      return Float64Array.from(items, (item) => logOdds(values, item * width));
    };
  };
}

/** So many people are enough to tell by which reading anything shows. */
const mostCompared = 40;

interface LookedAt {
  readonly cells: Cells;
  readonly evidence: readonly Evidence[];
}

interface SeenPerson {
  readonly cells: Cells;
  readonly table: ItemFeatureTable;
}

function tableOf({ run }: AttackRecord, evidence: Evidence): ItemFeatureTable {
  return featuresOf(evidence, run.model.parameters.shared, run.terms.items);
}

/** Learns on every other person, and judges by the rest. */
function bestWay(ways: number, seenIn: (way: number) => readonly SeenPerson[]): number {
  let best = { way: 0, auc: 0 };
  for (let way = 0; way < ways; way++) {
    const seen = seenIn(way);
    const judged = seen.filter((_, at) => at % 2 === 1);
    if (judged.length < 2) break;
    const logOdds = learnFrom(seen.filter((_, at) => at % 2 === 0));
    const scores = judged.flatMap(({ cells, table }) => Array.from(cells.items, (item) => logOdds(table.values, item * table.width)));
    const { auc } = aucOf(Float64Array.from(scores), labelsOf(judged));
    if (auc > best.auc) best = { way, auc };
  }
  return best.way;
}

function learnFrom(seen: readonly SeenPerson[]): LogOdds {
  const { width } = seen[0]!.table;
  const labels = labelsOf(seen);
  const rows = new Float64Array(labels.length * width);
  let to = 0;
  for (const { cells, table } of seen) {
    for (const item of cells.items) {
      rows.set(table.values.subarray(item * width, (item + 1) * width), to);
      to += width;
    }
  }
  return learnLogOdds(rows, labels, width);
}

function labelsOf(people: readonly { readonly cells: Cells }[]): Uint8Array {
  return Uint8Array.from(people.flatMap(({ cells }) => [...cells.labels]));
}
