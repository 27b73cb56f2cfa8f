/** Who leaves a simulated run and when, and what it goes on from. Imports shared, the seam, options. */
import { CofactorError } from "../../shared/errors.ts";
import type { ModelState } from "../../shared/models/model.ts";
import { createRng, shuffled } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { Prepared } from "../prepare.ts";
import type { UnlearningMethod } from "./method.ts";
import { methods } from "./methods/index.ts";
import type { UnlearningOptions } from "./options.ts";

/** What the audit needs of a run. */
export interface DepartureTrace {
  /** The state when they left. */
  readonly before: ModelState;
  /** States behind their leaving by rounds advanced, that one first. */
  readonly states: readonly ModelState[];
  readonly repeatedRounds: number;
  readonly keptStates: number;
}

/** Who takes part, from round to round. */
export class Departures {
  readonly method: UnlearningMethod;
  /** [people] each, ascending. */
  readonly leavers: Int32Array;
  readonly outsiders: Int32Array;
  readonly #after: number;
  readonly #everyone: Int32Array;
  /** The participants but those who never take part, and without those who left. */
  readonly #insiders: Int32Array;
  readonly #others: Int32Array;
  readonly #kept: ModelState[] = [];
  #before: ModelState | undefined;
  readonly #states: ModelState[] = [];
  #repeatedRounds = 0;
  #keptStates = 0;

  /**
   * @param neverThere true for the run that the audit compares with: they are gone from the start
   * @throws CofactorError CONFIG_INVALID when the method does not serve the run, or too few would be left
   */
  constructor({ run, scenario, participants }: Prepared, { people, after, method }: UnlearningOptions, neverThere = false) {
    const { definition, options } = resolveSection(methods, method, "unlearning.method");
    const refusal = definition.refusal(run);
    const refuse = (path: string, what: string): never => {
      throw new CofactorError("CONFIG_INVALID", `"${path}" expected ${what}`, { details: { path } });
    };
    if (refusal !== undefined) refuse("unlearning.method", `another than ${method.kind}: ${refusal}`);
    const most = Math.floor((participants.length - run.terms.cohort.min) / 2);
    if (people > most) refuse("unlearning.people", `at most ${most}, so that enough others take part, got ${people}`);
    if (after >= run.terms.rounds) refuse("unlearning.after", `fewer than the run's ${run.terms.rounds} rounds, got ${after}`);
    this.method = definition.create(options);
    const order = shuffled(participants.length, createRng(scenario.seed, "unlearning"));
    const pick = (from: number): Int32Array => Int32Array.from(order.subarray(from, from + people), (place) => participants[place]!).sort();
    this.leavers = pick(0);
    this.outsiders = pick(people);
    const gone = new Set([...this.leavers, ...this.outsiders]);
    const never = new Set(this.outsiders);
    this.#everyone = participants;
    this.#insiders = participants.filter((user) => !never.has(user));
    this.#others = participants.filter((user) => !gone.has(user));
    this.#after = neverThere ? 0 : after;
  }

  /** Whether they have left. */
  get hasLeft(): boolean {
    return this.#before !== undefined;
  }

  /** Devices that may be asked, ascending. */
  get present(): Int32Array {
    if (!this.hasLeft) return this.#insiders;
    // Who says farewell is asked while it has something to take out: see `Model.isDue`.
    return this.method.saysFarewell ? this.#insiders : this.#others;
  }

  /** How many devices the scenario has. */
  get population(): number {
    return this.#everyone.length;
  }

  /**
   * A round comes.
   * @returns the state to go on from, and whether people have left just now
   */
  enter(state: ModelState): { readonly state: ModelState; readonly areLeaving: boolean } {
    if (this.hasLeft || state.round < this.#after) return { state, areLeaving: false };
    this.#before = state;
    const resumed = this.#kept.length === 0 ? state : this.method.resume([...this.#kept, state]);
    this.#keptStates = Math.min(this.#kept.length, this.method.keeps);
    this.#repeatedRounds = state.round - resumed.round;
    this.#kept.length = 0;
    this.#states.push(resumed);
    return { state: resumed, areLeaving: true };
  }

  /** A round was published. @param before the state that it went on from */
  publish(before: ModelState, after: ModelState): void {
    if (this.hasLeft) this.#states.push(after);
    else this.#kept.push(before);
  }

  get trace(): DepartureTrace {
    return {
      before: this.#before!,
      states: this.#states,
      repeatedRounds: this.#repeatedRounds,
      keptStates: this.#keptStates,
    };
  }
}
