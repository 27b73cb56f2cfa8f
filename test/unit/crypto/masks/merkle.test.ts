/** The cohort's tree: every path proves its leaf, and no other. */

import { describe, expect, it } from "vitest";
import { concatenate, toUtf8 } from "../../../../shared/crypto/encoding.ts";
import { buildTree, pathOf, verifyPath } from "../../../../shared/crypto/masks/merkle.ts";
import { pathLength } from "../../../../shared/crypto/masks/sizes.ts";
import { nodePrimitives } from "../../../../shared/crypto/primitives.node.ts";

const { digest } = nodePrimitives;
const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `device-${at}`);

describe("the cohort's tree", () => {
  it("proves every leaf of every size up to 33, by paths of the expected length", async () => {
    for (let size = 1; size <= 33; size++) {
      const tree = await buildTree(digest, ids(size));
      for (let index = 0; index < size; index++) {
        const path = pathOf(tree, index);
        expect(path).toHaveLength(pathLength(size, index));
        expect(await verifyPath(digest, tree.root, size, index, `device-${index}`, path)).toBe(true);
      }
    }
  });

  it("proves no other id, index or size, and takes no changed, cut or longer path", async () => {
    for (const size of [2, 5, 7, 8, 13]) {
      const tree = await buildTree(digest, ids(size));
      for (let index = 0; index < size; index++) {
        const path = pathOf(tree, index);
        const holds = (place: number, id: string, total = size, siblings = path): Promise<boolean> =>
          verifyPath(digest, tree.root, total, place, id, siblings);
        expect(await holds(index, "device-x")).toBe(false);
        for (let other = 0; other < size + 2; other++) if (other !== index) expect(await holds(other, `device-${index}`)).toBe(false);
        for (const total of [size - 1, size + 1, 2 * size]) expect(await holds(index, `device-${index}`, total)).toBe(false);
        expect(await holds(index, `device-${index}`, size, path.slice(1))).toBe(false);
        expect(await holds(index, `device-${index}`, size, [...path, path[0] ?? tree.root])).toBe(false);
        expect(
          await holds(
            index,
            `device-${index}`,
            size,
            path.map((node) => node.slice(1)),
          ),
        ).toBe(false);
        expect(
          await holds(
            index,
            `device-${index}`,
            size,
            path.map((node) => node.map((byte) => byte ^ 1)),
          ),
        ).toBe(false);
      }
    }
  });

  it("hashes leaves, nodes and the root under different first bytes", async () => {
    const [a, b] = [Uint8Array.of(0, 0, 0, 0, 0), Uint8Array.of(0, 1, 0, 0, 0)];
    const leaves = [await digest(concatenate(a, toUtf8("p"))), await digest(concatenate(b, toUtf8("q")))] as const;
    const node = await digest(concatenate(Uint8Array.of(1), ...leaves));
    const root = await digest(concatenate(Uint8Array.of(2, 2, 0, 0, 0), node));
    expect((await buildTree(digest, ["p", "q"])).root).toEqual(root);
  });

  it("refuses an empty cohort and indexes outside", async () => {
    await expect(buildTree(digest, [])).rejects.toThrow(RangeError);
    const tree = await buildTree(digest, ids(3));
    expect(() => pathOf(tree, 3)).toThrow(RangeError);
    expect(await verifyPath(digest, tree.root, 3, -1, "device-0", [])).toBe(false);
  });
});
