/**
 * The seam for the planner: what a job is, and what a protection's price list says of it. Imports types of shared, workbench. One file per
 * kind of protection; index.ts lists them.
 */
import type { RoundFrame } from "../../shared/protections/protection.ts";
import type { Workbench } from "./workbench.ts";

/** What a run will ask of a protection. */
export interface Job {
  /** Devices of a cohort; of one of its groups, where it has several. */
  readonly clients: number;
  /** Groups of a cohort, each with a sum of its own; 1 where it is not split. */
  readonly groups: number;
  /** Numbers in a contribution. */
  readonly values: number;
  /** Bits of one number in fixed point, sign included. */
  readonly bits: number;
  /** Share of the cohort that is lost in a round. */
  readonly dropout: number;
  /** Share of the cohort that may collude with the aggregator. */
  readonly corruption: number;
  /** Least contributors of a sum that is revealed. */
  readonly min: number;
  readonly rounds: number;
  /** Keyholders that open a sum together. */
  readonly threshold: number;
  /** All keyholders. */
  readonly holders: number;
  /** Out-neighbors of a masked device; computed when absent. */
  readonly neighbors?: number;
}

/** Bytes of one round. */
export interface Sizes {
  /** From a device that stays to the end: its answers to all stages, on average over the cohort. */
  readonly up: number;
  /** To that device: the briefs of all stages, without the model. */
  readonly down: number;
  /** Sealed contributions that the aggregator keeps until the sum is open. */
  readonly store: number;
  /** Between the aggregator and all keyholders that open the sum, both ways. */
  readonly keyholders: number;
}

/** What a protection promises. */
export interface Promises {
  /** What the aggregator gets to see. */
  readonly sees: string;
  /** Whom it takes, beside the aggregator, to see a single contribution. */
  readonly broken: string;
  /** Which losses a round survives. */
  readonly survives: string;
  /** The least that a revealed sum is over. */
  readonly floor: string;
  /** Exchanges of a device with the aggregator in a round. */
  readonly exchanges: number;
}

/** Sizes and promises: exact but where a comment says "on average". */
export interface Price {
  readonly sizes: Sizes;
  readonly promises: Promises;
}

/** CPU milliseconds of one thread on this machine: measured steps times their counts. */
export interface Times {
  /** A device that stays, in a round. */
  readonly client: number;
  /** A device, once for a run. */
  readonly clientOnce: number;
  /** The aggregator, in a round. */
  readonly server: number;
  /** Each keyholder that is asked, in a round. */
  readonly keyholder: number;
}

/** A priced protection. */
export interface Pricing {
  readonly name: string;
  /** @throws CofactorError CONFIG_INVALID or ENCODE_OVERFLOW when the protection cannot do the job, with the nearest sound choice */
  price(job: Job): Price;
  /** Times the steps that the job is made of, for a job that has a price. */
  calibrate(job: Job, workbench: Workbench): Promise<Times>;
}

/** The frame of the job's rounds, as its protections see it. */
export function frameOf({ clients, values, bits, min }: Job): RoundFrame {
  // Whole numbers of exactly so many bits: where the point lies changes no size and no time.
  const range = { maxAbs: 2 ** (bits - 1) - 1, fractionBits: 0 };
  return { run: "plan", terms: "plan", round: 1, size: values, range, cohort: { size: clients, min } };
}

/** Devices that stay to the end of a round, and those that are lost. */
export function stayingOf({ clients, dropout }: Job): { readonly staying: number; readonly lost: number } {
  const lost = Math.floor(dropout * clients + 1e-9);
  return { staying: clients - lost, lost };
}
