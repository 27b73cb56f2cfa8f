/** From the last answer to a model that is ready to be published: what a round's reveal takes. Imports shared and server. */
import { contributorsIn, contributorsOf } from "../shared/round.ts";
import { type ActiveRound, recordOf } from "./active-round.ts";
import type { CoordinatorParts } from "./coordinator-parts.ts";
import { openSums } from "./open-sum.ts";
import type { NextModel, Publisher } from "./publisher.ts";
import type { RoundRecord } from "./store.ts";

/** A round whose sums were opened. */
export interface RevealedRound {
  readonly next: NextModel;
  readonly record: RoundRecord;
  /** Contributors whose group's sum could not be had. */
  readonly without: readonly string[];
}

/**
 * Has a round's sums opened and makes the next model of them; nothing is published.
 *
 * @param isStopped asked after every wait: what goes on after a stop would not be durable
 * @returns undefined when the driving was stopped meanwhile
 * @throws CofactorError as `openSums` and `Publisher.advance`, STORE_FAILED
 */
export async function revealRound(
  parts: CoordinatorParts,
  publisher: Publisher,
  active: ActiveRound,
  isStopped: () => boolean,
): Promise<RevealedRound | undefined> {
  const { run, events } = parts;
  const { state } = active;
  const { round } = state;
  const { sums, spoiled } = await openSums(parts, active);
  if (isStopped()) return undefined;
  for (const { group, error } of spoiled) events.emit("spoiled", { round, group, groups: state.groups.length, error });
  const without = spoiled.flatMap(({ group }) => contributorsIn(state, group));
  const lost = new Set(without);
  const counted = contributorsOf(state).filter((client) => !lost.has(client));
  const next = await publisher.advance(sums, round, counted);
  if (isStopped()) return undefined;
  const { sha256 } = next.ref;
  const contributors = run.terms.rewards === undefined ? undefined : counted;
  const what = { outcome: "published", sha256, reason: "", quality: next.quality, contributors } as const;
  return { next, without, record: recordOf(active, what, without.length) };
}
