/** Every attack of the index passes the one suite. */
import { expect, it } from "vitest";
import { attacks } from "../../simulations/attacks/index.ts";
import { createStages, describeAttack } from "./attack.ts";

const staged = createStages();

/** Attackers that see nothing: the baseline. */
const blind: readonly string[] = ["popularity"];

for (const attack of attacks) describeAttack(attack, staged, !blind.includes(attack.kind));

it("attacks have names of their own, and one of them is the baseline", () => {
  const names = attacks.map(({ kind }) => kind);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining([...blind]));
});
