/** Every mechanism of the index passes the one suite; local ones cannot hide that a device takes part. */
import { expect, it } from "vitest";
import type { Mechanism, MechanismSetting } from "../../shared/privacy/mechanism.ts";
import { mechanisms } from "../../shared/privacy/mechanisms/index.ts";
import { resolveSection } from "../../shared/registry.ts";
import { seededBytes } from "../support/seeded-bytes.ts";
import { describeMechanism } from "./mechanism.ts";

/** The mechanism; what has a form of its own is restored at once. */
async function create(kind: string, setting: MechanismSetting): Promise<Mechanism> {
  const { definition, options } = resolveSection(mechanisms, { kind }, "mechanism");
  const mechanism = await definition.create(options, setting);
  const { form } = mechanism;
  if (form === undefined) return mechanism;
  return {
    ...mechanism,
    noise(vector, round) {
      const noised = mechanism.noise(vector, round);
      expect(noised.values).toHaveLength(form.size);
      expect(noised.values.every(Number.isSafeInteger)).toBe(true);
      return { ...noised, values: form.restore(noised.values, round) };
    },
  };
}

const setting = (noiseMultiplier: number, sensitivity = 1): MechanismSetting => ({
  dimension: 3,
  sensitivity,
  noiseMultiplier,
  neighboring: "add-remove",
  rng: seededBytes(52),
});

for (const { kind } of mechanisms) describeMechanism(kind, (given) => create(kind, given));

it.each(mechanisms.map(({ kind, placement }) => [kind, placement] as const))(
  "%s, a %s mechanism, and presence",
  async (kind, placement) => {
    if (placement === "central") expect((await create(kind, setting(1))).events(1)[0]!.neighboring).toBe("add-remove");
    else await expect(create(kind, setting(1))).rejects.toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  },
);

it("central Gaussian noise: nothing at noise 0, refused at infinity, right at tiny and huge scales", async () => {
  const vector = Float64Array.of(1, 2, 3);
  expect((await create("gaussian", setting(0))).noise(vector, 1).values).toEqual(vector);
  await expect(create("gaussian", setting(Number.POSITIVE_INFINITY))).rejects.toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  for (const scale of [1e-100, 1e-5, 1e100]) {
    const mechanism = await create("gaussian", setting(2, scale));
    expect(mechanism.variance(0) / 4 / scale / scale).toBeCloseTo(1, 8);
    const values = Float64Array.from({ length: 4000 }, () => mechanism.noise(new Float64Array(3), 1).values[0]! / scale);
    const variance = values.reduce((sum, value) => sum + value * value, 0) / 4000;
    expect(Math.abs(variance / 4 - 1)).toBeLessThan(0.1);
  }
});
