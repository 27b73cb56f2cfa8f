/**
 * A whole round's cryptography under Paillier: devices pack and encrypt, the aggregator checks and adds, a keyholder opens, and the sum is
 * compared with the plain one. Imports shared, crypto-paillier.
 */
import { availableParallelism } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CiphertextSum, encryptBlocks } from "../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../shared/crypto/paillier/decrypt.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { blockCount, pack, unpackSums } from "../../shared/crypto/paillier/packing.ts";
import { powerTableOf } from "../../shared/crypto/paillier/randomizer.ts";
import { startPaillierWorkers } from "../../shared/crypto/paillier/workers.node.ts";
import { secureRng } from "../../shared/random.ts";
import { median } from "../statistics.ts";
import { type BenchJob, type Cost, costOf, figuresOf } from "./bench.ts";
import { createPaillierWorld, drawValues, type PaillierWorld } from "./crypto-paillier.ts";

/** Devices that encrypt: the others' contributions are these over again, which costs the aggregator the same. */
const encrypting = 20;

/** The sizes of a job. */
export interface PaillierJobShape {
  readonly bits: number;
  readonly clients: number;
  readonly values: number;
}

/** The job. Its sum must be exact, in one thread and in several, or it throws. */
export function paillierJob(shape: PaillierJobShape): BenchJob {
  const { bits, clients, values } = shape;
  return {
    title: `${clients.toLocaleString("en-US")} clients x ${values.toLocaleString("en-US")} values, ${bits} bits, n/2-bit exponents`,
    async measure(signal, say) {
      const world = await createPaillierWorld(bits);
      say("encrypting");
      const table = await costOf(() => powerTableOf(world.key.publicKey, "half", secureRng));
      const devices = await encryptAll(world, shape, signal);
      const contributions = devices.map(({ bytes }) => bytes);
      say("adding in one thread");
      const alone = await addAlone(world, shape, contributions, signal);
      const workers = availableParallelism();
      say(`adding in ${workers} threads`);
      const spread = await addSpread(world, shape, contributions, workers, signal);
      if (Buffer.compare(alone.sum, spread.sum) !== 0) throw new Error("the sum of one thread differs from that of several");
      say("opening");
      const decrypt = createDecryptor(world.key, opensslPower);
      let opened: Float64Array = new Float64Array(0);
      const opening = await costOf(() => {
        opened = unpackSums(world.packing, decrypt(alone.sum), values, clients);
      });
      assertExact(opened, shape);
      const client = { cpu: median(devices.map(({ cost }) => cost.cpu)), wall: median(devices.map(({ cost }) => cost.wall)) };
      return [
        ...figuresOf("client's table, once for a key", table),
        ...figuresOf(`client, median of ${encrypting}`, client),
        { name: "client, sent", value: contributions[0]!.length, unit: "bytes" },
        ...figuresOf("sum, one thread", alone.cost),
        ...figuresOf(`sum, ${workers} worker threads`, spread.cost),
        ...figuresOf("decryption by one keyholder, one thread", opening),
        { name: "exact values", value: opened.length, unit: "values" },
      ];
    },
  };
}

async function encryptAll(
  { key, packing }: PaillierWorld,
  { values }: PaillierJobShape,
  signal: AbortSignal,
): Promise<{ readonly bytes: Uint8Array; readonly cost: Cost }[]> {
  const devices: { bytes: Uint8Array; cost: Cost }[] = [];
  for (let device = 0; device < encrypting; device++) {
    signal.throwIfAborted();
    const own = drawValues(values, device);
    let bytes: Uint8Array = new Uint8Array(0);
    const cost = await costOf(async () => {
      bytes = await encryptBlocks(key.publicKey, pack(packing, own), "half", secureRng);
    });
    devices.push({ bytes, cost });
  }
  return devices;
}

async function addAlone(
  { key, packing }: PaillierWorld,
  { clients, values }: PaillierJobShape,
  contributions: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<{ readonly sum: Uint8Array; readonly cost: Cost }> {
  let bytes: Uint8Array = new Uint8Array(0);
  const cost = await costOf(async () => {
    const sum = new CiphertextSum(key.publicKey, blockCount(packing, values));
    for (let client = 0; client < clients; client++) {
      sum.add(contributions[client % contributions.length]!);
      if (client % 50 === 0) await nextTurn();
      signal.throwIfAborted();
    }
    bytes = sum.export();
  });
  return { sum: bytes, cost };
}

async function addSpread(
  { key, packing }: PaillierWorld,
  { clients, values }: PaillierJobShape,
  contributions: readonly Uint8Array[],
  count: number,
  signal: AbortSignal,
): Promise<{ readonly sum: Uint8Array; readonly cost: Cost }> {
  const workers = startPaillierWorkers(key.publicKey, count);
  try {
    // Threads that have started: an aggregator's are there before the round.
    await workers.createSum(count).export();
    let bytes: Uint8Array = new Uint8Array(0);
    const cost = await costOf(async () => {
      const sum = workers.createSum(blockCount(packing, values));
      for (let client = 0; client < clients; client++) {
        await sum.add(contributions[client % contributions.length]!);
        signal.throwIfAborted();
      }
      bytes = await sum.export();
    });
    return { sum: bytes, cost };
  } finally {
    await workers.close();
  }
}

/** @throws Error unless every value is the sum of the clients' */
function assertExact(opened: Float64Array, { clients, values }: PaillierJobShape): void {
  const expected = new Float64Array(values);
  for (let device = 0; device < encrypting; device++) {
    const times = Math.floor(clients / encrypting) + (device < clients % encrypting ? 1 : 0);
    const own = drawValues(values, device);
    for (let i = 0; i < values; i++) expected[i] = expected[i]! + times * own[i]!;
  }
  for (let i = 0; i < values; i++) {
    if (opened[i] !== expected[i]) throw new Error(`the sum's value ${i} expected ${expected[i]}, got ${opened[i]}`);
  }
}
