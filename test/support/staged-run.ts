/** A counting run of three stages, for tests of what comes between them. */
import { OpenAggregator } from "../../shared/protections/open-aggregator.ts";
import type { AggregatorHalf, Protection, RoundFrame } from "../../shared/protections/protection.ts";
import type { Run } from "../../shared/run.ts";
import { countingRun } from "./counting-run.ts";

/** Entries of the model: devices 0 to 3 have one each. */
export const size = 5;
/** The deadline of each stage, and the grace of a lost device. */
export const stageMs = 60_000;
export const graceMs = 100;
/** Their names. */
export const stages: readonly string[] = ["first", "contribution", "last"];
/** The stage at which devices contribute. */
export const contributionStage = 1;

/** `open` between two stages at which devices answer a byte; the aggregator's half is ready when `ready` says so. */
export function stagedRun(ready: (stage: number) => Promise<void> = async () => undefined): Run {
  const base = countingRun(size, { rounds: 1, cohort: { size: 4, min: 2 }, deadline: { stageMs, graceMs } });
  class Staged extends OpenAggregator implements AggregatorHalf {
    override begin(stage?: number): Promise<void> {
      return ready(stage!);
    }
    override admit(stage: number, client: string, answer: Uint8Array): void {
      if (stage === contributionStage) super.admit(stage, client, answer);
    }
    override combine(stage: number, client: string, answer: Uint8Array): void {
      if (stage === contributionStage) super.combine(stage, client, answer);
    }
  }
  const createAggregator = async (frame: RoundFrame): Promise<AggregatorHalf> => {
    await ready(-1);
    return new Staged(frame);
  };
  const protection: Protection = { ...base.protection, stages, contributionStage, createAggregator };
  return { ...base, protection };
}
