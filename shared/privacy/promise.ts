/**
 * What a run's terms promise about privacy: complete, so that a device can check the promise and keep its part of it. Imports the seams'
 * indexes, registry, valibot.
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import { parseConfig, resolveSection } from "../registry.ts";
import { clips } from "./clips/index.ts";
import type { Neighboring } from "./event.ts";
import { boundsOf, type Participation } from "./matrix/participation.ts";
import { mechanisms } from "./mechanisms/index.ts";

/** A section that a seam's own schema checks. */
export interface PrivacySection {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** The promise of a run. */
export interface PrivacyTerms {
  readonly mechanism: PrivacySection;
  /** What bounds a contribution; absent for local mechanisms, which bound it themselves. */
  readonly clip?: PrivacySection | undefined;
  /** Whose data are hidden: all that one user's device ever contributes to the run. */
  readonly unit: "user";
  /** Which datasets count as neighbors. */
  readonly neighboring: Neighboring;
  /** The whole run costs a user at most this much, against whoever the mechanism protects from. */
  readonly epsilon: number;
  readonly delta: number;
  /** In which rounds one device may take part; every device sees to it for itself. Abandoned rounds count. */
  readonly participation: Participation;
  /** Each device joins a round by a coin of this chance; without it, the release gains nothing from sampling. */
  readonly sampling?: PoissonSampling | undefined;
  /** Standard deviation over sensitivity, calibrated. */
  readonly noiseMultiplier: number;
}

/** Cohorts by coins. */
export interface PoissonSampling {
  readonly kind: "poisson";
  readonly rate: number;
  /** How many devices toss; rate x population is the size of cohort that sums are divided by. */
  readonly population: number;
}

/** The promise as a person writes it: what has a default may be left out. */
export type PrivacyInput = Partial<Omit<PrivacyTerms, "mechanism" | "epsilon">> & {
  readonly mechanism?: string | { readonly kind: string } | undefined;
  readonly epsilon: number;
  /** Short for `clip: {kind: "flat", clipNorm}`. */
  readonly clipNorm?: number | undefined;
};

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1_000_000));
const section = v.looseObject({ kind: v.string() });

const participation = v.variant("kind", [
  v.strictObject({ kind: v.literal("single") }),
  v.strictObject({ kind: v.literal("fixed-epoch"), participations: count, separation: count }),
  v.strictObject({ kind: v.literal("min-separation"), participations: count, separation: count }),
  v.strictObject({ kind: v.literal("unrestricted"), participations: count }),
]);

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));

const schema = v.strictObject({
  mechanism: v.optional(v.union([v.string(), section]), "gaussian"),
  clip: v.optional(section),
  clipNorm: v.optional(positive),
  unit: v.optional(v.literal("user"), "user"),
  neighboring: v.optional(v.picklist(["zero-out", "replace", "add-remove"]), "zero-out"),
  epsilon: positive,
  delta: v.optional(v.pipe(v.number(), v.gtValue(0), v.ltValue(1)), 1e-5),
  participation: v.optional(participation),
  sampling: v.optional(
    v.strictObject({
      kind: v.literal("poisson"),
      rate: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
      population: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    }),
  ),
  noiseMultiplier: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0))),
});

/** A promise whose noise may still have to be calibrated. */
export type UnplannedTerms = Omit<PrivacyTerms, "noiseMultiplier"> & { readonly noiseMultiplier?: number | undefined };

/**
 * Fills in the defaults of a promise and checks every section by its own seam.
 *
 * @param rounds of the run: without `participation`, a device may take part in all
 * @throws CofactorError CONFIG_INVALID with the path, what was expected, and the nearest sound choice
 */
export function parsePrivacy(input: unknown, rounds: number, label: string): UnplannedTerms {
  const raw = parseConfig(schema, input, label);
  const named = typeof raw.mechanism === "string" ? { kind: raw.mechanism } : raw.mechanism;
  const { definition, options } = resolveSection(mechanisms, named, `${label}.mechanism`);
  const isLocal = definition.placement === "local";
  if (isLocal && (raw.clip !== undefined || raw.clipNorm !== undefined)) {
    refuse(`"${label}.clip" expected none: mechanism "${definition.kind}" bounds the contribution itself, see its own options`);
  }
  if (raw.clip !== undefined && raw.clipNorm !== undefined) refuse(`"${label}" expected one of clip and clipNorm, got both`);
  const clip = raw.clip ?? { kind: "flat", ...(raw.clipNorm === undefined ? {} : { clipNorm: raw.clipNorm }) };
  const { clipNorm: _short, clip: _clip, sampling, ...rest } = raw;
  if (sampling !== undefined && raw.neighboring === "replace") {
    refuse(`"${label}.neighboring" expected zero-out with Poisson sampling, got replace; nearest: zero-out`);
  }
  if (sampling !== undefined && (definition.runEvent !== undefined || definition.placement !== "central")) {
    refuse(
      `"${label}.sampling" expected none: sampling gains nothing proved under mechanism "${definition.kind}"; nearest: mechanism gaussian`,
    );
  }
  if (raw.neighboring === "add-remove") {
    refuse(
      `"${label}.neighboring" expected zero-out or replace: rounds tell how many devices took part, which a promise about presence does not allow; nearest: zero-out`,
    );
  }
  const schedule: Participation = raw.participation ?? { kind: "unrestricted", participations: rounds };
  boundsOf(schedule, rounds);
  return {
    ...rest,
    mechanism: { ...options },
    ...(isLocal ? {} : { clip: { ...resolveSection(clips, clip, `${label}.clip`).options } }),
    participation: schedule,
    ...(sampling === undefined ? {} : { sampling }),
  };
}

function refuse(message: string): never {
  throw new CofactorError("CONFIG_INVALID", message);
}
