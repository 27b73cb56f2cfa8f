/** The planner's bytes are those of real rounds. */
import { describe, expect, it } from "vitest";
import { publicKeyText } from "../../../shared/crypto/paillier/keys.ts";
import { nodeKeyholderTools } from "../../../shared/protections/keyholder-tools.node.ts";
import { maskedPaillier } from "../../../shared/protections/masked-paillier.ts";
import { masks } from "../../../shared/protections/masks.ts";
import { open } from "../../../shared/protections/open.ts";
import { paillier } from "../../../shared/protections/paillier.ts";
import type { KeyholderFactory, Opener, Protection } from "../../../shared/protections/protection.ts";
import { parseConfig } from "../../../shared/registry.ts";
import { maskedPaillierPricing } from "../../../simulations/plan/masked-paillier.ts";
import { masksPricing } from "../../../simulations/plan/masks.ts";
import { openPricing } from "../../../simulations/plan/open.ts";
import { paillierAlone, paillierLong, paillierSplit } from "../../../simulations/plan/paillier.ts";
import { frameOf, type Job, type Sizes } from "../../../simulations/plan/pricing.ts";
import { testKey3072 } from "../../support/paillier-keys.ts";
import { playRound, realTools } from "../../support/protected-round.ts";
import { protectionSections } from "../../support/protection-sections.ts";

const job: Job = {
  clients: 7,
  groups: 1,
  values: 131,
  bits: 24,
  dropout: 0.15,
  corruption: 0,
  min: 4,
  rounds: 1,
  threshold: 2,
  holders: 3,
  neighbors: 6,
};

/** OpenSSL in this thread: a few ciphertexts are not worth a worker. */
const tools = { power: nodeKeyholderTools.power! };

/** A list of contributors has 128 bytes for each. */
const listed = 128;

/** What went to and from the devices that stayed, on average, and to and from the keyholders of the sum. */
async function measure(plan: Job, protection: Protection, keyholders: readonly KeyholderFactory[] = [], lost = 0): Promise<Sizes> {
  const frame = frameOf(plan);
  const down = new Array<number>(plan.clients).fill(0);
  const up = new Array<number>(plan.clients).fill(0);
  const people = down.map((_, device) => new Float64Array(plan.values).fill(device - 3));
  const { half, answers, refusals } = await playRound(protection, frame, people, {
    isLost: (device, stage) => device < lost && stage >= protection.contributionStage,
    brief: (device, _stage, brief) => {
      down[device]! += brief.length;
      return brief;
    },
  });
  expect(refusals).toEqual([]);
  let store = 0;
  for (const { device, stage, bytes } of answers) {
    up[device]! += bytes.length;
    if (stage === protection.contributionStage) store += bytes.length;
  }
  let between = 0;
  const opener: Opener = {
    async open({ sum, contributors, needed }, accept) {
      for (const [keyholder, create] of keyholders.slice(0, needed).entries()) {
        const part = create(frame);
        part.combine(sum);
        const bytes = await part.open();
        between += store + listed * contributors + bytes.length;
        await accept({ keyholder, bytes });
      }
    },
  };
  const { values } = await half.reveal(opener);
  const stayed = people.slice(lost);
  expect(values[0]).toBe(stayed.reduce((sum, one) => sum + one[0]!, 0));
  const mean = (bytes: readonly number[]): number => Math.round(bytes.slice(lost).reduce((sum, one) => sum + one, 0) / stayed.length);
  return { up: mean(up), down: mean(down), store, keyholders: between };
}

describe("the planner's bytes", () => {
  it("are those of an open round", async () => {
    const found = await measure(job, open.create({ kind: "open" }), [], 1);
    expect(openPricing.price(job).sizes).toEqual(found);
  });

  it("are those of a masked round on the full graph, a device lost", async () => {
    const found = await measure(job, masks.create({ kind: "masks", corruption: 0, dropout: 0.15, neighbors: 6 }), [], 1);
    const { down, ...exact } = masksPricing.price(job).sizes;
    expect(found).toMatchObject(exact);
    // Devices have proofs of 2 or 3 nodes in a cohort of 7, those of the others: the mean over all differs from that over who stayed.
    expect(Math.abs(found.down - down) / down).toBeLessThan(0.02);
  });

  it("are those of a masked round on a random graph, within 10 %", async () => {
    const { neighbors: _, ...rest } = job;
    const random: Job = { ...rest, clients: 20, corruption: 0.1, dropout: 0.1, min: 10 };
    const found = await measure(random, masks.create({ kind: "masks", corruption: 0.1, dropout: 0.1 }));
    const { up, down } = masksPricing.price(random).sizes;
    expect(found.up).toBe(up);
    expect(Math.abs(found.down - down) / down).toBeLessThan(0.1);
  });

  it("are those of a Paillier round with one keyholder", async () => {
    const { section, secrets } = protectionSections.paillier;
    const options = parseConfig(paillier.options, section, "protection");
    const keyholder = await paillier.createKeyholder!(options, secrets[0]!, tools);
    expect(paillierAlone.price(job).sizes).toEqual(await measure(job, paillier.create(options), [keyholder], 1));
  });

  it("are those of a Paillier round with 2 of 3 keyholders", async () => {
    const { section, secrets } = protectionSections["paillier, 2 of 3"];
    const options = parseConfig(paillier.options, section, "protection");
    const keyholders = await Promise.all(secrets.map((secret) => paillier.createKeyholder!(options, secret, tools)));
    expect(paillierSplit.price(job).sizes).toEqual(await measure(job, paillier.create(options), keyholders, 1));
  });

  it("are those of a contribution under 3072 bits", async () => {
    const publicKey = publicKeyText(testKey3072.publicKey);
    const protection = paillier.create(
      parseConfig(paillier.options, { kind: "paillier", bits: 3072, holders: 1, publicKey }, "protection"),
    );
    const device = await protection.createDevice(frameOf(job), "device", realTools);
    const answer = await device.answer(0, new Uint8Array(0), new Float64Array(job.values));
    expect(paillierLong.price(job).sizes.up).toBe(answer.length);
  });

  it("are those of a masked and encrypted round", async () => {
    const { section, secrets } = protectionSections["masked-paillier"];
    const parsed = parseConfig(maskedPaillier.options, section, "protection");
    const options = { ...parsed, masks: { corruption: 0, dropout: 0.15, neighbors: 6 } };
    const keyholders = await Promise.all(secrets.map((secret) => maskedPaillier.createKeyholder!(options, secret, tools)));
    const found = await measure(job, maskedPaillier.create(options), keyholders, 1);
    const { down, ...exact } = maskedPaillierPricing.price(job).sizes;
    expect(found).toMatchObject(exact);
    expect(Math.abs(found.down - down) / down).toBeLessThan(0.02);
  });
});
