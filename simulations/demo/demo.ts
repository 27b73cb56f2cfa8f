/**
 * The wine demo: an aggregator on this machine, a model to begin with, neighbors that come to a round when a visitor asks for one, and the
 * page. Imports server, client's processes, datasets.
 */
import { createServer, memoryStore, type Server, type Store } from "../../server/index.ts";
import { planRun } from "../../shared/plan-run.ts";
import { secureRng } from "../../shared/random.ts";
import { openRun, roundFrame } from "../../shared/run.ts";
import type { TermsInput } from "../../shared/terms.ts";
import { trainCentralised } from "../baselines/centralised.ts";
import type { Dataset } from "../datasets/dataset.ts";
import { loadDataset } from "../datasets/index.ts";
import { readWines } from "./catalogue.ts";
import { startNeighbors } from "./neighbors.ts";
import { createSite, type SiteFiles } from "./site.ts";

/** How a demo is started. */
export interface DemoOptions {
  readonly files: SiteFiles;
  /** 0 takes a free one. */
  readonly port: number;
  readonly host?: string;
  /** By default in memory: a demo that ends leaves nothing. */
  readonly store?: Store;
  /** How many neighbors come to a round; default 48. */
  readonly neighbors?: number;
}

/** A running demo. */
export interface Demo {
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** What trains the model to begin with, on the data's public ratings. Settings: those of scenarios/wines-private.yaml at twice the rank. */
const model = { kind: "fcf", rank: 8, unratedWeight: 1, l2: 0.003, initialStddev: 0.05 } as const;
const warmUp = { rounds: 16, optimizer: { kind: "adam", learningRate: 0.15 }, seed: 1 } as const;

/** Rounds that a demo may have, and those that one device may be in. */
const rounds = 1_000;
const participations = 4;

/** How many connections may be open beside the waiting neighbors' before a round begins unasked. */
const spareReaders = 8;

/**
 * Starts a demo.
 *
 * The live run goes on from a model that was trained in one place on the public ratings: a device that never took part is served by it at once.
 * Its rounds step gently: with 48 devices, clip .5 and steps of .001, HR@10 on validation (leave-one-out, seed 1) is .183 before and .186 after
 * twenty rounds with the noise of epsilon 4.
 * @throws CofactorError CONFIG_INVALID, DATA_INVALID; what the platform says of a port that is taken
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const count = options.neighbors ?? 48;
  const dataset = await loadDataset({ name: "xwines-starter" });
  const run = await planRun(termsFor(dataset, count));
  await run.protection.assertHolds?.(roundFrame(run, 1));
  const server = await createServer({
    run,
    store: options.store ?? memoryStore(),
    gatherMs: 1_500,
    // Whoever was in a round has gone before the next one may begin.
    restMs: 2_000,
    firstModel: await trainFirst(dataset),
  });
  // Too few for a round, also with some who only read beside them.
  const waiting = Math.max(0, run.terms.cohort.min - spareReaders);
  let call = (): void => undefined;
  const facts = { run: run.terms.id, neighbors: count, wines: await readWines(dataset) };
  const site = createSite({ files: options.files, facts, onCall: () => call() });
  try {
    const { url } = await server.listen({ port: options.port, site, ...(options.host === undefined ? {} : { host: options.host }) });
    const neighbors = startNeighbors({
      url,
      run: run.terms.id,
      protection: run.protection.kind,
      people: dataset.matrix,
      waiting,
      called: count - waiting,
      patienceMs: 150_000,
    });
    call = neighbors.call;
    server.on("began", neighbors.begun);
    return {
      url,
      server,
      async close() {
        await neighbors.close();
        await server.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** A run of its own for each start: the server's key is new, and no browser that was here before expects the old one. */
function termsFor({ matrix }: Dataset, count: number): TermsInput {
  const name = [...secureRng.bytes(4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    id: `wines-${name}`,
    items: matrix.items,
    rounds,
    cohort: { size: count + 1, min: Math.floor(0.8 * (count + 1)) },
    deadline: { stageMs: 60_000, graceMs: 5_000 },
    model: { ...model, optimizer: { kind: "sgd", learningRate: 0.001 } },
    protection: { kind: "masks" },
    privacy: { epsilon: 4, delta: 1e-5, mechanism: "skellam", clipNorm: 0.5, participation: { kind: "unrestricted", participations } },
    precision: "float32",
  };
}

/** [items x rank] the factors that the demo begins with. */
async function trainFirst({ matrix }: Dataset): Promise<Float64Array> {
  const cohort = { size: matrix.users, min: matrix.users };
  const { rounds, optimizer, seed } = warmUp;
  const terms = { id: "warm-up", items: matrix.items, rounds, cohort, model: { ...model, optimizer }, protection: { kind: "open" } };
  const everyone = Int32Array.from({ length: matrix.users }, (_, user) => user);
  return trainCentralised(await openRun(terms), matrix, everyone, rounds, seed).shared;
}
