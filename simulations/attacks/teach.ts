/** Who is attacked, and what attackers learn from. Imports cells, record, population. */
import { createRng, shuffled } from "../../shared/random.ts";
import { drawParticipants } from "../population.ts";
import type { Prepared } from "../prepare.ts";
import type { AttackRecord, Cells, Goal, Teaching } from "./attack.ts";
import { drawCells } from "./cells.ts";
import { recordRounds } from "./record.ts";

/** So many people are enough to learn a dozen weights from. */
const mostTaught = 100;

/** Who is attacked: so many of those who took part and have cells, drawn by the seed; at most half. */
export function attackedPeople(prepared: Prepared, record: AttackRecord, goal: Goal, people: number): Cells[] {
  const cells = cellsOfSeen(prepared, record, goal);
  return cells.slice(0, Math.min(people, Math.floor(cells.length / 2)));
}

/** People of the run that are not attacked, and a shadow run of as many people, among them none that is attacked. */
export async function teach(
  prepared: Prepared,
  record: AttackRecord,
  goal: Goal,
  attacked: readonly Cells[],
  signal?: AbortSignal,
): Promise<Teaching> {
  const known = cellsOfSeen(prepared, record, goal).slice(attacked.length).slice(0, mostTaught);
  const shadowed = shadowOf(prepared, new Set(attacked.map(({ person }) => person)));
  const shadow = await recordRounds(shadowed, { startSeed: prepared.scenario.seed, isPlain: true, signal });
  return { known, shadow: { record: shadow, cells: cellsOfSeen(shadowed, shadow, goal).slice(0, mostTaught) } };
}

/** Everyone who took part and has cells, in a drawn order. */
function cellsOfSeen(prepared: Prepared, record: AttackRecord, goal: Goal): Cells[] {
  const seen = [...new Set(record.rounds.flatMap(({ cohort }) => [...cohort]))].sort((a, b) => a - b);
  const order = shuffled(seen.length, createRng(prepared.scenario.seed, "attacked"));
  return drawCells(
    prepared,
    record.crowd,
    goal,
    [...order].map((at) => seen[at]!),
  );
}

/** The same scenario with other people and draws: strangers to the run as far as the data go. */
function shadowOf(prepared: Prepared, attacked: ReadonlySet<number>): Prepared {
  const { scenario, dataset, participants } = prepared;
  const seed = scenario.seed + shadowSeed;
  const inRun = new Set(participants);
  const others = Int32Array.from({ length: dataset.matrix.users }, (_, user) => user).filter((user) => !attacked.has(user));
  const strangers = others.filter((user) => !inRun.has(user));
  const from = strangers.length >= participants.length ? strangers : others;
  const chosen = drawParticipants(from.length, Math.min(from.length, participants.length), seed).map((at) => from[at]!);
  return { ...prepared, scenario: { ...scenario, seed }, participants: chosen };
}

const shadowSeed = 1_000_003;
