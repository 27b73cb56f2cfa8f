/** Every reward scheme and every division keeps what its seam promises. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { divisions } from "../../shared/rewards/divisions/index.ts";
import { schemes } from "../../shared/rewards/schemes/index.ts";
import { describeDivision } from "./reward-division.ts";
import { anyTable, describeScheme, gameOf } from "./reward-scheme.ts";

/** Options beside the defaults that the suite looks at, too. */
const further: Readonly<Record<string, readonly object[]>> = {
  intervals: [{ beta: 0.5 }, { beta: 3 }],
  discounted: [{ gamma: 1 }],
};

for (const definition of schemes) {
  for (const options of [{}, ...(further[definition.kind] ?? [])]) {
    const name = `${definition.kind} ${JSON.stringify(options)}`;
    describeScheme(name, (draws) => {
      const section = { kind: definition.kind, ...options, ...(definition.kind === "permutations" ? { draws } : {}) };
      return definition.create(resolveSection(schemes, section, "scheme").options);
    });
  }
}

for (const definition of divisions) {
  const { options } = resolveSection(divisions, { kind: definition.kind }, "division");
  describeDivision(definition.kind, definition.create(options));
}

describe("reward schemes", () => {
  it("ask for as many coalitions as they say, and for nobody's never", () => {
    for (const definition of schemes) {
      const { options } = resolveSection(schemes, { kind: definition.kind }, "scheme");
      const game = gameOf(anyTable(5, 1), [0, 1, 2, 3, 4]);
      let asked = 0;
      const counting = {
        ...game,
        worth(members: Uint8Array) {
          asked += 1;
          expect(members.some((member) => member === 1)).toBe(true);
          return game.worth(members);
        },
      };
      definition.create(options).values(counting, createRng(1));
      expect([definition.kind, asked]).toEqual([definition.kind, definition.cost(options, 5)]);
    }
  });
});
