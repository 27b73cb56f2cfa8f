/** What happens to frames between agents: delay, loss, repetition, partitions that heal. Imports random, valibot. */
import * as v from "valibot";
import type { Rng } from "../../shared/random.ts";

const agent = v.pipe(v.number(), v.integer(), v.minValue(0));
const moment = v.pipe(v.number(), v.minValue(0));

/** Links of a scenario of agents. */
export interface Links {
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly loss: number;
  readonly repeat: number;
  readonly partitions: readonly { readonly fromMs: number; readonly toMs: number; readonly agents: readonly number[] }[];
  readonly kills: readonly { readonly agent: number; readonly atMs: number }[];
}

/** Schema of the section `links` of a scenario of agents. */
export const linksSchema: v.GenericSchema<unknown, Links> = v.strictObject({
  /** Delay of every frame in ms, and what is drawn on top of it, uniform from 0: frames overtake each other. */
  latencyMs: v.optional(moment, 10),
  jitterMs: v.optional(moment, 5),
  /** Chances of a frame to be lost, and to come twice. */
  loss: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)), 0),
  repeat: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
  /** Times in which no frame passes between an agent of the list and one that is not on it. */
  partitions: v.optional(v.array(v.strictObject({ fromMs: moment, toMs: moment, agents: v.array(agent) })), []),
  /** Agents that die, and when. */
  kills: v.optional(v.array(v.strictObject({ agent, atMs: moment })), []),
});

/** When the copies of a frame arrive, from now on in ms: none when it is lost. */
export function arrivals(links: Links, from: number, to: number, nowMs: number, rng: Rng): readonly number[] {
  for (const { fromMs, toMs, agents } of links.partitions) {
    if (nowMs >= fromMs && nowMs < toMs && agents.includes(from) !== agents.includes(to)) return [];
  }
  const delay = (): number => links.latencyMs + links.jitterMs * rng.float();
  if (rng.float() < links.loss) return [];
  return rng.float() < links.repeat ? [delay(), delay()] : [delay()];
}
