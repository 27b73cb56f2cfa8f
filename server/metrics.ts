/**
 * What an operator can count, in Prometheus' form. Names and labels stay as they are: alerts rest on them. Imports prom-client, errors, events.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Emitter } from "../shared/emitter.ts";
import { isCofactorError } from "../shared/errors.ts";
import type { RoundQuality } from "../shared/evaluation/evaluation.ts";
import type { EpsilonByView } from "../shared/privacy-account.ts";
import type { ChannelTraffic } from "../shared/transport.ts";
import type { ServerEvents } from "./events.ts";

/** The metrics of one server. */
export interface Metrics {
  /** The page that Prometheus reads. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Refused messages by code: for tests and status pages. */
  refused(): Readonly<Record<string, number>>;
}

/** What is read when the page is asked for. */
export interface MetricSources {
  /** Connections of every transport. */
  connections(): number;
  /** Those of them on listeners that have not joined. */
  pending(): number;
  /** What unfinished answers announce to be, together. */
  bytesInFlight(): number;
  /** Bytes that passed through all connections so far, the ended ones too. */
  traffic(): ChannelTraffic;
  /** What the rounds so far cost by the plan; undefined when nothing is promised. */
  epsilon(): EpsilonByView | undefined;
  /** What devices last found about a model; undefined before, and where they do not judge any. */
  quality(): RoundQuality | undefined;
  /** Of a coordinator: how many gateways are connected. */
  readonly gateways?: (() => number) | undefined;
  /** Of a coordinator: whether it leads. */
  readonly isLeading?: (() => boolean) | undefined;
  /** Of a gateway: whether a coordinator is there. */
  readonly isLinked?: (() => boolean) | undefined;
}

/** Of a server that does nothing. */
export const idleSources: MetricSources = {
  connections: () => 0,
  pending: () => 0,
  bytesInFlight: () => 0,
  traffic: () => ({ bytesSent: 0, bytesReceived: 0 }),
  epsilon: () => undefined,
  quality: () => undefined,
};

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
  for (const [name, help, read] of standings(sources)) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(Number(read()));
      },
    });
  }
  for (const [name, help, read] of totals(sources)) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
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
    help: "What gateways had added up in a stage and did not hand over, or not rightly: it was read from the store instead",
    registers,
  });
  const failures = new Counter({
    name: "cofactor_failures_total",
    help: "Failures of rounds and of their driving, by error code; after STORE_FAILED, LEDGER_CORRUPT or FENCED this server drives no further round",
    labelNames: ["code"],
    registers,
  });
  const storeFailures = new Counter({
    name: "cofactor_store_failures_total",
    help: "Calls of the store that failed, as rounds or devices met them",
    registers,
  });
  const byCode: Record<string, number> = {};

  events.on("refused", ({ code }) => {
    refusals.inc({ code });
    byCode[code] = (byCode[code] ?? 0) + 1;
    if (code === "STORE_FAILED") storeFailures.inc();
  });
  events.on("failed", ({ error }) => {
    const code = isCofactorError(error) ? error.code : "INTERNAL";
    failures.inc({ code });
    if (code === "STORE_FAILED") storeFailures.inc();
  });
  events.on("round", (round) => {
    rounds.inc({ outcome: round.outcome });
    if (round.outcome === "published") accepted.inc(round.accepted);
    dropped.inc(round.dropped);
    bytesUp.inc(round.bytesUp);
    seconds.observe(round.seconds);
  });
  events.on("keyholder", ({ connected }) => keyholders.set(connected));
  // They go to the one that leads.
  events.on("leading", ({ isLeading }) => isLeading || keyholders.set(0));
  events.on("partLost", () => lost.inc());
  events.on("spoiled", () => spoiled.inc());
  events.on("blamed", ({ keyholder }) => blamed.inc({ keyholder: String(keyholder) }));

  return {
    text: async () => `${await registry.metrics()}\n${await processMetrics().metrics()}`,
    contentType: registry.contentType,
    refused: () => ({ ...byCode }),
  };
}

type Source<Value> = readonly (readonly [name: string, help: string, read: () => Value])[];

/** What stands now. */
function standings({ connections, pending, bytesInFlight, gateways, isLeading, isLinked }: MetricSources): Source<number | boolean> {
  return [
    ["cofactor_connections", "Open connections", connections],
    ["cofactor_pending_joins", "Open connections that have not joined", pending],
    [
      "cofactor_bytes_in_flight",
      "Bytes that unfinished answers announce to be, together; limits.maxBytesInFlight bounds them",
      bytesInFlight,
    ],
    ...given("cofactor_gateways", "Gateways that are connected to this coordinator; 0 while it stands by", gateways),
    ...given(
      "cofactor_leading",
      "1 while this coordinator leads, 0 while it stands by; over all coordinators the sum should be 1",
      isLeading,
    ),
    ...given("cofactor_linked", "1 while this gateway is connected to the coordinator that leads, else 0", isLinked),
  ];
}

/** What is counted elsewhere. */
function totals({ traffic }: MetricSources): Source<number> {
  return [
    ["cofactor_received_bytes_total", "Bytes of messages received", () => traffic().bytesReceived],
    ["cofactor_sent_bytes_total", "Bytes of messages sent", () => traffic().bytesSent],
  ];
}

function given<Value>(name: string, help: string, read: (() => Value) | undefined): Source<Value> {
  return read === undefined ? [] : [[name, help, read]];
}

let ofProcess: Registry | undefined;

/** Processor, memory, event loop: prom-client's own, once for a process, however many servers it has, from the first time that they are asked for. */
function processMetrics(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess, prefix: "cofactor_" });
  }
  return ofProcess;
}
