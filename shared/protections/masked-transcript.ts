/** What one aggregator's half of a masked round hands on to another: answers as they came, and the sum of the contributions. Imports encoding. */
import { concatenate, toUtf8 } from "../crypto/encoding.ts";
import { CofactorError } from "../errors.ts";

/** An answer as it came. */
export interface TakenAnswer {
  readonly stage: number;
  readonly client: string;
  readonly signature: string;
  readonly answer: Uint8Array;
}

/** Everything that a half has taken in. */
export interface MaskedTranscript {
  /** Answers of all stages but the contributions'. */
  readonly answers: readonly TakenAnswer[];
  readonly contributors: readonly string[];
  /** The sum of the contributors' vectors, as the carrier exports it; without contributors, anything. */
  readonly sum: Uint8Array;
}

/** A transcript as bytes: the length of a JSON header, the header, the answers behind each other, the sum. */
export function writeTranscript({ answers, contributors, sum }: MaskedTranscript): Uint8Array {
  const heads = answers.map(({ stage, client, signature, answer }) => [stage, client, signature, answer.length]);
  const header = toUtf8(JSON.stringify({ heads, contributors }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, header.length, true);
  return concatenate(length, header, ...answers.map(({ answer }) => answer), contributors.length > 0 ? sum : new Uint8Array(0));
}

/** A transcript from the bytes of another half of the same program. @throws CofactorError MESSAGE_MALFORMED when they are cut */
export function readTranscript(bytes: Uint8Array): MaskedTranscript {
  try {
    const headerEnd = 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    const { heads, contributors } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, headerEnd))) as {
      heads: readonly [number, string, string, number][];
      contributors: readonly string[];
    };
    let at = headerEnd;
    const answers = heads.map(([stage, client, signature, length]) => {
      at += length;
      return { stage, client, signature, answer: bytes.slice(at - length, at) };
    });
    return { answers, contributors, sum: bytes.subarray(at) };
  } catch (cause) {
    throw new CofactorError("MESSAGE_MALFORMED", "a part of a masked round is cut", { cause });
  }
}
