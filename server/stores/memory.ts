/** A store in memory, for tests and simulations: nothing survives the process. Imports errors, the seam. */
import { CofactorError } from "../../shared/errors.ts";
import type { LedgerEntry } from "../../shared/privacy/ledger.ts";
import {
  type Driver,
  keptModels,
  type OpenRound,
  type Publication,
  type RoundRecord,
  type Store,
  type StoredAnswer,
  type StoredRun,
} from "../store.ts";
import { assertDriver } from "./fence.ts";
import { MemoryCatalogues } from "./memory-catalogue.ts";
import { MemoryOrders } from "./memory-orders.ts";

interface RunState {
  stored: StoredRun | undefined;
  epoch: number;
  readonly enrolled: Set<string>;
  readonly counted: Map<string, number>;
  readonly models: Map<string, Publication>;
  latest: Publication | undefined;
  open: OpenRound | undefined;
  readonly answers: Map<string, StoredAnswer>;
  readonly records: RoundRecord[];
  readonly ledger: LedgerEntry[];
}

/** A store in memory. */
export function memoryStore(): Store {
  const runs = new Map<string, RunState>();
  const catalogue = new MemoryCatalogues();
  const stateOf = (run: string): RunState => {
    const known = runs.get(run);
    if (known !== undefined) return known;
    const fresh: RunState = {
      stored: undefined,
      epoch: 0,
      enrolled: new Set(),
      counted: new Map(),
      models: new Map(),
      latest: undefined,
      open: undefined,
      answers: new Map(),
      records: [],
      ledger: [],
    };
    runs.set(run, fresh);
    return fresh;
  };
  /** The state of a run that exists. */
  const existing = (run: string): RunState => {
    const state = stateOf(run);
    if (state.stored === undefined) assertDriver(undefined, 0);
    return state;
  };
  /** The state that a driver may write to. */
  const driven = ({ run, epoch }: Driver): RunState => {
    const state = existing(run);
    assertDriver(state.epoch, epoch);
    return state;
  };
  const orders = new MemoryOrders(driven);
  const append = ({ ledger }: RunState, entry: LedgerEntry | undefined): void => {
    if (entry === undefined) return;
    if (ledger.some(({ seq }) => seq === entry.seq))
      throw new CofactorError("STORE_FAILED", `the ledger has an entry ${entry.seq} already`);
    ledger.push({ ...entry, clients: [...entry.clients] });
  };
  const assertNew = ({ records }: RunState, round: number | undefined): void => {
    if (records.some((record) => record.round === round)) throw new CofactorError("STORE_FAILED", `round ${round} has a record already`);
  };
  const endRound = (state: RunState): void => {
    state.open = undefined;
    state.answers.clear();
  };

  return {
    loadRun: async (run) => stateOf(run).stored,
    async saveRun(run, stored) {
      const state = stateOf(run);
      if (state.stored !== undefined) throw new CofactorError("STORE_FAILED", "the store has a run of that name already");
      state.stored = stored;
    },
    async takeOver(run) {
      const state = existing(run);
      state.epoch += 1;
      return { run, epoch: state.epoch };
    },
    async enrol(run, client, most = Number.POSITIVE_INFINITY) {
      const { enrolled } = existing(run);
      if (enrolled.has(client)) return "known";
      if (enrolled.size >= most) return "full";
      enrolled.add(client);
      return "new";
    },
    countEnrolled: async (run) => stateOf(run).enrolled.size,
    forget: async (run, client) => void stateOf(run).enrolled.delete(client),
    overRound: async (run) => stateOf(run).records.reduce((newest, { round }) => Math.max(newest, round), 0),
    latest: async (run) => stateOf(run).latest,
    counted: async (run, client) => stateOf(run).counted.get(client) ?? 0,
    model: async (run, sha256) => stateOf(run).models.get(sha256)?.model,
    async publish(driver, publication, record, entry) {
      const state = driven(driver);
      assertNew(state, record?.round);
      append(state, entry);
      state.latest = publication;
      // Behind the others, also when the same bytes were published before: the newest model is kept longest.
      state.models.delete(publication.sha256);
      state.models.set(publication.sha256, publication);
      for (const sha256 of [...state.models.keys()].slice(0, -keptModels)) state.models.delete(sha256);
      if (record !== undefined) state.records.push(record);
      for (const client of publication.counts ?? []) state.counted.set(client, publication.round);
      if (publication.catalogue !== undefined) catalogue.publish(driver.run, publication.catalogue);
      endRound(state);
    },
    async abandon(driver, record, entry) {
      const state = driven(driver);
      assertNew(state, record.round);
      append(state, entry);
      state.records.push(record);
      endRound(state);
    },
    openRound: async (run) => stateOf(run).open,
    async saveRound(driver, open, entry) {
      const state = driven(driver);
      append(state, entry);
      state.open = open;
    },
    ledger: async (run) => stateOf(run).ledger.toSorted((a, b) => a.seq - b.seq),
    async saveAnswer(driver, round, answer) {
      const { answers, open } = driven(driver);
      if (open?.round !== round || open.stage !== answer.stage) return "closed";
      const key = `${answer.stage} ${answer.client}`;
      const known = answers.get(key);
      if (known !== undefined) return known.digest === answer.digest ? "duplicate" : "conflict";
      answers.set(key, answer);
      return "saved";
    },
    answers: async (run, _round, stage) =>
      [...stateOf(run).answers.values()].filter((answer) => stage === undefined || answer.stage === stage),
    answerKeys: async (run) => [...stateOf(run).answers.values()].map(({ stage, client, digest }) => ({ stage, client, digest })),
    answer: async (run, _round, stage, client) => stateOf(run).answers.get(`${stage} ${client}`),
    records: async (run) => [...stateOf(run).records],
    catalogue,
    orders,
    runs: async () => [...runs].flatMap(([run, { stored }]) => (stored === undefined ? [] : [run])).toSorted(),
    async contents(run) {
      const { stored, models, latest, records, ledger, open, counted } = stateOf(run);
      if (stored === undefined) return undefined;
      // Of the noise's secret state only the newest is of use to anyone honest.
      const kept = [...models.values()].map(({ noise, counts: _, catalogue: __, ...one }) =>
        one.round === latest?.round && noise !== undefined ? { ...one, noise } : one,
      );
      return {
        terms: stored.terms,
        models: kept.toSorted((a, b) => a.round - b.round),
        records: [...records],
        ledger: ledger.toSorted((a, b) => a.seq - b.seq),
        open,
        counted: [...counted],
        catalogues: catalogue.versions(run),
        words: await orders.given(run),
        orders: (await catalogue.orders(run)).map(({ kind, id }) => ({ kind, id })),
      };
    },
    async restore(run, identitySeed, contents) {
      const state = stateOf(run);
      if (state.stored !== undefined) throw new CofactorError("STORE_FAILED", "the store has a run of that name already");
      state.stored = { terms: contents.terms, identitySeed };
      for (const model of contents.models) state.models.set(model.sha256, model);
      state.latest = contents.models.at(-1);
      state.records.push(...contents.records);
      for (const entry of contents.ledger) append(state, entry);
      state.open = contents.open;
      for (const [client, round] of contents.counted) state.counted.set(client, round);
      catalogue.restore(run, contents.catalogues);
      await catalogue.order(run, contents.orders);
      for (const word of contents.words) orders.insert(run, word);
    },
    close: async () => undefined,
  };
}
