/** What a coordinator works with, and whom it talks to. Imports errors, types. */
import type { Clock } from "../shared/clock.ts";
import type { Primitives } from "../shared/crypto/primitives.ts";
import type { Emitter } from "../shared/emitter.ts";
import { isCofactorError } from "../shared/errors.ts";
import type { Rng, SecureRng } from "../shared/random.ts";
import type { RoundEvent } from "../shared/round.ts";
import type { Run } from "../shared/run.ts";
import type { AnswerHeader, RequestHeader } from "../shared/wire/messages.ts";
import type { ActiveRound } from "./active-round.ts";
import type { ServerEvents } from "./events.ts";
import type { EvidencedOpener } from "./evidence.ts";
import type { Listener } from "./news.ts";
import type { Store } from "./store.ts";

/** A connected client, as the coordinator sees it. Failures of the connection are not its concern. */
export interface Participant extends Listener {
  ask(header: RequestHeader<"ask">, brief: Uint8Array): Promise<AnswerHeader<"ask">>;
}

/** Where answers come in elsewhere than in this process: how what came in is brought together once a stage takes no more. */
export interface Collection {
  /**
   * Takes every durable answer of a stage that has ended into the round's half, each once.
   * @returns who answered
   * @throws CofactorError STORE_FAILED; another code ends the round alone
   */
  collect(active: ActiveRound, stage: number): Promise<readonly string[]>;
}

/** What a coordinator works with. */
export interface CoordinatorParts {
  readonly run: Run;
  readonly store: Store;
  readonly clock: Clock;
  readonly secure: SecureRng;
  readonly primitives: Primitives;
  readonly opener: EvidencedOpener;
  readonly events: Emitter<ServerEvents>;
  /** Left out where every answer comes in here. */
  readonly collection?: Collection | undefined;
  /** How long to wait for more clients once there are `cohort.min`, before a smaller cohort is asked. */
  readonly gatherMs: number;
  /** How long to rest after a published round before the next one may begin. */
  readonly restMs: number;
  /** Bytes of unfinished answers at once; by default any number. */
  readonly maxBytesInFlight?: number | undefined;
  /** What the first model is drawn from, when the store has none. */
  readonly modelRng: Rng;
  /** The items that are live from the start, where items come and go and the store has none. */
  readonly items: readonly string[];
  /** What it is instead. */
  readonly firstModel?: Float64Array | undefined;
}

/** Public facts of a coordinator, for status pages. */
export interface CoordinatorStatus {
  readonly round: number;
  readonly phase: string;
  readonly published: number;
  readonly connected: number;
  readonly answered: number;
  /** What unfinished answers announce to be, together. */
  readonly bytesInFlight: number;
}

/** Who answered a stage that has ended. A failure that is not the store's ends the round alone. */
export async function collectStage(
  collection: Collection,
  active: ActiveRound,
  stage: number,
  events: Emitter<ServerEvents>,
): Promise<RoundEvent> {
  try {
    return { kind: "closed", stage, clients: await collection.collect(active, stage) };
  } catch (error) {
    if (!isCofactorError(error) || error.code === "STORE_FAILED" || error.code === "FENCED") throw error;
    events.emit("failed", { round: active.state.round, error });
    return { kind: "failed", reason: `${error.code}: ${error.message}`.slice(0, 300) };
  }
}
