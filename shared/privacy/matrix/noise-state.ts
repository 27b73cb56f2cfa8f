/**
 * The secret state of correlated noise as bytes: "CFMN", version 1, the factorization's fingerprint, the next row, the memory, and a sum
 * over all of it against damage (not against forgery: the store seals what it keeps). Little-endian. Imports errors, factorization (types).
 */
import { CofactorError } from "../../errors.ts";
import type { Factorization } from "./factorization.ts";

/** What a stream of noise knows. */
export interface NoiseState {
  /** The next row to draw, from 0. */
  readonly nextRow: number;
  /** [slots x dimension]. */
  readonly memory: Float64Array;
}

const magic = 0x4e4d4643;
const version = 1;
const headerBytes = 32;
const sumBytes = 8;

/** A number for a factorization: its kind, its rounds and the last row of its noise. */
export function fingerprint({ kind, rounds, noiseRow }: Factorization): bigint {
  const row = noiseRow(rounds - 1);
  const text = new TextEncoder().encode(`${kind} ${rounds} `);
  return sumOf(new Uint8Array(row.buffer, row.byteOffset, row.byteLength), sumOf(text));
}

/** The state as bytes. */
export function encodeState({ nextRow, memory }: NoiseState, mark: bigint): Uint8Array {
  const bytes = new Uint8Array(headerBytes + memory.length * 8 + sumBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, version, true);
  view.setBigUint64(8, mark, true);
  view.setUint32(16, nextRow, true);
  view.setFloat64(24, memory.length, true);
  for (let i = 0; i < memory.length; i++) view.setFloat64(headerBytes + 8 * i, memory[i]!, true);
  const end = bytes.length - sumBytes;
  view.setBigUint64(end, sumOf(bytes.subarray(0, end)), true);
  return bytes;
}

/**
 * The state in `bytes`, checked.
 *
 * @param size values of memory expected
 * @throws CofactorError DATA_INVALID when the bytes are not such a state, are damaged, or belong to another stream
 */
export function decodeState(bytes: Uint8Array, mark: bigint, size: number, rounds: number): NoiseState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes + sumBytes || view.getUint32(0, true) !== magic) refuse("a state of correlated noise", "other bytes");
  if (view.getUint32(4, true) !== version) refuse(`version ${version}`, `version ${view.getUint32(4, true)}`);
  const end = bytes.length - sumBytes;
  if (view.getBigUint64(end, true) !== sumOf(bytes.subarray(0, end))) refuse("undamaged bytes", "a wrong sum");
  if (view.getBigUint64(8, true) !== mark) refuse("the state of this factorization", "that of another");
  const length = view.getFloat64(24, true);
  if (length !== size || bytes.length !== headerBytes + 8 * size + sumBytes) refuse(`${size} values of memory`, `${length}`);
  const nextRow = view.getUint32(16, true);
  if (nextRow > rounds) refuse(`a row up to ${rounds}`, `${nextRow}`);
  const memory = Float64Array.from({ length: size }, (_, i) => view.getFloat64(headerBytes + 8 * i, true));
  if (!memory.every(Number.isFinite)) refuse("finite values of memory", "others");
  return { nextRow, memory };
}

function refuse(expected: string, got: string): never {
  throw new CofactorError("DATA_INVALID", `"noise state" expected ${expected}, got ${got}`);
}

/** FNV-1a, two independent 32-bit halves, going on from an earlier sum. */
function sumOf(bytes: Uint8Array, earlier = 0xcbf29ce4_84222325n): bigint {
  let low = Number(earlier & 0xffff_ffffn);
  let high = Number(earlier >> 32n);
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x01000197);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
