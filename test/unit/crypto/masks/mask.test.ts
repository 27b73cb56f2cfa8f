/** Masks and sealed shares: bound to run, round, ends and direction. */

import { describe, expect, it } from "vitest";
import { addPairMask, addSelfMask, commitToSeed, type MaskContext, openShares, sealShares } from "../../../../shared/crypto/masks/mask.ts";
import { sealedShareBytes } from "../../../../shared/crypto/masks/sizes.ts";
import { nodePrimitives as primitives } from "../../../../shared/crypto/primitives.node.ts";
import { createWebPrimitives } from "../../../../shared/crypto/primitives-web.ts";
import { secureRng } from "../../../../shared/random.ts";
import { createEnds } from "../../../support/mask-ends.ts";

const context: MaskContext = { run: "films-1", round: 3 };
const others: readonly MaskContext[] = [
  { run: "films-2", round: 3 },
  { run: "films-1", round: 4 },
  { run: "films-1", round: 2 ** 33 + 3 },
];
const ends = await createEnds(3);
const [a, b, c] = [ends[0]!, ends[1]!, ends[2]!];

async function pairMask(where: MaskContext, own: typeof a, neighbor: typeof a, bits: 32 | 64 = 32): Promise<Uint32Array> {
  const vector = new Uint32Array(8);
  await addPairMask(primitives, where, own, neighbor, vector, bits, 1);
  return vector;
}

describe("pair masks", () => {
  it("cancel between both ends, in both rings, and are taken out by the other direction", async () => {
    for (const bits of [32, 64] as const) {
      const vector = new Uint32Array(8);
      await addPairMask(primitives, context, a, b, vector, bits, 1);
      expect(vector.some((word) => word !== 0)).toBe(true);
      const kept = vector.slice();
      await addPairMask(primitives, context, b, a, vector, bits, 1);
      expect([...vector]).toEqual(new Array(8).fill(0));
      await addPairMask(primitives, context, a, b, kept, bits, -1);
      expect([...kept]).toEqual(new Array(8).fill(0));
    }
  });

  it("differ between runs, rounds and pairs", async () => {
    const masks = await Promise.all([context, ...others].map((where) => pairMask(where, a, b)));
    masks.push(await pairMask(context, a, c), await pairMask(context, b, c));
    masks.push(await pairMask(context, a, { ...b, index: 7 }), await pairMask(context, { ...a, index: 9 }, b));
    expect(new Set(masks.map(String)).size).toBe(masks.length);
  });

  it("are the same on every platform", async () => {
    const vector = new Uint32Array(8);
    await addPairMask(await createWebPrimitives(), context, a, b, vector, 32, 1);
    expect(vector).toEqual(await pairMask(context, a, b));
  });
});

describe("self masks and commitments", () => {
  it("are bound to run, round and index, and the mask comes out again", async () => {
    const seed = secureRng.bytes(32);
    const made: string[] = [];
    for (const [where, index] of [[context, 0], [context, 1], ...others.map((other) => [other, 0] as const)] as const) {
      // biome-ignore format: one line shows it
      const vector = new Uint32Array(8);
      await addSelfMask(primitives, where, index, seed, vector, 32, 1);
      made.push(String(vector), String(await commitToSeed(primitives, where, index, seed)));
      await addSelfMask(primitives, where, index, seed, vector, 32, -1);
      expect([...vector]).toEqual(new Array(8).fill(0));
    }
    expect(new Set(made).size).toBe(made.length);
  });
});

describe("sealed shares", () => {
  const shares = { keyShare: secureRng.bytes(32), seedShare: secureRng.bytes(32) };

  it("open for the receiver", async () => {
    const box = await sealShares(primitives, context, a, b, shares);
    expect(box).toHaveLength(sealedShareBytes);
    expect(await openShares(primitives, context, b, a, box)).toEqual(shares);
  });

  it("do not open for others, in another context or direction, or when a byte differs", async () => {
    const box = await sealShares(primitives, context, a, b, shares);
    const damaged = box.map((byte, at) => (at === 40 ? byte ^ 1 : byte));
    const attempts = [
      openShares(primitives, context, c, a, box),
      openShares(primitives, context, a, b, box),
      openShares(primitives, context, b, { ...a, index: 5 }, box),
      openShares(primitives, context, b, a, damaged),
      openShares(primitives, context, b, a, box.subarray(1)),
      openShares(primitives, context, b, a, new Uint8Array(0)),
      ...others.map((where) => openShares(primitives, where, b, a, box)),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: "DECRYPT_FAILED" });
  });
});
