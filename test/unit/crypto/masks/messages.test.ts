/** The codecs of a masked round: what they take, and what they refuse. */
import { describe, expect, it } from "vitest";
import { concatenate } from "../../../../shared/crypto/encoding.ts";
import { countBits, hasBit, membersOf, toBitmap } from "../../../../shared/crypto/masks/bitmap.ts";
import {
  encodeConsistencyBrief,
  encodeUnmaskAnswer,
  parseConsistencyAnswer,
  parseConsistencyBrief,
  parseUnmaskAnswer,
} from "../../../../shared/crypto/masks/closing-messages.ts";
import {
  encodeKeysAnswer,
  encodeKeysBrief,
  encodeSharesAnswer,
  parseContributionBrief,
  parseKeysAnswer,
  parseKeysBrief,
  parseSharesAnswer,
  parseSharesBrief,
} from "../../../../shared/crypto/masks/messages.ts";

const block = (value: number): Uint8Array => new Uint8Array(32).fill(value);
const place = { devices: 10, index: 3, root: block(1) };
const keys = { ...place, sealKey: block(2), maskKey: block(3), commitment: block(4) };
const malformed = expect.objectContaining({ code: "MESSAGE_MALFORMED" });

describe("keys", () => {
  it("briefs and answers have the stated sizes", () => {
    expect(encodeKeysBrief(place)).toHaveLength(36);
    expect(encodeKeysAnswer({ ...keys, neighbors: [0, 1, 2, 4, 5, 6, 7, 8, 9] })).toHaveLength(133);
    expect(encodeKeysAnswer({ ...keys, neighbors: [0, 9] })).toHaveLength(139);
  });

  it("the full graph comes back as all others", () => {
    const neighbors = [0, 1, 2, 4, 5, 6, 7, 8, 9];
    expect(parseKeysAnswer(encodeKeysAnswer({ ...keys, neighbors }), 10).neighbors).toEqual(neighbors);
  });

  it("refuses indexes outside, repeats, disorder, oneself, and a second form of the full list", () => {
    const answer = encodeKeysAnswer({ ...keys, neighbors: [0, 9] });
    const withList = (...list: number[]): Uint8Array =>
      concatenate(answer.slice(0, 132), Uint8Array.of(1, list.length, 0, ...list.flatMap((index) => [index, 0])));
    expect(parseKeysAnswer(withList(0, 9), 10).neighbors).toEqual([0, 9]);
    for (const list of [
      [0, 10],
      [4, 4],
      [5, 4],
      [2, 3],
      [0, 1, 2, 4, 5, 6, 7, 8, 9],
    ]) {
      // biome-ignore format: one line shows it
      expect(() => parseKeysAnswer(withList(...list), 10)).toThrow(malformed);
    }
    expect(() => parseKeysAnswer(concatenate(answer.slice(0, 132), Uint8Array.of(2)), 10)).toThrow(malformed);
    expect(() => parseKeysAnswer(answer, 11)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => parseKeysBrief(encodeKeysBrief({ ...place, index: 10 }))).toThrow(malformed);
    expect(() => parseKeysBrief(encodeKeysBrief({ ...place, devices: 0, index: 0 }))).toThrow(malformed);
  });

  it("refuses to write what has another length, with no byte in the message", () => {
    expect(() => encodeKeysBrief({ ...place, root: new Uint8Array(31).fill(77) })).toThrow('"root" expected 32 bytes, got 31');
    expect(() => encodeKeysBrief({ ...place, devices: 65_536 })).toThrow(RangeError);
    expect(() => encodeSharesAnswer([{ index: 1, box: new Uint8Array(79) }])).toThrow('"box" expected 80 bytes, got 79');
  });
});

describe("lists", () => {
  it("of 65,535 items that are not there are refused before anything is kept for them", () => {
    const claim = Uint8Array.of(0xff, 0xff);
    for (const parse of [parseSharesBrief, parseSharesAnswer, parseContributionBrief, parseUnmaskAnswer]) {
      expect(() => parse(claim, 65_535)).toThrow(malformed);
      expect(() => parse(concatenate(claim, new Uint8Array(200)), 65_535)).toThrow(malformed);
    }
  });
});

describe("sets of devices", () => {
  it("hold their members, and no device beyond the cohort", () => {
    const bitmap = toBitmap(10, [0, 7, 8, 9]);
    expect([...bitmap]).toEqual([0x81, 0x03]);
    expect([membersOf(bitmap), countBits(bitmap), hasBit(bitmap, 9), hasBit(bitmap, 1), hasBit(bitmap, 99)]).toEqual([
      [0, 7, 8, 9],
      4,
      true,
      false,
      false,
    ]);
    expect(parseConsistencyBrief(encodeConsistencyBrief(bitmap, 10), 10)).toEqual(bitmap);
    expect(() => parseConsistencyBrief(Uint8Array.of(0x81, 0x04), 10)).toThrow(malformed);
    expect(() => parseConsistencyBrief(bitmap, 17)).toThrow(malformed);
    expect(() => parseConsistencyBrief(bitmap, 8)).toThrow(malformed);
    expect(() => toBitmap(10, [10])).toThrow(RangeError);
  });

  it("are answered by a digest of 32 bytes", () => {
    expect(parseConsistencyAnswer(block(5))).toEqual(block(5));
    expect(() => parseConsistencyAnswer(new Uint8Array(33))).toThrow(malformed);
  });
});

describe("released shares", () => {
  it("are never two of one device", () => {
    const both = encodeUnmaskAnswer([
      { index: 4, kind: "seed", share: block(1) },
      { index: 4, kind: "key", share: block(2) },
    ]);
    expect(() => parseUnmaskAnswer(both, 10)).toThrow(malformed);
    const unknown = encodeUnmaskAnswer([{ index: 4, kind: "seed", share: block(1) }]);
    unknown[4] = 2;
    expect(() => parseUnmaskAnswer(unknown, 10)).toThrow(malformed);
  });
});
