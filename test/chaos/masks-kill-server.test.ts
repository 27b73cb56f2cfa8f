/**
 * The aggregator of a masked round is killed by SIGKILL in each of the five stages and started again on the same file: devices go on with the
 * secrets that they hold, the sum is exact, and nobody is asked for another answer than the one it gave.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { socketConnector } from "../../client/socket.ts";
import { sqliteStore } from "../../server/index.ts";
import { createIdentity, type Identity } from "../../shared/crypto/identity.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { maskedStages } from "../../shared/protections/masked-round.ts";
import type { DeviceHalf } from "../../shared/protections/protection.ts";
import { secureRng } from "../../shared/random.ts";
import { roundFrame } from "../../shared/run.ts";
import type { TermsInput } from "../../shared/terms.ts";
import { decodeModel } from "../../shared/wire/model-codec.ts";
import { contributionOf, countingRun } from "../support/counting-run.ts";
import { type Fate, Lineage } from "../support/lineage.ts";
import { realTools } from "../support/protected-round.ts";
import { ScriptedClient } from "../support/scripted-client.ts";

const devices = 5;
const size = devices + 1;
const rounds = 2;
const terms: Partial<TermsInput> = {
  rounds,
  cohort: { size: devices, min: devices },
  deadline: { stageMs: 60_000, graceMs: 60_000 },
  protection: { kind: "masks", corruption: 0, dropout: 0.2 },
};
const run = countingRun(size, terms);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A masked device that outlives its connections: a stage is answered once, and repeated in the same bytes. */
class MaskedPerson {
  readonly identity: Identity = createIdentity(secureRng);
  /** Stages that were asked again with another brief. */
  readonly otherBriefs: string[] = [];
  readonly #index: number;
  readonly #halves = new Map<number, DeviceHalf>();
  readonly #given = new Map<string, { readonly brief: Uint8Array; readonly answer: Promise<Uint8Array> }>();

  constructor(index: number) {
    this.#index = index;
  }

  async answer(round: number, stage: number, brief: Uint8Array): Promise<Uint8Array> {
    const key = `${round}/${stage}`;
    const earlier = this.#given.get(key);
    if (earlier !== undefined) {
      if (Buffer.compare(earlier.brief, brief) !== 0) this.otherBriefs.push(key);
      return earlier.answer;
    }
    const answer = this.#make(round, stage, brief);
    this.#given.set(key, { brief, answer });
    return answer;
  }

  async #make(round: number, stage: number, brief: Uint8Array): Promise<Uint8Array> {
    const half = this.#halves.get(round) ?? (await run.protection.createDevice(roundFrame(run, round), this.identity.id, realTools));
    this.#halves.set(round, half);
    return half.answer(stage, brief, contributionOf(size, this.#index));
  }

  /** Takes part until the run has ended, over as many connections as it takes. */
  async takePart(lineage: Lineage): Promise<void> {
    for (;;) {
      try {
        const client = new ScriptedClient(await socketConnector(await lineage.url)(), run.terms.id, this.identity);
        client.onAsk = ({ round, stage, briefBytes }, brief) => {
          expect(brief.length).toBe(briefBytes);
          void this.answer(round, stage, brief)
            .then((bytes) => client.answer(round, bytes, { stage }))
            .catch(() => undefined);
        };
        if ((await client.join()).ended) return;
        await client.until(() => client.published.at(-1)?.ended === true);
        return;
      } catch (error) {
        if (!(isCofactorError(error) && error.retryable) && !String(error).includes("connection ended")) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}

async function survive(fates: readonly Fate[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-chaos-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const lineage = new Lineage({ path: join(folder, "run.sqlite"), size, devices, rounds, terms }, fates);
  const people = Array.from({ length: devices }, (_, index) => new MaskedPerson(index));
  await Promise.all(people.map((person) => person.takePart(lineage)));
  await lineage.end();
  expect(lineage.failures).toEqual([]);
  expect(lineage.deaths).toBe(fates.length);
  expect(people.flatMap(({ otherBriefs }) => otherBriefs)).toEqual([]);
  const store = sqliteStore(lineage.path);
  cleanups.unshift(() => store.close());
  const records = await store.records(run.terms.id);
  expect(records.map(({ round, outcome, accepted }) => [round, outcome, accepted])).toEqual([
    [1, "published", devices],
    [2, "published", devices],
  ]);
  for (const { round, sha256 } of records) {
    const values = decodeModel((await store.model(run.terms.id, sha256))!, size, "float64");
    expect([...values]).toEqual([...Array.from({ length: devices }, () => round), 0]);
  }
}

describe("an aggregator that is killed in a masked round and started again on its file", () => {
  it.each(maskedStages.map((name, stage) => [name, stage] as const))(
    "finishes with exact sums when it dies in the stage %s",
    async (_, stage) => {
      // In the midst of a stage, and at its last answer, each before and after the answer is durable.
      await survive([
        { point: "after an answer is durable, before it is acknowledged", nth: stage * devices + 2 },
        { point: "before an answer is durable", nth: devices - 2 },
      ]);
    },
    60_000,
  );

  it("finishes with exact sums when it dies once the contributors are fixed, and around the publication", async () => {
    await survive([
      { point: "after the contributors are fixed, before the sum is revealed", nth: 1 },
      { point: "before a publication is durable", nth: 1 },
      { point: "after a publication is durable, before it is announced", nth: 1 },
    ]);
  }, 60_000);
});
