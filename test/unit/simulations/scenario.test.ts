/** Scenarios: defaults, sections checked by their seams, overrides, and errors that name the place and the nearest word. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseScenario } from "../../../simulations/scenario.ts";
import { applyOverride, loadScenario } from "../../../simulations/scenario-file.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-scenario-"));
afterAll(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
  writeFileSync(path, text);
  return path;
}

describe("parseScenario", () => {
  it("has a default for everything", () => {
    const scenario = parseScenario({});
    expect(scenario).toMatchObject({
      dataset: { name: "xwines-starter" },
      split: { kind: "leave-one-out", order: "latest", seed: 1 },
      model: { kind: "fcf" },
      cohort: { fraction: 1, min: 2 },
      protection: { kind: "open" },
      aggregation: { kind: "sum" },
      precision: "float64",
      network: { transport: "memory", dropout: 0, latencyMs: 0, loss: 0, deadlineMs: 60_000 },
      evaluation: { candidates: "all", negatives: "honest", every: 0 },
      baselines: ["popularity", "centralised", "local-only"],
      seed: 1,
    });
    expect(scenario.rounds).toBeGreaterThan(0);
  });

  it("gives itself back when it is resolved already", () => {
    const scenario = parseScenario({ seed: 7, model: { kind: "als", rank: 3 } });
    expect(parseScenario(scenario)).toEqual(scenario);
  });

  it("judges ratings by a model of ratings, and orders by a model of orders, unless told", () => {
    expect(parseScenario({ split: { kind: "random" } }).model.kind).toBe("als");
    expect(parseScenario({ split: { kind: "leave-one-out" } }).model.kind).toBe("fcf");
    expect(parseScenario({ split: { kind: "random" }, model: { kind: "biased-mf" } }).model.kind).toBe("biased-mf");
  });

  it("splits by the scenario's seed unless the split has its own", () => {
    expect(parseScenario({ seed: 9 }).split.seed).toBe(9);
    expect(parseScenario({ seed: 9, split: { seed: 4 } }).split.seed).toBe(4);
  });

  it("fills in the default kind of a section of which only options are given", () => {
    expect(parseScenario({ model: { rank: 3 } }).model).toMatchObject({ kind: "fcf", rank: 3 });
    expect(parseScenario({ dataset: {} }).dataset.name).toBe("xwines-starter");
  });

  it.each([
    [{ modell: {} }, /"modell" is not a known key; did you mean "model"\?/],
    [{ cohort: { szie: 3 } }, /"cohort\.szie" is not a known key; did you mean "size"\?/],
    [{ network: { dropot: 0.1 } }, /"network\.dropot" is not a known key; did you mean "dropout"\?/],
    [{ split: { kind: "given", fld: 1 } }, /"split\.fld" is not a known key; did you mean "fold"\?/],
    [{ model: { kind: "fcf", rnk: 3 } }, /"model\.rnk" is not a known key; did you mean "rank"\?/],
    [{ model: { kind: "alss" } }, /"model\.kind" expected one of .*; did you mean "als"\?/],
    [{ protection: { kind: "opne" } }, /"protection\.kind" expected one of .*; did you mean "open"\?/],
    [{ dataset: { name: "win" } }, /"dataset\.name" expected one of .*; did you mean "wines"\?/],
    [{ evaluation: { evry: 2 } }, /"evaluation\.evry" is not a known key; did you mean "every"\?/],
    [{ baselines: ["popular"] }, /"baselines" expected popularity, centralised, local-only, .*got "popular"/],
    [{ network: { dropout: 1.5 } }, /"network\.dropout"/],
    [{ network: { loss: 1 } }, /"network\.loss"/],
    [{ seed: -1 }, /"seed"/],
  ])("refuses %j", (input, message) => {
    expect(() => parseScenario(input)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) }),
    );
  });
});

describe("applyOverride", () => {
  it("sets nested values, read as YAML", () => {
    const target: Record<string, unknown> = { model: { kind: "fcf", rank: 4 } };
    for (const override of ["model.rank=8", "network.dropout=0.2", "baselines=[popularity]", "dataset.path=a=b"])
      applyOverride(target, override);
    expect(target).toEqual({
      model: { kind: "fcf", rank: 8 },
      network: { dropout: 0.2 },
      baselines: ["popularity"],
      dataset: { path: "a=b" },
    });
  });

  it("drops the options of another kind", () => {
    const target: Record<string, unknown> = { model: { kind: "fcf", unratedWeight: 0.3 } };
    applyOverride(target, "model.kind=als");
    expect(target).toEqual({ model: { kind: "als" } });
  });

  it.each(["rounds", "=3", "a..b=1", "__proto__.x=1", "rounds=[1"])("refuses %j", (override) => {
    expect(() => applyOverride({}, override)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });
});

describe("loadScenario", () => {
  it("lets overrides win over the file, whatever their order", async () => {
    const path = written("model: { kind: fcf, unratedWeight: 0.5 }\nrounds: 3\n");
    const scenario = await loadScenario(path, ["model.rank=5", "model.kind=als", "rounds=4"]);
    expect(scenario.model).toMatchObject({ kind: "als", rank: 5 });
    expect(scenario.rounds).toBe(4);
  });

  it("reads an empty file as the defaults", async () => {
    expect(await loadScenario(written("# nothing\n"))).toEqual(parseScenario({}));
  });

  it.each([
    ["rounds: 3\nmodel:\n  kind: fcf\n  rnk: 3\n", /:4:8: "model\.rnk" is not a known key; did you mean "rank"\?$/],
    ["rounds: 3\nmodel: { kind: nope }\n", /:2:16: "model\.kind" expected one of/],
    ["seed: 1\ncohort:\n  min: 0\n", /:3:8: "cohort\.min"/],
    ["a: { b: 1\nc: 2", /:2:1: /],
    ["- 1\n- 2\n", /:1:1: expected keys and values/],
  ])("names file, line and column: %j", async (text, message) => {
    const path = written(text);
    await expect(loadScenario(path)).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(message) });
    await expect(loadScenario(path)).rejects.toMatchObject({ message: expect.stringContaining(path) });
  });

  it("names the override that is wrong, not the file", async () => {
    const wrong = loadScenario(written("model: { kind: fcf, rank: 2 }\n"), ["model.rank=many"]);
    await expect(wrong).rejects.toMatchObject({ message: expect.stringMatching(/^--set model\.rank: "model\.rank"/) });
  });

  it("says which file cannot be read", async () => {
    await expect(loadScenario(join(folder, "none.yaml"))).rejects.toMatchObject({ code: "CONFIG_INVALID", message: /none\.yaml/ });
  });
});
