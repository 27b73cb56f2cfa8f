/** What an event is made of, and what each observer sees of it. Imports event, check. */
import { integer } from "../check.ts";
import {
  composedEvent,
  gaussianEvent,
  type Neighboring,
  type PrivacyEvent,
  type PrivacyView,
  type SimpleEvent,
  selfComposedEvent,
} from "./event.ts";

/** A simple event and how many times it happens. */
export interface EventPart {
  readonly event: SimpleEvent;
  readonly count: number;
}

/**
 * The simple events that an event is made of, equal ones counted together, in the order of their first appearance. Parts that happen
 * 0 times are left out. The cost of a composition does not depend on the order.
 */
export function partsOf(event: PrivacyEvent, count = 1): readonly EventPart[] {
  const parts = new Map<string, EventPart>();
  collect(event, count, parts);
  return [...parts.values()];
}

/** The pure epsilon of a simple event: 0 when it costs nothing, infinity when it is of no pure epsilon. */
export function pureEpsilonOf(event: SimpleEvent): number {
  const cost = (isFree: boolean): number => (isFree ? 0 : Number.POSITIVE_INFINITY);
  switch (event.kind) {
    case "pure":
    case "exponential":
      return event.epsilon;
    case "laplace":
      return 1 / event.noiseMultiplier;
    case "zcdp":
      return cost(event.rho === 0);
    case "skellam":
    case "distributed-gaussian":
      return cost(event.sensitivity === 0);
    case "poisson-sampled":
      return Math.log1p(event.samplingRate * Math.expm1(event.samplingRate === 0 ? 0 : pureEpsilonOf(event.event)));
    case "poisson-gaussian":
    case "fixed-size-gaussian":
      return cost(rateOf(event) === 0 || event.noiseMultiplier === Number.POSITIVE_INFINITY);
    default:
      return cost(event.noiseMultiplier === Number.POSITIVE_INFINITY);
  }
}

/** What the server is assumed to know beside the released vectors. */
export interface ServerKnowledge {
  /** The most rounds one unit takes part in, where its device enforces such a promise; unlimited when absent. */
  readonly participations?: number;
}

/**
 * The event as an observer sees it.
 *
 * - `"release"`: whoever sees the released vectors only. The event itself.
 * - `"server"`: who also sees which units take part. No amplification by sampling: a sampled Gaussian becomes a plain one of the same
 *   noise, in each round, or in the `participations` rounds with the least noise that a device's promise allows (of each other kind of
 *   noise, in as many). Membership itself is
 *   no secret from a server, so "add-remove" becomes "zero-out": hidden is what a unit contributes, of the same sensitivity.
 *
 * @throws RangeError when participations is not a whole number from 0
 */
export function seenBy(event: PrivacyEvent, view: PrivacyView, knowledge: ServerKnowledge = {}): PrivacyEvent {
  if (view === "release") return event;
  const limit = knowledge.participations ?? Number.POSITIVE_INFINITY;
  if (limit !== Number.POSITIVE_INFINITY) integer(limit, 0, Number.MAX_SAFE_INTEGER, "participations");
  const neighboring = event.neighboring === "add-remove" ? "zero-out" : event.neighboring;
  const parts = partsOf(event);
  const seen = parts.flatMap(({ event, count }) => {
    if (event.kind !== "poisson-sampled") return isSampled(event) ? [] : [underRelation({ event, count }, neighboring)];
    // Kinds of noise have no order of strength: the promise limits each on its own.
    const times = event.samplingRate === 0 ? 0 : Math.min(count, limit);
    return times === 0 ? [] : [underRelation({ event: event.event, count: times }, neighboring)];
  });
  const sampled = parts.flatMap(({ event, count }) => (isSampled(event) && rateOf(event) > 0 ? [{ event, count }] : []));
  let left = limit;
  for (const { event, count } of sampled.sort((a, b) => a.event.noiseMultiplier - b.event.noiseMultiplier)) {
    const times = Math.min(count, left);
    left -= times;
    if (times > 0) seen.push({ event: gaussianEvent({ neighboring, noiseMultiplier: event.noiseMultiplier }), count: times });
  }
  return joined(seen, neighboring);
}

/** The composition of parts; of none, an event that costs nothing. */
function joined(parts: readonly EventPart[], neighboring: Neighboring): PrivacyEvent {
  const events = parts.map(({ event, count }) => (count === 1 ? event : selfComposedEvent(event, count)));
  if (events.length === 0) return selfComposedEvent(gaussianEvent({ neighboring, noiseMultiplier: Number.POSITIVE_INFINITY }), 0);
  return events.length === 1 ? events[0]! : composedEvent(events);
}

type SampledEvent = Extract<SimpleEvent, { kind: "poisson-gaussian" | "fixed-size-gaussian" }>;

function isSampled(event: SimpleEvent): event is SampledEvent {
  return event.kind === "poisson-gaussian" || event.kind === "fixed-size-gaussian";
}

function rateOf(event: SampledEvent): number {
  return event.kind === "poisson-gaussian" ? event.samplingRate : event.cohort;
}

/** The same noise under the relation that a server's view leaves. Only unsampled parts come here: every relation suits them. */
function underRelation({ event, count }: EventPart, neighboring: Neighboring): EventPart {
  return { event: Object.freeze({ ...event, neighboring }) as SimpleEvent, count };
}

function collect(event: PrivacyEvent, count: number, parts: Map<string, EventPart>): void {
  if (count === 0) return;
  if (event.kind === "composed") {
    for (const part of event.events) collect(part, count, parts);
  } else if (event.kind === "self-composed") {
    collect(event.event, count * event.count, parts);
  } else {
    const key = keyOf(event);
    parts.set(key, { event, count: count + (parts.get(key)?.count ?? 0) });
  }
}

/** A text that equal events share; JSON, but with infinity told from null. */
function keyOf(event: SimpleEvent): string {
  return JSON.stringify(Object.entries(event).sort(), (_, value: unknown) => (typeof value === "number" ? String(value) : value));
}
