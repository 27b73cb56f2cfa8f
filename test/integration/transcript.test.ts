/**
 * What the aggregator can see: everything that it received, sent and stored in two runs that differ in one device's ratings. Under a
 * protection the two look alike and nothing of that device can be read; the same reader reads it all under `open`.
 */
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "../../client/index.ts";
import { toOwnRatings } from "../../client/ratings.ts";
import { createServer, memoryStore } from "../../server/index.ts";
import { defineRun } from "../../shared/define-run.ts";
import { protections } from "../../shared/protections/index.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { localOpener } from "../../shared/protections/local-opener.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { Run } from "../../shared/run.ts";
import { createMemoryPair } from "../../shared/transport.ts";
import { encodeFixed } from "../../shared/wire/fixed-point.ts";
import { findEntries, type NumberArray, readVector, unevenness } from "../support/curious-decoder.ts";
import { protectionSections } from "../support/protection-sections.ts";
import { Transcript } from "../support/transcript.ts";

type Ratings = readonly (readonly [number, number])[];

const victim = 2;
const items = 60;
const quietRatings: Ratings = [3, 11, 17, 20, 41, 58].map((item, index) => [item, 1 + (index % 5)]);
const loudRatings: Ratings = Array.from({ length: 31 }, (_, index) => [2 * index - (index > 29 ? 1 : 0), 5]);
const others: readonly Ratings[] = [1, 2, 3].map((seed) =>
  Array.from({ length: 9 }, (_, index) => [(7 * seed + 5 * index) % items, 1 + ((seed + index) % 5)]),
);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** One run of four devices (the paths of a cohort's tree are of one length then), the third of which has the given ratings. */
async function record(
  name: keyof typeof protectionSections,
  ratings: Ratings,
): Promise<{ run: Run; transcript: Transcript; truth: Float64Array }> {
  const { section, secrets } = protectionSections[name];
  const run = defineRun({
    id: "seen",
    items,
    rounds: 1,
    cohort: { size: 4, min: 4 },
    ratings: { range: [1, 5], globalMean: 3 },
    model: { kind: "als", rank: 2 },
    protection: section,
  });
  const { definition, options } = resolveSection(protections, section, "protection");
  const opener = localOpener(await Promise.all(secrets.map((secret) => definition.createKeyholder!(options, secret, nodeKeyholderTools))));
  const transcript = new Transcript();
  const server = await createServer({ run, store: transcript.watch(memoryStore()), opener, gatherMs: 10, modelRng: createRng(7, "model") });
  cleanups.push(() => server.close());
  const start = server.shared.slice();
  const people = [...others.slice(0, victim), ratings, ...others.slice(victim)];
  const clients = [];
  for (const own of people) {
    const connect = async () => {
      const [near, far] = createMemoryPair();
      server.accept(transcript.tap(far));
      return near;
    };
    const client = createClient({ connect, run: "seen", ratings: own, accept: { protections: [run.protection.kind] } });
    cleanups.push(() => client.close());
    await client.join();
    clients.push(client);
  }
  await Promise.all(clients.map((client) => client.participate()));
  const truth = new Float64Array(run.contributionSize);
  const own = toOwnRatings(ratings).ratings;
  const rng = createRng(1);
  run.model.contribute(run.model.open(start), run.model.createPrivate(own, rng), own, rng, truth);
  return { run, transcript, truth };
}

/** A contribution as it would lie there in clear: floats of both widths, integers of the fixed point in all widths. */
function clearForms({ range }: Run, truth: Float64Array): NumberArray[] {
  const { integers } = encodeFixed(truth, range);
  return [truth, Float32Array.from(truth), integers, Int32Array.from(integers), BigInt64Array.from([...integers].map(BigInt))];
}

const names = Object.keys(protectionSections) as (keyof typeof protectionSections)[];

describe.each(names.filter((name) => name !== "open"))("what the aggregator sees under %s", (name) => {
  it("has the same form, looks uniform and tells nothing, whatever one device rated", async () => {
    const [quiet, loud] = [await record(name, quietRatings), await record(name, loudRatings)];
    for (let peer = 0; peer < 4; peer++) expect(loud.transcript.formOf(peer)).toEqual(quiet.transcript.formOf(peer));

    const { contributionStage } = quiet.run.protection;
    const sealed = [quiet, loud].map(({ transcript }) =>
      protectionSections[name].uniformPart(transcript.answerOf(victim, contributionStage)),
    );
    for (const bytes of sealed) expect(unevenness(bytes)).toBeLessThan(5);
    expect(unevenness(sealed[0]!.map((byte, index) => byte ^ sealed[1]![index]!))).toBeLessThan(5);

    for (const { run, transcript, truth } of [quiet, loud]) {
      const { correlation, support } = readVector(transcript.answerOf(victim, contributionStage), truth);
      expect(correlation).toBeLessThan(0.5);
      expect(support).toBeLessThan(0.6);
      for (const form of clearForms(run, truth)) expect(findEntries(transcript.bytes, form)).toMatchObject({ found: 0 });
    }
  });
});

describe("what the aggregator sees under open", () => {
  it("is every rated item of a device, by the same reader", async () => {
    const { run, transcript, truth } = await record("open", quietRatings);
    const bytes = transcript.answerOf(victim, run.protection.contributionStage);
    const { correlation, support } = readVector(bytes, truth);
    expect(correlation).toBeGreaterThan(0.999);
    expect(support).toBe(1);
    expect(unevenness(bytes)).toBeGreaterThan(100);
    const { looked, found } = findEntries(transcript.bytes, truth);
    expect(looked).toBeGreaterThan(10);
    expect(found).toBe(looked);
  });
});
