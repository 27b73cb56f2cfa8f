/** What a masked round's aggregator and its first device were given, so that each can be measured again alone. Imports types. */
import type { MasksOptions } from "../../shared/protections/masks.ts";
import type { RoundFrame } from "../../shared/protections/protection.ts";
import type { SecureRng } from "../../shared/random.ts";

/** A recorded round. */
export interface MasksRecording {
  readonly options: MasksOptions;
  readonly frame: RoundFrame;
  readonly aggregator: readonly RecordedStage[];
  readonly device: RecordedDevice;
}

/** A stage as the aggregator saw it. */
export interface RecordedStage {
  readonly asked: readonly string[];
  readonly answers: { readonly client: string; readonly bytes: Uint8Array; readonly signature: string }[];
}

/** A device: its randomness, its contribution, what it was asked with, and the digests of its answers. */
export interface RecordedDevice {
  readonly id: string;
  readonly drawn: Uint8Array[];
  readonly values: Float64Array;
  readonly steps: { readonly brief: Uint8Array; readonly digest: string }[];
}

/** What a process of its own measured: CPU milliseconds of all its threads. */
export interface AloneReport {
  /** A device's first round in its process. */
  readonly cold: number;
  /** Median of its later ones. */
  readonly warm: number;
  readonly aggregator: number;
  /** The sum that the aggregator opened. */
  readonly sum: Float64Array;
}

/** Keeps what a generator gives in `drawn`. */
export function recordDraws(secure: SecureRng, drawn: Uint8Array[]): SecureRng {
  return {
    kind: "secure",
    bytes(length) {
      const bytes = secure.bytes(length);
      drawn.push(bytes.slice());
      return bytes;
    },
  };
}

/** Gives again what was drawn, in order: for a bench that repeats a round, and for nothing else. */
export function replayDraws(drawn: readonly Uint8Array[]): SecureRng {
  let next = 0;
  return {
    kind: "secure",
    bytes(length) {
      const bytes = drawn[next++]?.slice();
      if (bytes?.length !== length) throw new Error(`the recorded randomness has no ${length} bytes at draw ${next}`);
      return bytes;
    },
  };
}
