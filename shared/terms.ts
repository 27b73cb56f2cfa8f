/**
 * The terms of a run: everything that a device must know to decide whether it takes part, in one plain object, and their
 * canonical bytes, which the server signs. Imports crypto, errors, registry, valibot,
 * wire, types of privacy.
 */
import * as v from "valibot";
import { type CatalogueTerms, catalogueTerms } from "./catalogue/rules.ts";
import { toUtf8 } from "./crypto/encoding.ts";
import { shortDigestOf } from "./crypto/hash.ts";
import { CofactorError } from "./errors.ts";
import type { EvaluationTerms } from "./evaluation/evaluation.ts";
import { type TemporalTerms, temporalTerms } from "./models/temporal-terms.ts";
import type { PrivacyInput, PrivacyTerms } from "./privacy/promise.ts";
import { parseConfig } from "./registry.ts";
import type { RewardTerms } from "./rewards/terms.ts";
import type { FixedPoint } from "./wire/fixed-point.ts";
import type { Precision } from "./wire/model-codec.ts";
import { formatOf, type Rounding } from "./wire/quantize.ts";

/** A section that a seam's own schema checks: see run.ts. */
export interface Section {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** Bounds of a contribution entry. */
export interface RangeTerms {
  /** Entries beyond it are clamped. */
  readonly maxAbs: number;
  /** Bits after the point; below zero where steps are larger than one. */
  readonly fractionBits: number;
  /** How devices round to these steps, whatever the protection; without it they leave that to protections that count in fixed point. */
  readonly rounding?: Rounding | undefined;
}

/** The same as a person writes it: `bits` of a value, sign included, stand for the steps, and `maxAbs` is then by default the model's own. */
export interface RangeInput {
  readonly maxAbs?: number | undefined;
  readonly fractionBits?: number | undefined;
  readonly bits?: number | undefined;
  readonly rounding?: Rounding | undefined;
}

/** The terms of a run. Immutable once signed. */
export interface RunTerms {
  /** Version of this schema. */
  readonly version: 1;
  /** The run's name: 1 to 64 of a-z, 0-9, dot, dash, underscore. */
  readonly id: string;
  /** Size of the catalogue; rows of the table where items come and go. */
  readonly items: number;
  /** How items come and go; without it the items are 0 to `items` - 1 and stay. */
  readonly catalogue?: CatalogueTerms | undefined;
  /** Has devices take part when something has changed, by differences; without it each contributes the whole whenever it is asked. */
  readonly temporal?: TemporalTerms | undefined;
  /** How many public features each item has, for models that learn from them; their values come with the published model. */
  readonly itemFeatures?: number | undefined;
  /** How many rounds the run has. */
  readonly rounds: number;
  /**
   * At most `size` devices are asked in a round; a sum over fewer than `min` is never revealed. With `groups` a cohort is split into so many, each
   * with a sum of its own over at least `min`, of which the rule makes one; under `open`, where the aggregator reads contributions anyhow, a group
   * may be one device.
   */
  readonly cohort: { readonly size: number; readonly min: number; readonly groups?: number | undefined };
  /** How long a stage waits for answers, and for a device that lost its connection. */
  readonly deadline: { readonly stageMs: number; readonly graceMs: number };
  /** Public facts about the ratings; `ratingRange` clips predictions, `globalMean` centers them. */
  readonly ratings: { readonly range?: readonly [number, number] | undefined; readonly globalMean?: number | undefined };
  readonly model: Section;
  /** Bounds of a contribution entry for fixed-point protections; by default what the model asks for. */
  readonly range?: RangeTerms | undefined;
  readonly protection: Section;
  /** Which part of a contribution leaves a device. */
  readonly sharing: Section;
  /** What is promised about every user's privacy; absent when nothing is. */
  readonly privacy?: PrivacyTerms | undefined;
  /** How devices judge the model by ratings that they keep aside, for the cohort's sums of it; absent when they do not. */
  readonly evaluation?: EvaluationTerms | undefined;
  /** Has the aggregator keep what each device's part in the rounds was worth, by its public key; absent when it keeps nothing of the kind. */
  readonly rewards?: RewardTerms | undefined;
  readonly aggregation: Section;
  /** Number format of published models. */
  readonly precision: Precision;
}

/** Terms whose sections on privacy, evaluation and range are still as a person wrote them. */
export type UnresolvedTerms = Omit<RunTerms, "privacy" | "evaluation" | "rewards" | "range"> & {
  readonly privacy?: Readonly<Record<string, unknown>> | undefined;
  readonly evaluation?: Readonly<Record<string, unknown>> | undefined;
  readonly rewards?: Readonly<Record<string, unknown>> | undefined;
  readonly range?: RangeInput | undefined;
};

/** Terms as a person writes them: what has a default may be left out. */
export type TermsInput = Pick<RunTerms, "id" | "items"> &
  Partial<Omit<RunTerms, "cohort" | "deadline" | "privacy" | "evaluation" | "rewards" | "catalogue" | "temporal" | "range">> & {
    readonly catalogue?: Partial<CatalogueTerms>;
    readonly temporal?: Partial<TemporalTerms>;
    readonly privacy?: PrivacyInput;
    readonly evaluation?: Partial<Omit<EvaluationTerms, "holdOut">> & { readonly holdOut?: Partial<EvaluationTerms["holdOut"]> };
    readonly rewards?: Partial<RewardTerms>;
    readonly range?: RangeInput;
    readonly cohort?: Partial<RunTerms["cohort"]>;
    readonly deadline?: Partial<RunTerms["deadline"]>;
  };

const count = (low: number, high: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(low), v.maxValue(high));
const section = v.pipe(v.looseObject({ kind: v.string() }), v.readonly());

/** The schema of `range`, of terms and of scenarios. */
export const rangeInput: v.GenericSchema<unknown, RangeInput> = v.strictObject({
  maxAbs: v.optional(v.pipe(v.number(), v.finite(), v.minValue(2 ** -32), v.maxValue(2 ** 40))),
  fractionBits: v.optional(count(-40, 40)),
  bits: v.optional(count(2, 40)),
  rounding: v.optional(v.picklist(["nearest", "stochastic"])),
});

/** The schema of terms; the sections `model`, `protection`, `sharing`, `privacy`, `evaluation`, `rewards` and `aggregation` are checked by their own seams. */
const schema: v.GenericSchema<unknown, UnresolvedTerms> = v.strictObject({
  version: v.optional(v.literal(1), 1),
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "expected 1 to 64 of a-z, 0-9, dot, dash, underscore")),
  items: count(1, 10_000_000),
  catalogue: v.optional(catalogueTerms),
  temporal: v.optional(temporalTerms),
  itemFeatures: v.optional(count(0, 1_000)),
  rounds: v.optional(count(1, 1_000_000), 20),
  cohort: v.optional(
    v.strictObject({
      size: v.optional(count(1, 10_000_000), 100),
      min: v.optional(count(1, 10_000_000), 2),
      groups: v.optional(count(1, 1_000_000)),
    }),
    {},
  ),
  deadline: v.optional(
    v.strictObject({ stageMs: v.optional(count(1, 604_800_000), 60_000), graceMs: v.optional(count(0, 86_400_000), 5_000) }),
    {},
  ),
  ratings: v.optional(
    v.strictObject({
      range: v.optional(v.tuple([v.pipe(v.number(), v.finite()), v.pipe(v.number(), v.finite())])),
      globalMean: v.optional(v.pipe(v.number(), v.finite())),
    }),
    {},
  ),
  model: v.optional(section, { kind: "fcf" }),
  range: v.optional(rangeInput),
  protection: v.optional(section, { kind: "paillier" }),
  sharing: v.optional(section, { kind: "all" }),
  privacy: v.optional(v.pipe(v.looseObject({}), v.readonly())),
  evaluation: v.optional(v.pipe(v.looseObject({}), v.readonly())),
  rewards: v.optional(v.pipe(v.looseObject({}), v.readonly())),
  aggregation: v.optional(section, { kind: "sum" }),
  precision: v.optional(v.picklist(["float32", "float64"]), "float64"),
});

/**
 * Fills in the defaults of terms and checks them, but for the sections of the seams.
 * @throws CofactorError CONFIG_INVALID naming the field, what was expected and the nearest known key
 */
export function parseTerms(input: unknown): UnresolvedTerms {
  const terms = parseConfig(schema, input, "terms");
  if (terms.cohort.min > terms.cohort.size) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"terms.cohort.min" expected at most cohort.size (${terms.cohort.size}), got ${terms.cohort.min}`,
    );
  }
  const range = terms.ratings.range;
  if (range !== undefined && range[0] >= range[1]) {
    throw new CofactorError("CONFIG_INVALID", `"terms.ratings.range" expected least < greatest, got [${range.join(", ")}]`);
  }
  return terms;
}

/**
 * The range that `written` asks for.
 * @param own the model's own
 * @throws CofactorError CONFIG_INVALID when neither the steps nor the bits are said, or both
 */
export function resolveRange(written: RangeInput | undefined, own: FixedPoint): RangeTerms {
  if (written === undefined) return own;
  const { maxAbs, fractionBits, bits, rounding } = written;
  if (bits !== undefined && fractionBits === undefined)
    return { ...formatOf(bits, maxAbs ?? own.maxAbs), rounding: rounding ?? "stochastic" };
  if (bits === undefined && maxAbs !== undefined && fractionBits !== undefined) {
    return { maxAbs, fractionBits, ...(rounding === undefined ? {} : { rounding }) };
  }
  throw new CofactorError("CONFIG_INVALID", '"terms.range" expected either bits, with or without maxAbs, or maxAbs with fractionBits');
}

/** Names terms by their canonical JSON: what signatures of a run cover, so that none can stand for another run, key or server. */
export function termsDigest(text: string): string {
  return shortDigestOf(toUtf8(text));
}

/**
 * Canonical JSON: keys sorted, no white space, no undefined; numbers as ECMAScript prints them (RFC 8785's choice).
 * Equal terms give equal bytes on every platform.
 *
 * @throws TypeError for anything but plain data: an object of a class, such as a private part or a typed array, has no such form
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (!isPlain(value)) throw new TypeError('"value" expected plain data');
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalJson(entry ?? null)).join(",")}]`;
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${canonicalJson(entry)}`).join(",")}}`;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || prototype === Object.prototype;
}
