/** Ratings at the edge: what an app hands over, and what a message may say about it. */
import { describe, expect, it } from "vitest";
import { toGivenRatings, toOwnRatings, withinCatalogue } from "../../../client/ratings.ts";

type Pair = readonly [item: number, value: number];

function message(pairs: unknown): string {
  try {
    toOwnRatings(pairs as Pair[]);
    return "accepted";
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
}

describe("toOwnRatings", () => {
  it("sorts by item, keeps values with their items and remembers positions", () => {
    const own = toOwnRatings([
      [52, 2],
      [17, 4.5],
      [3, -1],
    ]);
    expect([...own.ratings.items]).toEqual([3, 17, 52]);
    expect([...own.ratings.values]).toEqual([-1, 4.5, 2]);
    expect([...own.positions]).toEqual([2, 1, 0]);
  });

  it("takes any iterable, and leaves the caller's list as it was", () => {
    const list: Pair[] = [
      [2, 1],
      [1, 1],
    ];
    expect([...toOwnRatings(new Map(list)).ratings.items]).toEqual([1, 2]);
    toOwnRatings(list);
    expect(list).toEqual([
      [2, 1],
      [1, 1],
    ]);
    expect(toOwnRatings([]).ratings.items).toHaveLength(0);
  });

  it.each<[string, unknown, RegExp]>([
    ["an entry that is no pair", [[1, 1], 7], /entry 1/],
    ["a pair of three", [[1, 1, 1]], /entry 0/],
    [
      "an item that is no whole number",
      [
        [1, 1],
        [2, 1],
        [987.25, 1],
      ],
      /entry 2/,
    ],
    ["a negative item", [[-987, 1]], /entry 0/],
    ["an item as text", [["987", 1]], /entry 0/],
    ["an item beyond 31 bits", [[2 ** 31, 1]], /entry 0/],
    [
      "a value that is not finite",
      [
        [1, 1],
        [2, Number.NaN],
      ],
      /entry 1/,
    ],
    ["a value as text", [[1, "4.75"]], /entry 0/],
    [
      "an item twice",
      [
        [987, 4.75],
        [5, 1],
        [987, 3.25],
      ],
      /entries 0 and 2/,
    ],
  ])("refuses %s by its position", (_what, pairs, position) => {
    expect(message(pairs)).toMatch(position);
  });

  it("never tells an item or a value", () => {
    for (const pairs of [
      [
        [987, 4.75],
        [987, 3.25],
      ],
      [[987.25, 4.75]],
      [[987, "4.75"]],
    ])
      expect(message(pairs)).not.toMatch(/987|4\.75|3\.25/);
  });
});

describe("toGivenRatings", () => {
  it("takes numbers, which are names too, or names alone", () => {
    const numbered = toGivenRatings([
      [52, 2],
      [17, 4.5],
    ]);
    expect([...numbered.numbered!.ratings.items]).toEqual([17, 52]);
    expect(numbered.named()).toEqual({ ids: ["17", "52"], values: Float64Array.of(4.5, 2) });
    const named = toGivenRatings(
      new Map([
        ["film 52", 2],
        ["17", 4.5],
      ]),
    );
    expect(named.numbered).toBeUndefined();
    expect(named.named()).toEqual({ ids: ["film 52", "17"], values: Float64Array.of(2, 4.5) });
  });

  it.each<[string, unknown, RegExp]>([
    ["an entry that is no pair", [["987", 1], 7], /entry 1/],
    [
      "a number among names",
      [
        ["987", 1],
        [987, 1],
      ],
      /entry 1/,
    ],
    [
      "a name of nothing",
      [
        ["987", 1],
        ["", 1],
      ],
      /entry 1/,
    ],
    ["a name with a line's end", [["987\n", 1]], /entry 0/],
    ["half of a character", [["987\ud800", 1]], /entry 0/],
    ["a name that is too long", [["987".repeat(22), 1]], /entry 0/],
    ["a value that is none", [["987", Number.NaN]], /entry 0/],
    [
      "a name twice",
      [
        ["987", 4.75],
        ["12", 1],
        ["987", 3.25],
      ],
      /entries 0 and 2/,
    ],
  ])("refuses %s by its position, and tells neither name nor value", (_what, pairs, position) => {
    const give = () => toGivenRatings(pairs as [string, number][]);
    expect(give).toThrow(TypeError);
    expect(give).toThrow(position);
    expect(give).not.toThrow(/987|4\.75|3\.25/);
  });
});

describe("withinCatalogue", () => {
  it("leaves out what is beyond a run's catalogue, and copies nothing else", () => {
    const { ratings } = toOwnRatings([
      [987, 4.75],
      [1, 1],
    ]);
    expect(withinCatalogue(ratings, 988)).toBe(ratings);
    expect([...withinCatalogue(ratings, 987).items]).toEqual([1]);
    expect([...withinCatalogue(ratings, 987).values]).toEqual([1]);
    expect(withinCatalogue(ratings, 1).items.length).toBe(0);
  });
});
