/** A small masked round in which one device is lied to. Imports the masked halves. */
import { graphOf } from "../../shared/protections/masked-graph.ts";
import type { MaskOptions } from "../../shared/protections/masked-round.ts";
import { masks } from "../../shared/protections/masks.ts";
import type { Protection, RoundFrame } from "../../shared/protections/protection.ts";
import { playCohort, playFrame, playValues } from "./masked-play.ts";
import { identities, playRound, type RoundTrace, realTools } from "./protected-round.ts";

/** Devices of the cohort. */
export const devices = 7;
/** Least number of contributors. */
export const min = 3;
/** Who is lied to. */
export const victim = 2;
/** The round. */
export const frame: RoundFrame = playFrame(devices, min);
const options: MaskOptions = { corruption: 0, dropout: 0, neighbors: 6, threshold: 4 / 6 };
/** Four of six neighbors open a secret. */
export const protection: Protection = masks.create({ kind: "masks", ...options });
/** Shares that open a secret. */
export const threshold: number = graphOf(options, devices).threshold;

/** What the victim answers to a lie; the others are told the truth. */
export async function lieTo(stage: number, lie: (brief: Uint8Array) => Uint8Array | Promise<Uint8Array>): Promise<string> {
  const trace = await playRound(protection, frame, playCohort(devices), { isLost: (device, at) => device === victim && at === stage });
  const told = await lie(await briefOf(trace, stage));
  return trace.devices[victim]!.answer(stage, told, playValues(victim)).then(
    () => "answered",
    (error: Error) => error.message,
  );
}

/** The true brief of a stage for the victim. */
export async function briefOf({ answers, answered }: RoundTrace, stage: number): Promise<Uint8Array> {
  const half = await protection.createAggregator(frame, realTools);
  for (let at = 0; at <= stage; at++) {
    const asked = at === 0 ? Array.from({ length: devices }, (_, index) => index) : answered[at - 1]!;
    await half.begin(
      at,
      asked.map((device) => identities[device]!.id),
    );
    if (at === stage) break;
    for (const { stage: of, device, bytes, signature } of answers)
      if (of === at) half.combine(at, identities[device]!.id, bytes, signature);
  }
  return half.brief(stage, identities[victim]!.id);
}
