/** The figures of clipping, samplers, distributed and local noise beside ours. Imports shared, case. */
import { type AdaptiveClip, adaptClip, adaptiveBit, vectorNoiseMultiplier } from "../../../shared/privacy/clips/adaptive.ts";
import { clipFlat } from "../../../shared/privacy/clips/flat.ts";
import { modularClip } from "../../../shared/privacy/distributed/modular.ts";
import { walshHadamard } from "../../../shared/privacy/distributed/walsh-hadamard.ts";
import { skellamEvent } from "../../../shared/privacy/event.ts";
import { createDuchi } from "../../../shared/privacy/mechanisms/local-duchi.ts";
import { createPiecewise, planPiecewise } from "../../../shared/privacy/mechanisms/local-piecewise.ts";
import { roundedNorms } from "../../../shared/privacy/rounded-norm.ts";
import { createRandomBits } from "../../../shared/privacy/samplers/bits.ts";
import { discreteGaussianVariance } from "../../../shared/privacy/samplers/discrete-gaussian.ts";
import { discreteLaplaceVariance } from "../../../shared/privacy/samplers/discrete-laplace.ts";
import { secureRng } from "../../../shared/random.ts";
import { absolute, exact, relative, type VectorCase } from "./case.ts";
import { epsilonOf, range } from "./cases-accounting.ts";
import clipping from "./clipping.json" with { type: "json" };
import distributed from "./distributed.json" with { type: "json" };
import local from "./local.json" with { type: "json" };
import samplers from "./samplers.json" with { type: "json" };

function samplerCases(): VectorCase[] {
  const { discreteGaussian, discreteLaplace, mark: source } = samplers;
  return [
    ...discreteGaussian.flatMap(({ id, stddev, variance, atZero }) => {
      const title = `discrete Gaussian ${stddev}`;
      const first = {
        id,
        source,
        what: `${title}: variance`,
        expected: variance,
        tolerance: relative(1e-9),
        ours: () => discreteGaussianVariance(stddev),
      };
      if (atZero === undefined) return [first];
      const ours = () => 1 / range(1, 100).reduce((sum, x) => sum + 2 * Math.exp(-(x * x) / (2 * stddev * stddev)), 1);
      return [first, { id, source, what: `${title}: probability of 0`, expected: atZero, tolerance: absolute(1e-11), ours }];
    }),
    ...discreteLaplace.flatMap(({ id, scale, variance, atZero }) => {
      const title = `discrete Laplace ${scale}`;
      const first = {
        id,
        source,
        what: `${title}: variance`,
        expected: variance,
        tolerance: absolute(1e-8),
        ours: () => discreteLaplaceVariance(scale),
      };
      if (atZero === undefined) return [first];
      const ours = () => Math.tanh(1 / (2 * scale));
      return [first, { id, source, what: `${title}: probability of 0`, expected: atZero, tolerance: absolute(1e-9), ours }];
    }),
  ];
}

/** The clips of five rounds, and the sums of what they let through, when nothing is noised. */
function adapt({ records, clips: _clips, sums: _sums, ...settings }: (typeof clipping.adaptive)[number]): [number[], number[]] {
  const plan = { ...settings, bitNoiseStddev: 0, expectedCohort: records.length } as AdaptiveClip;
  const contributions = records.map((record) => Float64Array.of(record));
  const [clips, sums]: [number[], number[]] = [[], []];
  let clipNorm = plan.initialClipNorm;
  for (let round = 0; round < 5; round++) {
    sums.push(contributions.reduce((total, one) => total + clipFlat(one, clipNorm)[0]!, 0));
    clipNorm = adaptClip(
      plan,
      clipNorm,
      contributions.reduce((total, one) => total + adaptiveBit(one, clipNorm), 0),
    );
    clips.push(clipNorm);
  }
  return [clips, sums];
}

function clippingCases(): VectorCase[] {
  const { adaptive, multipliers, marks } = clipping;
  return [
    ...adaptive.flatMap((plan) => {
      const title = `adaptive clip, ${plan.update}, records ${plan.records.join(", ")}`;
      const row = { id: plan.id, source: marks.adaptive, tolerance: absolute(1e-10) };
      const clips = { ...row, what: `${title}: clip norms`, expected: plan.clips, ours: () => adapt(plan)[0] };
      return plan.sums === undefined
        ? [clips]
        : [clips, { ...row, what: `${title}: sums`, expected: plan.sums, ours: () => adapt(plan)[1] }];
    }),
    ...multipliers.map(({ id, noiseMultiplier, bitNoiseStddev, vector }) => ({
      id,
      what: `total noise ${noiseMultiplier}, bits with noise ${bitNoiseStddev}: noise of the vector`,
      expected: vector,
      source: marks.multipliers,
      tolerance: absolute(1e-9),
      ours: () => vectorNoiseMultiplier(noiseMultiplier, bitNoiseStddev),
    })),
  ];
}

function distributedCases(): VectorCase[] {
  const { walshHadamard: transform, modularClip: wrap, roundedNorms: norms, skellam, marks } = distributed;
  return [
    {
      id: transform.id,
      what: `transform of ${transform.values.join(", ")}`,
      expected: transform.transformed,
      source: marks.walshHadamard,
      tolerance: exact,
      ours: () => {
        const values = Float64Array.from(transform.values);
        walshHadamard(values);
        return [...values];
      },
    },
    {
      id: wrap.id,
      what: `${wrap.values.join(", ")} wrapped into [${wrap.low}, ${wrap.high})`,
      expected: wrap.clipped,
      source: marks.modularClip,
      tolerance: exact,
      ours: () => [...modularClip(Float64Array.from(wrap.values), wrap.low, wrap.high)],
    },
    ...norms.map(({ id, norm, dimension, failure, l2 }) => ({
      id,
      what: `norm ${norm} in ${dimension} dimensions, rounded${failure === undefined ? "" : `, never above (${failure})`}`,
      expected: l2,
      source: marks.roundedNorms,
      tolerance: absolute(1e-8),
      ours: () => (failure === undefined ? roundedNorms(norm, dimension) : roundedNorms(norm, dimension, failure)).l2,
    })),
    {
      id: skellam.id,
      what: `Skellam shares ${skellam.shareStddev}, ${skellam.shares} of them, ${skellam.dimension} values, ${skellam.rounds} rounds: epsilon, RDP`,
      expected: skellam.epsilon,
      source: marks.skellam,
      tolerance: absolute(1e-6),
      ours: () => {
        const bounds = roundedNorms(skellam.scale * skellam.clipNorm, skellam.dimension);
        const variance = skellam.shares * (skellam.scale * skellam.shareStddev) ** 2;
        const event = skellamEvent({ neighboring: "zero-out", variance, sensitivity: bounds.l2, l1Sensitivity: bounds.l1 });
        const orders = range(2, 256);
        return epsilonOf("rdp", { kind: "self-composed", neighboring: "zero-out", event, count: skellam.rounds }, skellam.delta, {
          orders,
        });
      },
    },
  ];
}

function localCases(): VectorCase[] {
  const { id, epsilon, duchi, piecewise, mark: source } = local;
  const bits = createRandomBits(secureRng);
  const one = (what: string, expected: number, tolerance: VectorCase["tolerance"], ours: () => number): VectorCase => ({
    id,
    source,
    what: `${what}, epsilon ${epsilon}`,
    expected,
    tolerance,
    ours,
  });
  return [
    one("Duchi: the output", duchi.reach, absolute(1e-8), () => createDuchi(epsilon, bits).reach),
    one("Duchi: largest variance", duchi.largestVariance, absolute(1e-8), () => createDuchi(epsilon, bits).variance(0)),
    one("piecewise: range", piecewise.reach, relative(1e-5), () => planPiecewise(epsilon).reach),
    one("piecewise: variance at 0", piecewise.varianceAt0, absolute(1e-8), () => createPiecewise(epsilon, bits).variance(0)),
    one("piecewise: variance at 1", piecewise.varianceAt1, absolute(1e-8), () => createPiecewise(epsilon, bits).variance(1)),
    one("piecewise: density", piecewise.density, relative(1e-5), () => planPiecewise(epsilon).density),
  ];
}

/** All of them. */
export const noiseCases: readonly VectorCase[] = [...samplerCases(), ...clippingCases(), ...distributedCases(), ...localCases()];
