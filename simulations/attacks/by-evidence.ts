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
    const seen = [];
    for (const cells of lessons.cells) seen.push({ cells, tables: tablesOf(lessons.record, await imitate(lessons.record, cells.person)) });
    const ways = seen[0]?.tables.length ?? 0;
    if (ways === 0) throw new CofactorError("DATA_INVALID", "an attack expected people to learn from, got none");
    const way = ways === 1 ? 0 : bestWay(seen, ways);
    const logOdds = learnFrom(seen, way);
    return async (person, items) => {
      const { values, width } = tableOf(record, (await look(record, person))[way]!);
      return Float64Array.from(items, (item) => logOdds(values, item * width));
    };
  };
}

interface SeenPerson {
  readonly cells: Cells;
  readonly tables: readonly ItemFeatureTable[];
}

function tablesOf(record: AttackRecord, evidence: readonly Evidence[]): ItemFeatureTable[] {
  return evidence.map((one) => tableOf(record, one));
}

function tableOf({ run }: AttackRecord, evidence: Evidence): ItemFeatureTable {
  return featuresOf(evidence, run.model.parameters.shared, run.terms.items);
}

/** Learns on every other person, and judges by the rest. */
function bestWay(seen: readonly SeenPerson[], ways: number): number {
  const learned = seen.filter((_, at) => at % 2 === 0);
  const judged = seen.filter((_, at) => at % 2 === 1);
  let best = { way: 0, auc: 0 };
  for (let way = 0; way < ways && judged.length > 1; way++) {
    const logOdds = learnFrom(learned, way);
    const scores = judged.flatMap(({ cells, tables }) => {
      const { values, width } = tables[way]!;
      return Array.from(cells.items, (item) => logOdds(values, item * width));
    });
    const { auc } = aucOf(Float64Array.from(scores), Uint8Array.from(judged.flatMap(({ cells }) => [...cells.labels])));
    if (auc > best.auc) best = { way, auc };
  }
  return best.way;
}

function learnFrom(seen: readonly SeenPerson[], way: number): LogOdds {
  const width = seen[0]!.tables[way]!.width;
  const labels = Uint8Array.from(seen.flatMap(({ cells }) => [...cells.labels]));
  const rows = new Float64Array(labels.length * width);
  let to = 0;
  for (const { cells, tables } of seen) {
    for (const item of cells.items) {
      rows.set(tables[way]!.values.subarray(item * width, (item + 1) * width), to);
      to += width;
    }
  }
  return learnLogOdds(rows, labels, width);
}
