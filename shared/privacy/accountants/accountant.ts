/**
 * The seam for accountants: what a composition of privacy events comes to as (epsilon, delta). May import the events, registry, errors.
 * One file per accountant; index.ts lists them; the conformance suite proves each.
 *
 * An accountant is a value: `compose` gives a new one. It holds public numbers only.
 *
 * | asked | no event | noiseMultiplier 0 | delta 0 | delta 1 | NaN or out of range |
 * |---|---|---|---|---|---|
 * | `epsilon(delta)` | 0 | infinity | infinity, unless the events are of pure epsilon or cost nothing | 0 | RangeError |
 * | `delta(epsilon)` | 0 | 1 | | | RangeError |
 */
import { inRange, integer } from "../../check.ts";
import { CofactorError } from "../../errors.ts";
import type { Definition } from "../../registry.ts";
import type { Neighboring, PrivacyEvent, SimpleEvent } from "../event.ts";
import { type EventPart, partsOf, pureEpsilonOf } from "../event-parts.ts";

/**
 * Adds up privacy events under one neighboring relation.
 *
 * Guarantees: `epsilon` and `delta` are upper bounds of the true cost (each accountant states its numerical error); more events or
 * less noise never give less; `epsilon(delta(e)) <= e` up to rounding.
 */
export interface Accountant {
  readonly kind: string;
  readonly neighboring: Neighboring;
  /** True when this accountant has an analysis for all of the event under its relation. */
  supports(event: PrivacyEvent): boolean;
  /**
   * This accountant with the event added `count` times.
   *
   * @throws CofactorError CONFIG_INVALID for an event that is not supported, saying why
   */
  compose(event: PrivacyEvent, count?: number): Accountant;
  /** The smallest epsilon it can prove for `delta` in [0, 1]; infinity when there is none. */
  epsilon(delta: number): number;
  /** The smallest delta it can prove for `epsilon` >= 0. */
  delta(epsilon: number): number;
}

/** An accountant's entry in the index. */
export interface AccountantDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** An accountant with nothing spent yet. */
  create(options: Options, neighboring: Neighboring): Accountant;
}

/** What distinguishes one accountant from another. `State` is immutable. */
export interface AccountantCore<State> {
  readonly kind: string;
  readonly neighboring: Neighboring;
  /** The state with a part added; parts that cost nothing never come here. */
  add(state: State, part: EventPart): State;
  /** Why a simple event of the right relation has no analysis here; undefined when it has one. */
  refuse(event: SimpleEvent): string | undefined;
  /** For delta in (0, 1), when something was spent. */
  epsilon(state: State, delta: number): number;
  /** For epsilon >= 0, when something was spent. */
  delta(state: State, epsilon: number): number;
}

/**
 * An accountant made of its core: what is checked, what every accountant says at the edges, and the sum of pure epsilons, which bounds
 * what all of them say.
 */
export function createAccountant<State>(core: AccountantCore<State>, state: State, pureEpsilon = 0): Accountant {
  const refusal = (event: PrivacyEvent): string | undefined => {
    if (event.neighboring !== core.neighboring) {
      return `"neighboring" expected "${core.neighboring}", the accountant's relation, got "${event.neighboring}"`;
    }
    for (const part of partsOf(event)) {
      const reason = pureEpsilonOf(part.event) === 0 ? undefined : core.refuse(part.event);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
  return {
    kind: core.kind,
    neighboring: core.neighboring,
    supports: (event) => refusal(event) === undefined,
    compose(event, count = 1) {
      integer(count, 0, Number.MAX_SAFE_INTEGER, "count");
      const reason = refusal(event);
      if (reason !== undefined) throw new CofactorError("CONFIG_INVALID", `accountant "${core.kind}": ${reason}`);
      const parts = partsOf(event, count).filter((part) => pureEpsilonOf(part.event) > 0);
      return createAccountant(
        core,
        parts.reduce((sum, part) => core.add(sum, part), state),
        parts.reduce((sum, part) => sum + part.count * pureEpsilonOf(part.event), pureEpsilon),
      );
    },
    epsilon(delta) {
      inRange(delta, 0, 1, "delta");
      if (delta === 1 || pureEpsilon === 0) return 0;
      return delta === 0 ? pureEpsilon : Math.min(pureEpsilon, Math.max(0, core.epsilon(state, delta)));
    },
    delta(epsilon) {
      if (typeof epsilon !== "number" || !(epsilon >= 0)) throw new RangeError(`"epsilon" expected a number of at least 0, got ${epsilon}`);
      return epsilon >= pureEpsilon ? 0 : Math.min(1, Math.max(0, core.delta(state, epsilon)));
    },
  };
}
