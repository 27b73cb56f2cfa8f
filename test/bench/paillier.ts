/**
 * What Paillier costs here, in microseconds of CPU a ciphertext, beside paillier-bigint in the same run: `node test/bench/paillier.ts [bits]`.
 * Medians of batches taken in turn; nothing is asserted.
 */
import { CiphertextSum, ciphertextFromBytes, encryptBlocks } from "../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../shared/crypto/paillier/decrypt.ts";
import { toReferencePrivateKey, toReferencePublicKey } from "../../shared/crypto/paillier/keys.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { type ExponentBits, powerTableOf } from "../../shared/crypto/paillier/randomizer.ts";
import type { PowerTable } from "../../shared/crypto/paillier/ring.ts";
import { createBigIntRing } from "../../shared/crypto/paillier/ring-bigint.ts";
import { createWasmRing } from "../../shared/crypto/paillier/ring-wasm.ts";
import { secureRng } from "../../shared/random.ts";
import { testKeys } from "../support/paillier-keys.ts";

const bits = Number(process.argv[2] ?? 2048);
const key = testKeys.find((candidate) => candidate.publicKey.bits === bits) ?? testKeys[1]!;
const { publicKey } = key;
const batch = 50;
const blocks = secureRng.bytes(batch * publicKey.bytes);
for (let i = 1; i <= batch; i++) blocks[i * publicKey.bytes - 1] = 0;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const jobs = new Map<string, { readonly count: number; readonly run: () => unknown; readonly samples: number[] }>();
const job = (name: string, count: number, run: () => unknown): void => void jobs.set(name, { count, run, samples: [] });

const ciphertexts = await encryptBlocks(publicKey, blocks, 512, secureRng);
for (const ring of [createBigIntRing(publicKey), createWasmRing(publicKey)]) {
  for (const exponentBits of ["half", 512] as ExponentBits[]) {
    const before = cpuMicros();
    const table: PowerTable = await powerTableOf(publicKey, exponentBits, secureRng, ring);
    print(`${ring.name} table, exponent ${exponentBits}: ${((cpuMicros() - before) / 1000).toFixed(0)} ms`);
    job(`${ring.name} encrypt, exponent ${exponentBits}`, batch, () => table.encrypt(blocks, secureRng.bytes(batch * table.exponentBytes)));
  }
  const sum = new CiphertextSum(publicKey, batch, ring);
  job(`${ring.name} check and add`, batch, () => sum.add(ciphertexts));
}
const sum = new CiphertextSum(publicKey, batch);
job("check alone", batch, () => sum.check(ciphertexts));
job("export with its gcd", batch, () => sum.export());
const some = ciphertexts.subarray(0, 10 * 2 * publicKey.bytes);
const [openssl, plain] = [createDecryptor(key, opensslPower), createDecryptor(key)];
job("decrypt, OpenSSL", 10, () => openssl(some));
job("decrypt, BigInt", 10, () => plain(some));
const [theirs, opener] = [toReferencePublicKey(publicKey), toReferencePrivateKey(key)];
const number = ciphertextFromBytes(publicKey, ciphertexts);
job("paillier-bigint encrypt", 2, () => [theirs.encrypt(5n), theirs.encrypt(6n)]);
job("paillier-bigint add", batch, () => {
  for (let i = 0, total = number; i < batch; i++) total = theirs.addition(total, number);
});
job("paillier-bigint decrypt", 2, () => [opener.decrypt(number), opener.decrypt(number)]);

for (let round = 0; round < 8; round++) {
  for (const { count, run, samples } of jobs.values()) {
    const before = cpuMicros();
    run();
    if (round > 0) samples.push((cpuMicros() - before) / count);
  }
}
print(`${publicKey.bits} bits, Node ${process.version}, microseconds of CPU a ciphertext`);
for (const [name, { samples }] of jobs) {
  const median = samples.sort((a, b) => a - b)[samples.length >> 1]!;
  print(`${name.padEnd(36)} ${median.toFixed(1).padStart(10)}`);
}
