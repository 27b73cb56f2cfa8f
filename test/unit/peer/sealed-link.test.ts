/** Sealed frames between agents: who may read, who is heard, what is taken twice. */
import { describe, expect, it } from "vitest";
import { createBoxKeys } from "../../../shared/crypto/sealed-box.ts";
import { createSealedLink, peerIdOf, sealedFrameOverhead } from "../../../shared/peer/sealed-link.ts";
import { secureRng } from "../../../shared/random.ts";

const [ann, bob, eve] = [createBoxKeys(secureRng), createBoxKeys(secureRng), createBoxKeys(secureRng)];
const [annId, bobId, eveId] = [peerIdOf(ann), peerIdOf(bob), peerIdOf(eve)];
const frame = Uint8Array.from({ length: 40 }, (_, at) => at);
const pair = () => [createSealedLink(ann, [bobId, eveId], secureRng), createSealedLink(bob, [annId], secureRng)] as const;
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "none";
};

describe("a sealed link", () => {
  it("opens what a neighbor sealed, in any order, and hides it from others", () => {
    const [left, right] = pair();
    const sealed = [1, 2, 3].map(() => left.seal(bobId, frame));
    expect(sealed[0]).not.toEqual(sealed[1]);
    expect(sealed[0]).toHaveLength(frame.length + sealedFrameOverhead);
    for (const at of [2, 0, 1]) expect(right.open(annId, sealed[at]!)).toEqual(frame);
    const third = createSealedLink(eve, [annId, bobId], secureRng);
    expect(code(() => third.open(annId, left.seal(bobId, frame)))).toBe("DECRYPT_FAILED");
  });

  it("refuses changes of any byte, other senders, the sender's own frames turned back, and strangers", () => {
    const [left, right] = pair();
    const sealed = left.seal(bobId, frame);
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at] = changed[at]! ^ 1;
      expect(code(() => right.open(annId, changed))).toBe("DECRYPT_FAILED");
    }
    expect(code(() => right.open(annId, sealed.subarray(0, 39)))).toBe("DECRYPT_FAILED");
    expect(code(() => right.open(eveId, sealed))).toBe("AUTH_FAILED");
    expect(code(() => left.open(bobId, sealed))).toBe("DECRYPT_FAILED");
    expect(code(() => right.seal(eveId, frame))).toBe("AUTH_FAILED");
    // Nothing of it was taken: the frame itself still opens.
    expect(right.open(annId, sealed)).toEqual(frame);
  });

  it("takes every frame once, and none from far behind", () => {
    const [left, right] = pair();
    const first = left.seal(bobId, frame);
    const second = left.seal(bobId, frame);
    expect(right.open(annId, second)).toEqual(frame);
    expect(code(() => right.open(annId, second))).toBe("REPLAYED");
    let last = second;
    for (let time = 0; time < 1_100; time++) {
      last = left.seal(bobId, frame);
      right.open(annId, last);
    }
    expect(code(() => right.open(annId, last))).toBe("REPLAYED");
    expect(code(() => right.open(annId, first))).toBe("REPLAYED");
  });

  it("hears an agent that has begun anew, and its old session no more", () => {
    const [left, right] = pair();
    right.open(annId, left.seal(bobId, frame));
    const withheld = left.seal(bobId, frame);
    const restarted = createSealedLink(ann, [bobId], secureRng);
    expect(right.open(annId, restarted.seal(bobId, frame))).toEqual(frame);
    expect(code(() => right.open(annId, withheld))).toBe("REPLAYED");
  });

  it("refuses names that are no usable keys", () => {
    for (const name of ["short", "A".repeat(43), "!".repeat(43)]) {
      expect(code(() => createSealedLink(ann, [name], secureRng))).toBe("AUTH_FAILED");
    }
  });
});
