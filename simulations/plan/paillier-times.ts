/**
 * What Paillier's steps cost on this machine. Imports shared, stand-in-key, workbench.
 *
 * Two shortcuts keep the calibration near a second. Only some rows of the table of powers are made, and its whole cost and that of a ciphertext
 * follow: both grow with the rows. The part of a keyholder's proof that does not depend on the number of ciphertexts
 * is measured at 2048 bits, and taken to grow with the cube of the length; at the sizes that matter it is a small part of the whole.
 */

import { bytesToBigInt, concatenate } from "../../shared/crypto/encoding.ts";
import { CiphertextSum } from "../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../shared/crypto/paillier/decrypt.ts";
import { generatePrivateKey } from "../../shared/crypto/paillier/keys.ts";
import { multiPowerSteps } from "../../shared/crypto/paillier/multi-power.ts";
import { drawPrime, opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import type { PowerTable } from "../../shared/crypto/paillier/ring.ts";
import { createRing } from "../../shared/crypto/paillier/rings.ts";
import { combineParts } from "../../shared/crypto/paillier/threshold-combine.ts";
import { createRaiser, partBytes } from "../../shared/crypto/paillier/threshold-part.ts";
import { proveSteps, verifySteps } from "../../shared/crypto/paillier/threshold-proof.ts";
import { runInSlices } from "../../shared/crypto/pause.ts";
import { secureRng } from "../../shared/random.ts";
import { openableCiphertexts, plaintexts, standInKey, standInThresholdKey } from "./stand-in-key.ts";
import type { Workbench } from "./workbench.ts";

/** CPU milliseconds of encrypting and adding. */
export interface CipherTimes {
  /** A device's table of powers, with n/2-bit exponents. */
  readonly table: number;
  /** A ciphertext. */
  readonly encrypt: number;
  /** Checking and adding one. */
  readonly add: number;
}

/** CPU milliseconds of opening with a split key. */
export interface OpeningTimes {
  /** A keyholder's power of one ciphertext, its place in the proof included. */
  readonly raise: number;
  /** The rest of a keyholder's proof. */
  readonly prove: number;
  /** The check of a part: for the whole, and for one ciphertext. */
  readonly verify: number;
  readonly verifyEach: number;
  /** Combining the parts of one ciphertext. */
  readonly combine: number;
}

/** Rows of the table that are made for a measurement. */
const timedRows = 16;
/** Ciphertexts of a batch that is timed, where one is over too quickly. */
const timedBatch = 64;
const proofBits = 2048;

/** Measured once for a length. */
export function timeCiphers(bits: number, workbench: Workbench): Promise<CipherTimes> {
  return workbench.once(`ciphers ${bits}`, async () => {
    const key = standInKey(bits);
    const rows = bits / 16;
    const ring = createRing(key);
    const root = bytesToBigInt(secureRng.bytes(key.bytes - 1));
    let table: PowerTable | undefined;
    const build = (count: number) => async (): Promise<void> => {
      table = await runInSlices(ring.buildTable(root, count));
    };
    // The first one is also the compiler's.
    await build(1)();
    const one = await workbench.time(build(1), 0);
    const some = await workbench.time(build(1 + timedRows), 0);
    const blocks = plaintexts(key, 8);
    const short = await workbench.time(() => table!.encrypt(blocks, secureRng.bytes(8 * (1 + timedRows))), 0.03);
    const ciphertexts = openableCiphertexts(key, timedBatch);
    const sum = new CiphertextSum(key, timedBatch);
    const add = await workbench.time(() => sum.add(ciphertexts), 0.02);
    return {
      table: one + (Math.max(0, some - one) * (rows - 1)) / timedRows,
      encrypt: ((short / 8) * rows) / (1 + timedRows),
      add: add / timedBatch,
    };
  });
}

/** What it costs a lone keyholder to open a ciphertext; measured once for a length, with a real key. */
export function timeOpeningAlone(bits: number, workbench: Workbench): Promise<number> {
  return workbench.once(`opening alone ${bits}`, async () => {
    const key = await generatePrivateKey(bits, drawPrime);
    const decrypt = createDecryptor(key, opensslPower);
    const ciphertexts = openableCiphertexts(key.publicKey, 2);
    return (await workbench.time(() => decrypt(ciphertexts), 0.03)) / 2;
  });
}

/** Measured once for a length and a number of keyholders. */
export function timeOpening(bits: number, threshold: number, holders: number, workbench: Workbench): Promise<OpeningTimes> {
  return workbench.once(`opening ${bits} ${threshold} ${holders}`, async () => {
    const { key, shares } = standInThresholdKey(bits, threshold, holders);
    const raise = createRaiser(key, shares[0]!, opensslPower);
    const one = openableCiphertexts(key.publicKey, 1);
    // The first call prepares the exponent, as a keyholder does once.
    await raise(one);
    const power = await workbench.time(() => raise(one), 0.03);
    const proofs = await timeProofs(threshold, holders, workbench);
    const growth = (bits / proofBits) ** 3;
    const batch = openableCiphertexts(key.publicKey, timedBatch);
    const bases = Array.from({ length: timedBatch }, () => bytesToBigInt(secureRng.bytes(2 * key.publicKey.bytes - 1)));
    const exponents = bases.map(() => secureRng.bytes(16));
    const product = await workbench.time(() => runInSlices(multiPowerSteps(bases, exponents, key.publicKey.nSquared)), 0.02);
    const parts = shares.slice(0, threshold).map(({ index }) => {
      const proof = new Uint8Array(partBytes(key, timedBatch) - batch.length);
      return { index, part: concatenate(openableCiphertexts(key.publicKey, timedBatch), proof) };
    });
    const combine = await workbench.time(() => combineParts(key, timedBatch, parts), 0.02);
    return {
      raise: power + product / timedBatch,
      prove: proofs.prove * growth,
      verify: proofs.verify * growth,
      verifyEach: (2 * product) / timedBatch,
      combine: combine / timedBatch,
    };
  });
}

/** A proof of one ciphertext at 2048 bits, and the check of it. */
function timeProofs(
  threshold: number,
  holders: number,
  workbench: Workbench,
): Promise<{ readonly prove: number; readonly verify: number }> {
  return workbench.once(`proofs ${threshold} ${holders}`, async () => {
    const { key, shares } = standInThresholdKey(proofBits, threshold, holders);
    const ciphertexts = openableCiphertexts(key.publicKey, 1);
    const statement = { key, index: 1, context: "plan", ciphertexts, partials: openableCiphertexts(key.publicKey, 1) };
    let proof: Uint8Array = new Uint8Array(0);
    const prove = await workbench.time(async () => {
      proof = await runInSlices(proveSteps(statement, shares[0]!, opensslPower, secureRng));
    }, 0);
    // The statement is false and the proof is refused: after the same work.
    const verify = await workbench.time(() => runInSlices(verifySteps(statement, proof)), 0);
    return { prove, verify };
  });
}
