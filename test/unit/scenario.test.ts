/** Scenarios: defaults, overrides, and errors that say where and what was expected. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseScenario } from "../../simulations/scenario.ts";
import { applyOverride, loadScenario } from "../../simulations/scenario-file.ts";
import { writeFiles } from "../support/files.ts";

describe("parseScenario", () => {
  it("has a default for everything, evaluated honestly", () => {
    const scenario = parseScenario({});
    expect(scenario).toMatchObject({
      dataset: { name: "xwines-starter" },
      split: { kind: "leave-one-out" },
      model: { kind: "fcf" },
      seed: 1,
    });
    expect(scenario.evaluation).toMatchObject({ candidates: "all", negatives: "honest" });
    expect(scenario.baselines).toEqual(["popularity", "centralised", "local-only"]);
    expect(scenario.rounds).toBeGreaterThan(0);
  });

  it("names the nearest known word for every kind of slip", () => {
    const message = (input: unknown): string => {
      try {
        parseScenario(input);
      } catch (error) {
        return (error as Error).message;
      }
      return "accepted";
    };
    expect(message({ modell: {} })).toMatch(/"modell" is not a known key; did you mean "model"/);
    expect(message({ model: { kind: "alss" } })).toMatch(/did you mean "als"/);
    expect(message({ model: { kind: "als", rnk: 3 } })).toMatch(/did you mean "rank"/);
    expect(message({ cohort: { fractoin: 0.5 } })).toMatch(/did you mean "fraction"/);
    expect(message({ baselines: ["centralized"] })).toMatch(/did you mean "centralised"/);
    expect(message({ protection: { kind: "pailier" } })).toMatch(/did you mean "paillier"/);
    expect(message({ network: { dropout: 2 } })).toMatch(/"network.dropout"/);
  });
});

describe("applyOverride", () => {
  it("sets nested values, read as YAML", () => {
    const target = { model: { kind: "als", rank: 8 } };
    applyOverride(target, "model.rank=16");
    applyOverride(target, "network.dropout=0.2");
    applyOverride(target, "baselines=[popularity]");
    expect(target).toEqual({ model: { kind: "als", rank: 16 }, network: { dropout: 0.2 }, baselines: ["popularity"] });
  });

  it("drops the options of another kind when the kind changes", () => {
    const target = { model: { kind: "als", rank: 8 } };
    applyOverride(target, "model.kind=fcf");
    expect(target).toEqual({ model: { kind: "fcf" } });
  });

  it("refuses what has no path, no value, or reaches for the prototype", () => {
    for (const bad of ["rank", "=3", "a..b=1", "__proto__.x=1", "model.rank=[1"])
      expect(() => applyOverride({}, bad), bad).toThrow(/--set/);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe("loadScenario", () => {
  it("names file, line and column of broken YAML", async () => {
    const folder = await writeFiles({ "broken.yaml": "rounds: 3\nmodel: { kind: als\n" });
    await expect(loadScenario(`${folder}/broken.yaml`)).rejects.toThrow(/broken\.yaml:\d+:\d+: /);
  });

  it.each(readdirSync("simulations/scenarios").filter((name) => name.endsWith(".yaml")))("reads the shipped scenario %s", async (name) => {
    const scenario = await loadScenario(`simulations/scenarios/${name}`, /movielens|paper/.test(name) ? ["dataset.path=."] : []);
    expect(scenario.rounds).toBeGreaterThan(0);
  });
});
