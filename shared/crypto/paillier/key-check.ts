/**
 * Self-checks of Paillier keys, with paillier-bigint as the judge: for `keys verify`, a keyholder's start and a device's first sight of a key.
 * Imports this folder, encoding, errors, random.
 */
import { CofactorError } from "../../errors.ts";
import type { SecureRng } from "../../random.ts";
import { bigIntToBytes, bytesToBigInt } from "../encoding.ts";
import { powerMod } from "./arithmetic.ts";
import { ciphertextBytes, ciphertextFromBytes, ciphertextToBytes, encryptBlocks } from "./ciphertext.ts";
import { createDecryptor, type PowerFactory } from "./decrypt.ts";
import type { PaillierPrivateKey, PaillierPublicKey } from "./keys.ts";
import { toReferencePrivateKey } from "./reference.ts";

/**
 * What a device can tell from n alone, beyond its form: that n is neither prime nor a square, with both of which anybody could decrypt.
 * Takes some 20 ms at 2048 bits.
 * @throws CofactorError CONFIG_INVALID
 */
export function verifyPublicKey(key: PaillierPublicKey): void {
  if (powerMod(2n, key.n - 1n, key.n) === 1n) throw refused("n is a prime");
  if (squareRoot(key.n) ** 2n === key.n) throw refused("n is a square");
}

/**
 * Encrypts and opens with a key pair, ours and paillier-bigint's, and a sum of both.
 * @param power the exponentiation that the keyholder will use
 * @throws CofactorError CONFIG_INVALID when anything differs
 */
export async function verifyPrivateKey(key: PaillierPrivateKey, secure: SecureRng, power?: PowerFactory): Promise<void> {
  const { publicKey } = key;
  verifyPublicKey(publicKey);
  const reference = toReferencePrivateKey(key);
  const message = bytesToBigInt(secure.bytes(publicKey.bytes + 8)) % publicKey.n;
  const random = bytesToBigInt(secure.bytes(publicKey.bytes + 8)) % publicKey.n;
  const ours = ciphertextFromBytes(publicKey, await encryptBlocks(publicKey, bigIntToBytes(message, publicKey.bytes), 512, secure));
  const sum = reference.publicKey.addition(ours, reference.publicKey.encrypt(message, random));
  const wire = new Uint8Array(ciphertextBytes(publicKey));
  ciphertextToBytes(publicKey, sum, wire);
  const opened = bytesToBigInt(createDecryptor(key, power, secure)(wire));
  if (reference.decrypt(ours) !== message || opened !== (2n * message) % publicKey.n) throw refused("what it encrypts does not open");
}

/** The largest number whose square is at most `value`. */
function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function refused(reason: string): CofactorError {
  return new CofactorError("CONFIG_INVALID", `"paillier key" fails its check: ${reason}`);
}
