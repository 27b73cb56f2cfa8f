/** The server's verification against the signatures that devices make. */
import { describe, expect, it } from "vitest";
import { verifySignature } from "../../../server/verify.ts";
import { fromBase64url, toBase64url, toUtf8 } from "../../../shared/crypto/encoding.ts";
import { createIdentity, sign, verifyText } from "../../../shared/crypto/identity.ts";
import { secureRng } from "../../../shared/random.ts";

const identity = createIdentity(secureRng);
const message = toUtf8("run 1, round 2");
const signature = toBase64url(sign(identity, "answer", message));

describe("verifySignature", () => {
  it("accepts what a device signs, of any length", () => {
    for (const length of [0, 1, 64, 5_000]) {
      const bytes = secureRng.bytes(length);
      expect(verifySignature(identity.id, "join", bytes, toBase64url(sign(identity, "join", bytes)))).toBe(true);
    }
  });

  it("refuses another purpose, message or key", () => {
    expect(verifySignature(identity.id, "answer", message, signature)).toBe(true);
    expect(verifySignature(identity.id, "join", message, signature)).toBe(false);
    expect(verifySignature(identity.id, "answer", toUtf8("run 1, round 3"), signature)).toBe(false);
    expect(verifySignature(createIdentity(secureRng).id, "answer", message, signature)).toBe(false);
  });

  it("refuses a signature with any of its bits changed, as the portable verification does", () => {
    for (let bit = 0; bit < 512; bit += 37) {
      const changed = fromBase64url(signature);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(verifySignature(identity.id, "answer", message, toBase64url(changed))).toBe(false);
      expect(verifyText(identity.id, "answer", message, toBase64url(changed))).toBe(false);
    }
  });

  it.each(["", "A", "AAAA", "A".repeat(43), "A".repeat(86), "é".repeat(86)])(
    "gives false, never an error, for malformed text: %s",
    (text) => {
      expect(verifySignature(identity.id, "answer", message, text)).toBe(false);
      expect(verifySignature(text, "answer", message, signature)).toBe(false);
    },
  );
});
