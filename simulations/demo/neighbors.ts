/**
 * The other people of the demo's rounds: real clients in a process of their own, over real sockets, each with the ratings of one of the data's
 * people. Most of them wait, too few for a round; the others come when a visitor calls. All take part in one round, and go. Imports live's
 * processes.
 */
import { CofactorError } from "../../shared/errors.ts";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import type { HostedDevice } from "../live/messages.ts";
import { ended, startHost } from "../live/processes.ts";

/** What neighbors are started with. */
export interface NeighborOptions {
  /** The aggregator's address. */
  readonly url: string;
  readonly run: string;
  readonly protection: string;
  readonly people: RatingMatrix;
  /** How many are there before a visitor calls: fewer than a round takes, also with some readers beside them. */
  readonly waiting: number;
  /** How many come when they are called. */
  readonly called: number;
  /** How many milliseconds those who were called wait for a round that does not come. */
  readonly patienceMs: number;
}

/** Neighbors that can be called. */
export interface Neighbors {
  /** Calls the rest of them to a round; where one goes on, to the next. Nothing more where they are on their way already. */
  call(): void;
  /** A round has begun: whoever calls from now on means the next one. */
  begun(): void;
  /** Ends their process. */
  close(): Promise<void>;
}

/**
 * Starts the process that hosts them; those who wait connect.
 * @throws CofactorError CONFIG_INVALID when the data has fewer people than come to a round
 */
export function startNeighbors(options: NeighborOptions): Neighbors {
  const { url, run, protection, people, waiting, called, patienceMs } = options;
  if (people.users < waiting + called) {
    throw new CofactorError("CONFIG_INVALID", `"neighbors" expected at most ${people.users}, got ${waiting + called}`);
  }
  const host = startHost([]);
  /** Whose turn it is: everybody has one before anybody has a second, so that a promise of few rounds lasts long. */
  let next = 0;
  let present = 0;
  let patience: NodeJS.Timeout | undefined;
  let phase: "waiting" | "called" | "begun" = "waiting";
  let isCalledAgain = false;
  let isClosed = false;

  const invite = (count: number): void => {
    const devices = Array.from({ length: count }, (_, place): HostedDevice => {
      const user = (next + place) % people.users;
      const { items, values } = ratingsOf(people, user);
      return { user, items: [...items], values: [...values] };
    });
    next = (next + count) % people.users;
    present += count;
    host.order({ kind: "start", url, run, protections: [protection], devices, rounds: 1 });
  };
  /** Those of one round are gone; the next ones wait. */
  const renew = (): void => {
    if (isClosed) return;
    clearTimeout(patience);
    host.order({ kind: "dismiss" });
    phase = "waiting";
    present = 0;
    invite(waiting);
    if (isCalledAgain) call();
  };
  const call = (): void => {
    isCalledAgain = phase === "begun";
    if (phase !== "waiting" || isClosed) return;
    phase = "called";
    patience = setTimeout(renew, patienceMs);
    invite(called);
  };
  host.onReport((report) => {
    if (report.kind !== "ended" && report.kind !== "failed") return;
    present -= 1;
    if (present === 0) renew();
  });
  renew();
  return {
    call,
    begun() {
      phase = "begun";
    },
    async close() {
      isClosed = true;
      clearTimeout(patience);
      host.order({ kind: "stop" });
      await ended(host.process, 3_000);
    },
  };
}
