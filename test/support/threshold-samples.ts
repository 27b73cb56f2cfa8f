/** Ciphertexts and parts for tests of threshold keys. Imports shared. */
import { PublicKey } from "paillier-bigint";
import { bigIntToBytes, bytesToBigInt, concatenate } from "../../shared/crypto/encoding.ts";
import { encryptBlocks } from "../../shared/crypto/paillier/ciphertext.ts";
import type { PaillierPublicKey } from "../../shared/crypto/paillier/keys.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import type { HolderPart } from "../../shared/crypto/paillier/threshold-combine.ts";
import { wireBytes } from "../../shared/crypto/paillier/threshold-key.ts";
import { createPartialDecryptor } from "../../shared/crypto/paillier/threshold-part.ts";
import { secureRng } from "../../shared/random.ts";
import type { TestThresholdKey } from "./threshold-keys.ts";

/** Plaintexts as blocks. */
export function toBlocks(key: PaillierPublicKey, plaintexts: readonly bigint[]): Uint8Array {
  return concatenate(...plaintexts.map((plaintext) => bigIntToBytes(plaintext, key.bytes)));
}

/** Blocks as plaintexts. */
export function fromBlocks(key: PaillierPublicKey, blocks: Uint8Array): bigint[] {
  return Array.from({ length: blocks.length / key.bytes }, (_, at) => bytesToBigInt(blocks.subarray(at * key.bytes, (at + 1) * key.bytes)));
}

/** Plaintexts encrypted by us, in wire form. */
export function encryptOurs(key: PaillierPublicKey, plaintexts: readonly bigint[]): Promise<Uint8Array> {
  return encryptBlocks(key, toBlocks(key, plaintexts), 512, secureRng);
}

/** Plaintexts encrypted by paillier-bigint, in wire form. */
export function encryptTheirs(key: PaillierPublicKey, plaintexts: readonly bigint[]): Uint8Array {
  const reference = new PublicKey(key.n, key.n + 1n);
  return concatenate(...plaintexts.map((plaintext) => wireBytes(key, reference.encrypt(plaintext))));
}

/** The parts of some holders. */
export function partsOf(
  { key, shares }: TestThresholdKey,
  indexes: readonly number[],
  ciphertexts: Uint8Array,
  context: string,
): Promise<HolderPart[]> {
  return Promise.all(
    indexes.map(async (index) => {
      const decrypt = createPartialDecryptor(key, shares[index - 1]!, { power: opensslPower });
      return { index, part: await decrypt(ciphertexts, context) };
    }),
  );
}
