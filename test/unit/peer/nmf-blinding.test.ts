/** What a neighbor can and cannot read out of opened differences; slots with signs. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToBigInt } from "../../../shared/crypto/encoding.ts";
import { createDecryptor } from "../../../shared/crypto/paillier/decrypt.ts";
import { opensslPower } from "../../../shared/crypto/paillier/openssl-power.node.ts";
import { createPaillierExchange, slotsFor } from "../../../shared/peer/nmf/paillier-exchange.ts";
import { packSigned, signedSlots, unpackSigned } from "../../../shared/peer/nmf/signed-slots.ts";
import { createRng, secureRng } from "../../../shared/random.ts";
import { testTools } from "../../support/nmf-agents.ts";
import { testKey1024 } from "../../support/paillier-keys.ts";

const { n } = testKey1024.publicKey;
const size = 25;
const create = () =>
  createPaillierExchange({ key: testKey1024, secure: secureRng, size, power: opensslPower, allowWeak: true, toolsOf: () => testTools });

/** The whole numbers that the owner of the key sees in an answer. */
function opened(answer: Uint8Array): Float64Array {
  const out = new Float64Array(size);
  unpackSigned(slotsFor(1024, {}), bytesToBigInt(createDecryptor(testKey1024, opensslPower)(answer)), n, out, 0, size);
  return out;
}

describe("signed slots", () => {
  it("carry whole numbers of either sign through sums and multiples", () => {
    const slots = signedSlots(1024, 40, 25);
    const integers = fc.array(fc.integer({ min: -(2 ** 28), max: 2 ** 28 }), { minLength: 25, maxLength: 25 });
    fc.assert(
      fc.property(integers, integers, fc.integer({ min: 1, max: 384 }), (left, right, factor) => {
        const total = packSigned(slots, Float64Array.from(left), 0) * BigInt(factor) + packSigned(slots, Float64Array.from(right), 0);
        const out = new Float64Array(25);
        unpackSigned(slots, ((total % n) + n) % n, n, out, 0, 25);
        expect([...out]).toEqual(left.map((value, at) => factor * value + right[at]!));
      }),
      { numRuns: 100 },
    );
  });

  it("refuse a plaintext with something behind its last slot, and widths that no number holds", () => {
    const slots = signedSlots(1024, 40, 25);
    const out = new Float64Array(25);
    for (const plaintext of [1n << 1000n, n - (1n << 1000n)]) {
      expect(() => unpackSigned(slots, plaintext, n, out, 0, 25)).toThrow(expect.objectContaining({ code: "UPDATE_REJECTED" }));
    }
    expect(() => signedSlots(1024, 49, 1)).toThrow(RangeError);
    expect(() => signedSlots(40, 40, 1)).toThrow(RangeError);
  });
});

describe("an opened difference", () => {
  const rng = createRng(4);
  const theirs = Float64Array.from({ length: size }, () => rng.float());
  const own = Float64Array.from({ length: size }, () => rng.float());

  it("is the blinded difference, to less than a unit of the fixed point", async () => {
    const [asker, answerer] = [create(), create()];
    const { first } = await asker.offer(theirs);
    const answer = await answerer.answer("0", first, own, Int32Array.of(200));
    const difference = await asker.open(answer);
    for (const [at, value] of difference.entries()) {
      expect(Math.abs(value - (200 / 256) * (own[at]! - theirs[at]!))).toBeLessThan(2 ** -20 * 1.5);
    }
  });

  it("is no multiple of the blind: its residues are even over all that the blind has", async () => {
    const [asker, answerer] = [create(), create()];
    const { first } = await asker.offer(theirs);
    const blind = 128;
    const residues = new Map<number, number>();
    for (let time = 0; time < 20; time++) {
      for (const value of opened(await answerer.answer("0", first, own, Int32Array.of(blind)))) {
        const residue = ((value % blind) + blind) % blind;
        residues.set(residue, (residues.get(residue) ?? 0) + 1);
      }
    }
    // 500 draws over 128 residues: chi-square with 127 degrees of freedom, far tail at 210.
    const expected = (20 * size) / blind;
    let chi = 0;
    for (let residue = 0; residue < blind; residue++) chi += ((residues.get(residue) ?? 0) - expected) ** 2 / expected;
    expect(chi).toBeLessThan(210);
  });

  it("without its noise would give the blind away as the greatest common divisor", () => {
    // Why the noise is there: the same difference, blinded alone.
    const scaled = own.map((value, at) => 200 * Math.round((value - theirs[at]!) * 2 ** 20));
    const divisor = scaled.reduce((left, right) => {
      let [a, b] = [Math.abs(left), Math.abs(right)];
      while (b !== 0) [a, b] = [b, a % b];
      return a;
    });
    expect(divisor).toBe(200);
  });

  it("refuses values beyond the fixed point, strangers' keys of another length, and answers out of all bounds", async () => {
    const exchange = create();
    await expect(exchange.offer(new Float64Array(size).fill(64))).rejects.toMatchObject({ code: "ENCODE_OVERFLOW" });
    await expect(exchange.offer(new Float64Array(size).fill(Number.NaN))).rejects.toMatchObject({ code: "ENCODE_OVERFLOW" });
    const refuses = (kind: "offer" | "answer", bytes: Uint8Array, code: string): void =>
      expect(() => exchange.check("9", kind, bytes)).toThrow(expect.objectContaining({ code }));
    refuses("offer", new Uint8Array(257), "AUTH_FAILED");
    refuses("offer", Uint8Array.of(2), "MESSAGE_MALFORMED");
    refuses("offer", Uint8Array.of(1, 2, 3), "SHAPE_MISMATCH");
    refuses("offer", new Uint8Array(400).fill(1), "CONFIG_INVALID");
    refuses("answer", new Uint8Array(256), "UPDATE_REJECTED");
    refuses("answer", new Uint8Array(255), "SHAPE_MISMATCH");
    const { first, offer } = await exchange.offer(theirs);
    exchange.check("9", "offer", first);
    exchange.check("9", "offer", offer);
    // A neighbor that answers with a huge number in a slot.
    const huge = await create().answer("1", first, new Float64Array(size).fill(63.9), Int32Array.of(2 ** 12));
    await expect(exchange.open(huge)).rejects.toMatchObject({ code: "UPDATE_REJECTED" });
  });
});
