import { beforeAll, describe, expect, it } from "vitest";
import { describeChart, loadDraw } from "../../../simulations/report/chart.ts";
import { readComparedRun, toComparedRun } from "../../../simulations/report/compared.ts";
import { spreadOver } from "../../../simulations/report/comparison.ts";
import { html } from "../../../simulations/report/html.ts";
import { renderReport } from "../../../simulations/report/page.ts";
import { thin } from "../../../simulations/report/section.ts";
import { resultTable } from "../../../simulations/report/terminal.ts";
import type { Result } from "../../../simulations/result.ts";
import { writeOne } from "../../support/files.ts";
import { smallResult, withLeak, withPromise } from "../../support/report-results.ts";

const command = "cofactor simulate --set seed=1";
const hostile = `"><img src=x onerror=alert(1)></script><script>alert('2')</script>&amp;`;

let result: Result;
beforeAll(async () => {
  result = await smallResult();
});

/** The page's text, without tags, as it is read. */
function read(page: string): string {
  return page
    .replace(/<(style|script)>[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

describe("markup", () => {
  it("escapes every value but markup, in text and in attributes, also in lists", () => {
    expect(html`<b title="${`a"b'c`}">${["<i>", 3, undefined, html`<i>`]}&</b>`.text).toBe(`<b title="a&#34;b&#39;c">&#60;i&#62;3<i>&</b>`);
  });

  it("takes no object of a file for markup", () => {
    const forged = JSON.parse('{"text":"<script>"}') as string;
    expect(html`${forged}`.text).toBe("[object Object]");
  });
});

describe("a run under attack", () => {
  it("says on terminal and page who attacked, what they got in, and whom the figures are of", async () => {
    const adversaries = [
      { kind: "sign-flip", gain: 4, count: 100 },
      { kind: "item-push", targets: [3], count: 50 },
    ];
    const attacked = await smallResult({ adversaries });
    const terminal = resultTable(attacked, command);
    expect(terminal).toMatch(/attacked +sign-flip by 100 devices \(7\.84 %, gain 4\): \d+ of 300 answers accepted/);
    expect(terminal).toMatch(/item-push by 50 devices .* er@10 of item 3: 0\.\d{4}/);
    const page = read(await renderReport(attacked, { command }));
    expect(page).toContain("Who attacked");
    expect(page).toContain("Figures are of the honest people alone.");
    expect(page).toMatch(/sign-flip by 100 devices/);
    expect(page).toContain("https://arxiv.org/abs/1811.03761");
    expect(read(await renderReport(result, { command }))).not.toContain("Who attacked");
    expect(resultTable(result, command)).not.toContain("attacked");
  });
});

describe("a report", () => {
  it("has every section, figure and table, and says what ran", async () => {
    const page = await renderReport(withPromise(result), { command, compared: [toComparedRun("other.json", result)] });
    for (const id of ["quality", "privacy", "rounds", "comparison", "setup"]) expect(page).toContain(`<h2 id="${id}">`);
    const figures = ["quality-1", "quality-2", "popularity", "activity", "epsilon", "bytes", "losses", "times", "runs"];
    for (const id of figures) expect(page).toContain(`<figure id="figure-${id}">`);
    for (const id of ["final", "by-popularity", "by-activity", "epsilon", "every-round", "runs"])
      expect(page).toContain(`<table id="${id}">`);
    expect(page.match(/<table /g)).toHaveLength(page.match(/<caption>/g)!.length);
    expect(page.match(/role="img" aria-label="[^"]{40,}"/g)).toHaveLength(figures.length);
    const text = read(page);
    expect(text).toContain(
      "Model als learned from 1,276 devices' ratings of food-world-cup in 3 rounds in a simulation, contributions in clear".replace(
        "'",
        "&#39;",
      ),
    );
    expect(text).toContain(result.dataset.sha256);
    expect(text).toContain(result.dataset.splitHash);
    expect(text).toContain(command);
    expect(text).toContain("dropout: 0.2");
    expect(text).toMatch(/rmse is 0\.\d{4}: better than popularity \(0\.\d{4}\) by [\d.]+ %/);
    expect(text).toContain("Did not run: add the baseline local-only.");
    expect(text).toContain("as run, unbounded against the aggregator, 4.25 against readers of the published models");
    expect(text).toContain("Unbounded, and not drawn: against the aggregator.");
    expect(text).not.toMatch(/NaN|undefined|\[object/);
  });

  it("has a table for everything that people said of themselves, with small groups withheld", async () => {
    const page = await renderReport(result, { command });
    for (let at = 1; at <= 7; at++) expect(page).toContain(`<table id="by-declared-${at}">`);
    expect(read(page)).toContain("On test, by gender; the widest gap in rmse is");
    expect(read(page)).toMatch(/Less than high school degree 20 \d+ \d+ (withheld ?){4}/);
  });

  it("shows what devices were worth where the scenario shares it out, and says what that tells", async () => {
    const shared = await smallResult({
      participants: 40,
      cohort: { groups: 10 },
      network: {},
      rewards: { judges: 30, freeRiders: 0.25, scheme: { draws: 1 } },
    });
    const page = await renderReport(shared, { command });
    for (const id of ["figure-rewards", "figure-rewards-activity"]) expect(page).toContain(`<figure id="${id}">`);
    expect(read(page)).toContain("mean of 10 free riders");
    expect(read(page)).toContain("says how useful a person");
    expect(read(page)).not.toMatch(/NaN|undefined|\[object/);
    expect(await renderReport(result, { command })).not.toContain("figure-rewards");
  });

  it("draws what devices found beside the same figure in one place", async () => {
    const judged = await smallResult({ evaluation: { every: 1, federated: true } });
    const page = await renderReport(judged, { command });
    expect(page).toContain('<figure id="figure-found">');
    expect(read(page)).toContain("rmse as devices found it");
    expect(read(page)).toContain("the same people in one place");
    expect(await renderReport(result, { command })).not.toContain("figure-found");
  });

  it("asks nothing of any network: no address, no source, no import, and a policy that forbids them", async () => {
    const page = await renderReport(result, { command });
    expect(page).not.toMatch(/https?:|\/\/[a-z]|@import|url\(|\ssrc=|srcset=/i);
    expect([...page.matchAll(/href="([^"]*)"/g)].map(([, to]) => to).filter((to) => !/^#|^data:,$/.test(to!))).toEqual([]);
    expect(page).toContain("default-src &#39;none&#39;");
  });

  it("escapes what comes from data, scenario, command and compared files", async () => {
    const tampered = {
      ...result,
      version: hostile,
      protocol: hostile,
      protocols: { rmse: hostile },
      dataset: { ...result.dataset, name: hostile, notes: [hostile] },
      scenario: { ...result.scenario, model: { kind: hostile }, protection: { kind: hostile }, dataset: { name: hostile } },
      metrics: { ...result.metrics, test: { ...result.metrics.test, [hostile]: 1 }, baselines: { [hostile]: { rmse: 1 } } },
      rounds: result.rounds.map((round) => ({ ...round, metrics: { [hostile]: round.round } })),
    };
    const page = await renderReport(tampered, { command: hostile, compared: [toComparedRun(hostile, { ...tampered, rounds: [] })] });
    expect(page).not.toContain("<img");
    expect(page).not.toContain("alert('2')");
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).toContain("&#60;img src=x onerror=alert(1)&#62;");
  });

  it("is the same, byte for byte, for the same result, whatever was drawn before", async () => {
    const first = await renderReport(result, { command });
    const again = await smallResult();
    const timed = { version: result.version, timing: result.timing, memory: result.memory };
    expect(await renderReport({ ...again, ...timed }, { command })).toBe(first);
  });

  it("reads a result from its JSON as it read the result itself", async () => {
    const fromFile = JSON.parse(JSON.stringify(result)) as Result;
    expect(await renderReport(fromFile, { command })).toBe(await renderReport(result, { command }));
  });

  it("marks a leaking run as leaking wherever quality stands, and gives no verdict on it", async () => {
    const baselines = { ...result.metrics.baselines, "local-only": { "hr@10": 0.01 } };
    const page = await renderReport(withLeak({ ...result, metrics: { ...result.metrics, baselines } }), { command });
    const text = read(page);
    expect(page).toContain("<h1>LEAKING: ");
    expect(page).toMatch(/<title>LEAKING: /);
    expect(text).toContain("WARNING: these figures LEAK");
    expect(text).toContain("No verdict: the figures leak");
    expect(text).not.toContain("no sign of a leak");
    for (const [, caption] of page.matchAll(/<(?:caption><span|strong)>([^<]* (?:on test|on validation)[^<]*)</g))
      expect(caption).toContain("(LEAKING)");
    expect(read(await renderReport(result, { command }))).not.toContain("LEAK");
  });

  it("raises the alarm when the canary scores above .15", async () => {
    const verdictOf = async (hits: number) => {
      const baselines = { ...result.metrics.baselines, "local-only": { "hr@10": hits } };
      return read(await renderReport({ ...result, metrics: { ...result.metrics, baselines } }, { command }));
    };
    expect(await verdictOf(0.15)).toContain("no sign of a leak");
    expect(await verdictOf(0.1501)).toContain("above 0.15: the evaluation LEAKS");
  });

  it("says that a run was interrupted, and shows what there is, even nothing", async () => {
    const empty = { popularity: [], activity: [] };
    const page = await renderReport(
      {
        ...result,
        isComplete: false,
        rounds: [],
        metrics: {
          test: {},
          validation: {},
          baselines: {},
          validationBaselines: {},
          spread: {},
          groups: { itemPopularity: empty.popularity, userActivity: empty.activity, declared: [] },
        },
        timing: { ...result.timing, roundSeconds: [], clientSecondsMedian: null },
      },
      { command },
    );
    expect(read(page)).toContain("INTERRUPTED after 0 of 3 rounds");
    expect(read(page)).toContain("Nobody could be judged on test.");
    expect(read(page)).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("shows at most 400 rounds, the last among them, and says so", async () => {
    const rounds = Array.from({ length: 1_001 }, (_, at) => ({ ...result.rounds[0]!, round: at + 1 }));
    const { shown, every } = thin(rounds);
    expect([shown.length, shown.at(-1)!.round, every]).toEqual([334, 1_001, 3]);
    const page = await renderReport({ ...result, rounds }, { command });
    expect(read(page)).toContain("One round in 3 is shown");
    expect(page.length).toBeLessThan(500_000);
  });
});

describe("results beside a run", () => {
  const seeded = (seed: number, rmse: number, changes: object = {}): object => ({
    ...result,
    scenario: { ...result.scenario, split: { ...result.scenario.split, seed }, seed },
    metrics: { ...result.metrics, test: { rmse, mae: rmse / 2 } },
    ...changes,
  });

  it("are one scenario when only the seed differs: mean and spread over seeds, each seed once", async () => {
    const runs = [seeded(2, 0.8), seeded(3, 0.9), seeded(3, 0.1), seeded(4, 0.7, { isComplete: false })];
    const compared = runs.map((run, at) => toComparedRun(`run-${at}.json`, run));
    const { mean, stddev, seeds } = spreadOver(compared, "rmse");
    expect([mean, stddev, seeds]).toEqual([expect.closeTo(0.85, 12), expect.closeTo(Math.SQRT1_2 / 10, 12), 2]);
    const page = await renderReport(result, { command, compared });
    expect(read(page)).toMatch(/Mean and standard deviation over seeds, on test.* A 1, 2, 3 0\.\d{4} ± 0\.\d{4}/);
    expect(read(page)).toContain("A: run-3.json interrupted after 3 rounds");
  });

  it("tell where their scenario differs, and are marked when they leak or are of other data", async () => {
    const scenario = { ...result.scenario, model: { ...result.scenario.model, rank: 8 } };
    const others = [
      toComparedRun("rank.json", { ...result, scenario }),
      toComparedRun("leak.json", withLeak(result)),
      toComparedRun("data.json", { ...result, dataset: { ...result.dataset, sha256: "0".repeat(64) } }),
      toComparedRun("moved.json", {
        ...result,
        scenario: { ...result.scenario, dataset: { ...result.scenario.dataset, path: "elsewhere" } },
      }),
    ];
    const text = read(await renderReport(result, { command, compared: others }));
    expect(text).toContain("B: rank.json model.rank: 8");
    expect(text).toContain("A: leak.json LEAKING");
    expect(text).toContain("C: data.json OTHER DATA");
    expect(text).toContain("A: moved.json – 1");
    // Of another model the options are not told: its kind is.
    const other = await renderReport(result, {
      command,
      compared: [toComparedRun("nmf.json", { ...result, scenario: { ...result.scenario, model: { kind: "nmf", rank: 5, sweeps: 2 } } })],
    });
    expect(read(other)).toContain("B: nmf.json model.kind: nmf 1");
    expect(text).toContain("nothing is known about the spread");
  });

  it.each([
    ["no JSON", "{", "cannot be read as one"],
    ["another JSON", '{"rounds":[]}', "scenario"],
    ["a figure of another type", undefined, "metrics.test.rmse"],
  ])("are refused with the file's name when they are %s", (_what, text, told) => {
    const path = writeOne(text ?? JSON.stringify({ ...result, metrics: { test: { rmse: "<b>" } } }), "some.json");
    const attempt = () => readComparedRun(path);
    expect(attempt).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(attempt).toThrow(told);
    expect(attempt).toThrow("some.json");
  });
});

describe("a figure", () => {
  const chart = {
    id: "f",
    title: "Title <&>",
    kind: "lines",
    x: { name: "round", values: ["1", "2", "3"] },
    y: { name: "rmse <&>", isFromZero: false },
    series: [
      { name: "falls", values: [3, null, 1], look: 0 },
      { name: "stays", values: [2, 2, 2], look: 1 },
      { name: "is not", values: [null, null, null], look: 2 },
    ],
  } as const;

  it("tells in words what it shows", () => {
    expect(describeChart(chart)).toBe(
      "Title <&>. rmse <&> by round. falls: 3 at round 1, 1 at round 3, between 1 and 3. stays: 2. is not: no value.",
    );
  });

  it("is drawn twice in the page's own colors, without names that could clash or styles of its own", async () => {
    const { text } = (await loadDraw())(chart);
    expect(text.match(/<svg class="(?:wide|narrow)"/g)).toHaveLength(2);
    expect(text).toContain('stroke="var(--c1)"');
    expect(text).not.toMatch(/ id="(?!f")|<style|class="zr|xmlns|#[0-9a-f]{6}/);
    expect(text).toContain("rmse &lt;&amp;&gt;");
  });
});
