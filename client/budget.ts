/**
 * The device's own ledger of privacy spent, over all runs in its store: it holds whatever a server says. Imports shared, the store's seam.
 *
 * A round is reserved, durably, before anything of it is sealed, and marked as included when its publication says so. A reservation is never
 * given back: not after a crash, nor after an abandoned round, since a lying server could have kept its sum. The ledger knows runs by their
 * signed terms, not by identities: a device that leaves and comes back under a new name finds it again. It ends with the store.
 */
import * as v from "valibot";
import { inRange } from "../shared/check.ts";
import { toUtf8 } from "../shared/crypto/encoding.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { isAdmissible } from "../shared/privacy/matrix/participation.ts";
import type { PrivacyTerms } from "../shared/privacy/promise.ts";
import type { ClientStore } from "./store.ts";

/** An (epsilon, delta) pair. */
export interface BudgetLimit {
  readonly epsilon: number;
  readonly delta: number;
}

/** What one run has been charged with. */
export interface RunCharge extends BudgetLimit {
  /** The run's name. */
  readonly run: string;
  /** Digest of its terms: what the promise was made for. */
  readonly terms: string;
  /** Rounds that this device may have contributed to, ascending. */
  readonly reserved: readonly number[];
  /** Those of them whose publication held the contribution, as far as this device learned of it. */
  readonly included: readonly number[];
}

/** What this device has spent over all runs. */
export interface SpentPrivacy extends BudgetLimit {
  readonly runs: readonly RunCharge[];
}

/** What the ledger asks of a run. */
export interface BudgetedRun {
  readonly digest: string;
  readonly terms: { readonly id: string; readonly rounds: number; readonly privacy?: PrivacyTerms | undefined };
}

/** No run's name begins so: the ledger's entry is nobody else's, and no run's end touches it. */
const key = "@budget";

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const rounds = v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(1)));
const schema = v.strictObject({
  version: v.literal(1),
  runs: v.array(v.strictObject({ run: v.string(), terms: v.string(), epsilon: amount, delta: amount, reserved: rounds, included: rounds })),
});

/** Changes of one store, one after the other: runs of one device share the entry. */
const queues = new WeakMap<ClientStore, Promise<unknown>>();

/** The ledger in a device's store. */
export class Budget {
  readonly #store: ClientStore;
  readonly #limit: BudgetLimit | undefined;

  /**
   * @param limit what the user allows over all runs of the store; by default each run's promise is the only limit
   * @throws RangeError for a limit without both numbers, from 0
   */
  constructor(store: ClientStore, limit?: BudgetLimit) {
    if (limit !== undefined) {
      inRange(limit.epsilon, 0, Number.MAX_VALUE, "accept.budget.epsilon");
      inRange(limit.delta, 0, 1, "accept.budget.delta");
    }
    this.#store = store;
    this.#limit = limit;
  }

  /**
   * Why a round must not be contributed to; undefined when it may. A round that is reserved already may: it is the same reservation.
   *
   * Runs without a promise of privacy are not charged: what a user accepts of them is `Acceptance.requirePrivacy`'s to say.
   */
  async refusal(run: BudgetedRun, round: number): Promise<string | undefined> {
    try {
      reserved(await this.#load(), run, round, this.#limit);
      return undefined;
    } catch (error) {
      if (isCofactorError(error)) return `${error.code}: ${error.message}`;
      throw error;
    }
  }

  /** True when a round of the run is reserved: by this process, an earlier one, or another window. */
  async isReserved(run: BudgetedRun, round: number): Promise<boolean> {
    const charges = await this.#load();
    return charges.find(({ terms }) => terms === run.digest)?.reserved.includes(round) ?? false;
  }

  /**
   * Reserves a round. Once it has settled the reservation is there after the end of the process.
   *
   * Guarantees: the reserved rounds of a run always keep its promise; of all that reserve one round, in any window of a store, one is told true.
   * @returns false when the round was reserved already: nothing changes then, and nothing may be contributed on its strength
   * @throws CofactorError BUDGET_EXHAUSTED saying which limit stands in the way, LEDGER_CORRUPT for a damaged entry
   */
  async reserve(run: BudgetedRun, round: number): Promise<boolean> {
    return this.#change((charges) => reserved(charges, run, round, this.#limit));
  }

  /** Marks a reserved round as included in what was published; any other round is left alone. */
  async commit(run: BudgetedRun, round: number): Promise<void> {
    await this.#change((charges) =>
      charges.map((charge) =>
        charge.terms === run.digest && charge.reserved.includes(round) && !charge.included.includes(round)
          ? { ...charge, included: [...charge.included, round] }
          : charge,
      ),
    );
  }

  /** What was spent so far: the promised epsilons and deltas of all runs that this device ever contributed to, added up. */
  async spent(): Promise<SpentPrivacy> {
    const runs = await this.#load();
    return { ...totalOf(runs), runs };
  }

  /** @returns whether anything changed */
  async #change(step: (charges: readonly RunCharge[]) => readonly RunCharge[]): Promise<boolean> {
    const work = async (): Promise<boolean> => {
      const before = await this.#load();
      const after = step(before);
      if (JSON.stringify(after) === JSON.stringify(before)) return false;
      await this.#store.set(key, toUtf8(JSON.stringify({ version: 1, runs: after })));
      return true;
    };
    const turn = (queues.get(this.#store) ?? Promise.resolve()).then(() => exclusively(work));
    queues.set(
      this.#store,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async #load(): Promise<readonly RunCharge[]> {
    const bytes = await this.#store.get(key);
    if (bytes === undefined) return [];
    const runs = parseCharges(new TextDecoder().decode(bytes));
    if (runs !== undefined) return runs;
    throw new CofactorError(
      "LEDGER_CORRUPT",
      "this device's record of spent privacy is damaged: nothing more is contributed from this store",
    );
  }
}

/**
 * The charges with a round reserved: decides, without a store.
 *
 * Runs add up by basic composition: epsilons and deltas are summed, which holds whatever the runs have in common. A run is charged with its
 * whole promise at its first reservation, so that no later round of it can fail for the sum.
 *
 * @throws CofactorError BUDGET_EXHAUSTED
 */
function reserved(charges: readonly RunCharge[], run: BudgetedRun, round: number, limit: BudgetLimit | undefined): readonly RunCharge[] {
  const promise = run.terms.privacy;
  if (promise === undefined) return charges;
  const known = charges.find(({ terms }) => terms === run.digest);
  const earlier = known?.reserved ?? [];
  if (earlier.at(-1) === round) return charges;
  if (round < 1 || round > run.terms.rounds) throw exhausted(`round ${round} is none of the ${run.terms.rounds} rounds of the terms`);
  if (round < (earlier.at(-1) ?? 0)) throw exhausted(`round ${round} is older than round ${earlier.at(-1)}, which this device was in`);
  if (!isAdmissible(promise.participation, [...earlier, round])) {
    throw exhausted(`after ${earlier.length} rounds, the last one ${earlier.at(-1) ?? 0}, round ${round} ${aboutPromise(promise)}`);
  }
  if (known !== undefined) return charges.map((charge) => (charge === known ? { ...charge, reserved: [...earlier, round] } : charge));
  const { epsilon, delta } = promise;
  const charge: RunCharge = { run: run.terms.id, terms: run.digest, epsilon, delta, reserved: [round], included: [] };
  const total = totalOf([...charges, charge]);
  if (limit !== undefined && (exceeds(total.epsilon, limit.epsilon) || exceeds(total.delta, limit.delta))) {
    throw exhausted(
      `with this run all runs of this device would cost (${total.epsilon}, ${total.delta}); accepted: (${limit.epsilon}, ${limit.delta}). To take part, raise accept.budget`,
    );
  }
  return [...charges, charge];
}

/** What the entry says; undefined when it is damaged. */
function parseCharges(text: string): readonly RunCharge[] | undefined {
  try {
    return v.parse(schema, JSON.parse(text)).runs;
  } catch {
    return undefined;
  }
}

function aboutPromise({ participation }: PrivacyTerms): string {
  const { kind } = participation;
  if (kind === "single") return "is not allowed: the terms promise a single one";
  const most = `${participation.participations} rounds`;
  if (kind === "unrestricted") return `is not allowed: the terms promise at most ${most}`;
  return `is not allowed: the terms promise at most ${most}, ${kind === "fixed-epoch" ? "exactly" : "at least"} ${participation.separation} apart`;
}

function totalOf(charges: readonly RunCharge[]): BudgetLimit {
  let [epsilon, delta] = [0, 0];
  for (const charge of charges) {
    epsilon += charge.epsilon;
    delta += charge.delta;
  }
  return { epsilon, delta };
}

/** Sums of decimals may miss their limit by rounding alone. */
function exceeds(sum: number, limit: number): boolean {
  return !(sum <= limit * (1 + 1e-12));
}

function exhausted(what: string): CofactorError {
  return new CofactorError("BUDGET_EXHAUSTED", what);
}

/** Pages of one origin share their store: where the platform has locks, one page at a time changes it. */
async function exclusively(work: () => Promise<boolean>): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  return locks === undefined ? work() : locks.request("cofactor-budget", work);
}
