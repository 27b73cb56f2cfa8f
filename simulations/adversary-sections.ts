/** The section `adversaries` of a scenario: which devices attack, and how. Imports the adversaries. */
import * as v from "valibot";
import { CofactorError } from "../shared/errors.ts";
import { parseConfig, resolveSection } from "../shared/registry.ts";
import type { Section } from "../shared/terms.ts";
import { adversaries } from "./adversaries/index.ts";

/** One part, and how many of the devices that take part play it: a share of them, or a number. */
export interface AdversarySection extends Section {
  readonly fraction?: number | undefined;
  readonly count?: number | undefined;
}

const sized = v.pipe(
  v.looseObject({
    kind: v.string(),
    fraction: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
    count: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  }),
  v.check(({ fraction, count }) => (fraction === undefined) !== (count === undefined), "expected either fraction or count"),
);

/** The schema of the section before it is resolved. */
export const adversaryList: v.GenericSchema<unknown, Record<string, unknown>[]> = v.array(v.looseObject({}));

/** Fills in defaults. @throws CofactorError CONFIG_INVALID with the path and the nearest known word */
export function parseAdversaries(written: readonly Record<string, unknown>[]): readonly AdversarySection[] {
  return written.map((entry, at) => {
    const { fraction, count, ...section } = parseConfig(sized, entry, `adversaries.${at}`);
    const { options } = resolveSection(adversaries, section, `adversaries.${at}`);
    return { ...options, ...(fraction === undefined ? { count: count! } : { fraction }) };
  });
}

/** How many devices play each part. @throws CofactorError CONFIG_INVALID when nobody would, or nobody honest would be left */
export function partSizes(sections: readonly AdversarySection[], participants: number): readonly number[] {
  const sizes = sections.map(({ fraction, count }) => count ?? Math.round(fraction! * participants));
  for (const [at, size] of sizes.entries()) {
    if (size >= 1) continue;
    const path = `adversaries.${at}.fraction`;
    throw new CofactorError("CONFIG_INVALID", `"${path}" expected at least one of ${participants} devices`, { details: { path } });
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total < participants) return sizes;
  throw new CofactorError("CONFIG_INVALID", `"adversaries" expected honest devices beside them, got ${total} of ${participants}`, {
    details: { path: "adversaries" },
  });
}
