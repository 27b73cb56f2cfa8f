/**
 * Events as JSON and back: what a ledger keeps. Imports the events, errors, valibot.
 *
 * Decoding trusts nothing: unknown kinds and keys, wrong pairs, deep nesting and long lists are refused, and every event is made anew by
 * its own constructor. Infinity, which JSON lacks, is the text "infinity".
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import * as events from "./event.ts";

/** The most levels of composition that decoding accepts. */
const maxDepth = 8;
/** The most events in one composition. */
const maxEvents = 10_000;

const relation = v.picklist(["add-remove", "replace", "zero-out"]);
const size = v.union([
  v.number(),
  v.pipe(
    v.literal("infinity"),
    v.transform(() => Number.POSITIVE_INFINITY),
  ),
]);
const noise = { neighboring: relation, noiseMultiplier: size };
const sensitivities = { neighboring: relation, sensitivity: v.number(), l1Sensitivity: v.number() };

const simple = v.variant("kind", [
  v.strictObject({ kind: v.literal("gaussian"), ...noise }),
  v.strictObject({ kind: v.literal("laplace"), ...noise }),
  v.strictObject({ kind: v.literal("discrete-gaussian"), ...noise }),
  v.strictObject({
    kind: v.literal("poisson-gaussian"),
    ...noise,
    neighboring: v.picklist(["add-remove", "zero-out"]),
    samplingRate: v.number(),
  }),
  v.strictObject({
    kind: v.literal("fixed-size-gaussian"),
    ...noise,
    neighboring: v.literal("replace"),
    population: v.number(),
    cohort: v.number(),
  }),
  v.strictObject({ kind: v.literal("skellam"), ...sensitivities, variance: v.number() }),
  v.strictObject({
    kind: v.literal("distributed-gaussian"),
    ...sensitivities,
    shareStddev: v.number(),
    shares: v.number(),
    dimension: v.number(),
  }),
  v.strictObject({ kind: v.literal("pure"), neighboring: relation, epsilon: size }),
  v.strictObject({ kind: v.literal("exponential"), neighboring: relation, epsilon: size }),
  v.strictObject({ kind: v.literal("zcdp"), neighboring: relation, rho: size }),
]);
const composed = v.strictObject({
  kind: v.literal("composed"),
  neighboring: relation,
  events: v.pipe(v.array(v.unknown()), v.maxLength(maxEvents)),
});
const selfComposed = v.strictObject({ kind: v.literal("self-composed"), neighboring: relation, event: v.unknown(), count: v.number() });
const sampled = v.strictObject({
  kind: v.literal("poisson-sampled"),
  neighboring: v.picklist(["add-remove", "zero-out"]),
  samplingRate: v.number(),
  event: v.unknown(),
});
const schema = v.variant("kind", [simple, sampled, composed, selfComposed]);
const sampleable: readonly string[] = ["laplace", "discrete-gaussian", "skellam", "distributed-gaussian", "pure", "zcdp"];

/** An event as a value that JSON keeps. */
export function encodeEvent(event: events.PrivacyEvent): unknown {
  return JSON.parse(JSON.stringify(event, (_, value: unknown) => (value === Number.POSITIVE_INFINITY ? "infinity" : value)));
}

/**
 * An event from a value that JSON gave.
 *
 * @throws CofactorError DATA_INVALID for what is no event; its message says where, never what else was there
 */
export function decodeEvent(value: unknown): events.PrivacyEvent {
  try {
    return decode(value, maxDepth);
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof v.ValiError) {
      throw new CofactorError("DATA_INVALID", `expected a privacy event: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

function decode(value: unknown, depth: number): events.PrivacyEvent {
  if (depth === 0) throw new RangeError(`at most ${maxDepth} levels of composition`);
  const parsed = v.parse(schema, value);
  switch (parsed.kind) {
    case "composed":
      return ofRelation(events.composedEvent(parsed.events.map((event) => decode(event, depth - 1))), parsed.neighboring);
    case "self-composed":
      return ofRelation(events.selfComposedEvent(decode(parsed.event, depth - 1), parsed.count), parsed.neighboring);
    case "poisson-sampled": {
      const event = decode(parsed.event, 1);
      if (!sampleable.includes(event.kind)) throw new RangeError(`"event" expected one of ${sampleable.join(", ")}, got "${event.kind}"`);
      return ofRelation(events.poissonSampledEvent(event as events.SampleableEvent, parsed.samplingRate), parsed.neighboring);
    }
    default:
      return remake(parsed);
  }
}

/** The constructor's own checks, kind by kind. */
function remake({ kind, ...fields }: v.InferOutput<typeof simple>): events.PrivacyEvent {
  const make = makers[kind] as (fields: object) => events.PrivacyEvent;
  return make(fields);
}

const makers = {
  gaussian: events.gaussianEvent,
  laplace: events.laplaceEvent,
  "discrete-gaussian": events.discreteGaussianEvent,
  "poisson-gaussian": events.poissonGaussianEvent,
  "fixed-size-gaussian": events.fixedSizeGaussianEvent,
  skellam: events.skellamEvent,
  "distributed-gaussian": events.distributedGaussianEvent,
  pure: events.pureEvent,
  exponential: events.exponentialEvent,
  zcdp: events.zcdpEvent,
} as const;

function ofRelation(event: events.PrivacyEvent, neighboring: events.Neighboring): events.PrivacyEvent {
  if (event.neighboring !== neighboring)
    throw new RangeError(`"neighboring" expected "${event.neighboring}", that of its parts, got "${neighboring}"`);
  return event;
}
