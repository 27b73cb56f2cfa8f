/** A store in memory, for tests and simulations: nothing survives the process. Imports errors, the seam. */
import { CofactorError } from "../../shared/errors.ts";
import type { LedgerEntry } from "../../shared/privacy/ledger.ts";
import { keptModels, type OpenRound, type Publication, type RoundRecord, type Store, type StoredAnswer, type StoredRun } from "../store.ts";
import { MemoryCatalogues } from "./memory-catalogue.ts";
import { MemoryOrders } from "./memory-orders.ts";

interface RunState {
  stored: StoredRun | undefined;
  readonly enrolled: Set<string>;
  readonly counted: Map<string, number>;
  readonly models: Map<string, Uint8Array>;
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
  const append = ({ ledger }: RunState, entry: LedgerEntry | undefined): void => {
    if (entry === undefined) return;
    if (ledger.some(({ seq }) => seq === entry.seq))
      throw new CofactorError("STORE_FAILED", `the ledger has an entry ${entry.seq} already`);
    ledger.push({ ...entry, clients: [...entry.clients] });
  };
  const endRound = (state: RunState): void => {
    state.open = undefined;
    state.answers.clear();
  };

  return {
    loadRun: (run) => stateOf(run).stored,
    saveRun: (run, stored) => void (stateOf(run).stored = stored),
    enrol(run, client) {
      const { enrolled } = stateOf(run);
      if (enrolled.has(client)) return false;
      enrolled.add(client);
      return true;
    },
    countEnrolled: (run) => stateOf(run).enrolled.size,
    forget: (run, client) => void stateOf(run).enrolled.delete(client),
    latest: (run) => stateOf(run).latest,
    counted: (run, client) => stateOf(run).counted.get(client) ?? 0,
    model: (run, sha256) => stateOf(run).models.get(sha256),
    publish(run, publication, record, entry) {
      const state = stateOf(run);
      append(state, entry);
      state.latest = publication;
      // Behind the others, also when the same bytes were published before: the newest model is kept longest.
      state.models.delete(publication.sha256);
      state.models.set(publication.sha256, publication.model);
      for (const sha256 of [...state.models.keys()].slice(0, -keptModels)) state.models.delete(sha256);
      if (record !== undefined) state.records.push(record);
      for (const client of publication.counts ?? []) state.counted.set(client, publication.round);
      if (publication.catalogue !== undefined) catalogue.publish(run, publication.catalogue);
      endRound(state);
    },
    abandon(run, record, entry) {
      const state = stateOf(run);
      append(state, entry);
      state.records.push(record);
      endRound(state);
    },
    openRound: (run) => stateOf(run).open,
    saveRound(run, open, entry) {
      const state = stateOf(run);
      append(state, entry);
      state.open = open;
    },
    ledger: (run) => stateOf(run).ledger.toSorted((a, b) => a.seq - b.seq),
    async saveAnswer(run, _round, answer) {
      const { answers } = stateOf(run);
      const key = `${answer.stage} ${answer.client}`;
      if (!answers.has(key)) answers.set(key, answer);
    },
    answers: (run) => [...stateOf(run).answers.values()],
    answer: (run, _round, stage, client) => stateOf(run).answers.get(`${stage} ${client}`),
    records: (run) => [...stateOf(run).records],
    catalogue,
    orders: new MemoryOrders(),
    close: () => undefined,
  };
}
