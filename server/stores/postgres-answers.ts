/**
 * Answers on their way into PostgreSQL: those that come while a commit is under way share the next one. Imports the link, the seam.
 */
import type { AnswerFate, Driver, StoredAnswer } from "../store.ts";
import { assertDriver } from "./fence.ts";
import type { PostgresLink, Transaction } from "./postgres-link.ts";

interface Pending {
  readonly driver: Driver;
  readonly round: number;
  readonly answer: StoredAnswer;
  readonly resolve: (fate: AnswerFate) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome = { readonly fate: AnswerFate } | { readonly error: unknown };

/** Most answers, and about the most bytes, of one commit. */
const maxRows = 256;
const maxBytes = 1 << 24;

/** Keeps answers in groups. */
export class AnswerJournal {
  readonly #link: PostgresLink;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;

  constructor(link: PostgresLink) {
    this.#link = link;
  }

  /** As `Store.saveAnswer`. */
  save(driver: Driver, round: number, answer: StoredAnswer): Promise<AnswerFate> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ driver, round, answer, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Settles when nothing is pending. */
  async drained(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Never rejects: each answer's own promise tells. */
  async #writeAll(): Promise<void> {
    // What comes in the same turn goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const batch = this.#take();
      try {
        const outcomes = await this.#link.write((transaction) => insertAll(transaction, batch));
        for (const [index, outcome] of outcomes.entries()) {
          if ("fate" in outcome) batch[index]!.resolve(outcome.fate);
          else batch[index]!.reject(outcome.error);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing = undefined;
  }

  #take(): Pending[] {
    let count = 0;
    for (let bytes = 0; count < this.#pending.length && count < maxRows && bytes < maxBytes; count++) {
      bytes += this.#pending[count]!.answer.bytes.length;
    }
    return this.#pending.splice(0, count);
  }
}

/** Locks the runs against their drivers' own writes, and against nothing else: other gateways go on. */
async function insertAll({ query }: Transaction, batch: readonly Pending[]): Promise<Outcome[]> {
  const runs = [...new Set(batch.map(({ driver }) => driver.run))];
  const locked = await query("SELECT run, epoch FROM cofactor.runs WHERE run = ANY($1) ORDER BY run FOR SHARE", [runs]);
  const epochs = new Map(locked.map((row) => [String(row["run"]), Number(row["epoch"])]));
  // A statement of its own, behind the lock: it sees what the driver wrote last.
  const rounds = await query("SELECT run, round, stage FROM cofactor.open_rounds WHERE run = ANY($1)", [runs]);
  const open = new Map(rounds.map((row) => [String(row["run"]), `${row["round"]} ${row["stage"]}`]));
  const outcomes: (Outcome | undefined)[] = batch.map(({ driver: { run, epoch }, round, answer }) => {
    try {
      assertDriver(epochs.get(run), epoch);
    } catch (error) {
      return { error };
    }
    return open.get(run) === `${round} ${answer.stage}` ? undefined : { fate: "closed" };
  });
  const wanted = batch.filter((_, index) => outcomes[index] === undefined);
  const saved = wanted.length === 0 ? new Set<string>() : await insert(query, wanted);
  const settled: Outcome[] = [];
  for (const [index, pending] of batch.entries()) {
    const outcome = outcomes[index] ?? { fate: saved.delete(keyOf(pending)) ? "saved" : await compare(query, pending) };
    settled.push(outcome);
  }
  return settled;
}

/** @returns keys of the answers that were not there before */
async function insert(query: Transaction["query"], wanted: readonly Pending[]): Promise<Set<string>> {
  const values: unknown[] = [];
  const rows = wanted.map(({ driver: { run }, round, answer: { stage, client, digest, signature, bytes } }) => {
    const first = values.push(run, round, stage, client, digest, signature, bytes) - 6;
    return `(${Array.from({ length: 7 }, (_, at) => `$${first + at}`).join(", ")})`;
  });
  const inserted = await query(
    `INSERT INTO cofactor.answers (run, round, stage, client, digest, signature, bytes) VALUES ${rows.join(", ")}
     ON CONFLICT (run, round, stage, client) DO NOTHING RETURNING run, round, stage, client`,
    values,
  );
  return new Set(inserted.map((row) => `${row["run"]} ${row["round"]} ${row["stage"]} ${row["client"]}`));
}

async function compare(query: Transaction["query"], { driver: { run }, round, answer }: Pending): Promise<AnswerFate> {
  const [known] = await query("SELECT digest FROM cofactor.answers WHERE run = $1 AND round = $2 AND stage = $3 AND client = $4", [
    run,
    round,
    answer.stage,
    answer.client,
  ]);
  return known?.["digest"] === answer.digest ? "duplicate" : "conflict";
}

function keyOf({ driver: { run }, round, answer: { stage, client } }: Pending): string {
  return `${run} ${round} ${stage} ${client}`;
}
