/**
 * A round as spans: `round`, and in it `gather`, a `stage` each, `reveal`, `publish`. Made from the server's events alone: public facts, no
 * client, no number of a contribution. Imports the emitter's and the events' types.
 */
import type { Emitter } from "../shared/emitter.ts";
import type { ServerEvents } from "./events.ts";

/** Facts of a span: counts, names of stages, outcomes. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** A span that has begun. */
export interface RoundSpan {
  /** Ends it, with what came of it. @param failure why it failed, when it did: a code or a public reason */
  end(facts?: SpanFacts, failure?: string): void;
}

/** The seam for tracing: what begins a span, now, within another one. server/open-telemetry.ts has OpenTelemetry's. */
export interface RoundTracer {
  begin(name: string, facts: SpanFacts, within?: RoundSpan): RoundSpan;
}

/** Tells a tracer of a server's rounds. */
export function traceRounds(run: string, events: Emitter<ServerEvents>, tracer: RoundTracer): void {
  let round: RoundSpan | undefined;
  let part: RoundSpan | undefined;
  const open = (): RoundSpan => (round ??= tracer.begin("round", { run }));
  const go = (name: string, facts: SpanFacts): void => {
    part?.end();
    part = tracer.begin(name, facts, open());
  };
  events.on("gathering", (facts) => go("gather", { ...facts }));
  events.on("stage", ({ name, ...facts }) => go(`stage ${name}`, facts));
  events.on("revealing", (facts) => go("reveal", { ...facts }));
  events.on("publishing", (facts) => go("publish", { ...facts }));
  events.on("round", ({ round: number, outcome, invited, accepted, dropped, bytesUp, reason }) => {
    const failure = outcome === "published" ? undefined : reason;
    part?.end({}, failure);
    open().end({ round: number, outcome, invited, accepted, dropped, bytesUp }, failure);
    round = undefined;
    part = undefined;
  });
}
