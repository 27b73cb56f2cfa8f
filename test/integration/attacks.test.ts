/** Attacks under protections, on bundled wines: what single contributions, sums, models and a lying aggregator give away, and what noise takes back. */
import { beforeAll, describe, expect, it } from "vitest";
import { defineRun } from "../../shared/define-run.ts";
import { protections } from "../../shared/protections/index.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { localOpener } from "../../shared/protections/local-opener.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { Attack, AttackRecord } from "../../simulations/attacks/attack.ts";
import { attacks } from "../../simulations/attacks/index.ts";
import { type AttackFigure, tryAttack } from "../../simulations/attacks/measure.ts";
import { recordRounds } from "../../simulations/attacks/record.ts";
import { attackedPeople, teach } from "../../simulations/attacks/teach.ts";
import { type Prepared, prepareScenario } from "../../simulations/prepare.ts";
import { loadScenario } from "../../simulations/scenario-file.ts";
import { protectionSections } from "../support/protection-sections.ts";

const people = 40;

/** The committed scenario under another protection, with keys that tests have. */
async function prepare(name: keyof typeof protectionSections, ...set: readonly string[]): Promise<Prepared> {
  const { section, secrets } = protectionSections[name];
  const scenario = await loadScenario("simulations/scenarios/wines-attacks.yaml", [...set]);
  // A simulation deals a key of its own, which takes longer than all else here.
  const prepared = await prepareScenario(secrets.length === 0 ? { ...scenario, protection: section } : scenario);
  if (secrets.length === 0) return prepared;
  const run = defineRun({ ...prepared.run.terms, protection: section });
  const { definition, options } = resolveSection(protections, section, "protection");
  const halves = await Promise.all(secrets.map((secret) => definition.createKeyholder!(options, secret, nodeKeyholderTools)));
  return { ...prepared, run, opener: localOpener(halves) };
}

async function figuresOf(prepared: Prepared, record: AttackRecord, names: readonly string[]): Promise<Record<string, AttackFigure>> {
  const attacked = attackedPeople(prepared, record, "items", people);
  const teaching = await teach(prepared, record, "items", attacked);
  const chosen = names.map((name) => attacks.find((attack) => attack.kind === name)!) satisfies Attack[];
  const found: Record<string, AttackFigure> = {};
  for (const attack of chosen) found[attack.kind] = await tryAttack(attack, record, "items", attacked, teaching);
  return found;
}

const all = attacks.map(({ kind }) => kind);

describe("what attackers learn of which wines a person rated", () => {
  let open: Record<string, AttackFigure>;
  beforeAll(async () => {
    const prepared = await prepare("open");
    open = await figuresOf(prepared, await recordRounds(prepared), all);
  }, 60_000);

  it("is everything in clear, much from sums, something from models, nothing from popularity", () => {
    expect(open["single"]!.auc).toBeGreaterThan(0.99);
    expect(open["n-1"]!.auc).toBeGreaterThan(0.99);
    expect(open["sums"]!.low).toBeGreaterThan(0.6);
    expect(open["differences"]!.low).toBeGreaterThan(0.52);
    expect(open["popularity"]!.auc).toBeCloseTo(0.5, 2);
  });

  it("is nothing from what one device sends under masks, all the same from the sums, and everything where all others are made up", async () => {
    const prepared = await prepare("masks");
    const masks = await figuresOf(prepared, await recordRounds(prepared), all);
    // Masks are fresh in every run: five standard deviations, which one run in a million exceeds.
    expect(Math.abs(masks["single"]!.auc - 0.5)).toBeLessThan(0.11);
    expect(masks["sums"]!.auc).toBeCloseTo(open["sums"]!.auc, 1);
    expect(masks["differences"]!.auc).toBeCloseTo(open["differences"]!.auc, 1);
    expect(masks["n-1"]!.auc).toBeGreaterThan(0.99);
  });

  it("is nothing from what one device sends under Paillier, with and without masks", { timeout: 60_000 }, async () => {
    for (const name of ["paillier, 2 of 3", "masked-paillier"] as const) {
      const prepared = await prepare(name, "rounds=2", "model.rank=2");
      const { single } = await figuresOf(prepared, await recordRounds(prepared), ["single"]);
      expect(single!.people).toBeGreaterThan(10);
      expect(Math.abs(single!.auc - 0.5)).toBeLessThan(0.2);
    }
  });

  it("is less from models, and not less from the aggregator's own view, with noise of epsilon 5 on the sum", async () => {
    const prepared = await prepare("masks", "privacy.epsilon=5");
    const noised = await figuresOf(prepared, await recordRounds(prepared), ["sums", "differences", "n-1"]);
    expect(noised["differences"]!.high).toBeLessThan(open["differences"]!.auc);
    expect(noised["differences"]!.low).toBeLessThan(0.5);
    // Who adds the noise knows the sum without it.
    expect(noised["sums"]!.low).toBeGreaterThan(0.55);
    expect(noised["n-1"]!.auc).toBeGreaterThan(0.99);
  });

  it("is less from sums too, and from a cohort that is made up, with noise of the devices", async () => {
    const prepared = await prepare("masks", "privacy.epsilon=5", "privacy.mechanism=skellam");
    const noised = await figuresOf(prepared, await recordRounds(prepared), ["sums", "n-1"]);
    expect(noised["sums"]!.high).toBeLessThan(open["sums"]!.low);
    expect(noised["n-1"]!.high).toBeLessThan(0.9);
  });

  it("refuses scenarios whose rounds are not plain", async () => {
    const prepared = await prepare("open", "cohort.groups=4", "aggregation.kind=median");
    await expect(recordRounds(prepared)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("cohort.groups"),
    });
  });
});
