/**
 * What opening by two of three keyholders costs here at 2,048 bits: `node test/bench/threshold.ts [ciphertexts]`. By default as many as
 * 26,912 values take (1,682 items at rank 16). CPU and wall time; nothing is asserted.
 */
import { encryptBlocks } from "../../shared/crypto/paillier/ciphertext.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { createWorkerRaiser } from "../../shared/crypto/paillier/partial-workers.node.ts";
import { combineParts, type HolderPart } from "../../shared/crypto/paillier/threshold-combine.ts";
import { createPartialDecryptor, createRaiser, partBytes, verifyPart } from "../../shared/crypto/paillier/threshold-part.ts";
import { secureRng } from "../../shared/random.ts";
import { testThresholdKey2048 } from "../support/threshold-keys.ts";

const count = Number(process.argv[2] ?? 449);
const { key, shares } = testThresholdKey2048;
const { bytes: width } = key.publicKey;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  const [wallMs, cpuMs] = [performance.now() - start, (user + system) / 1_000];
  print(`${name.padEnd(28)} ${cpuMs.toFixed(0).padStart(7)} ms CPU ${wallMs.toFixed(0).padStart(7)} ms wall`);
  return result;
}

const blocks = secureRng.bytes(count * width);
for (let block = 1; block <= count; block++) blocks[block * width - 1] = 0;
const ciphertexts = await encryptBlocks(key.publicKey, blocks, 512, secureRng);
print(`${count} ciphertexts at 2,048 bits, Node ${process.version}; a part has ${partBytes(key, count)} bytes`);
const parts: HolderPart[] = [];
for (const share of [shares[0]!, shares[2]!]) {
  const partials = await timed(`raise, holder ${share.index}`, () => createRaiser(key, share, opensslPower)(ciphertexts));
  const prove = createPartialDecryptor(key, share, { power: opensslPower, raise: async () => partials });
  const part = await timed("  prove", () => prove(ciphertexts, "bench"));
  await timed("  verify", () => verifyPart(key, share.index, ciphertexts, part, "bench"));
  parts.push({ index: share.index, part });
}
await timed("combine", () => combineParts(key, count, parts));
await timed("raise, 2 workers", () => createWorkerRaiser(key, shares[0]!, { workers: 2 })(ciphertexts));
