/** The aggregator's fast verification accepts exactly what the portable one accepts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifySignature } from "../../server/verify.ts";
import { fromBase64url, toBase64url } from "../../shared/crypto/encoding.ts";
import { identityFromSeed, sign, verifyText } from "../../shared/crypto/identity.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** The order of the group, little-endian: adding it to S makes another encoding of the same signature. */
const order = fromBase64url("7dP1XBpjEljWnPei3vneFAAAAAAAAAAAAAAAAAAAABA");

describe("verifySignature", () => {
  it("agrees with tweetnacl on good, damaged and foreign signatures", () => {
    fc.assert(
      fc.property(bytes(32), fc.uint8Array({ maxLength: 60 }), fc.nat(63), fc.nat(255), (seed, message, place, flip) => {
        const identity = identityFromSeed(seed);
        const signature = sign(identity, "answer", message);
        expect(verifySignature(identity.id, "answer", message, toBase64url(signature))).toBe(true);
        expect(verifySignature(identity.id, "join", message, toBase64url(signature))).toBe(false);
        const damaged = signature.slice();
        damaged[place]! ^= flip;
        const text = toBase64url(damaged);
        expect(verifySignature(identity.id, "answer", message, text)).toBe(verifyText(identity.id, "answer", message, text));
      }),
      { numRuns: 25 },
    );
  });

  it("refuses a signature whose S was raised by the group's order, as the portable one does", () => {
    const identity = identityFromSeed(new Uint8Array(32).fill(7));
    const raised = sign(identity, "answer", new Uint8Array(3));
    let carry = 0;
    for (let i = 0; i < 32; i++) {
      const sum = raised[32 + i]! + order[i]! + carry;
      raised[32 + i] = sum & 0xff;
      carry = sum >> 8;
    }
    expect(verifyText(identity.id, "answer", new Uint8Array(3), toBase64url(raised))).toBe(false);
    expect(verifySignature(identity.id, "answer", new Uint8Array(3), toBase64url(raised))).toBe(false);
  });

  it("gives false for keys and signatures that are none", () => {
    for (const [key, signature] of [
      ["", ""],
      ["A".repeat(43), "A".repeat(86)],
      ["not base64url!", "x"],
      ["A".repeat(20), "A".repeat(86)],
    ] as const) {
      expect(verifySignature(key, "answer", new Uint8Array(1), signature)).toBe(verifyText(key, "answer", new Uint8Array(1), signature));
    }
  });
});
