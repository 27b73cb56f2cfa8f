/**
 * The ledger of a run that promises privacy: keeps who was asked when, says who may be asked again, and stops the run when store and promise do
 * not agree. Imports shared, the store's seam.
 *
 * A device that is drawn counts as having taken part, whatever becomes of the round. Runs without a promise have no ledger: nobody's privacy
 * would be the better for it, and names of clients would be kept for nothing. With one, names stay in the ledger when their devices leave.
 */
import { createHash } from "node:crypto";
import { CofactorError } from "../shared/errors.ts";
import { privacySettingOf } from "../shared/plan-run.ts";
import { assertLogKept } from "../shared/privacy/as-run.ts";
import {
  chainFact,
  emptyLedger,
  headAfter,
  type LedgerEntry,
  type LedgerFact,
  type LedgerHead,
  verifyLedger,
} from "../shared/privacy/ledger.ts";
import { isAdmissible } from "../shared/privacy/matrix/participation.ts";
import { createPrivacyAccount, type EpsilonByView, type PrivacyAccount, type PrivacyResult } from "../shared/privacy-account.ts";
import type { Run } from "../shared/run.ts";
import type { Store } from "./store.ts";

const none: readonly number[] = [];

/** The ledger of one run. */
export class Ledger {
  readonly #run: Run;
  #head: LedgerHead;
  /** By client, ascending: the rounds that it was asked in. */
  readonly #rounds = new Map<string, number[]>();
  readonly #account: PrivacyAccount;
  #epsilon: EpsilonByView | undefined;
  #noiseStddev: number | undefined;
  #spent: PrivacyResult | undefined;

  private constructor(run: Run) {
    this.#run = run;
    this.#account = createPrivacyAccount(run, this);
    this.#head = emptyLedger(run.digest);
  }

  /**
   * The ledger that a store holds.
   * @throws CofactorError LEDGER_CORRUPT when its chain is broken, when rounds, records and models of the store say otherwise, or when the
   *   promise was broken: nothing may be released then
   */
  static async open(run: Run, store: Store): Promise<Ledger> {
    const ledger = new Ledger(run);
    if (run.privacy === undefined) return ledger;
    const entries = await store.ledger(run.terms.id);
    ledger.#head = verifyLedger(run.digest, entries, digestOf);
    await assertAgrees(run, store, entries, ledger.#head);
    for (const entry of entries) ledger.#count(entry);
    ledger.assertKept();
    return ledger;
  }

  /** The rounds of every device that was asked in any. */
  get log(): Iterable<readonly number[]> {
    return this.#rounds.values();
  }

  /** What the rounds added up so far cost by the plan; undefined when nothing is promised. */
  get epsilon(): EpsilonByView | undefined {
    return this.#epsilon;
  }

  /** What the run promises, plans and has cost by this ledger. May take a second, once a round. */
  get spent(): PrivacyResult {
    this.#spent ??= this.#account.result(this.#noiseStddev);
    return this.#spent;
  }

  /**
   * Adds up the rounds to this one; gives their cost by the plan, and nothing where nothing is promised.
   * @param noiseStddev of the sum released last, by this process
   */
  addUp(round: number, noiseStddev: number | undefined): { readonly epsilon?: EpsilonByView } {
    const cost = this.#account.after(round);
    this.#epsilon = cost.epsilon;
    this.#noiseStddev = noiseStddev;
    this.#spent = undefined;
    return cost;
  }

  /** True when a device may be asked for a contribution to a round. */
  admits(client: string, round: number): boolean {
    const promise = this.#run.privacy?.terms;
    return promise === undefined || isAdmissible(promise.participation, [...(this.#rounds.get(client) ?? none), round]);
  }

  /** True when a device may be asked in some round from this one on. */
  mayReturn(client: string, from: number): boolean {
    const promise = this.#run.privacy?.terms;
    if (promise === undefined) return true;
    const rounds = this.#rounds.get(client) ?? none;
    const most = promise.participation.kind === "single" ? 1 : promise.participation.participations;
    if (rounds.length >= most) return false;
    for (let round = from; round <= this.#run.terms.rounds; round++) if (this.admits(client, round)) return true;
    return false;
  }

  /**
   * Writes a fact with whatever else `save` makes durable, one at a time; nothing is written where nothing is promised.
   * @throws CofactorError LEDGER_CORRUPT for a fact that cannot follow; what `save` throws, and then nothing has changed
   */
  async write(fact: LedgerFact, save: (entry: LedgerEntry | undefined) => Promise<void>): Promise<void> {
    if (this.#run.privacy === undefined) {
      await save(undefined);
      return;
    }
    const entry = chainFact(this.#head, fact, digestOf);
    await save(entry);
    this.#head = headAfter(this.#head, entry);
    this.#count(entry);
  }

  /** @throws CofactorError LEDGER_CORRUPT when the log does not keep the promise: nothing more may be released */
  assertKept(): void {
    if (this.#run.privacy === undefined) return;
    assertLogKept(this.#run.privacy.terms, privacySettingOf(this.#run), this.log, this.#head.round);
  }

  #count({ kind, round, clients }: LedgerFact): void {
    if (kind !== "began") return;
    for (const client of clients) {
      const rounds = this.#rounds.get(client);
      if (rounds === undefined) this.#rounds.set(client, [round]);
      else rounds.push(round);
    }
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** A chain that was cut short is whole in itself: the rest of the store tells. */
async function assertAgrees(run: Run, store: Store, entries: readonly LedgerEntry[], head: LedgerHead): Promise<void> {
  const { id } = run.terms;
  const ended = entries.filter(({ kind }) => kind !== "began");
  const told = ended.map(({ round, kind, clients }) => ({ round, isReleased: kind === "released", accepted: clients.length }));
  const records = await store.records(id);
  const isRecorded = ({ round, isReleased, accepted }: (typeof told)[number], at: number): boolean => {
    const record = records[at]!;
    if (record.round !== round || (record.outcome === "published") !== isReleased) return false;
    return !isReleased || record.accepted === accepted;
  };
  if (records.length !== told.length || !told.every(isRecorded)) broken("its records tell of other rounds");
  const open = await store.openRound(id);
  const isSame = open === undefined ? head.open === undefined : head.round === open.round && isEqual(head.open, open.cohort);
  if (!isSame) broken("it has another open round");
  const released = ended.findLast(({ kind }) => kind === "released")?.round ?? 0;
  const latest = await store.latest(id);
  if ((latest?.round ?? 0) !== released) broken("its newest model is of another round");
  if (released > 0 && run.privacy?.hasState === true && latest?.noise === undefined) broken("the state of its noise is missing");
}

function isEqual(left: readonly string[] | undefined, right: readonly string[]): boolean {
  return left !== undefined && left.length === right.length && left.every((client, at) => client === right[at]);
}

function broken(what: string): never {
  throw new CofactorError(
    "LEDGER_CORRUPT",
    `the store and its ledger do not agree: ${what}; nothing further is released. Restore the store whole, or begin a new run`,
  );
}
