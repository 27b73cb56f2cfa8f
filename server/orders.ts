/** What the operator's words come to, which of them fit, and the open round in counts. Imports feed's types, errors. */
import type { OperatorOrder, Standing } from "../shared/console/feed.ts";
import type { Emitter } from "../shared/emitter.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { withStatus } from "../shared/round.ts";
import type { Run } from "../shared/run.ts";
import type { ActiveRound } from "./active-round.ts";
import type { ServerEvents } from "./events.ts";
import type { Driver, Store } from "./store.ts";

/** The open round, without a device's name. */
export interface OpenRoundCounts {
  readonly round: number;
  readonly phase: string;
  readonly stage: number;
  readonly invited: number;
  /** Of the cohort: who is connected now. */
  readonly joined: number;
  readonly asked: number;
  readonly accepted: number;
  readonly dropped: number;
  readonly seconds: number;
}

/** What orders work with. */
export interface OrdersParts {
  readonly run: Run;
  readonly store: Pick<Store, "orders">;
  readonly driver: Driver;
  readonly events: Emitter<ServerEvents>;
  readonly driving: { readonly hasFailed: boolean; readonly hasEnded: boolean; readonly status: { readonly round: number } };
  /** An order is durable: it is to be carried out. */
  readonly onOrdered: () => void;
  /** Another server drives the run: its operator is to be asked there. */
  readonly onReplaced: (error: CofactorError) => void;
}

/**
 * The operator's words about one run: `pause` lets the open round finish and begins no further one, `resume` begins them again, `end` is for good.
 * Durable before they are carried out: a new start on the store keeps to them.
 */
export class Orders {
  readonly #parts: OrdersParts;
  #given: readonly OperatorOrder[];
  /** They are given one after the other. */
  #giving: Promise<void> = Promise.resolve();

  private constructor(parts: OrdersParts, given: readonly OperatorOrder[]) {
    this.#parts = parts;
    this.#given = given;
  }

  /** The orders that a store holds. @throws CofactorError STORE_FAILED */
  static async open(parts: OrdersParts): Promise<Orders> {
    return new Orders(parts, await parts.store.orders.given(parts.run.terms.id));
  }

  /** All of them, the oldest first. */
  get given(): readonly OperatorOrder[] {
    return this.#given;
  }

  /** What they come to. */
  get standing(): Standing {
    return standingAfter(this.#given);
  }

  /**
   * Takes the operator's word; settles when it is durable and carried out.
   * @throws CofactorError ROUND_CLOSED for one that does not fit to where the run stands, FENCED where another server drives the run by now,
   *   STORE_FAILED; then nothing has changed
   */
  give(order: OperatorOrder["order"], by: string, atMs: number): Promise<void> {
    const given = this.#giving.then(async () => {
      const { store, driver, events, driving, onOrdered, onReplaced } = this.#parts;
      if (driving.hasFailed) throw new CofactorError("STORE_FAILED", "the driving has stopped: see the log, and start the server again");
      assertFits(order, this.standing, driving.hasEnded);
      const word: OperatorOrder = { order, by, atMs, round: driving.status.round };
      try {
        await store.orders.give(driver, word);
      } catch (error) {
        if (isCofactorError(error) && error.code === "FENCED") onReplaced(error);
        throw error;
      }
      this.#given = [...this.#given, word];
      events.emit("ordered", word);
      onOrdered();
    });
    this.#giving = given.catch(() => undefined);
    return given;
  }
}

/** Where a run stands by its orders. */
export function standingAfter(orders: readonly Pick<OperatorOrder, "order">[]): Standing {
  switch (orders.at(-1)?.order) {
    case "end":
      return "ended";
    case "pause":
      return "paused";
    default:
      return "running";
  }
}

/** @throws CofactorError ROUND_CLOSED for a word that changes nothing, or comes after the end */
export function assertFits(order: OperatorOrder["order"], standing: Standing, hasEnded: boolean): void {
  if (standing === "ended" || hasEnded) throw new CofactorError("ROUND_CLOSED", "the run has ended: no order changes that");
  if (order === "pause" && standing === "paused") throw new CofactorError("ROUND_CLOSED", "the run is paused already");
  if (order === "resume" && standing !== "paused") throw new CofactorError("ROUND_CLOSED", "the run is not paused");
}

/** What has come in of an open round's stage: whole answers, and what unfinished ones announce to be. */
export function countAnswers(active: ActiveRound | undefined): { readonly answered: number; readonly bytesInFlight: number } {
  if (active === undefined) return { answered: 0, bytesInFlight: 0 };
  return { answered: withStatus(active.state, "answered").length, bytesInFlight: active.uploads.bytes };
}

/** Counts an open round. */
export function countRound({ state, startedMs }: ActiveRound, present: ReadonlyMap<string, unknown>, nowMs: number): OpenRoundCounts {
  let joined = 0;
  for (const client of state.members.keys()) if (present.has(client)) joined += 1;
  return {
    round: state.round,
    phase: state.phase,
    stage: Math.min(state.stage, state.stages - 1),
    invited: state.members.size,
    joined,
    asked: withStatus(state, "asked").length,
    accepted: withStatus(state, "answered").length,
    dropped: withStatus(state, "gone").length,
    seconds: (nowMs - startedMs) / 1000,
  };
}
