/** What an operator can count, in Prometheus' form. Imports prom-client and events. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Emitter } from "../shared/emitter.ts";
import type { RoundQuality } from "../shared/evaluation/evaluation.ts";
import type { EpsilonByView } from "../shared/privacy-account.ts";
import type { ChannelTraffic } from "../shared/transport.ts";
import type { ServerEvents } from "./events.ts";

/** The metrics of one server. */
export interface Metrics {
  /** The page that Prometheus reads. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Counts gateways' parts of a stage that were not handed over or not taken: what they held is read from the store. */
  lostParts(): void;
  /** Refused messages by code: for tests and status pages. */
  refused(): Readonly<Record<string, number>>;
}

/** What is read when the page is asked for. */
export interface MetricSources {
  /** Connections of every transport. */
  connections(): number;
  /** Bytes that passed through all connections so far, the ended ones too. */
  traffic(): ChannelTraffic;
  /** What the rounds so far cost by the plan; undefined when nothing is promised. */
  epsilon(): EpsilonByView | undefined;
  /** What devices last found about a model; undefined before, and where they do not judge any. */
  quality(): RoundQuality | undefined;
}

/** Counts a server's events. */
export function createMetrics(events: Emitter<ServerEvents>, sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const refusals = new Counter({
    name: "cofactor_refused_total",
    help: "Messages refused, by error code",
    labelNames: ["code"],
    registers,
  });
  const rounds = new Counter({ name: "cofactor_rounds_total", help: "Rounds, by outcome", labelNames: ["outcome"], registers });
  const accepted = new Counter({ name: "cofactor_contributions_accepted_total", help: "Contributions in published models", registers });
  const dropped = new Counter({ name: "cofactor_contributions_dropped_total", help: "Devices asked that did not answer", registers });
  const bytesUp = new Counter({ name: "cofactor_answer_bytes_total", help: "Bytes of answers received", registers });
  const seconds = new Histogram({
    name: "cofactor_round_seconds",
    help: "Duration of rounds",
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 1800],
    registers,
  });
  new Gauge({
    name: "cofactor_connections",
    help: "Open connections",
    registers,
    collect() {
      this.set(sources.connections());
    },
  });
  new Counter({
    name: "cofactor_received_bytes_total",
    help: "Bytes of messages received",
    registers,
    collect() {
      this.reset();
      this.inc(sources.traffic().bytesReceived);
    },
  });
  new Counter({
    name: "cofactor_sent_bytes_total",
    help: "Bytes of messages sent",
    registers,
    collect() {
      this.reset();
      this.inc(sources.traffic().bytesSent);
    },
  });
  new Gauge({
    name: "cofactor_epsilon",
    help: "Epsilon of the rounds so far by the plan, at the delta of the terms, by observer; +Inf where nothing is proved against one",
    labelNames: ["view"],
    registers,
    collect() {
      const epsilon = sources.epsilon();
      for (const view of ["server", "release"] as const) {
        if (epsilon !== undefined) this.set({ view }, epsilon[view] ?? Number.POSITIVE_INFINITY);
      }
    },
  });
  new Gauge({
    name: "cofactor_quality",
    help: "Quality of a published model, as a cohort's devices found it last, by metric; cofactor_quality_people devices judged it",
    labelNames: ["metric"],
    registers,
    collect() {
      for (const [metric, figure] of Object.entries(sources.quality()?.metrics ?? {})) this.set({ metric }, figure);
    },
  });
  new Gauge({
    name: "cofactor_quality_people",
    help: "Devices that judged the model last, about so many where noise is promised",
    registers,
    collect() {
      this.set(sources.quality()?.people ?? 0);
    },
  });
  const keyholders = new Gauge({ name: "cofactor_keyholders_connected", help: "Connected keyholders", registers });
  const blamed = new Counter({
    name: "cofactor_keyholders_blamed_total",
    help: "Parts of sums that were wrong, by the keyholder's place in the terms",
    labelNames: ["keyholder"],
    registers,
  });
  const spoiled = new Counter({ name: "cofactor_groups_spoiled_total", help: "Groups whose sum could not be had", registers });
  const lost = new Counter({
    name: "cofactor_parts_lost_total",
    help: "Gateways' parts of a stage that were read from the store instead",
    registers,
  });
  const byCode: Record<string, number> = {};

  events.on("refused", ({ code }) => {
    refusals.inc({ code });
    byCode[code] = (byCode[code] ?? 0) + 1;
  });
  events.on("round", (round) => {
    rounds.inc({ outcome: round.outcome });
    if (round.outcome === "published") accepted.inc(round.accepted);
    dropped.inc(round.dropped);
    bytesUp.inc(round.bytesUp);
    seconds.observe(round.seconds);
  });
  events.on("keyholder", ({ connected }) => keyholders.set(connected));
  events.on("spoiled", () => spoiled.inc());
  events.on("blamed", ({ keyholder }) => blamed.inc({ keyholder: String(keyholder) }));

  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    lostParts: () => lost.inc(),
    refused: () => ({ ...byCode }),
  };
}
