/**
 * The X25519 points with which every agreement gives zeros. Imports encoding.
 *
 * Source: https://cr.yp.to/ecdh.html#validate: all points of order 1, 2, 4 and 8 of the curve and its twist, and their encodings above the prime.
 */
import { equalBytes } from "./encoding.ts";

const top = (first: number): Uint8Array => Uint8Array.of(first, ...new Uint8Array(30).fill(0xff), 0x7f);
const words = (text: string): Uint8Array => Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));

const points: readonly Uint8Array[] = [
  new Uint8Array(32),
  Uint8Array.of(1, ...new Uint8Array(31)),
  words("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
  words("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
  top(0xec),
  top(0xed),
  top(0xee),
];

/** True for a point with which no secret can be agreed on, whatever its unused top bit. @param point [32] */
export function isLowOrder(point: Uint8Array): boolean {
  const masked = point.slice();
  masked[31] = (masked[31] ?? 0) & 0x7f;
  return points.some((known) => equalBytes(known, masked));
}
