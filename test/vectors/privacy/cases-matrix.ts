/** The figures of the matrix files beside those of our factorizations and sensitivities. Imports shared, case. */
import { optimizeBands } from "../../../shared/privacy/matrix/banded-toeplitz.ts";
import { bufferedFactorization, optimizeBuffers } from "../../../shared/privacy/matrix/blt.ts";
import { gramOfLower, invertLower } from "../../../shared/privacy/matrix/dense.ts";
import { errorVariances } from "../../../shared/privacy/matrix/errors.ts";
import { type Factorization, type LossFigures, lossOf, type Objective } from "../../../shared/privacy/matrix/factorization.ts";
import { circulantCovariance } from "../../../shared/privacy/matrix/fourier.ts";
import { factorizations } from "../../../shared/privacy/matrix/index.ts";
import { startNoise } from "../../../shared/privacy/matrix/noise.ts";
import { optimizeSingle } from "../../../shared/privacy/matrix/optimal-single.ts";
import { boundsOf, type Participation, trueParticipations } from "../../../shared/privacy/matrix/participation.ts";
import { heaviestPlacement } from "../../../shared/privacy/matrix/placement.ts";
import { bandedSensitivity, minSeparationBound } from "../../../shared/privacy/matrix/sensitivity.ts";
import { majorant, toeplitzSensitivity } from "../../../shared/privacy/matrix/sensitivity-toeplitz.ts";
import { inversePrefixRoot, prefixRoot, rootToeplitz } from "../../../shared/privacy/matrix/toeplitz.ts";
import { momentumSum, prefixSum, type Workload } from "../../../shared/privacy/matrix/workload.ts";
import { resolveSection } from "../../../shared/registry.ts";
import { absolute, exact, relative, type VectorCase } from "./case.ts";
import vectors from "./matrix-factorizations.json" with { type: "json" };
import sensitivities from "./matrix-sensitivity.json" with { type: "json" };

/** One round at most. */
export const single: Participation = { kind: "single" };

/** A factorization to build. */
export interface Wanted {
  readonly section: { readonly kind: string; readonly [option: string]: unknown };
  readonly workload: Workload;
  readonly participation?: Participation;
  readonly objective?: Objective;
}

/** Builds it. */
export function build({ section, workload, participation = single, objective = "mean" }: Wanted): Factorization {
  const { definition, options } = resolveSection(factorizations, section, "factorization");
  return definition.create(options, { workload, participation, objective });
}

/** The loss, found once for all the rows that ask for it. */
function lossCache(wanted: () => Wanted): () => LossFigures {
  let found: LossFigures | undefined;
  return () => {
    found ??= lossOf(build(wanted()), wanted().participation ?? single);
    return found;
  };
}

const minSeparation = (participations: number, separation: number): Participation => ({
  kind: "min-separation",
  participations,
  separation,
});
const fractions = (pairs: readonly (readonly number[])[]): number[] => pairs.map((pair) => pair[0]! / pair[1]!);
const flat = (rows: readonly (readonly number[])[]): Float64Array => Float64Array.from(rows.flat());
const named = ({ kind, ...options }: { readonly kind: string; readonly [option: string]: unknown }): string =>
  [kind, ...Object.entries(options).map(([name, value]) => `${value} ${name}`)].join(", ");

function singleCases(): VectorCase[] {
  const { id, rows, denseLibrary } = vectors.prefixSingle;
  return [
    ...rows.flatMap((row) => {
      const { rounds } = row;
      const root = lossCache(() => ({ section: { kind: "square-root" }, workload: prefixSum(rounds) }));
      const independent = lossCache(() => ({ section: { kind: "identity" }, workload: prefixSum(rounds) }));
      const total = (): number => optimizeSingle(prefixSum(rounds).stepSizes!).multipliers.reduce((sum, value) => sum + value, 0);
      const one = (what: string, expected: number, by: number, ours: () => number): VectorCase => ({
        id,
        what: `prefix sums, ${rounds} rounds: ${what}`,
        expected,
        source: "recomputed",
        tolerance: relative(by),
        ours,
      });
      return [
        one("square root, max loss", row.squareRootMax, 1e-6, () => root().max),
        one("square root, mean loss", row.squareRootMean, 1e-6, () => root().rootMeanSquare),
        one("dense optimum, mean loss", row.denseMean, 1e-8, () => Math.sqrt(total() / rounds)),
        one("dense optimum, total squared error", row.denseTotal, 1e-9, total),
        one("circulant, max loss", row.fourierMax, 1e-6, () => circulantCovariance(prefixSum(rounds).coefficients!)[0]!),
        one("independent noise, max loss", row.identityMax, 1e-6, () => independent().max),
        one("independent noise, mean loss", row.identityMean, 1e-6, () => independent().rootMeanSquare),
      ];
    }),
    ...denseLibrary.map(({ rounds, mean }) => ({
      id,
      what: `prefix sums, ${rounds} rounds: dense optimum of the library, mean loss`,
      expected: mean,
      source: "library",
      tolerance: absolute(1e-3),
      ours: lossOnly({ section: { kind: "dense" }, workload: prefixSum(rounds) }),
    })),
  ];
}

function lossOnly(wanted: Wanted, which: keyof LossFigures & ("max" | "rootMeanSquare") = "rootMeanSquare"): () => number {
  return () => lossOf(build(wanted), wanted.participation ?? single)[which];
}

function shapeCases(): VectorCase[] {
  const { squareRoot, dense, perRow, tree, momentum } = vectors;
  const optimum = (rounds: number) => optimizeSingle(new Float64Array(rounds).fill(1));
  const eight = () => build({ section: { kind: "dense" }, workload: prefixSum(8) });
  const one = (id: string, source: string) => (what: string, expected: VectorCase["expected"], by: number, ours: VectorCase["ours"]) => ({
    id,
    source,
    what,
    expected,
    tolerance: absolute(by),
    ours,
  });
  const [root, best, row] = [one(squareRoot.id, squareRoot.source), one(dense.id, dense.source), one(perRow.id, perRow.source)];
  const factor = one("V3", dense.source);
  return [
    root("square root of prefix sums, coefficients", fractions(squareRoot.strategy), 1e-12, () => [...prefixRoot(8)]),
    root("its inverse, coefficients", fractions(squareRoot.inverse), 1e-12, () => [...inversePrefixRoot(8)]),
    root(
      "its max loss, 8 rounds",
      fractions([squareRoot.max8])[0]!,
      1e-12,
      lossOnly({ section: { kind: "square-root" }, workload: prefixSum(8) }, "max"),
    ),
    best("dense optimum, 2 rounds: total squared error", dense.total2, 1e-9, () => optimum(2).multipliers.reduce((a, b) => a + b, 0)),
    best("dense optimum, 2 rounds: off the diagonal", dense.offDiagonal2, 1e-6, () => optimum(2).gram[1]!),
    best("dense optimum, 3 rounds: multipliers", dense.multipliers3, 6e-6, () => [...optimum(3).multipliers]),
    best("dense optimum, 8 rounds: multipliers", dense.multipliers8, 1e-6, () => [...optimum(8).multipliers]),
    factor("dense optimum, 8 rounds: first column", dense.firstColumn8, 3e-6, () => {
      const factorization = eight();
      return Array.from({ length: 8 }, (_, at) => factorization.strategyRow(at)[0]!);
    }),
    factor("dense optimum, 8 rounds: last diagonal", dense.lastDiagonal8, 1e-9, () => eight().strategyRow(7)[7]!),
    row("error of every row, 2 x 2", perRow.variances, 1e-12, () => [
      ...errorVariances(prefixSum(2), invertLower(flat(perRow.strategy), 2)),
    ]),
    row("full tree, 2 rounds: error of every row", perRow.fullTree2, 1e-12, () => {
      const two = build({ section: { kind: "tree", estimate: "full" }, workload: prefixSum(2) });
      return [...errorVariances(prefixSum(2), Float64Array.from([...two.noiseRow(0), ...two.noiseRow(1)]))];
    }),
    ...(["full", "plain"] as const).flatMap((estimate) =>
      tree[estimate].flatMap(({ rounds, max, mean }) => {
        const found = lossCache(() => ({ section: { kind: "tree", estimate }, workload: prefixSum(rounds) }));
        const figure = one(tree.id, tree.source);
        return [
          figure(`${estimate} tree, ${rounds} rounds: max loss`, max, 1e-5, () => found().max),
          figure(`${estimate} tree, ${rounds} rounds: mean loss`, mean, 1e-5, () => found().rootMeanSquare),
        ];
      }),
    ),
    one(momentum.id, momentum.source)("square root of momentum 0.9, coefficients", momentum.coefficients, 1e-12, () => [
      ...rootToeplitz(momentumSum(4, 0.9).coefficients!),
    ]),
    ...momentum.rows.flatMap((given) => {
      const figure = one(momentum.id, momentum.source);
      const workload = momentumSum(given.rounds, given.momentum);
      const found = lossCache(() => ({ section: { kind: "square-root" }, workload }));
      const title = `momentum ${given.momentum}, ${given.rounds} rounds`;
      const two = [
        figure(`${title}: square root, max loss`, given.max, 1e-6, () => found().max),
        figure(`${title}: square root, mean loss`, given.mean, 1e-6, () => found().rootMeanSquare),
      ];
      if (given.identityMax === undefined) return two;
      return [
        ...two,
        figure(
          `${title}: independent noise, max loss`,
          given.identityMax,
          1e-6,
          lossOnly({ section: { kind: "identity" }, workload }, "max"),
        ),
      ];
    }),
  ];
}

function optimizedCases(): VectorCase[] {
  const { bandedToeplitz: bands, denseRepeated, comparison64, comparison2052 } = vectors;
  return [
    ...bands.rows.flatMap((row) => {
      const wanted = { section: { kind: "banded-toeplitz", bands: row.bands }, workload: prefixSum(row.rounds) };
      const title = `${row.bands} Toeplitz bands, ${row.rounds} rounds`;
      const { id, source } = bands;
      const tolerance = relative(1e-8);
      return [
        { id, source, tolerance, what: `${title}: mean loss`, expected: row.mean, ours: lossOnly(wanted) },
        { id, source, tolerance, what: `${title}: max loss`, expected: row.max, ours: lossOnly({ ...wanted, objective: "max" }, "max") },
      ];
    }),
    {
      id: bands.id,
      what: "4 Toeplitz bands, 16 rounds: coefficients",
      expected: bands.coefficients16,
      source: bands.source,
      tolerance: absolute(2e-7),
      ours: () => [...optimizeBands(prefixSum(16), 4, "mean")],
    },
    ...denseRepeated.rows.flatMap(({ rounds, participations, mean, library }) => {
      const participation: Participation = { kind: "fixed-epoch", participations, separation: rounds / participations };
      const found = lossCache(() => ({ section: { kind: "dense" }, workload: prefixSum(rounds), participation }));
      const row = {
        id: denseRepeated.id,
        what: `dense optimum, ${rounds} rounds, ${participations} epochs: mean loss`,
        ours: () => found().rootMeanSquare,
      };
      const ownWay = { ...row, expected: mean, source: "recomputed", tolerance: relative(5e-9) };
      return library === undefined ? [ownWay] : [ownWay, { ...row, expected: library, source: "library", tolerance: absolute(2e-6) }];
    }),
    ...comparison64.rows.map(({ section, mean, tolerance }) => {
      const isDense = section.kind === "dense";
      const participation: Participation = isDense ? { kind: "fixed-epoch", participations: 4, separation: 16 } : minSeparation(4, 16);
      return {
        id: comparison64.id,
        what: `64 rounds, 4 times, 16 apart: ${named(section)}, mean loss`,
        expected: mean,
        source: "library and recomputed",
        tolerance: relative(tolerance),
        ours: lossOnly({ section, workload: prefixSum(64), participation }),
      };
    }),
    ...comparison2052.rows.map(({ section, max }) => ({
      id: comparison2052.id,
      what: `2052 rounds, 6 times, 342 apart: ${named(section)}, max loss`,
      expected: max,
      source: "library and recomputed",
      tolerance: relative(1e-6),
      ours: lossOnly({ section, workload: prefixSum(2052), participation: minSeparation(6, 342), objective: "max" }, "max"),
    })),
  ];
}

function bufferCases(): VectorCase[] {
  const { rows, source, optimum2048x4 } = vectors.buffers;
  return [
    ...rows.flatMap((row) => {
      const { id, rounds, participations, separation, decays, weights } = row;
      const participation = minSeparation(participations, separation);
      const workload = prefixSum(rounds);
      const given = () => bufferedFactorization(workload, { decays: Float64Array.from(decays), weights: Float64Array.from(weights) });
      const title = `${decays.length} buffers, ${rounds} rounds, ${participations === 1 ? "once" : `${participations} times`}`;
      const cases: VectorCase[] = [];
      const add = (what: string, expected: VectorCase["expected"], tolerance: VectorCase["tolerance"], ours: VectorCase["ours"]): void => {
        cases.push({ id, source, what: `${title}: ${what}`, expected, tolerance, ours });
      };
      add("sensitivity as given", row.sensitivity, relative(1e-6), () => given().sensitivity(participation).value);
      add("max loss as given", row.max, relative(1e-6), () => lossOf(given(), participation).max);
      if (row.mean !== undefined) add("mean loss as given", row.mean, relative(1e-6), () => lossOf(given(), participation).rootMeanSquare);
      if (row.coefficients !== undefined) {
        add("first coefficients", row.coefficients, absolute(1e-9), () => row.coefficients.map((_, i) => given().strategyRow(i)[0]!));
      }
      if (rounds > 5000) return cases;
      const optimize = () => optimizeBuffers(decays.length, { workload, participation, objective: "max" });
      add("max loss, optimized", row.max, relative(1e-8), () => lossOf(bufferedFactorization(workload, optimize()), participation).max);
      add("decays, optimized", decays, absolute(1e-5), () => [...optimize().decays]);
      add("weights, optimized", weights, absolute(1e-5), () => [...optimize().weights]);
      if (row.inverseDecays !== undefined) {
        add("decays of the inverse, optimized", row.inverseDecays, absolute(1e-5), () => [...optimize().inverseDecays]);
      }
      return cases;
    }),
    {
      id: "V20",
      what: "4 buffers, 2048 rounds, once: max loss, optimized",
      expected: optimum2048x4,
      source,
      tolerance: relative(1e-8),
      ours: lossOnly({ section: { kind: "blt", buffers: 4 }, workload: prefixSum(2048), objective: "max" }, "max"),
    },
    {
      id: "V24",
      what: "2 buffers, 64 rounds: an impulse, streamed, times the strategy, less the identity",
      expected: 0,
      source: "a property",
      tolerance: absolute(1e-9),
      ours: streamedResidue,
    },
  ];
}

/** The largest entry of C w - e_1, where w is what the stream makes of noise that is 1 in the first round and 0 afterwards. */
function streamedResidue(): number {
  const { decays, weights } = vectors.buffers.rows[1]!;
  const factorization = bufferedFactorization(prefixSum(64), { decays: Float64Array.from(decays), weights: Float64Array.from(weights) });
  const noise = startNoise({
    factorization,
    dimension: 1,
    source: { security: "simulation", isRepeatable: false, draw: (row, out) => out.fill(row === 0 ? 1 : 0) },
  });
  const streamed = Array.from({ length: 64 }, (_, row) => noise.take(row + 1)[0]!);
  let largest = 0;
  for (let row = 0; row < 64; row++) {
    const inner = factorization.strategyRow(row).reduce((sum, entry, at) => sum + entry * streamed[at]!, row === 0 ? -1 : 0);
    largest = Math.max(largest, Math.abs(inner));
  }
  return largest;
}

function sensitivityCases(): VectorCase[] {
  const { squareRootSquared, onesSquared, banded, upperBound, majorant: least, placement, participations, identityEpochs } = sensitivities;
  return [
    ...squareRootSquared.rows.map((row) => ({
      id: squareRootSquared.id,
      what: `square root, ${row.rounds} rounds, ${row.participations} times, ${row.separation} apart: squared sensitivity`,
      expected: row.squared,
      source: squareRootSquared.source,
      tolerance: relative(1e-10),
      ours: () => toeplitzSensitivity(prefixRoot(row.rounds), row.rounds, minSeparation(row.participations, row.separation)).value ** 2,
    })),
    ...onesSquared.rows.map(({ rounds, participations: times, squared }) => ({
      id: onesSquared.id,
      what: `all ones, ${rounds} rounds, ${times} times: squared sensitivity`,
      expected: squared,
      source: "asserted and recomputed",
      tolerance: relative(1e-12),
      ours: () => toeplitzSensitivity(new Float64Array(rounds).fill(1), rounds, { kind: "unrestricted", participations: times }).value ** 2,
    })),
    ...banded.rows.map(({ strategy, separation, participations: times, squared }) => ({
      id: banded.id,
      what: `${strategy.length} x ${strategy.length} banded, ${times} times, ${separation} apart: squared sensitivity`,
      expected: squared ?? "refused",
      source: "asserted and recomputed",
      tolerance: relative(1e-12),
      ours: () => {
        try {
          const gram = gramOfLower(flat(strategy), strategy.length);
          return bandedSensitivity(gram, strategy.length, minSeparation(times, separation)).value ** 2;
        } catch (error) {
          if (error instanceof RangeError) return "refused";
          throw error;
        }
      },
    })),
    {
      id: upperBound.id,
      what: "4 x 4, 4 times, 1 apart: upper bound of the sensitivity",
      expected: upperBound.value,
      source: upperBound.source,
      tolerance: relative(1e-10),
      ours: () => {
        const schema = minSeparation(upperBound.participations, upperBound.separation);
        return minSeparationBound(gramOfLower(flat(upperBound.strategy), 4), 4, boundsOf(schema, 4)).value;
      },
    },
    {
      id: least.id,
      what: `coefficients ${least.coefficients.join(", ")}: what they are taken for`,
      expected: least.majorant,
      source: least.source,
      tolerance: exact,
      ours: () => [...majorant(Float64Array.from(least.coefficients))],
    },
    ...placement.rows.map(({ weights, separation, participations: times, total }) => ({
      id: placement.id,
      what: `weights ${weights.join(", ")}, ${times} times, ${separation} apart: heaviest`,
      expected: total,
      source: placement.source,
      tolerance: absolute(1e-12),
      ours: () => heaviestPlacement(Float64Array.from(weights), separation, times),
    })),
    ...participations.rows.map(({ rounds, separation, participations: times, fits }) => ({
      id: participations.id,
      what: `${rounds} rounds, at most ${times} times, ${separation} apart: participations that fit`,
      expected: fits,
      source: participations.source,
      tolerance: exact,
      ours: () => trueParticipations(rounds, separation, times),
    })),
    ...identityEpochs.epochs.map((epochs) => ({
      id: identityEpochs.id,
      what: `independent noise, 16 rounds in ${epochs} epochs: squared sensitivity`,
      expected: epochs,
      source: "asserted",
      tolerance: absolute(1e-12),
      ours: () =>
        build({ section: { kind: "identity" }, workload: prefixSum(16) }).sensitivity({
          kind: "fixed-epoch",
          participations: epochs,
          separation: 16 / epochs,
        }).value ** 2,
    })),
  ];
}

/** All of them. */
export const matrixCases: readonly VectorCase[] = [
  ...singleCases(),
  ...shapeCases(),
  ...optimizedCases(),
  ...bufferCases(),
  ...sensitivityCases(),
];
