/** Every policy of the index passes the one suite; what each leaves out is told by its own tests. */
import { describe, expect, it } from "vitest";
import { resolveSection } from "../../shared/registry.ts";
import { sharings } from "../../shared/sharing/index.ts";
import type { Sharing, SharingShape } from "../../shared/sharing/sharing.ts";
import { describeSharing } from "./sharing.ts";

function create(section: { readonly kind: string }, shape: SharingShape): Sharing {
  const { definition, options } = resolveSection(sharings, section, "sharing");
  return definition.create(options, shape);
}

for (const { kind } of sharings) describeSharing(kind, (shape) => create({ kind }, shape));

const shape: SharingShape = { items: 8, contribution: [{ name: "factors", shape: [8, 4] }], label: "films-1" };
const vector = Float64Array.from({ length: 32 }, (_, at) => at + 1);

/** The mean of what is read of one vector, over many rounds. */
function meanOf(sharing: Sharing, rounds: number): Float64Array {
  const sum = new Float64Array(32);
  for (let round = 1; round <= rounds; round++) {
    for (const [at, value] of sharing.decode(sharing.encode(vector, round), round).entries()) sum[at]! += value / rounds;
  }
  return sum;
}

describe("what is left out", () => {
  it.each([
    { kind: "sampled-rows", share: 0.5, isUnbiased: true },
    { kind: "low-rank", rank: 2, isUnbiased: true },
  ])("comes in the mean over rounds: $kind", (section) => {
    const mean = meanOf(create(section, shape), 4000);
    for (const [at, value] of mean.entries()) expect(value / vector[at]!).toBeCloseTo(1, 0);
    expect(mean.reduce((sum, value) => sum + value, 0) / vector.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 1);
  });

  it("is what rows of a bucket differ by: hashed-rows", () => {
    const sharing = create({ kind: "hashed-rows", share: 0.25 } as { kind: string }, shape);
    const read = sharing.decode(sharing.encode(vector, 1), 1);
    expect(read.reduce((sum, value) => sum + value, 0)).toBeCloseTo(
      vector.reduce((sum, value) => sum + value, 0),
      9,
    );
    const rows = Array.from({ length: 8 }, (_, item) => read.slice(4 * item, 4 * item + 4).join());
    expect(new Set(rows).size).toBe(2);
  });

  it("is what lies outside of the subspace: low-rank, drawn once", () => {
    const sharing = create({ kind: "low-rank", rank: 2, redraw: "never" } as { kind: string }, shape);
    const once = sharing.decode(sharing.encode(vector, 1), 1);
    const twice = sharing.decode(sharing.encode(once, 7), 7);
    for (const [at, value] of twice.entries()) expect(value).toBeCloseTo(once[at]!, 9);
  });

  it("is refused where there is nothing to leave out, or no rows", () => {
    expect(() => create({ kind: "low-rank", rank: 4 } as { kind: string }, shape)).toThrow(/nearest: sharing all/);
    const net = { ...shape, contribution: [{ name: "weights", shape: [5, 3] }] };
    for (const kind of ["sampled-rows", "hashed-rows", "low-rank"]) expect(() => create({ kind }, net)).toThrow(/items' rows/);
  });
});
