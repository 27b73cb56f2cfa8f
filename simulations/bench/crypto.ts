/** Encrypted aggregation beside paillier-bigint, and whole jobs. Imports bench, one file per kind of group. */
import type { BenchSubject } from "./bench.ts";
import { masksJob } from "./crypto-masks.ts";
import {
  createPaillierWorld,
  paillierAdd,
  paillierBytes,
  paillierDecrypt,
  paillierEncrypt,
  paillierEncryptBlocks,
} from "./crypto-paillier.ts";
import { paillierJob } from "./crypto-paillier-job.ts";
import { thresholdJob } from "./crypto-threshold.ts";

/** The subject. */
export const crypto: BenchSubject = {
  name: "crypto",
  summary: "Paillier beside paillier-bigint with one value a ciphertext, and whole jobs under Paillier and under masks",
  async *groups() {
    for (const bits of [2048, 3072]) {
      const world = await createPaillierWorld(bits);
      yield paillierEncrypt(world);
      yield paillierEncryptBlocks(world);
      yield await paillierAdd(world);
      yield await paillierDecrypt(world);
      yield paillierBytes(world);
    }
    yield paillierJob({ bits: 2048, clients: 1_000, values: 26_912 });
    yield thresholdJob({ bits: 2048, values: 26_912 });
    yield masksJob({ clients: 100, neighbors: 99, values: 100_000, lost: 20 });
    yield masksJob({ clients: 1_000, neighbors: 100, values: 26_912, lost: 100 });
  },
};
