/** Every policy of the index passes the one suite; what each leaves out is told by its own tests. */
import { describe, expect, it } from "vitest";
import { createRng, simulationRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { encodeClusters } from "../../shared/sharing/clustered-rows.ts";
import { sharings } from "../../shared/sharing/index.ts";
import type { Sharing, SharingShape } from "../../shared/sharing/sharing.ts";
import { describeSharing } from "./sharing.ts";

function create(section: { readonly kind: string }, shape: SharingShape): Sharing {
  const { definition, options } = resolveSection(sharings, section, "sharing");
  return definition.create(options, shape);
}

/** Options without which a policy does not go with the suite's 23 items. */
const needed: Readonly<Record<string, object>> = {
  "clustered-rows": { clusters: encodeClusters(Int32Array.from({ length: 23 }, (_, item) => Math.min(item % 7, 4))) },
  "sparse-rows": { rows: 6 },
};

for (const { kind } of sharings) describeSharing(kind, (shape) => create({ kind, ...needed[kind] }, shape));

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
    { kind: "low-rank", rank: 2, scaling: "standard" },
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

  it.each(["low-rank", "vera"])("keeps its squared norm in the mean, scaled by rs: %s", (kind) => {
    const sharing = create({ kind, rank: kind === "vera" ? 1 : 2, scaling: "rs" } as { kind: string }, shape);
    const norm = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
    let mean = 0;
    for (let round = 1; round <= 2000; round++) mean += norm(sharing.decode(sharing.encode(vector, round), round)) / 2000;
    expect(mean / norm(vector)).toBeCloseTo(1, 1);
  });

  it("is what no change of its vectors makes: vera gives back what lies in its span, and the adjoint of reading is encoding", () => {
    const sharing = create({ kind: "vera", rank: 3 } as { kind: string }, shape);
    const once = sharing.decode(sharing.encode(vector, 4), 4);
    expect(sharing.size).toBe(8 + 2);
    for (const [at, value] of sharing.decode(sharing.encode(once, 4), 4).entries()) expect(value).toBeCloseTo(once[at]!, 9);
    const left = vector.map((value, at) => value - once[at]!);
    expect(left.reduce((sum, value, at) => sum + value * once[at]!, 0)).toBeCloseTo(0, 8);
  });

  it("is what rows of a cluster differ by: clustered-rows", () => {
    const clusters = encodeClusters(Int32Array.of(0, 1, 0, 1, 1, 0, 2, 2));
    const sharing = create({ kind: "clustered-rows", clusters } as { kind: string }, shape);
    const read = sharing.decode(sharing.encode(vector, 1), 1);
    expect(read[0]).toBeCloseTo((vector[0]! + vector[8]! + vector[20]!) / 3, 12);
    expect([read[8], read[20]]).toEqual([read[0], read[0]]);
    expect(read[24]).toBeCloseTo((vector[24]! + vector[28]!) / 2, 12);
  });

  it("is nothing that a device touched, as long as there is room: sparse-rows", () => {
    const sharing = create({ kind: "sparse-rows", rows: 4 } as { kind: string }, shape);
    const lasting = new Uint8Array(32).fill(7);
    const touched = vector.map((value, at) => ([2, 5].includes(Math.floor(at / 4)) ? value : 0));
    const rowsOf = (values: Float64Array, key = lasting): number[] => [...sharing.encode(values, 1, key).subarray(0, 4)];
    expect(rowsOf(touched)).toEqual(expect.arrayContaining([2, 5]));
    // The same rows in every round, other ones by every device, and touched ones in the place of others.
    expect(sharing.encode(touched, 9, lasting)).toEqual(sharing.encode(touched, 1, lasting));
    expect(
      new Set(Array.from({ length: 20 }, (_, device) => rowsOf(touched, new Uint8Array(32).fill(device)).join())).size,
    ).toBeGreaterThan(5);
    const before = rowsOf(new Float64Array(32));
    for (const row of rowsOf(touched)) expect([2, 5, ...before]).toContain(row);
    expect(rowsOf(vector)).toHaveLength(4);
  });

  it("rules out by row numbers exactly as much as is said: sparse-rows", () => {
    // Two of eight rows touched, four sent: of 28 sets six remain.
    const sharing = create({ kind: "sparse-rows", rows: 4 } as { kind: string }, shape);
    const { revealedBits } = sharing.scattered!;
    expect(revealedBits(2)).toBeCloseTo(Math.log2(28 / 6), 12);
    expect(revealedBits(8)).toBeCloseTo(0, 12);
    expect(revealedBits(6)).toBeCloseTo(Math.log2(70 / 15), 12);
    expect(revealedBits(4)).toBeCloseTo(Math.log2(70), 12);
    // Every added row is as likely as any other: then the remaining sets are as likely as before.
    const counts = new Float64Array(8);
    const touched = vector.map((value, at) => ([2, 5].includes(Math.floor(at / 4)) ? value : 0));
    const draws = 3000;
    for (let device = 0; device < draws; device++) {
      const key = simulationRng(createRng(device, "key")).bytes(32);
      for (const row of sharing.encode(touched, 1, key).subarray(0, 4)) counts[row]! += 1;
    }
    for (const [row, count] of counts.entries()) {
      if ([2, 5].includes(row)) expect(count).toBe(draws);
      // Chance 1/3, five standard deviations.
      else expect(Math.abs(count - draws / 3)).toBeLessThan(5 * Math.sqrt((draws * 2) / 9));
    }
  });

  it("lies at places that are checked: sparse-rows", () => {
    const { check, places } = create({ kind: "sparse-rows", rows: 2 } as { kind: string }, shape).scattered!;
    const part = (...rows: readonly number[]): Float64Array => Float64Array.from({ length: places * 5 }, (_, at) => rows[at] ?? 0);
    check(part(0, 7));
    for (const rows of [
      [1, 1],
      [2, 1],
      [0, 8],
      [-1, 0],
      [0.5, 1],
    ]) {
      expect(() => check(part(...rows)), rows.join()).toThrow(expect.objectContaining({ code: "UPDATE_REJECTED" }));
    }
  });

  it("is refused where there is nothing to leave out, or no rows", () => {
    expect(() => create({ kind: "low-rank", rank: 4 } as { kind: string }, shape)).toThrow(/nearest: sharing all/);
    const net = { ...shape, contribution: [{ name: "weights", shape: [5, 3] }] };
    for (const kind of ["sampled-rows", "hashed-rows", "low-rank", "vera", "sparse-rows"])
      expect(() => create({ kind }, net)).toThrow(/items' rows/);
    expect(() => create({ kind: "clustered-rows" }, shape)).toThrow(/planRun/);
    for (const clusters of ["AAAA", "!", encodeClusters(Int32Array.of(0, 0, 0, 0, 0, 0, 0, 2))]) {
      expect(() => create({ kind: "clustered-rows", clusters } as { kind: string }, shape)).toThrow(/clusters/);
    }
    expect(() => create({ kind: "vera", rank: 9 } as { kind: string }, shape)).toThrow(/nearest: sharing all/);
  });
});
