/** The figures of accounting.json beside those of our accountants. Imports shared, case. */
import { gaussianDelta, gaussianEpsilon, gaussianNoiseMultiplier } from "../../../shared/privacy/accountants/gaussian-profile.ts";
import { epsilonAt } from "../../../shared/privacy/accountants/rdp.ts";
import { boundedRangeRdp, poissonGaussianRdp } from "../../../shared/privacy/accountants/rdp-curves.ts";
import { bandedEvent } from "../../../shared/privacy/banded.ts";
import { calibrateNoise } from "../../../shared/privacy/calibrate.ts";
import {
  fixedSizeGaussianEvent,
  gaussianEvent,
  laplaceEvent,
  type PrivacyEvent,
  poissonGaussianEvent,
  selfComposedEvent,
  zcdpEvent,
} from "../../../shared/privacy/event.ts";
import { openAccountant, spent } from "../../../shared/privacy/spent.ts";
import vectors from "./accounting.json" with { type: "json" };
import { absolute, atMost, exact, relative, type VectorCase } from "./case.ts";

/** Whole numbers from low to high. */
export const range = (low: number, high: number): number[] => Array.from({ length: high - low + 1 }, (_, i) => low + i);

const { tenths, whole } = vectors.orders.opacus;
/** The orders that Opacus looks at. */
export const opacusOrders: readonly number[] = [
  ...range(tenths[0]!, tenths[1]!).map((tenth) => tenth / 10),
  ...range(whole[0]!, whole[1]!),
];

/** Poisson-sampled Gaussian noise in every round. */
export function sampled(run: { readonly samplingRate: number; readonly rounds: number }, noiseMultiplier: number): PrivacyEvent {
  const { samplingRate, rounds } = run;
  return selfComposedEvent(poissonGaussianEvent({ neighboring: "add-remove", noiseMultiplier, samplingRate }), rounds);
}

/** Epsilon of an event by one accountant. */
export function epsilonOf(kind: string, event: PrivacyEvent, delta: number, options: object = {}): number {
  return openAccountant({ kind, ...options }, event.neighboring)
    .compose(event)
    .epsilon(delta);
}

const words = ({ samplingRate, noiseMultiplier, rounds }: { samplingRate: number; noiseMultiplier: number; rounds: number }): string =>
  `rate ${samplingRate}, noise ${noiseMultiplier}, ${rounds} rounds`;

function sampledCases(): VectorCase[] {
  const { sampled: runs, sampledSource: source, opacusOrders: opacus, prv, noiseMultipliers, noiseMultipliersSource } = vectors;
  return [
    ...runs.flatMap((run) => {
      const event = sampled(run, run.noiseMultiplier);
      const what = `${words(run)}, delta ${run.delta}`;
      return [
        {
          id: run.id,
          what: `${what}: epsilon, RDP`,
          expected: run.rdp,
          source,
          tolerance: atMost(5e-4, 6),
          ours: () => epsilonOf("rdp", event, run.delta),
        },
        {
          id: run.id,
          what: `${what}: epsilon, PLD`,
          expected: run.pld,
          source,
          tolerance: absolute(1e-6),
          ours: () => epsilonOf("pld", event, run.delta),
        },
      ];
    }),
    {
      id: opacus.id,
      what: `${words(opacus)}: epsilon, RDP at Opacus' orders`,
      expected: opacus.epsilon,
      source: opacus.source,
      tolerance: absolute(1e-9),
      ours: () => epsilonOf("rdp", sampled(opacus, opacus.noiseMultiplier), opacus.delta, { orders: opacusOrders }),
    },
    {
      id: prv.id,
      what: `${words(prv)}: epsilon, PLD beside PRV's estimate`,
      expected: prv.estimate,
      source: prv.source,
      tolerance: absolute(5e-5),
      ours: () => epsilonOf("pld", sampled(prv, prv.noiseMultiplier), prv.delta),
    },
    {
      id: prv.id,
      what: `${words(prv)}: epsilon, PLD beside PRV's upper bound`,
      expected: prv.upper,
      source: prv.source,
      tolerance: atMost(0.011, 4),
      ours: () => epsilonOf("pld", sampled(prv, prv.noiseMultiplier), prv.delta),
    },
    ...noiseMultipliers.map(({ id, accountant, rounds, noiseMultiplier, tolerance }) => ({
      id,
      what: `least noise for epsilon 8, delta 1e-5, rate 0.04, ${rounds} rounds, ${accountant === "pld" ? "PLD beside PRV" : "RDP"}`,
      expected: noiseMultiplier,
      source: noiseMultipliersSource,
      tolerance: atMost(tolerance, 4),
      ours: () =>
        calibrateNoise({
          budget: { epsilon: 8, delta: 1e-5 },
          event: (noise) => sampled({ samplingRate: 0.04, rounds }, noise),
          view: "release",
          accountant: accountant === "pld" ? { kind: accountant, step: 1e-3 } : { kind: accountant },
        }),
    })),
  ];
}

function curveCases(): VectorCase[] {
  const { conversion, divergences, exponential, edges } = vectors;
  const { constant, gaussian } = conversion;
  return [
    ...divergences.map((run) => ({
      id: run.id,
      what: `${words(run)}: divergences at orders ${run.orders.join(", ")}`,
      expected: run.values,
      source: run.source,
      tolerance: relative(run.relative),
      ours: () => run.orders.map((order) => run.rounds * poissonGaussianRdp(run.samplingRate, run.noiseMultiplier, order)),
    })),
    {
      id: conversion.id,
      what: `divergence ${constant.divergence} at orders 2 to 32: epsilon at delta ${constant.delta}`,
      expected: constant.epsilon,
      source: conversion.source,
      tolerance: absolute(1e-9),
      ours: () => Math.min(...range(2, 32).map((order) => epsilonAt(order, constant.divergence, constant.delta))),
    },
    {
      id: conversion.id,
      what: `Gaussian noise ${gaussian.noiseMultiplier}, delta ${gaussian.delta}: epsilon, zCDP`,
      expected: gaussian.epsilon,
      source: conversion.source,
      tolerance: absolute(5e-8),
      ours: () =>
        epsilonOf("zcdp", gaussianEvent({ neighboring: "add-remove", noiseMultiplier: gaussian.noiseMultiplier }), gaussian.delta),
    },
    {
      id: exponential.id,
      what: "exponential mechanism, epsilon 1: divergence as the order falls to 1",
      expected: exponential.atOne,
      source: exponential.source,
      tolerance: absolute(1e-7),
      ours: () => boundedRangeRdp(exponential.epsilon, 1 + 1e-7),
    },
    {
      id: exponential.id,
      what: "exponential mechanism, epsilon 1: divergence at order 1000",
      expected: exponential.at1000,
      source: exponential.source,
      tolerance: atMost(0.01, 6),
      ours: () => boundedRangeRdp(exponential.epsilon, 1000),
    },
    {
      id: edges.id,
      what: "no noise: epsilon",
      expected: edges.withoutNoise,
      source: edges.source,
      tolerance: exact,
      ours: () => String(epsilonOf("rdp", sampled({ samplingRate: 0.1, rounds: 1 }, 0), edges.delta)).toLowerCase(),
    },
    {
      id: edges.id,
      what: "rate 0: epsilon",
      expected: edges.withoutSampling,
      source: edges.source,
      tolerance: exact,
      ours: () => epsilonOf("rdp", sampled({ samplingRate: 0, rounds: 1 }, 1), edges.delta),
    },
    {
      id: edges.id,
      what: "rho 0.5 less Gaussian noise 1, both by RDP: epsilon",
      expected: edges.zcdpLessGaussian,
      source: edges.source,
      tolerance: exact,
      ours: () =>
        epsilonOf("rdp", zcdpEvent({ neighboring: "zero-out", rho: 0.5 }), edges.delta) -
        epsilonOf("rdp", gaussianEvent({ neighboring: "zero-out", noiseMultiplier: 1 }), edges.delta),
    },
  ];
}

function gaussianCases(): VectorCase[] {
  const { gaussian, gaussianSource, gaussianDelta: one, tree, treeSource, zcdp, zcdpSource } = vectors;
  return [
    ...gaussian.map(({ id, noiseMultiplier, delta, epsilon }) => {
      const isNoise = Number.isInteger(epsilon);
      return {
        id,
        what: isNoise ? `least noise for epsilon ${epsilon}, delta ${delta}` : `Gaussian noise ${noiseMultiplier}, delta ${delta}: epsilon`,
        expected: isNoise ? noiseMultiplier : epsilon,
        source: gaussianSource,
        tolerance: relative(2e-10),
        ours: () => (isNoise ? gaussianNoiseMultiplier(epsilon, delta) : gaussianEpsilon(delta, noiseMultiplier)),
      };
    }),
    {
      id: one.id,
      what: `Gaussian noise ${one.noiseMultiplier}, epsilon ${one.epsilon}: delta`,
      expected: one.delta,
      source: one.source,
      tolerance: absolute(1e-10),
      ours: () => gaussianDelta(one.epsilon, one.noiseMultiplier),
    },
    ...tree.map(({ id, steps, noiseMultiplier, delta, epsilon }) => ({
      id,
      what: `tree of ${steps} steps, noise ${noiseMultiplier}, delta ${delta}: epsilon, RDP`,
      expected: epsilon,
      source: treeSource,
      tolerance: absolute(1e-5),
      ours: () => {
        const event = gaussianEvent({ neighboring: "zero-out", noiseMultiplier });
        return epsilonOf("rdp", selfComposedEvent(event, Math.ceil(Math.log2(steps + 1))), delta, { orders: opacusOrders });
      },
    })),
    ...zcdp.flatMap(({ id, rho, delta, exact: known, zcdp: rdp, tolerance }) => {
      const plain = gaussianEvent({ neighboring: "zero-out", noiseMultiplier: 1 / Math.sqrt(2 * rho) });
      const what = `rho ${rho}, delta ${delta}: epsilon`;
      const row = { id, source: zcdpSource, tolerance: absolute(tolerance) };
      const first = { ...row, what: `${what}, exact`, expected: known, ours: () => epsilonOf("exact", plain, delta) };
      if (rdp === undefined) return [first];
      const event = zcdpEvent({ neighboring: "zero-out", rho });
      return [first, { ...row, what: `${what}, RDP`, expected: rdp, ours: () => epsilonOf("rdp", event, delta) }];
    }),
  ];
}

function distributionCases(): VectorCase[] {
  const { delta: three, smallest, laplace, source } = vectors.pld;
  return [
    {
      id: three.id,
      what: `${words(three)}: delta at epsilon ${three.epsilon}, PLD`,
      expected: three.delta,
      source,
      tolerance: absolute(1e-6),
      ours: () => openAccountant({ kind: "pld" }, "add-remove").compose(sampled(three, three.noiseMultiplier)).delta(three.epsilon),
    },
    ...smallest.map((run) => ({
      id: run.id,
      what: `least noise for epsilon ${run.epsilon}, delta ${run.delta}, rate ${run.samplingRate}, ${run.rounds} rounds, sensitivity ${run.sensitivity}, PLD`,
      expected: run.noiseStddev,
      source,
      tolerance: relative(run.relative),
      ours: () => {
        const budget = { epsilon: run.epsilon, delta: run.delta };
        return run.sensitivity * calibrateNoise({ budget, event: (noise) => sampled(run, noise), view: "release" });
      },
    })),
    {
      id: laplace.id,
      what: `${laplace.rounds} x Laplace noise ${laplace.noiseMultiplier}, delta ${laplace.delta}: epsilon, PLD`,
      expected: laplace.epsilon,
      source,
      tolerance: absolute(1e-6),
      ours: () => {
        const event = laplaceEvent({ neighboring: "replace", noiseMultiplier: laplace.noiseMultiplier });
        return epsilonOf("pld", selfComposedEvent(event, laplace.rounds), laplace.delta);
      },
    },
  ];
}

function samplingCases(): VectorCase[] {
  const { fixedSize, fixedSizeSource, banded } = vectors;
  const bands = (count: number): PrivacyEvent => {
    const { population, cohort, rounds, noiseMultiplier } = banded;
    return bandedEvent({ population, cohort, rounds, noiseMultiplier, bands: count, neighboring: "zero-out" });
  };
  const title = `${banded.cohort} of ${banded.population}, noise ${banded.noiseMultiplier}, ${banded.rounds} rounds`;
  const { id, source } = banded;
  return [
    ...fixedSize.map((run) => ({
      id: run.id,
      what: `${run.cohort} of ${run.population} without replacement, noise ${run.noiseMultiplier}, ${run.rounds} rounds, delta ${run.delta}: epsilon, RDP`,
      expected: run.epsilon,
      source: fixedSizeSource,
      tolerance: absolute(5e-6),
      ours: () => {
        const { noiseMultiplier, population, cohort } = run;
        const event = fixedSizeGaussianEvent({ neighboring: "replace", noiseMultiplier, population, cohort });
        return epsilonOf("rdp", selfComposedEvent(event, run.rounds), run.delta);
      },
    })),
    ...Object.entries(banded.epsilonByBands).map(([count, epsilon]) => ({
      id,
      what: `${count} bands, ${title}: epsilon, PLD at ${banded.step}`,
      expected: epsilon,
      source,
      tolerance: absolute(5e-6),
      ours: () =>
        spent(bands(Number(count)), { delta: banded.delta, view: "release", accountant: { kind: "pld", step: banded.step } }).epsilon,
    })),
    {
      id,
      what: `60 bands, ${title}, for the server: epsilon, exact`,
      expected: banded.unamplified60,
      source,
      tolerance: absolute(1e-8),
      ours: () => spent(bands(60), { delta: banded.delta, view: "server" }).epsilon,
    },
    ...statementCases(),
  ];
}

function statementCases(): VectorCase[] {
  const { statement, dpSgd } = vectors;
  const { id, source, population, batch, noiseMultiplier, epochs, delta, poisson, unsampled } = statement;
  const noise = noiseMultiplier / 2;
  const run = { samplingRate: batch / population, rounds: Math.ceil((epochs * population) / batch) };
  const plain = selfComposedEvent(gaussianEvent({ neighboring: "add-remove", noiseMultiplier: noise }), epochs);
  const title = `${batch} of ${population}, noise ${noiseMultiplier} at twice the sensitivity, ${epochs} epochs, delta ${delta}: epsilon`;
  const row = { id, source, tolerance: absolute(5e-4) };
  const orders = [...vectors.orders.tensorflowPrivacy, ...range(5, 63), 128, 256, 512];
  return [
    { ...row, what: `${title}, RDP`, expected: poisson.rdp, ours: () => epsilonOf("rdp", sampled(run, noise), delta) },
    { ...row, what: `${title}, PLD`, expected: poisson.pld, ours: () => epsilonOf("pld", sampled(run, noise), delta) },
    { ...row, what: `${title}, no sampling, RDP`, expected: unsampled.rdp, ours: () => epsilonOf("rdp", plain, delta) },
    { ...row, what: `${title}, no sampling, exact`, expected: unsampled.pld, ours: () => epsilonOf("exact", plain, delta) },
    {
      id: dpSgd.id,
      what: `${dpSgd.batch} of ${dpSgd.population}, noise ${dpSgd.noiseMultiplier}, ${dpSgd.epochs} epochs, delta ${dpSgd.delta}: epsilon, RDP at its orders`,
      expected: dpSgd.epsilon,
      source: dpSgd.source,
      tolerance: absolute(1e-11),
      ours: () => {
        const event = sampled(
          { samplingRate: dpSgd.batch / dpSgd.population, rounds: (dpSgd.epochs * dpSgd.population) / dpSgd.batch },
          dpSgd.noiseMultiplier,
        );
        return epsilonOf("rdp", event, dpSgd.delta, { orders });
      },
    },
  ];
}

/** All of them. */
export const accountingCases: readonly VectorCase[] = [
  ...sampledCases(),
  ...curveCases(),
  ...gaussianCases(),
  ...distributionCases(),
  ...samplingCases(),
];
