/**
 * What the operator's console is told, from the server's events and counts. Public facts alone: keys are shortened, the ledger's devices are
 * counted, and no text that a stranger sent is in it. Imports shared, the coordinator's and the metrics' types.
 */
import type { Clock } from "../../shared/clock.ts";
import {
  type ConsoleAccount,
  type ConsoleFacts,
  type ConsoleKeyholder,
  type ConsoleLive,
  type ConsoleRound,
  type ConsoleRun,
  shortKey,
} from "../../shared/console/feed.ts";
import type { Emitter } from "../../shared/emitter.ts";
import { packageVersion } from "../../shared/package-root.node.ts";
import type { Run } from "../../shared/run.ts";
import type { ChannelTraffic } from "../../shared/transport.ts";
import type { Gateways } from "../cluster/gateways.ts";
import { addTo } from "../cluster/tallies.ts";
import type { Coordinator } from "../coordinator.ts";
import type { RoundReport, ServerEvents } from "../events.ts";
import type { Metrics } from "../metrics.ts";
import type { RoundRecord, Store } from "../store.ts";

/** Entries of the ledger that are shown. */
const lastEntries = 20;

/** What a feed reads. */
export interface FeedParts {
  readonly run: Run;
  readonly serverKey: string;
  readonly store: Store;
  readonly coordinator: Coordinator;
  readonly metrics: Metrics;
  readonly events: Emitter<ServerEvents>;
  readonly clock: Clock;
  /** Public keys of the keyholders, by place. */
  readonly keyholders: readonly string[];
  /** Undefined where devices come to this process itself. */
  readonly gateways: Pick<Gateways, "list" | "tallies"> | undefined;
  connections(): number;
  traffic(): ChannelTraffic;
}

/** Keeps what a console shows. */
export class ConsoleFeed {
  readonly #parts: FeedParts;
  readonly #startedAtMs = Date.now();
  readonly #rounds: ConsoleRound[];
  readonly #keyholders: { isConnected: boolean; declined: number; blamed: number }[];
  #refusedBefore: Readonly<Record<string, number>> = {};

  constructor(parts: FeedParts, records: readonly RoundRecord[]) {
    this.#parts = parts;
    this.#rounds = records.map((record) => toConsoleRound(record));
    this.#keyholders = parts.keyholders.map(() => ({ isConnected: false, declined: 0, blamed: 0 }));
    const { events } = parts;
    events.on("round", (round) => this.#rounds.push(toConsoleRound(round)));
    events.on("began", () => {
      this.#refusedBefore = parts.metrics.refused();
      parts.gateways?.tallies.mark();
    });
    events.on("keyholder", ({ keyholder, isConnected }) => {
      this.#keyholders[keyholder]!.isConnected = isConnected;
    });
    events.on("declined", ({ keyholder }) => {
      this.#keyholders[keyholder]!.declined += 1;
    });
    events.on("blamed", ({ keyholder }) => {
      this.#keyholders[keyholder]!.blamed += 1;
    });
  }

  /** Every finished round. */
  get rounds(): readonly ConsoleRound[] {
    return this.#rounds;
  }

  /** What stays the same. */
  get facts(): ConsoleFacts {
    const { run, serverKey } = this.#parts;
    const { id, items, rounds, cohort, model, protection, privacy } = run.terms;
    return {
      version: packageVersion(),
      run: id,
      serverKey: shortKey(serverKey),
      digest: run.digest,
      model: String(model["kind"]),
      protection: String(protection["kind"]),
      items,
      rounds,
      cohort: { size: cohort.size, min: cohort.min },
      budget: privacy === undefined ? null : { epsilon: privacy.epsilon, delta: privacy.delta },
      startedAtMs: this.#startedAtMs,
    };
  }

  /** How things stand. */
  get live(): ConsoleLive {
    const { run, coordinator, metrics, gateways } = this.#parts;
    const { round, phase, published, connected } = coordinator.status;
    const open = coordinator.openRound;
    const tallies = gateways?.tallies;
    const refused = { ...metrics.refused() };
    const refusedSince = since(this.#refusedBefore, refused);
    addTo(refused, tallies?.refused ?? {}, 1);
    addTo(refusedSince, tallies?.refusedSince ?? {}, 1);
    const traffic = this.#parts.traffic();
    return {
      atMs: Date.now(),
      phase,
      standing: coordinator.orders.standing,
      round,
      published,
      connected,
      connections: this.#parts.connections() + (tallies?.connections ?? 0),
      open: open === undefined ? null : { ...open, stages: run.protection.stages, refused: refusedSince },
      traffic: {
        bytesSent: traffic.bytesSent + (tallies?.traffic.bytesSent ?? 0),
        bytesReceived: traffic.bytesReceived + (tallies?.traffic.bytesReceived ?? 0),
      },
      refused,
      keyholders: this.#keyholders.map(
        (one, at): ConsoleKeyholder => ({ place: at + 1, key: shortKey(this.#parts.keyholders[at]!), ...one }),
      ),
      runs: [this.#ownRun],
      gateways: gateways?.list ?? null,
      orders: coordinator.orders.given,
    };
  }

  /** What was promised and spent, and the ledger's end. May take a second, once a round. */
  async account(): Promise<ConsoleAccount> {
    const { run, coordinator, store } = this.#parts;
    if (run.privacy === undefined || coordinator.hasFailed) return { privacy: null, ledger: null };
    const entries = await store.ledger(run.terms.id);
    return {
      privacy: coordinator.ledger.spent,
      ledger: {
        entries: entries.length,
        head: entries.at(-1)?.hash ?? "",
        last: entries
          .slice(-lastEntries)
          .map(({ seq, round, kind, clients, hash }) => ({ seq, round, kind, devices: clients.length, hash: shortKey(hash) })),
      },
    };
  }

  get #ownRun(): ConsoleRun {
    let published = 0;
    for (const { outcome } of this.#rounds) if (outcome === "published") published += 1;
    return { id: this.#parts.run.terms.id, isServed: true, published, abandoned: this.#rounds.length - published };
  }
}

function toConsoleRound(record: RoundRecord & Partial<Pick<RoundReport, "seconds" | "bytesUp" | "epsilon">>): ConsoleRound {
  const { round, outcome, invited, accepted, dropped, reason, quality, seconds, bytesUp, epsilon } = record;
  return {
    round,
    outcome,
    invited,
    accepted,
    dropped,
    reason,
    seconds: seconds ?? null,
    bytesUp: bytesUp ?? null,
    epsilon: epsilon ?? null,
    quality: quality === undefined ? null : { metrics: quality.metrics, people: quality.people },
  };
}

function since(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(now).flatMap(([code, count]) => (count > (before[code] ?? 0) ? [[code, count - (before[code] ?? 0)]] : [])),
  );
}
