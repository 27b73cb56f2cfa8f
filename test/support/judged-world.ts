/** A run whose devices judge the model, with real clients; and what the same people's ratings say in one place, by the simulations' own evaluation. */
import { type Client, createClient } from "../../client/index.ts";
import { createServer, memoryStore, type Server } from "../../server/index.ts";
import { defineRun } from "../../shared/define-run.ts";
import type { RatingMatrix, UserRatings } from "../../shared/math/ratings.ts";
import { protections } from "../../shared/protections/index.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { localOpener } from "../../shared/protections/local-opener.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { Run } from "../../shared/run.ts";
import type { TermsInput } from "../../shared/terms.ts";
import { createMemoryPair } from "../../shared/transport.ts";
import { evaluate } from "../../simulations/evaluate.ts";
import { protectionSections } from "./protection-sections.ts";
import { Transcript } from "./transcript.ts";

/** A user's ratings in the order in which they came. */
export type Listed = readonly (readonly [item: number, value: number])[];

const items = 60;

/** Four people of different tastes; the last item of each list is what they keep aside, but for the last person, who has too few. */
export const people: readonly Listed[] = [
  ...[1, 2, 3].map((seed) =>
    Array.from({ length: 11 }, (_, index): [number, number] => [(7 * seed + 5 * index) % items, 1 + ((seed * index) % 5)]),
  ),
  [
    [4, 5],
    [9, 1],
    [13, 2],
  ],
];

/** The metrics that the run's devices find. */
export const metricNames: readonly string[] = ["rmse", "mae", "hr@10", "ndcg@20", "recall@30"];

/** The terms of a run of the four. */
export function judgedTerms(name: keyof typeof protectionSections, more: Partial<TermsInput> = {}): Run {
  return defineRun({
    id: "judged",
    items,
    rounds: 2,
    cohort: { size: 4, min: 3 },
    ratings: { range: [1, 5], globalMean: 3 },
    model: { kind: "als", rank: 2 },
    protection: protectionSections[name].section,
    evaluation: { metrics: metricNames, holdOut: { kind: "latest", count: 1, least: 5 } },
    ...more,
  });
}

/** A run at work. */
export interface JudgedWorld {
  readonly run: Run;
  readonly server: Server;
  readonly clients: readonly Client[];
  readonly transcript: Transcript;
  /** Shared values of the models in the order of publication; the start first. */
  readonly models: Float64Array[];
  close(): Promise<void>;
}

/** Starts an aggregator and four joined clients. */
export async function startJudged(name: keyof typeof protectionSections, run: Run): Promise<JudgedWorld> {
  const { section, secrets } = protectionSections[name];
  const { definition, options } = resolveSection(protections, section, "protection");
  const opener = localOpener(await Promise.all(secrets.map((secret) => definition.createKeyholder!(options, secret, nodeKeyholderTools))));
  const transcript = new Transcript();
  const server = await createServer({
    run,
    store: transcript.watch(memoryStore()),
    opener,
    gatherMs: 4_000,
    modelRng: createRng(7, "model"),
  });
  const models = [server.shared.slice()];
  server.on("round", ({ outcome }) => outcome === "published" && models.push(server.shared.slice()));
  const clients: Client[] = [];
  for (const ratings of people) {
    const connect = async () => {
      const [near, far] = createMemoryPair();
      server.accept(transcript.tap(far));
      return near;
    };
    const client = createClient({ connect, run: run.terms.id, ratings, accept: { protections: [run.protection.kind], rewards: true } });
    await client.join();
    clients.push(client);
  }
  const close = async (): Promise<void> => {
    for (const client of clients) client.close();
    await server.close();
  };
  return { run, server, clients, transcript, models, close };
}

/** Listed ratings as models take them. */
export function toRatings(listed: Listed): UserRatings {
  const sorted = [...listed].sort(([a], [b]) => a - b);
  return { items: Int32Array.from(sorted, ([item]) => item), values: Float64Array.from(sorted, ([, value]) => value) };
}

function toMatrix(rows: readonly Listed[]): RatingMatrix {
  const own = rows.map(toRatings);
  const rowStart = new Int32Array(rows.length + 1);
  for (const [user, row] of own.entries()) rowStart[user + 1] = rowStart[user]! + row.items.length;
  return {
    users: rows.length,
    items,
    rowStart,
    itemIndex: Int32Array.from(own.flatMap((row) => [...row.items])),
    values: Float64Array.from(own.flatMap((row) => [...row.values])),
  };
}

/** What `who` say about a model in one place, by the evaluation of simulations. */
export function inOnePlace(run: Run, shared: Float64Array, who: readonly Listed[] = people): Readonly<Record<string, number>> {
  const aside = who.map((listed) => (listed.length < 5 ? [] : listed.slice(-1)));
  const training = toMatrix(who.map((listed, user) => listed.slice(0, listed.length - aside[user]!.length)));
  const opened = run.model.open(shared);
  return evaluate({
    scoresFor(user, out) {
      const own = toRatings(who[user]!.slice(0, who[user]!.length - aside[user]!.length));
      run.model.score(opened, run.model.fit(opened, run.model.createPrivate(own, createRng(1)), own, createRng(1)), out);
    },
    split: {
      kind: "leave-one-out",
      label: "",
      training,
      validation: toMatrix(aside),
      test: toMatrix(who.map(() => [])),
      hash: "",
      counts: { training: 0, validation: 0, test: 0, testUsers: 0, validationUsers: 0 },
      notes: [],
    },
    part: "validation",
    objective: "rating",
    metrics: metricNames,
    ratingRange: [1, 5],
    seed: 1,
  }).metrics;
}
