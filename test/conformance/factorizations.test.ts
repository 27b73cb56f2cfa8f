/** Every factorization of the index passes the one suite, for every kind of workload. */
import { expect, it } from "vitest";
import { lossOf, type Objective } from "../../shared/privacy/matrix/factorization.ts";
import { factorizations } from "../../shared/privacy/matrix/index.ts";
import type { Participation } from "../../shared/privacy/matrix/participation.ts";
import { learningRateSum, linearCooldown, momentumSum, prefixSum, type Workload } from "../../shared/privacy/matrix/workload.ts";
import { resolveSection } from "../../shared/registry.ts";
import { describeFactorization, type FactorizationExcuses } from "./factorization.ts";

const rounds = 11;
const workloads = [prefixSum(rounds), momentumSum(rounds, 0.9), learningRateSum(linearCooldown(rounds, 0.5, 0.1), 0.5)];
const participation: Participation = { kind: "min-separation", participations: 3, separation: 4 };
const bands = { banded: 4, "banded-toeplitz": 4, bisr: 4 } as Readonly<Record<string, number>>;

function build(section: { readonly kind: string; readonly [option: string]: unknown }, workload: Workload, objective: Objective = "mean") {
  const { definition, options } = resolveSection(factorizations, section, "factorization");
  return definition.create(options, { workload, participation, objective });
}

for (const { kind } of factorizations) {
  const section = { kind, ...(bands[kind] === undefined ? {} : { bands: bands[kind] }) };
  for (const workload of workloads) describeFactorization(kind, build(section, workload));
}

const excuses: FactorizationExcuses = { noInverse: "the adjoint decoder adds stationary noise of the same privacy instead" };
describeFactorization("fourier with the adjoint decoder", build({ kind: "fourier", decoder: "adjoint" }, prefixSum(rounds)), excuses);
describeFactorization("plain tree", build({ kind: "tree", estimate: "plain" }, prefixSum(rounds)));

it("remembers as many vectors as it says", () => {
  const slots = (section: { readonly kind: string }) => build(section, prefixSum(64)).filter.slots;
  expect(slots({ kind: "identity" })).toBe(0);
  for (const kind of ["banded", "banded-toeplitz", "bisr"]) expect(slots({ kind, ...{ bands: 5 } })).toBe(4);
  expect(slots({ kind: "blt", ...{ buffers: 3 } })).toBe(3);
  expect(slots({ kind: "tree", ...{ estimate: "plain" } })).toBe(7);
  expect(slots({ kind: "square-root" })).toBe(63);
});

it("is made of one round too", () => {
  for (const { kind } of factorizations) {
    const factorization = build({ kind }, prefixSum(1));
    const { max, sensitivity } = lossOf(factorization, { kind: "unrestricted", participations: 4 });
    expect(max).toBeCloseTo(1, 9);
    expect(sensitivity.isExact).toBe(true);
  }
});

it("is the same bit for bit when it is made again", () => {
  for (const { kind } of factorizations) {
    const [first, second] = [build({ kind }, prefixSum(24)), build({ kind }, prefixSum(24))];
    expect(first.strategyRow(23)).toEqual(second.strategyRow(23));
    expect(first.errors).toEqual(second.errors);
  }
});

it("beats independent noise for every workload when participations are apart", () => {
  for (const workload of [prefixSum(48), momentumSum(48, 0.9), learningRateSum(linearCooldown(48, 0.25, 0))]) {
    const independent = lossOf(build({ kind: "identity" }, workload), { kind: "min-separation", participations: 3, separation: 16 });
    for (const { kind } of factorizations) {
      if (kind === "identity") continue;
      const options = kind === "tree" ? { estimate: "full" } : {};
      const found = lossOf(build({ kind, ...options }, workload), { kind: "min-separation", participations: 3, separation: 16 });
      expect(found.rootMeanSquare, kind).toBeLessThan(independent.rootMeanSquare);
    }
  }
});
