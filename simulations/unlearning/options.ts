/** The section `unlearning` of a scenario, and what comes of it. Imports the methods. */
import * as v from "valibot";
import { parseConfig, resolveSection } from "../../shared/registry.ts";
import type { Section } from "../../shared/terms.ts";
import { methods } from "./methods/index.ts";

/** The section `unlearning` of a scenario. */
export interface UnlearningOptions {
  /** How many people leave, drawn; as many others, drawn too, never take part: the audit compares both. */
  readonly people: number;
  /** How many published rounds they were in; half of the scenario's by default. */
  readonly after: number;
  readonly method: Section;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const schema = v.strictObject({
  people: v.optional(count, 20),
  after: v.optional(count),
  method: v.optional(v.looseObject({ kind: v.optional(v.string(), "stop") }), {}),
});

/** @throws CofactorError CONFIG_INVALID */
export function parseUnlearning(written: unknown, rounds: number): UnlearningOptions {
  const raw = parseConfig(schema, written, "unlearning");
  const method = { ...resolveSection(methods, raw.method, "unlearning.method").options };
  return { people: raw.people, after: raw.after ?? Math.max(1, Math.floor(rounds / 2)), method };
}

/** How well an attacker tells people who left from people who never took part. */
export interface MembershipFigures {
  /** By how well the model fits a person's ratings: the chance that one who left is fitted better than one who never took part, ties half. */
  readonly fit: number;
  /** The same by how much better than a model of everyone else: the strongest attacker, who has that model. */
  readonly calibrated: number;
}

/** How far two models lie apart: the length of a difference over the length of what it is from. */
export interface ForgottenDistance {
  /** Rounds that both have advanced. */
  readonly round: number;
  /** Of published values; 0 for the same model bit for bit. Factors that are turned alike for all score alike and lie apart here. */
  readonly values: number;
  /** Of the scores of everything for the people who never took part, each served by a local solve. */
  readonly scores: number;
}

/** What became of people who left. */
export interface UnlearningFigures {
  readonly method: string;
  /** People who left, and as many who never took part. */
  readonly people: number;
  readonly after: number;
  /** Rounds that were made again. */
  readonly repeatedRounds: number;
  /** States beside the newest that the aggregator kept for it. */
  readonly keptStates: number;
  /**
   * How far the model lies from that of a run that never had them, with as many rounds. The first entry is where they left, the second what the run
   * went on from, or came to next.
   */
  readonly distances: readonly ForgottenDistance[];
  /** When they left, and at the end; .5 tells nothing. */
  readonly membership: { readonly before: MembershipFigures; readonly after: MembershipFigures };
  /** Standard deviation of a figure of membership by chance. */
  readonly chance: number;
}
