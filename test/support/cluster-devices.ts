/** Devices of the counting run that go from gateway to gateway, and the count of what became of their contributions. Imports counting-run, scripted-client. */
import { socketConnector } from "../../client/socket.ts";
import type { Store } from "../../server/index.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { isCofactorError } from "../../shared/errors.ts";
import type { DeviceHalf } from "../../shared/protections/protection.ts";
import { secureRng } from "../../shared/random.ts";
import { type Run, roundFrame } from "../../shared/run.ts";
import { connectorOver } from "../../shared/transport.ts";
import { decodeModel } from "../../shared/wire/model-codec.ts";
import { contributionOf } from "./counting-run.ts";
import { realTools } from "./protected-round.ts";
import { ScriptedClient } from "./scripted-client.ts";

/** What a device saw of the run, over all its connections. */
export interface DeviceLog {
  /** Rounds whose answer was acknowledged. */
  readonly acknowledged: Set<number>;
  connections: number;
  /** The newest model that it was told of, when the run had ended. */
  lastModel: string;
}

/**
 * Takes part until the run has ended, with the same bytes for each round; goes on to the next gateway whenever a connection ends.
 * @param think how long it waits before it answers
 */
export async function roamingDevice(
  run: Run,
  urls: readonly string[],
  size: number,
  index: number,
  think: () => number,
): Promise<DeviceLog> {
  const identity = createIdentity(secureRng);
  const log: DeviceLog = { acknowledged: new Set(), connections: 0, lastModel: "" };
  const halves = new Map<number, Promise<DeviceHalf>>();
  const answers = new Map<string, Promise<Uint8Array>>();
  const answer = (round: number, stage: number, brief: Uint8Array): Promise<Uint8Array> => {
    const half = halves.get(round) ?? Promise.resolve(run.protection.createDevice(roundFrame(run, round), identity.id, realTools));
    halves.set(round, half);
    const key = `${round} ${stage}`;
    const bytes = answers.get(key) ?? half.then((device) => device.answer(stage, brief, contributionOf(size, index)));
    answers.set(key, bytes);
    return bytes;
  };
  const connect = connectorOver(
    urls.map((url) => socketConnector(url)),
    index % urls.length,
  );
  for (;;) {
    try {
      const client = new ScriptedClient(await connect(), run.terms.id, identity);
      log.connections += 1;
      client.onAsk = ({ round, stage }, brief) =>
        void answer(round, stage, brief)
          .then((bytes) => new Promise<Uint8Array>((resolve) => setTimeout(() => resolve(bytes), think())))
          .then((bytes) => client.answer(round, bytes, { stage }))
          .then(({ status }) => stage === run.protection.contributionStage && status !== "partial" && log.acknowledged.add(round))
          .catch((error: unknown) => {
            // A refusal that may pass: over another connection it is asked again.
            if ((error as { retryable?: boolean }).retryable === true) client.channel.close("try elsewhere");
          });
      const joined = await client.join();
      log.lastModel = joined.model.sha256;
      if (joined.ended) return log;
      await client.until(() => client.published.at(-1)?.ended === true || client.abandoned.at(-1)?.ended === true);
      log.lastModel = client.published.at(-1)?.model.sha256 ?? log.lastModel;
      client.channel.close("the run has ended");
      return log;
    } catch (error) {
      if (!(isCofactorError(error) && error.retryable) && !String(error).includes("connection ended")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 + 80 * Math.random()));
    }
  }
}

/** What an independent count finds. */
export interface Count {
  readonly published: number;
  readonly abandoned: number;
  readonly contributions: number;
  /** Acknowledged answers of published rounds that their model does not hold. */
  readonly lost: number;
  /** Entries of a round's sum that are neither 0 nor 1. */
  readonly double: number;
  /** Published rounds whose sum holds another number of contributions than their record says. */
  readonly wrong: number;
}

/** Reads every model as it is published, before the store forgets it, until it is told to stop. */
export class ModelWatch {
  readonly models: Map<number, Float64Array> = new Map();
  readonly #running: Promise<void>;
  #isOver = false;

  constructor(store: Store, run: string, size: number) {
    this.#running = this.#watch(store, run, size);
  }

  /** Settles when the last model is read. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #watch(store: Store, run: string, size: number): Promise<void> {
    for (let isLast = false; !isLast; ) {
      isLast = this.#isOver;
      try {
        for (const { round, outcome, sha256 } of await store.records(run)) {
          if (outcome !== "published" || this.models.has(round)) continue;
          this.models.set(round, decodeModel((await store.model(run, sha256))!, size, "float64"));
        }
      } catch {
        // The data base is away.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Counts what became of every acknowledged contribution, by the published models alone. */
export async function countAll(store: Store, run: string, watch: Pick<ModelWatch, "models">, logs: readonly DeviceLog[]): Promise<Count> {
  let previous: Float64Array | undefined;
  const count = { published: 0, abandoned: 0, contributions: 0, lost: 0, double: 0, wrong: 0 };
  for (const { round, outcome, accepted } of await store.records(run)) {
    if (outcome === "abandoned") {
      count.abandoned += 1;
      continue;
    }
    count.published += 1;
    const model = watch.models.get(round)!;
    const sum = [...model].map((value, index) => Math.round((value - (previous?.[index] ?? 0)) * 1e6) / 1e6);
    previous = model;
    count.contributions += sum.reduce((total, value) => total + value, 0);
    count.double += sum.filter((value) => value !== 0 && value !== 1).length;
    if (sum.reduce((total, value) => total + value, 0) !== accepted) count.wrong += 1;
    for (const [index, { acknowledged }] of logs.entries()) if (acknowledged.has(round) && sum[index] !== 1) count.lost += 1;
  }
  return count;
}
