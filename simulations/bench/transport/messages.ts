/** What a transport benchmark says to its processes, and what they say back. Imports types. */
import type { LoopDelay, MemoryUse } from "./process-use.ts";

/** To the process of the aggregator. */
export type ServerOrder =
  | {
      readonly kind: "start";
      readonly terms: object;
      /** File of its store. */
      readonly store: string;
      readonly gatherMs: number;
      /** Whether memory is read after every round, behind a collection. */
      readonly readsRounds: boolean;
    }
  /** Begins the figures anew. */
  | { readonly kind: "reset" }
  /** Asks for the figures since the last reset. */
  | { readonly kind: "measure" };

/** What one process did since its figures were begun anew. */
export interface Measured {
  /** As it was, nothing collected for it. */
  readonly before: MemoryUse;
  readonly peakRssBytes: number;
  /** Behind a collection. */
  readonly after: MemoryUse;
  readonly loop: LoopDelay;
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** From the process of the aggregator. */
export type ServerReport =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "began"; readonly round: number; readonly invited: number }
  | {
      readonly kind: "round";
      readonly round: number;
      readonly outcome: "published" | "abandoned";
      readonly accepted: number;
      readonly seconds: number;
      readonly reason: string;
      /** Where it was asked for. */
      readonly memory?: MemoryUse;
    }
  | { readonly kind: "ready" }
  | { readonly kind: "measured"; readonly measured: Measured }
  | { readonly kind: "failed"; readonly message: string };

/** To a process of devices. */
export type HostOrder =
  | {
      readonly kind: "connect";
      readonly url: string;
      readonly run: string;
      readonly protections: readonly string[];
      /** Its devices are numbered from here. */
      readonly first: number;
      readonly count: number;
      /** How many connect at once. */
      readonly atOnce: number;
      /** Items of the run, of which every device rates a few. */
      readonly items: number;
      /** `taking-part`: the whole client. `gated`: the same, and its answers wait for each other. `session`: joins, fetches a model when told to, answers nothing. */
      readonly as: "taking-part" | "gated" | "session";
    }
  /** Invitations of this round are taken; those of earlier ones are declined. */
  | { readonly kind: "admit"; readonly round: number }
  /** All of the stage's invitations are out: the answers are computed. */
  | { readonly kind: "compute"; readonly round: number; readonly stage: number }
  /** All answers are there: each is sent so long after `atMs` as its invitation came after `firstMs`. */
  | { readonly kind: "send"; readonly round: number; readonly stage: number; readonly firstMs: number; readonly atMs: number }
  /** Every device fetches the newest model, all at once. */
  | { readonly kind: "pull" };

/** From a process of devices. */
export type HostReport =
  | { readonly kind: "connected"; readonly devices: number }
  | { readonly kind: "admitting"; readonly round: number }
  | { readonly kind: "asked"; readonly round: number; readonly stage: number }
  /** All devices that were asked have their answers; the first was asked then. */
  | { readonly kind: "computed"; readonly round: number; readonly stage: number; readonly devices: number; readonly firstMs: number }
  /** From the sending of each message of the stage's answers to its acknowledgement; and how the process itself was held up meanwhile. */
  | {
      readonly kind: "acknowledged";
      readonly round: number;
      readonly stage: number;
      readonly ms: readonly number[];
      readonly loop: LoopDelay;
    }
  | { readonly kind: "pulled"; readonly ms: readonly number[]; readonly bytes: number }
  | { readonly kind: "failed"; readonly message: string };
