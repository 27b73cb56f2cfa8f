/** What a coordinator works with, and whom it talks to. Imports types. */
import type { Clock } from "../shared/clock.ts";
import type { Primitives } from "../shared/crypto/primitives.ts";
import type { Emitter } from "../shared/emitter.ts";
import type { Rng, SecureRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import type { AnswerHeader, RequestHeader } from "../shared/wire/messages.ts";
import type { ServerEvents } from "./events.ts";
import type { EvidencedOpener } from "./evidence.ts";
import type { Listener } from "./news.ts";
import type { Store } from "./store.ts";

/** A connected client, as the coordinator sees it. Failures of the connection are not its concern. */
export interface Participant extends Listener {
  ask(header: RequestHeader<"ask">, brief: Uint8Array): Promise<AnswerHeader<"ask">>;
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
}
