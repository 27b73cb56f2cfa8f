/** The suite that every reward scheme passes. Imports vitest and the seam. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/random.ts";
import type { Game } from "../../shared/rewards/game.ts";
import type { Scheme } from "../../shared/rewards/scheme.ts";
import { shapley } from "../../shared/rewards/schemes/shapley.ts";

/** A game from the worth of every coalition, by its bits. */
export function gameOf(table: ArrayLike<number>, joined?: readonly number[]): Game {
  const players = Math.log2(table.length);
  const bitsOf = (members: Uint8Array): number => members.reduce((word, member, player) => word | (member << player), 0);
  return { players, joined, worth: (members) => table[bitsOf(members)]! };
}

/** Any worths at all. */
export function anyTable(players: number, seed: number): Float64Array {
  const rng = createRng(seed, "game");
  return Float64Array.from({ length: 2 ** players }, (_, coalition) => (coalition === 0 ? 0 : rng.normal()));
}

/** Worths of which together is strictly more than apart: what `power` above 1 makes of sums, with weights of their own for each player. */
export function superadditiveTable(players: number, seed: number, power = 1.5): Float64Array {
  const rng = createRng(seed, "weights");
  const weights = Float64Array.from({ length: players }, () => 0.2 + rng.float());
  return Float64Array.from({ length: 2 ** players }, (_, coalition) => {
    let sum = 0;
    for (let player = 0; player < players; player++) sum += ((coalition >> player) & 1) * weights[player]!;
    return sum ** power;
  });
}

const players = 5;
const everyone = 2 ** players - 1;
/** Bits of a coalition with two players' places changed. */
const exchanged = (coalition: number, a: number, b: number): number => {
  const [first, second] = [(coalition >> a) & 1, (coalition >> b) & 1];
  return (coalition & ~(1 << a) & ~(1 << b)) | (second << a) | (first << b);
};
const times = [0, 2, 1, 2, 4];

/** Runs the suite; `create` gives the scheme, with so many draws where it draws. */
export function describeScheme(name: string, create: (draws: number) => Scheme): void {
  const scheme = create(8);
  const valuesOf = (table: ArrayLike<number>, joined: readonly number[] = times, seed = 1): number[] => [
    ...scheme.values(gameOf(table, joined), createRng(seed, "scheme")),
  ];
  const expectNear = (found: readonly number[], wanted: readonly number[]): void => {
    expect(found).toHaveLength(wanted.length);
    for (const [player, value] of found.entries()) expect(value).toBeCloseTo(wanted[player]!, 10);
  };

  describe(`reward scheme ${name}`, () => {
    it("gives the same for the same game and seed, and a finite value to everyone", () => {
      const values = valuesOf(anyTable(players, 1));
      expect(values).toHaveLength(players);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(valuesOf(anyTable(players, 1))).toEqual(values);
      expect(valuesOf(Float64Array.of(0, 3), [0])).toEqual([3]);
    });

    it("gives nothing to who adds nothing to any coalition, whenever it joined", () => {
      for (const useless of [0, 3]) {
        const table = anyTable(players, 2);
        const without = table.map((_, coalition) => table[coalition & ~(1 << useless)]!);
        expect(valuesOf(without)[useless]).toBeCloseTo(0, 12);
      }
    });

    it("gives interchangeable players that joined together the same", () => {
      const table = anyTable(players, 3);
      const even = table.map((worth, coalition) => (worth + table[exchanged(coalition, 1, 3)]!) / 2);
      if (scheme.claims.symmetry === "exact") {
        const values = valuesOf(even);
        expect(values[1]).toBeCloseTo(values[3]!, 12);
        return;
      }
      const seeds = Array.from({ length: 400 }, (_, seed) => valuesOf(even, times, seed));
      const differences = seeds.map((values) => values[1]! - values[3]!);
      const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
      const spread = Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / differences.length);
      expect(Math.abs(mean)).toBeLessThan((4 * spread) / Math.sqrt(differences.length));
      // Each draw's error falls with the number of draws.
      const exact = [...shapley.create({ kind: "shapley" }).values(gameOf(even), createRng(1))];
      for (const [player, value] of create(4_000).values(gameOf(even), createRng(1)).entries()) {
        expect(Math.abs(value - exact[player]!)).toBeLessThan(0.05);
      }
    });

    if (scheme.claims.isEfficient)
      it("shares out the worth of everyone, no more and no less", () => {
        const table = anyTable(players, 4);
        expect(valuesOf(table).reduce((sum, value) => sum + value, 0)).toBeCloseTo(table[everyone]!, 12);
      });

    if (!scheme.claims.isEfficient)
      it("is not told to share out the worth of everyone: it does not", () => {
        const table = anyTable(players, 4);
        expect(Math.abs(valuesOf(table).reduce((sum, value) => sum + value, 0) - table[everyone]!)).toBeGreaterThan(1e-6);
      });

    if (scheme.claims.isLinear)
      it("gives the sum of two games the sum of their values, and twice a game twice its", () => {
        const [a, b] = [anyTable(players, 5), anyTable(players, 6)];
        const both = a.map((worth, coalition) => worth + 2 * b[coalition]!);
        const [first, second] = [valuesOf(a), valuesOf(b)];
        expectNear(
          valuesOf(both),
          first.map((value, player) => value + 2 * second[player]!),
        );
      });

    it("gives an additive game's players what each is worth, whenever they joined", () => {
      const worths = [1, -2, 0, 3, 0.5];
      const table = Array.from({ length: 2 ** players }, (_, coalition) =>
        worths.reduce((sum, worth, player) => sum + ((coalition >> player) & 1) * worth, 0),
      );
      expectNear(valuesOf(table), worths);
    });

    if (!scheme.claims.isTimeAware)
      it("does not look at when players joined", () => {
        const table = anyTable(players, 7);
        expect(valuesOf(table, [4, 3, 2, 1, 0])).toEqual(valuesOf(table, times));
      });

    if (scheme.claims.isTimeAware)
      it("gives Shapley values where everyone joined at the start", () => {
        const table = anyTable(players, 7);
        expectNear(valuesOf(table, [0, 0, 0, 0, 0]), [...shapley.create({ kind: "shapley" }).values(gameOf(table), createRng(1))]);
      });

    if (scheme.claims.isTimeAware)
      it("gives nobody less than alone, and nobody more than everyone together has, where together is more", () => {
        for (const seed of [1, 2, 3]) {
          const table = superadditiveTable(players, seed);
          const values = valuesOf(table);
          for (const [player, value] of values.entries()) expect(value).toBeGreaterThanOrEqual(table[1 << player]! - 1e-12);
          expect(values.reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(table[everyone]! + 1e-12);
        }
      });

    if (scheme.claims.isTimeAware)
      it("gives more for joining earlier, strictly where others gain by it, and no less ever", () => {
        for (const seed of [1, 2, 3]) {
          for (let player = 0; player < players; player++) {
            for (const table of [superadditiveTable(players, seed), superadditiveTable(players, seed, 1)]) {
              const isStrict = table[everyone]! > table[everyone & ~1]! + table[1]! + 1e-9;
              // Somebody is always there whom the player may join.
              const others = [0, 0, 1, 2, 4];
              let before = Number.POSITIVE_INFINITY;
              for (const time of [0, 1, 2, 3, 6]) {
                const value = valuesOf(table, others.with(player, time))[player]!;
                if (isStrict) expect(value).toBeLessThan(before);
                else expect(value).toBeLessThanOrEqual(before + 1e-12);
                before = value;
              }
            }
          }
        }
      });

    if (scheme.claims.isTimeAware)
      it("gives players without whom nothing has any worth the same, whoever came first", () => {
        // Worth something with both 0 and 1 alone.
        const table = Array.from({ length: 2 ** players }, (_, coalition) => ((coalition & 3) === 3 ? 2 + (coalition >> 2) : 0));
        const values = valuesOf(table, [0, 3, 1, 2, 0]);
        expect(values[0]).toBeCloseTo(values[1]!, 12);
        expect(values[0]).toBeGreaterThan(0);
      });

    if (scheme.claims.isTimeAware)
      it("gives who adds more to every coalition no less, of two that joined together", () => {
        // Players 1 and 3 joined together; the greater weight is worth more in every company.
        for (const seed of [1, 2, 3, 4]) {
          const table = superadditiveTable(players, seed);
          const values = valuesOf(table);
          const [better, worse] = table[1 << 1]! > table[1 << 3]! ? [1, 3] : [3, 1];
          expect(values[better]).toBeGreaterThan(values[worse]!);
        }
      });

    it("refuses more players than it is made for", () => {
      if (scheme.mostPlayers > 1_000) return;
      const game: Game = { players: scheme.mostPlayers + 1, worth: () => 1 };
      expect(() => scheme.values(game, createRng(1))).toThrow(/at most/);
    });
  });
}
