/**
 * What stands between a contribution and the model when terms promise privacy: on the device clip and noise or its share, at the aggregator
 * the noise on the sum. Imports the seams' indexes, terms, registry.
 *
 * Protections carry what the device's half makes and know nothing of it: `wire` says how long its vectors are and within which range.
 */
import { CofactorError } from "../errors.ts";
import type { NoiseRng } from "../random.ts";
import { resolveSection } from "../registry.ts";
import type { Clip } from "./clips/clip.ts";
import { clips } from "./clips/index.ts";
import type { Mechanism, MechanismDefinition, MechanismFacts, Placement } from "./mechanism.ts";
import { mechanisms } from "./mechanisms/index.ts";
import type { PrivacyTerms, UnplannedTerms } from "./promise.ts";

/** The public facts of a run that a guard is made for. */
export interface GuardSetting {
  /** Values of a contribution. */
  readonly size: number;
  /** Rows and widths of its tensors, where all of them are made of items' rows. */
  readonly rows?: number;
  readonly widths?: readonly number[];
  readonly rounds: number;
  readonly cohort: { readonly size: number; readonly min: number };
  /** True when the aggregator can read a single contribution. */
  readonly revealsContributions: boolean;
  /** True when sums can be noised before anything about them shows, whatever devices send. */
  readonly wrapsCleanly: boolean;
  /** Share of a cohort that the protection assumes may collude. */
  readonly corruption: number;
  /** A public text that all halves of the run have in common. */
  readonly label: string;
}

/** How guarded contributions travel. */
export interface WireForm {
  readonly size: number;
  readonly range: { readonly maxAbs: number; readonly fractionBits: number };
}

/** The device's half. */
export interface DeviceGuard {
  /**
   * What may leave the device in a round, [wire.size].
   *
   * Guarantees: whatever the values are, NaN and infinities included, the result is what the promise was calibrated for.
   * @param values [size] not modified
   */
  protect(values: Float64Array, round: number): Float64Array;
}

/** A revealed sum, as its protection gives it. */
export interface RevealedSum {
  /** [wire.size] */
  readonly values: Float64Array;
  /** How many contributions were summed. */
  readonly count: number;
  /** Where the values are known modulo a number alone: that number. */
  readonly modulus?: number;
}

/** A sum that may be released. */
export interface GuardedSum {
  /** [size] */
  readonly values: Float64Array;
  /** The public size of a cohort that the sum is to be divided by, never the realized one. */
  readonly count: number;
  /** Standard deviation of the noise on every entry. */
  readonly noiseStddev: number;
}

/** The aggregator's half. */
export interface AggregatorGuard {
  /**
   * The sum with its noise.
   *
   * @throws CofactorError REPLAYED for a round that was released, where rounds' noise hangs together; AGGREGATION_FAILED for a sum that is, with its
   * noise, beyond what devices may send
   */
  release(sum: RevealedSum, round: number): GuardedSum;
  /** Secret state to be stored with the release, where there is any: see Mechanism.exportState. */
  exportState(): Uint8Array | undefined;
}

/** Both halves of a run's privacy. */
export interface PrivacyGuard {
  readonly terms: PrivacyTerms;
  readonly placement: Placement;
  readonly wire: WireForm;
  readonly facts: MechanismFacts;
  /** True when the aggregator's noise hangs together over rounds: it goes on from a secret state. */
  readonly hasState: boolean;
  /** L2 bound of a contribution; undefined where the mechanism bounds it itself. */
  readonly bound: number | undefined;
  createDevice(rng: NoiseRng): Promise<DeviceGuard>;
  /** @param state what an earlier process stored with its last release */
  createAggregator(rng: NoiseRng, state?: Uint8Array): Promise<AggregatorGuard>;
}

/** Who has no randomness to give: for asking what a mechanism is like. */
const noRng: NoiseRng = {
  kind: "secure",
  bytes: () => {
    throw new CofactorError("INTERNAL", "a mechanism drew noise where none was asked for");
  },
};

/** The parts that a promise names, and the public facts of its noise. */
export interface GuardParts {
  readonly definition: MechanismDefinition;
  readonly options: { readonly kind: string };
  readonly clip: Clip | undefined;
  readonly range: WireForm["range"] | undefined;
  /** @param noiseMultiplier as calibrated, or as tried */
  facts(noiseMultiplier: number): MechanismFacts;
}

/**
 * The parts of a promise, checked against the run.
 *
 * @throws CofactorError CONFIG_INVALID for what cannot be sound, with the reason and the nearest sound choice
 */
export function guardParts(terms: UnplannedTerms, setting: GuardSetting): GuardParts {
  const { definition, options } = resolveSection(mechanisms, terms.mechanism, "terms.privacy.mechanism");
  const { size, rows, widths, cohort, rounds } = setting;
  const { neighboring, participation } = terms;
  if (definition.placement === "distributed" && setting.revealsContributions) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `mechanism "${definition.kind}" expected a protection that hides contributions: under "open" the aggregator sees a single device's share, which is too little; nearest: protection masks, or mechanism local-gaussian`,
    );
  }
  if (definition.placement === "central" && !setting.wrapsCleanly) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `mechanism "${definition.kind}" expected a protection whose sums can be noised before anything about them shows: here a device that sends too much learns from the round's end how large the others' sum is; nearest: mechanism skellam, or protection masks`,
    );
  }
  const shape = { size, ...(rows === undefined ? {} : { rows, ...(widths === undefined ? {} : { widths }) }) };
  const clip = terms.clip === undefined ? undefined : createClip(terms.clip, shape);
  const bound = clip?.sensitivity("zero-out") ?? 0;
  // Rounding for the wire moves each member's part by up to half a unit an entry: the bound is enlarged by that.
  const range = definition.placement === "central" ? centralRange(bound, size) : undefined;
  const rounding = range === undefined ? 0 : 0.5 * 2 ** -range.fractionBits * Math.sqrt(size);
  const sensitivity = (bound + rounding) * (neighboring === "replace" ? 2 : 1);
  // Who may collude by the protection's own assumption, or by the mechanism's, does not hide anyone.
  const colluding = Math.ceil(Math.max(corruptionOf(options) * cohort.min, setting.corruption * cohort.size) - 1e-9);
  const shares = cohort.min - colluding;
  if (definition.placement === "distributed" && shares < 1) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `mechanism "${definition.kind}" expected cohort.min above the ${colluding} devices that may collude, got ${cohort.min}; nearest: ${colluding + 1}, and the more the less noise`,
    );
  }
  const schedule = { rounds, participation };
  return {
    definition,
    options,
    clip,
    range,
    facts: (noiseMultiplier) => ({ dimension: size, sensitivity, neighboring, noiseMultiplier, schedule, shares: Math.max(1, shares) }),
  };
}

/**
 * Both halves for a planned promise.
 *
 * @throws CofactorError CONFIG_INVALID for what cannot be sound
 */
export function createGuard(terms: PrivacyTerms, setting: GuardSetting): PrivacyGuard {
  const parts = guardParts(terms, setting);
  const { definition, options, clip } = parts;
  const { placement } = definition;
  const facts = parts.facts(terms.noiseMultiplier);
  const { label } = setting;
  const create = async (rng: NoiseRng, state?: Uint8Array): Promise<Mechanism> =>
    definition.create(options, { ...facts, rng, label, ...(state === undefined ? {} : { state }) });
  // Made without randomness, and only asked for public facts.
  const probe = placement === "central" ? undefined : (definition.create(options, { ...facts, rng: noRng, label }) as Mechanism);
  const expected = terms.sampling === undefined ? setting.cohort.size : Math.round(terms.sampling.rate * terms.sampling.population);
  return {
    terms,
    placement,
    facts,
    hasState: definition.runEvent !== undefined,
    bound: clip?.sensitivity("zero-out"),
    wire: { size: probe?.form?.size ?? setting.size, range: parts.range ?? deviceRange(probe!) },
    async createDevice(rng) {
      if (placement === "central") return { protect: (values) => clip!.clip(values) };
      const mechanism = await create(rng);
      return { protect: (values, round) => mechanism.noise(clip === undefined ? values : clip.clip(values), round).values };
    },
    async createAggregator(rng, state) {
      const mechanism = placement === "central" ? await create(rng, state) : probe!;
      return {
        release({ values: sum, count, modulus }, round) {
          const stddev = Math.sqrt(mechanism.variance(0, round));
          if (placement === "central") {
            const { values } = mechanism.noise(sum, round);
            if (modulus !== undefined) wrap(values, modulus);
            assertPlausible(values, setting.cohort.size * parts.range!.maxAbs + 20 * stddev);
            return { values, count: Math.max(1, expected), noiseStddev: stddev };
          }
          const values = mechanism.form?.restore(sum, round) ?? sum;
          return { values, count: Math.max(1, expected), noiseStddev: Math.sqrt(count) * stddev };
        },
        exportState: () => mechanism.exportState?.(),
      };
    },
  };
}

/** Brings noised values into the half of the modulus around zero, in place: only now, so that where the sum wrapped does not show. */
function wrap(values: Float64Array, modulus: number): void {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! - modulus * Math.round(values[i]! / modulus);
}

/** By noised values alone: what this tells is no more than what is released. */
function assertPlausible(values: Float64Array, maxAbs: number): void {
  if (values.every((value) => Math.abs(value) <= maxAbs)) return;
  throw new CofactorError("AGGREGATION_FAILED", "the noised sum is beyond what the devices may send: one of them did not keep its bound");
}

function createClip(section: { readonly kind: string }, shape: Parameters<(typeof clips)[number]["create"]>[1]): Clip {
  const { definition, options } = resolveSection(clips, section, "terms.privacy.clip");
  const clip = definition.create(options, shape);
  if (clip.unit !== 1) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"terms.privacy.clip" expected a clip in the contribution's own units, got "${clip.kind}"; nearest: flat`,
    );
  }
  return clip;
}

/** Entries within the bound, in steps so fine that rounding adds less than 2^-9 to it. */
function centralRange(bound: number, size: number): WireForm["range"] {
  const fractionBits = Math.ceil(Math.log2((Math.sqrt(size) * 2 ** 8) / bound));
  if (!(fractionBits <= 40)) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"terms.privacy.clip" expected a bound of at least 2^-30 or so for ${size} values, got ${bound}`,
    );
  }
  return { maxAbs: bound, fractionBits: Math.max(0, fractionBits) };
}

/** The range of what a device's mechanism makes: whole numbers as they are, others with 26 bits. Rounding and clamping of noised values cost nothing. */
function deviceRange({ reach = 1, form }: Mechanism): WireForm["range"] {
  if (form !== undefined) return { maxAbs: reach, fractionBits: 0 };
  const exponent = Math.ceil(Math.log2(reach));
  return { maxAbs: 2 ** exponent, fractionBits: Math.min(40, Math.max(0, 26 - exponent)) };
}

function corruptionOf(options: object): number {
  return "corruption" in options && typeof options.corruption === "number" ? options.corruption : 0;
}
