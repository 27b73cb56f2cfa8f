/** Properties of masked sums, secret sharing and the codecs of a masked round. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalBytes, toBase64url } from "../../shared/crypto/encoding.ts";
import { membersOf, toBitmap } from "../../shared/crypto/masks/bitmap.ts";
import * as closing from "../../shared/crypto/masks/closing-messages.ts";
import { addPairMask, addSelfMask, type MaskContext } from "../../shared/crypto/masks/mask.ts";
import * as messages from "../../shared/crypto/masks/messages.ts";
import { drawNeighbors } from "../../shared/crypto/masks/neighbors.ts";
import { recover } from "../../shared/crypto/masks/recover.ts";
import { addRing, fromRing, type RingBits, ringFromBytes, ringToBytes, toRing } from "../../shared/crypto/masks/ring.ts";
import { combine, split } from "../../shared/crypto/masks/shamir.ts";
import { pathLength } from "../../shared/crypto/masks/sizes.ts";
import { nodePrimitives as primitives } from "../../shared/crypto/primitives.node.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { toClientId } from "../../shared/ids.ts";
import { secureRng } from "../../shared/random.ts";
import { createEnds } from "../support/mask-ends.ts";

const context: MaskContext = { run: "films-1", round: 1 };
const ends = await createEnds(9);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const devices = 40;
const indexes = (maxLength = 6) => fc.uniqueArray(fc.nat(devices - 1), { maxLength }).map((list) => list.sort((a, b) => a - b));

describe("masks", () => {
  it("cancel under any set of devices that vanish, on any graph, in rings of any bits", async () => {
    const round = fc.record({
      bits: fc.constantFrom<RingBits>(24, 32, 40, 64),
      here: fc.uniqueArray(fc.nat(8), { minLength: 1, maxLength: 9 }),
      neighbors: fc.integer({ min: 1, max: 8 }),
      value: fc.integer({ min: -900_000, max: 900_000 }),
    });
    await fc.assert(
      fc.asyncProperty(round, async ({ bits, here, neighbors, value }) => {
        const picks = ends.map(({ index }) => new Set(drawNeighbors(ends.length, neighbors, index, secureRng)));
        const areNeighbors = (i: number, j: number): boolean => i !== j && (picks[i]!.has(j) || picks[j]!.has(i));
        const sum = toRing(new Float64Array(5), bits);
        const seeds = ends.map(() => secureRng.bytes(32));
        for (const i of here) {
          const vector = toRing(
            Float64Array.from({ length: 5 }, (_, at) => value + i - at),
            bits,
          );
          await addSelfMask(primitives, context, i, seeds[i]!, vector, bits, 1);
          for (const end of ends) if (areNeighbors(i, end.index)) await addPairMask(primitives, context, ends[i]!, end, vector, bits, 1);
          // Only the low bits travel.
          addRing(sum, ringFromBytes(ringToBytes(vector, bits), 5, bits), bits);
        }
        for (const i of here) await addSelfMask(primitives, context, i, seeds[i]!, sum, bits, -1);
        for (const gone of ends) {
          if (here.includes(gone.index)) continue;
          // What a vanished device would have added, from its rebuilt secret: the remaining masks of those who are here.
          for (const i of here) if (areNeighbors(gone.index, i)) await addPairMask(primitives, context, gone, ends[i]!, sum, bits, 1);
        }
        const expected = Array.from({ length: 5 }, (_, at) => here.reduce((total, i) => total + value + i - at, 0));
        expect([...fromRing(sum, bits, 10_000_000)]).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});

describe("secret sharing", () => {
  const sharing = fc
    .record({ secret: bytes(32), xs: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 20 }) })
    .chain(({ secret, xs }) =>
      fc.record({ secret: fc.constant(secret), xs: fc.constant(xs), threshold: fc.integer({ min: 1, max: xs.length }) }),
    );

  it("gives the secret from any subset of the threshold's size", () => {
    fc.assert(
      fc.property(sharing, fc.nat(), ({ secret, xs, threshold }, turn) => {
        const shares = split(secret, threshold, xs, secureRng);
        const subset = Array.from({ length: threshold }, (_, at) => shares[(at + turn) % shares.length]!);
        expect(equalBytes(combine(subset), secret)).toBe(true);
      }),
    );
  });

  it("finds the secret and names the wrong shares up to the decoding radius", async () => {
    await fc.assert(
      fc.asyncProperty(sharing, fc.nat(), bytes(32), async ({ secret, xs, threshold }, turn, noise) => {
        const radius = Math.floor((xs.length - threshold) / 2);
        const spoiled = noise.every((byte) => byte === 0) ? 0 : radius;
        const wrong = new Set(Array.from({ length: spoiled }, (_, at) => (turn + 3 * at) % xs.length));
        const shares = split(secret, threshold, xs, secureRng).map(({ x, bytes: share }, at) =>
          wrong.has(at) ? { x, bytes: share.map((byte, i) => byte ^ noise[(i + at) % 32]!) } : { x, bytes: share },
        );
        const found = await recover(shares, threshold, (candidate) => equalBytes(candidate, secret));
        expect(found.secret).toEqual(secret);
        expect(found.wrong).toEqual([...wrong].map((at) => xs[at]!).sort((a, b) => a - b));
      }),
    );
  });
});

describe("codecs", () => {
  const neighborKeys = indexes().chain((list) =>
    fc.tuple(
      ...list.map((index) =>
        fc.record({
          index: fc.constant(index),
          id: bytes(32).map((id) => toClientId(toBase64url(id))),
          path: fc.array(bytes(32), { minLength: pathLength(devices, index), maxLength: pathLength(devices, index) }),
          answer: fc.uint8Array({ maxLength: 200 }),
          signature: bytes(64),
        }),
      ),
    ),
  );
  const sealed = indexes().chain((list) => fc.tuple(...list.map((index) => fc.record({ index: fc.constant(index), box: bytes(80) }))));
  const place = { devices: fc.constant(devices), index: fc.nat(devices - 1), root: bytes(32) };
  const answer = fc.record({ ...place, sealKey: bytes(32), maskKey: bytes(32), commitment: bytes(32), neighbors: indexes(30) });
  const contributors = indexes(40).map((list) => toBitmap(devices, list));
  const signatures = indexes().chain((list) =>
    fc.tuple(...list.map((index) => fc.record({ index: fc.constant(index), signature: bytes(64) }))),
  );
  const released = indexes().chain((list) =>
    fc.tuple(
      ...list.map((index) =>
        fc.record({ index: fc.constant(index), kind: fc.constantFrom<closing.SecretKind>("seed", "key"), share: bytes(32) }),
      ),
    ),
  );

  it("give back what was written", () => {
    const message = fc.record({
      keys: fc.record(place),
      answer,
      neighborKeys,
      sealed,
      present: indexes(),
      contributors,
      signatures,
      released,
    });
    fc.assert(
      fc.property(message, (sent) => {
        expect(messages.parseKeysBrief(messages.encodeKeysBrief(sent.keys))).toEqual(sent.keys);
        const keys = { ...sent.answer, neighbors: sent.answer.neighbors.filter((index) => index !== sent.answer.index) };
        expect(messages.parseKeysAnswer(messages.encodeKeysAnswer(keys), devices)).toEqual(keys);
        expect(messages.parseSharesBrief(messages.encodeSharesBrief(sent.neighborKeys), devices)).toEqual(sent.neighborKeys);
        expect(messages.parseSharesAnswer(messages.encodeSharesAnswer(sent.sealed), devices)).toEqual(sent.sealed);
        const brief = { shares: sent.sealed, present: sent.present };
        expect(messages.parseContributionBrief(messages.encodeContributionBrief(brief), devices)).toEqual(brief);
        expect(membersOf(sent.contributors).every((index) => index < devices)).toBe(true);
        const unmask = { contributors: sent.contributors, signatures: sent.signatures };
        expect(closing.parseUnmaskBrief(closing.encodeUnmaskBrief(unmask, devices), devices)).toEqual(unmask);
        expect(closing.parseUnmaskAnswer(closing.encodeUnmaskAnswer(sent.released), devices)).toEqual(sent.released);
      }),
    );
  });

  const parsers: readonly ((input: Uint8Array) => unknown)[] = [
    messages.parseKeysBrief,
    (input) => messages.parseKeysAnswer(input, devices),
    (input) => messages.parseSharesBrief(input, devices),
    (input) => messages.parseSharesAnswer(input, devices),
    (input) => messages.parseContributionBrief(input, devices),
    (input) => closing.parseConsistencyBrief(input, devices),
    closing.parseConsistencyAnswer,
    (input) => closing.parseUnmaskBrief(input, devices),
    (input) => closing.parseUnmaskAnswer(input, devices),
  ];

  function expectCoded(input: Uint8Array): void {
    for (const parse of parsers) {
      try {
        parse(input);
      } catch (error) {
        expect(isCofactorError(error) && ["MESSAGE_MALFORMED", "SHAPE_MISMATCH"].includes(error.code), String(error)).toBe(true);
      }
    }
  }

  it("refuse random, cut, lengthened and changed bytes with a code, and never otherwise", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), expectCoded), { numRuns: 500 });
    fc.assert(
      fc.property(neighborKeys, answer, released, fc.nat(), fc.nat(255), (list, keys, shares, place, flip) => {
        const neighbors = keys.neighbors.filter((index) => index !== keys.index);
        const sent = [
          messages.encodeSharesBrief(list),
          messages.encodeKeysAnswer({ ...keys, neighbors }),
          closing.encodeUnmaskAnswer(shares),
        ];
        for (const message of sent) {
          const at = place % message.length;
          expectCoded(message.subarray(0, at));
          expectCoded(Uint8Array.of(...message, flip));
          expectCoded(message.map((byte, index) => (index === at ? byte ^ flip : byte)));
        }
      }),
    );
  });
});
