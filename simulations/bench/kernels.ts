/** The inner loops: a contribution of each model, sums of contributions, fixed point, ranks. Imports shared, simulations. */
import { addInto } from "../../shared/math/linear.ts";
import { rankAmongAll } from "../../shared/math/metrics.ts";
import { ratingsOf } from "../../shared/math/ratings.ts";
import { topItems } from "../../shared/math/top.ts";
import { models } from "../../shared/models/index.ts";
import { createRng } from "../../shared/random.ts";
import { roundFrame } from "../../shared/run.ts";
import { decodeFixed, encodeFixed } from "../../shared/wire/fixed-point.ts";
import { prepareScenario } from "../prepare.ts";
import { parseScenario } from "../scenario.ts";
import { simulatedTools } from "../simulated-tools.ts";
import type { BenchCase, BenchGroup, BenchSubject } from "./bench.ts";

const shape = { name: "synthetic", users: 200, items: 1_682, ratings: 106 };
const size = 28_594;

/** The subject. */
export const kernels: BenchSubject = {
  name: "kernels",
  summary: "the inner loops: contributions, sums, fixed point, metrics",
  async *groups() {
    yield await contributions();
    yield sums();
    yield await openPath();
    yield fixedPoint();
    yield metrics();
  },
};

/** One device's contribution, by every model with its own defaults. */
async function contributions(): Promise<BenchGroup> {
  const cases: BenchCase[] = [];
  for (const { kind } of models) {
    const { run, split } = await prepareScenario(parseScenario({ dataset: shape, model: { kind } }));
    const shared = run.model.open(run.model.initialize(createRng(1)).shared);
    const ratings = ratingsOf(split.training, 7);
    const own = run.model.createPrivate(ratings, createRng(2));
    const rng = createRng(3);
    const out = new Float64Array(run.contributionSize);
    cases.push({
      name: `${kind}, ${run.contributionSize.toLocaleString("en-US")} values`,
      run: () => run.model.contribute(shared, own, ratings, rng, out),
    });
  }
  return { title: "contribution of one device with 104 ratings, 1,682 items, default options", cases };
}

function sums(): BenchGroup {
  const values = draw(size);
  const sum = new Float64Array(size);
  const plain = (): void => {
    for (let i = 0; i < size; i++) sum[i] = sum[i]! + values[i]!;
  };
  return {
    title: "sum of one contribution of 28,594 values",
    cases: [
      { name: "plain loop", run: plain },
      { name: "addInto", run: () => addInto(sum, values) },
    ],
  };
}

/** Seal, admit and combine of an open contribution. */
async function openPath(): Promise<BenchGroup> {
  const model = { kind: "biased-mf", rank: 16 };
  const { run } = await prepareScenario(parseScenario({ dataset: shape, split: { kind: "random" }, model }));
  const frame = roundFrame(run, 1);
  const aggregator = await run.protection.createAggregator(frame, simulatedTools);
  const device = await run.protection.createDevice(frame, "0", simulatedTools);
  const values = draw(frame.size);
  const brief = aggregator.brief(0, "0");
  const answer = await device.answer(0, brief, values);
  return {
    title: "open protection, 28,594 values",
    cases: [
      { name: "combine", run: () => aggregator.combine(0, "0", answer, "") },
      { name: "admit", run: () => aggregator.admit(0, "0", answer) },
      { name: "seal", run: () => device.answer(0, brief, values) },
    ],
  };
}

function fixedPoint(): BenchGroup {
  const values = draw(size);
  const format = { maxAbs: 8, fractionBits: 14 };
  const { integers } = encodeFixed(values, format);
  return {
    title: "fixed point, 28,594 values",
    cases: [
      { name: "encode", run: () => encodeFixed(values, format) },
      { name: "decode", run: () => decodeFixed(integers, format) },
    ],
  };
}

function metrics(): BenchGroup {
  const scores = draw(1_682);
  const excluded = new Uint8Array(1_682);
  for (let item = 0; item < 106; item++) excluded[item * 7] = 1;
  const chosen = Int32Array.from({ length: 106 }, (_, item) => item * 7);
  return {
    title: "1,682 scores of one person",
    cases: [
      { name: "rank of one held-out item", run: () => rankAmongAll(scores, Int32Array.of(5), excluded) },
      { name: "top 10", run: () => topItems(scores, 10, chosen) },
    ],
  };
}

function draw(length: number): Float64Array {
  const rng = createRng(1, "bench");
  return Float64Array.from({ length }, () => rng.normal());
}
