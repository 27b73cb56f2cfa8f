/**
 * Decryption by 2 of 3 keyholders of as many ciphertexts as a round's sum has: each raises them to its share and proves it, the aggregator
 * verifies both parts and combines them. What comes out is compared with what was encrypted. Imports shared, server, crypto-paillier.
 */
import { availableParallelism } from "node:os";
import { createSafePrimeSource } from "../../server/safe-primes.ts";
import { encryptBlocks } from "../../shared/crypto/paillier/ciphertext.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { blockCount, createPacking, pack, unpackSums } from "../../shared/crypto/paillier/packing.ts";
import { createWorkerRaiser } from "../../shared/crypto/paillier/partial-workers.node.ts";
import { combineParts, type HolderPart } from "../../shared/crypto/paillier/threshold-combine.ts";
import { type DealtShares, dealThresholdKey } from "../../shared/crypto/paillier/threshold-deal.ts";
import type { KeyShare } from "../../shared/crypto/paillier/threshold-key.ts";
import { createPartialDecryptor, createRaiser, verifyPart } from "../../shared/crypto/paillier/threshold-part.ts";
import { secureRng } from "../../shared/random.ts";
import { type BenchFigure, type BenchJob, costOf, figuresOf } from "./bench.ts";
import { drawValues, packed } from "./crypto-paillier.ts";

const context = "bench";
const [threshold, holders] = [2, 3];

/** The sizes of a job. */
export interface ThresholdJobShape {
  readonly bits: number;
  readonly values: number;
  /** A key of so many bits, 2 of 3, and its shares; dealt afresh when it is not given, which takes some seconds. */
  readonly dealt?: DealtShares;
}

/** The job. Its values must be exact, for one thread and for several the same, or it throws. */
export function thresholdJob(shape: ThresholdJobShape): BenchJob {
  const { bits, values } = shape;
  const packing = createPacking(bits, packed.valueBits, packed.maxCount);
  const count = blockCount(packing, values);
  const sizes = `${values.toLocaleString("en-US")} values in ${count.toLocaleString("en-US")} ciphertexts`;
  return {
    title: `decryption by ${threshold} of ${holders} keyholders, ${sizes}, ${bits} bits`,
    async measure(signal, say) {
      say("dealing a key");
      const dealt = shape.dealt ?? (await deal(bits, signal));
      signal.throwIfAborted();
      say("encrypting");
      const own = drawValues(values, 5);
      const ciphertexts = await encryptBlocks(dealt.key.publicKey, pack(packing, own), "half", secureRng);
      const parts: HolderPart[] = [];
      const figures: BenchFigure[] = [];
      // The first and the last: none may be missed.
      for (const share of [dealt.shares[0]!, dealt.shares[holders - 1]!]) {
        signal.throwIfAborted();
        say(`opening by keyholder ${share.index}`);
        const { part, costs } = await openPart(dealt, share, ciphertexts);
        parts.push({ index: share.index, part });
        figures.push(...costs);
      }
      say("combining");
      let opened: Float64Array = new Float64Array(0);
      const combining = await costOf(async () => {
        opened = unpackSums(packing, await combineParts(dealt.key, count, parts), values, 1);
      });
      assertExact(opened, own);
      figures.push(
        ...figuresOf("aggregator, combine and unpack", combining),
        ...(await raiseSpread(dealt, ciphertexts, parts[0]!, signal, say)),
      );
      return [
        ...figures,
        { name: "keyholder, sent", value: parts[0]!.part.length, unit: "bytes" },
        { name: "exact values", value: opened.length, unit: "values" },
      ];
    },
  };
}

function deal(bits: number, signal: AbortSignal): Promise<DealtShares> {
  return dealThresholdKey({ bits, threshold, holders, drawSafePrime: createSafePrimeSource(signal), power: opensslPower });
}

/** One keyholder's part, and the aggregator's check of it. */
async function openPart(
  { key }: DealtShares,
  share: KeyShare,
  ciphertexts: Uint8Array,
): Promise<{ readonly part: Uint8Array; readonly costs: readonly BenchFigure[] }> {
  const name = `keyholder ${share.index}`;
  let partials: Uint8Array = new Uint8Array(0);
  const raising = await costOf(async () => {
    partials = await createRaiser(key, share, opensslPower)(ciphertexts);
  });
  const prove = createPartialDecryptor(key, share, { power: opensslPower, raise: async () => partials });
  let part: Uint8Array = new Uint8Array(0);
  const proving = await costOf(async () => {
    part = await prove(ciphertexts, context);
  });
  const verifying = await costOf(() => verifyPart(key, share.index, ciphertexts, part, context));
  return {
    part,
    costs: [
      ...figuresOf(`${name}, partial decryption, one thread`, raising),
      ...figuresOf(`${name}, check of the ciphertexts and proof`, proving),
      ...figuresOf(`aggregator, verify ${name}`, verifying),
    ],
  };
}

/** The first keyholder's partial decryption again, on threads: its process works so. */
async function raiseSpread(
  { key, shares }: DealtShares,
  ciphertexts: Uint8Array,
  { part }: HolderPart,
  signal: AbortSignal,
  say: (status: string) => void,
): Promise<readonly BenchFigure[]> {
  signal.throwIfAborted();
  const workers = availableParallelism();
  say(`opening in ${workers} threads`);
  let partials: Uint8Array = new Uint8Array(0);
  const cost = await costOf(async () => {
    partials = await createWorkerRaiser(key, shares[0]!, { workers })(ciphertexts);
  });
  if (Buffer.compare(partials, part.subarray(0, partials.length)) !== 0) {
    throw new Error("the partial decryption of one thread differs from that of several");
  }
  return figuresOf(`keyholder 1, partial decryption, ${workers} worker threads`, cost);
}

/** @throws Error unless what was opened is what was encrypted */
function assertExact(opened: Float64Array, expected: Int32Array): void {
  for (const [i, value] of expected.entries()) {
    if (opened[i] !== value) throw new Error(`value ${i} expected ${value}, got ${opened[i]}`);
  }
}
