/** One instance of the WebAssembly kernel, configured for a modulus, with a bump allocator over its memory. Imports this folder, encoding. */
import { bigIntToBytes, fromBase64url } from "../encoding.ts";
import { inverseMod } from "./arithmetic.ts";
import { kernelWasm } from "./kernel.wasm.ts";
import type { PaillierPublicKey } from "./keys.ts";

const limbBits = 27;
/** What the kernel's fixed buffers hold: see kernel.as.ts. */
const maxKeyBits = 8192;

/** The kernel's functions, with addresses and counts as numbers: see kernel.as.ts for each. */
interface KernelExports {
  readonly memory: WebAssembly.Memory;
  configure(limbCount: number, negativeInverse: number): void;
  modulusAt(): number;
  multipleAt(): number;
  heapAt(): number;
  multiplyPair(out: number, a: number, b: number): void;
  canonicalize(pair: number): void;
  readLimbs(out: number, bytes: number, length: number, count: number): void;
  readPair(out: number, bytes: number, length: number): void;
  writePair(bytes: number, pair: number, length: number): void;
  fillRow(row: number, count: number): void;
  powerDigits(power: number, powers: number, digits: number, count: number): void;
  encryptBatch(
    out: number,
    plaintexts: number,
    exponents: number,
    count: number,
    length: number,
    table: number,
    rows: number,
    scratch: number,
  ): void;
  multiplyBatch(products: number, ciphertexts: number, count: number, length: number, scratch: number): void;
  finishBatch(out: number, products: number, count: number, length: number, factor: number, scratch: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** A configured kernel and its memory. Addresses stay valid for its life; views of the memory do not, once more is allocated. */
export class Kernel {
  readonly run: KernelExports;
  /** Bytes of a pair in limbs. */
  readonly pairBytes: number;
  /** R, the Montgomery factor. */
  readonly factor: bigint;
  #top: number;

  /** @throws RangeError for a key it cannot hold; whatever WebAssembly throws where it is missing or forbidden */
  constructor(key: PaillierPublicKey) {
    if (key.bits > maxKeyBits) throw new RangeError(`"key" expected at most ${maxKeyBits} bits, got ${key.bits}`);
    const { n } = key;
    // R >= 16 n, in whole groups of four limbs.
    const limbs = 4 * Math.ceil((key.bits + 4) / (4 * limbBits));
    const word = 1n << BigInt(limbBits);
    this.factor = 1n << BigInt(limbBits * limbs);
    this.pairBytes = 8 * limbs;
    compiled ??= new WebAssembly.Module(toBytes(kernelWasm));
    this.run = new WebAssembly.Instance(compiled, {}).exports as unknown as KernelExports;
    this.run.configure(limbs, Number(word - inverseMod(n, word)));
    this.#top = this.run.heapAt();
    const staging = this.allocate(key.bytes + 16);
    this.#writeLimbs(this.run.modulusAt(), n, limbs + 4, staging, key.bytes + 16);
    this.#writeLimbs(this.run.multipleAt(), (this.factor / n + 1n) * n, limbs + 4, staging, key.bytes + 16);
  }

  /** The address of `bytes` fresh bytes, zero, aligned to 64. @throws RangeError when the memory cannot grow */
  allocate(bytes: number): number {
    const at = Math.ceil(this.#top / 64) * 64;
    this.#top = at + bytes;
    const missing = this.#top - this.run.memory.buffer.byteLength;
    if (missing > 0) this.run.memory.grow(Math.ceil(missing / 65_536));
    return at;
  }

  /** The memory at an address, until the next allocation. */
  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.run.memory.buffer, at, length);
  }

  #writeLimbs(out: number, value: bigint, count: number, staging: number, length: number): void {
    this.bytes(staging, length).set(bigIntToBytes(value, length));
    this.run.readLimbs(out, staging, length, count);
  }
}

/** Ordinary base64 as bytes. */
function toBytes(base64: string): Uint8Array<ArrayBuffer> {
  return fromBase64url(base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")) as Uint8Array<ArrayBuffer>;
}
