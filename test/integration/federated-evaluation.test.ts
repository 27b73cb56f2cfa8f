/**
 * Quality that devices find by themselves: the cohort's figures are those of the same people computed in one place, under every protection; and
 * nothing that the aggregator receives, sends, stores or tells holds a single person's.
 */
import { afterEach, describe, expect, it } from "vitest";
import type { RoundReport } from "../../server/index.ts";
import { createRng } from "../../shared/random.ts";
import { findEntries } from "../support/curious-decoder.ts";
import { inOnePlace, type JudgedWorld, judgedTerms, metricNames, people, startJudged, toRatings } from "../support/judged-world.ts";
import { protectionSections } from "../support/protection-sections.ts";

const worlds: JudgedWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const names = Object.keys(protectionSections) as (keyof typeof protectionSections)[];

async function played(name: (typeof names)[number], run = judgedTerms(name)): Promise<{ world: JudgedWorld; reports: RoundReport[] }> {
  const world = await startJudged(name, run);
  worlds.push(world);
  const reports: RoundReport[] = [];
  world.server.on("round", (report) => void reports.push(report));
  await Promise.all(world.clients.map((client) => client.participate()));
  return { world, reports };
}

/** One person's entries as they ride behind a contribution, from what the same evaluation says of that person alone. */
function entriesOf({ run, models }: JudgedWorld, person: number): Float64Array {
  const own = inOnePlace(run, models[0]!, [people[person]!]);
  const unit = run.range.maxAbs;
  const entry = (metric: string): number =>
    metric === "rmse" ? (own[metric]! / 4) ** 2 : metric === "mae" ? own[metric]! / 4 : own[metric]!;
  return Float64Array.from(metricNames, (metric) => unit * entry(metric));
}

describe.each(names)("quality found by devices under %s", (name) => {
  it("is that of the same people in one place, for the model that they were given", async () => {
    const { world, reports } = await played(name);
    expect(reports.map(({ outcome, accepted }) => [outcome, accepted])).toEqual([
      ["published", 4],
      ["published", 4],
    ]);
    const { fractionBits, maxAbs } = world.run.range;
    // Half a unit in the last place a person, over the range; the root of a mean moves at most so much more.
    const tolerance = protectionSections[name].errorPerContribution === 0 ? 1e-12 : (40 * 2 ** -fractionBits) / maxAbs;
    expect(tolerance).toBeLessThan(1e-3);
    for (const [at, { quality, round }] of reports.entries()) {
      expect(quality).toMatchObject({ modelRound: round - 1, people: 3 });
      expect(quality).not.toHaveProperty("noiseStddev");
      const expected = inOnePlace(world.run, world.models[at]!);
      for (const metric of metricNames) {
        expect(Number.isFinite(expected[metric])).toBe(true);
        expect(Math.abs(quality!.metrics[metric]! - expected[metric]!), `${metric} of round ${round}`).toBeLessThanOrEqual(tolerance);
      }
    }
    // The two rounds' figures differ: nothing here is a constant.
    expect(reports[1]!.quality!.metrics["rmse"]).not.toBeCloseTo(reports[0]!.quality!.metrics["rmse"]!, 3);
    expect((await world.server.records()).map(({ quality }) => quality)).toEqual(reports.map(({ quality }) => quality));
  });
});

describe.each(names.filter((name) => name !== "open"))("what the aggregator has of one person's figures under %s", (name) => {
  it("is nothing: no message, nothing stored, no event", async () => {
    const { world, reports } = await played(name, judgedTerms(name, { rounds: 1 }));
    const text = world.transcript.bytes.toString("latin1") + JSON.stringify(reports) + JSON.stringify(await world.server.records());
    for (const person of [0, 1, 2]) {
      const entries = entriesOf(world, person);
      const scaled = entries.map((value) => value * 2 ** world.run.range.fractionBits).map(Math.round);
      for (const form of [entries, Float32Array.from(entries), Int32Array.from(scaled), BigInt64Array.from([...scaled].map(BigInt))]) {
        expect(findEntries(world.transcript.bytes, form)).toMatchObject({ found: 0 });
      }
      const own = inOnePlace(world.run, world.models[0]!, [people[person]!]);
      for (const metric of ["rmse", "mae"]) expect(text).not.toContain(String(own[metric]).slice(0, 8));
    }
  });
});

it("trains on nothing that is kept aside: what leaves is the contribution of the others, and what was found, no more", async () => {
  const { world } = await played("open", judgedTerms("open", { rounds: 1 }));
  const { run, models, transcript } = world;
  for (const [person, listed] of people.entries()) {
    const training = toRatings(listed.length < 5 ? listed : listed.slice(0, -1));
    const own = new Float64Array(run.contributionSize);
    run.model.contribute(run.model.open(models[0]!), run.model.createPrivate(training, createRng(1)), training, createRng(1), own);
    const sent = new Float64Array(new Uint8Array(transcript.answerOf(person, run.protection.contributionStage)).buffer);
    expect(sent.subarray(0, own.length)).toEqual(own);
    const found =
      listed.length < 5 ? new Float64Array(7) : Float64Array.of(run.range.maxAbs, run.range.maxAbs, ...entriesOf(world, person));
    for (const [at, value] of sent.subarray(own.length).entries()) expect(value).toBeCloseTo(found[at]!, 9);
  }
});

it("shows a person's figures under open, by the same reader", async () => {
  const { world } = await played("open", judgedTerms("open", { rounds: 1 }));
  const { looked, found } = findEntries(world.transcript.bytes, entriesOf(world, 0).subarray(0, 2));
  expect([looked, found]).toEqual([1, 1]);
});

describe("the figures' way to the operator", () => {
  it("is the round's event, its record, the status page and Prometheus, in the rounds that the terms name", async () => {
    const run = judgedTerms("open", { rounds: 3, evaluation: { every: 2, metrics: ["rmse"], holdOut: { kind: "latest" } } });
    const { world, reports } = await played("open", run);
    expect(reports.map(({ quality }) => quality?.modelRound)).toEqual([undefined, 1, undefined]);
    const { metrics, people: judges } = reports[1]!.quality!;
    const { url } = await world.server.listen();
    const status = (await (await fetch(`${url}/status`)).json()) as { quality: unknown };
    expect(status.quality).toEqual({ modelRound: 1, people: judges, metrics });
    const text = await world.server.metrics.text();
    expect(text).toContain(`cofactor_quality{metric="rmse"} ${metrics["rmse"]}`);
    expect(text).toContain("cofactor_quality_people 3");
  });

  it("tells nothing when fewer people judged than a sum must be over", async () => {
    const run = judgedTerms("open", { rounds: 1, cohort: { size: 4, min: 4 } });
    const { reports } = await played("open", run);
    expect(reports[0]).toMatchObject({ outcome: "published", accepted: 4 });
    expect(reports[0]).not.toHaveProperty("quality");
  });
});
