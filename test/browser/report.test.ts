/** The report as a person opens it: from a file, on a phone and on a desk, in light and dark, with the keyboard, and without a network. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toComparedRun } from "../../simulations/report/compared.ts";
import { renderReport } from "../../simulations/report/page.ts";
import { renderSweep } from "../../simulations/report/sweep-page.ts";
import type { SweepResult } from "../../simulations/sweep/summary.ts";
import { chromiumPath, launchChromium } from "../support/browser.ts";
import { smallResult, withLeak, withPromise } from "../support/report-results.ts";

const executable = chromiumPath();
/** Nine settings and two seeds, with figures that a heat map shows. */
const sweep: SweepResult = {
  version: "1.0.0",
  grid: { "model.rank": [2, 4, 8], "model.l2": [1, 10, 100] },
  seeds: [1, 2],
  choose: { metric: "hr@10", on: "validation", best: "greatest", per: [] },
  isComplete: true,
  settings: [2, 4, 8].flatMap((rank) =>
    [1, 10, 100].map((l2) => ({
      name: `model.rank=${rank} model.l2=${l2}`,
      values: { "model.rank": rank, "model.l2": l2 },
      cells: [],
      validation: { "hr@10": { mean: rank / 50 + 1 / l2, stddev: 0.01, min: rank / 50, max: rank / 40 + 1 / l2, seeds: 2 } },
      isComplete: true,
    })),
  ),
  chosen: [],
  tellsTest: false,
  isLeaking: true,
  notes: [],
};

const folder = mkdtempSync(join(tmpdir(), "cofactor-report-"));
let browser: Browser;
let url = "";
let sweepUrl = "";

beforeAll(async () => {
  if (executable === undefined) return;
  const result = await smallResult();
  const compared = [2, 3].map((seed) =>
    toComparedRun(`${"long-".repeat(12)}${seed}.json`, { ...result, scenario: { ...result.scenario, seed } }),
  );
  const path = join(folder, "report.html");
  writeFileSync(path, await renderReport(withLeak(withPromise(result)), { command: `cofactor simulate ${"x".repeat(300)}`, compared }));
  url = pathToFileURL(path).href;
  const sweepPath = join(folder, "sweep.html");
  writeFileSync(sweepPath, await renderSweep(sweep, "cofactor simulate"));
  sweepUrl = pathToFileURL(sweepPath).href;
  browser = await launchChromium(executable);
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Opens the report, and keeps what went wrong and what was requested. */
async function open(
  width: number,
  colorScheme: "light" | "dark",
  at = url,
): Promise<{ page: Page; complaints: string[]; requests: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(at);
  return { page, complaints, requests };
}

const title = executable === undefined ? "a report (skipped: no Chromium; set CHROMIUM_PATH)" : "a report";
describe.skipIf(executable === undefined)(title, () => {
  it.each([
    [360, "light"],
    [360, "dark"],
    [1200, "light"],
    [1200, "dark"],
  ] as const)("at %i px in %s fits, is readable, complains of nothing and asks for nothing but itself", async (width, colorScheme) => {
    const { page, complaints, requests } = await open(width, colorScheme);
    await page.locator("summary").click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    const drawn = await page
      .locator(".plot")
      .evaluateAll((plots) =>
        plots.map((plot) => [...plot.querySelectorAll("svg")].filter((svg) => svg.getBoundingClientRect().width > 0).length),
      );
    expect(drawn.length).toBeGreaterThan(8);
    expect(new Set(drawn)).toEqual(new Set([1]));
    // No text of a figure is smaller than 10 px as it is shown, nor outside of it.
    const texts = await page.locator(".plot text:visible").evaluateAll((nodes) =>
      nodes.map((node) => {
        const svg = node.closest("svg")!.getBoundingClientRect();
        const box = node.getBoundingClientRect();
        return { height: box.height, isInside: box.left >= svg.left - 2 && box.right <= svg.right + 2 };
      }),
    );
    expect(texts.length).toBeGreaterThan(50);
    expect(Math.min(...texts.map(({ height }) => height))).toBeGreaterThan(10);
    expect(texts.every(({ isInside }) => isInside)).toBe(true);
    expect(await page.locator("body, p.note, td, .plot text:visible, .alarm, nav a").evaluateAll(lowestContrast)).toBeGreaterThan(4.5);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([url]);
    await page.close();
  });

  it("names every table and figure, and reaches every wide table and button by keyboard", async () => {
    const { page } = await open(360, "light");
    for (const role of ["table", "region", "img", "button", "navigation"] as const) {
      const found = page.getByRole(role);
      expect(await found.count()).toBeGreaterThan(0);
      expect(await page.getByRole(role, { name: /\w/ }).count(), role).toBe(await found.count());
    }
    expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    const reached = new Set<string>();
    for (let presses = 0; presses < 80; presses++) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.getAttribute("aria-label")}`));
    }
    const label = "Final figures on test, beside baselines (LEAKING)";
    for (const stop of [`DIV ${label}`, `BUTTON Copy as text: ${label}`, "PRE Command", "SUMMARY null"])
      expect([...reached]).toContain(stop);
    await page.close();
  });

  it("copies a table as text, cells parted by tabs", async () => {
    const { page } = await open(1200, "light");
    const copied = page.evaluate(
      () => new Promise<string>((resolve) => (navigator.clipboard.writeText = (text) => Promise.resolve(resolve(text)))),
    );
    await page.getByRole("button", { name: "Copy as text: Final figures" }).click();
    expect(await copied).toMatch(/^model\trmse\tmae\nfederated als \(open\)\t0\.\d{4}\t0\.\d{4}\npopularity\t/);
    expect(await page.getByRole("status").textContent()).toBe("Copied");
    await page.close();
  });
});

describe.skipIf(executable === undefined)(title.replace("a report", "a sweep's report"), () => {
  it.each([
    [360, "light"],
    [360, "dark"],
    [1200, "light"],
    [1200, "dark"],
  ] as const)(
    "at %i px in %s fits, shows a figure in each place of its maps, readable on the strongest color",
    async (width, colorScheme) => {
      const { page, complaints, requests } = await open(width, colorScheme, sweepUrl);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      const labels = page.locator("#map-1-1 .plot text:visible").filter({ hasText: /^\d\.\d{4}$/ });
      expect(await labels.count()).toBe(9);
      const drawn = await page.locator("#map-1-1 .plot svg:visible").evaluate((svg) => {
        const box = (node: Element) => node.getBoundingClientRect();
        const places = [...svg.querySelectorAll("path[fill-opacity]")].map((node) => ({
          rect: box(node),
          strength: Number(node.getAttribute("fill-opacity")),
        }));
        const overlaps = places.flatMap((one, at) =>
          places
            .slice(at + 1)
            .filter(
              (other) =>
                one.rect.left < other.rect.right - 2 &&
                other.rect.left < one.rect.right - 2 &&
                one.rect.top < other.rect.bottom - 2 &&
                other.rect.top < one.rect.bottom - 2,
            ),
        ).length;
        return {
          count: places.length,
          overlaps,
          strengths: places.map(({ strength }) => strength),
          inside: places.every(({ rect }) => rect.left >= box(svg).left && rect.right <= box(svg).right),
        };
      });
      expect(drawn).toMatchObject({ count: 9, overlaps: 0, inside: true });
      expect(new Set(drawn.strengths).size).toBeGreaterThan(5);
      // The page's ink over the strongest share of the color over the paper.
      const contrast = await page.evaluate(
        (strength) => {
          const channels = (color: string): number[] => {
            const probe = document.body.appendChild(document.createElement("i"));
            probe.style.color = color;
            const parts = getComputedStyle(probe)
              .color.match(/[\d.]+/g)!
              .map(Number);
            probe.remove();
            return parts.slice(0, 3);
          };
          const luminance = (parts: number[]): number => {
            const [red, green, blue] = parts.map((part) =>
              part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
            );
            return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
          };
          const [ink, color, paper] = ["var(--ink)", "var(--c1)", "var(--paper)"].map(channels);
          const ground = paper!.map((part, at) => part + (color![at]! - part) * strength);
          const [text, behind] = [luminance(ink!), luminance(ground)];
          return (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
        },
        Math.max(...drawn.strengths),
      );
      expect(contrast).toBeGreaterThan(4.5);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([sweepUrl]);
      await page.close();
    },
  );
});

/** The lowest contrast of texts against what is behind them (WCAG 2.2). Runs in the page. */
function lowestContrast(nodes: Element[]): number {
  const luminance = (color: string): number => {
    const [red, green, blue] = color.match(/[\d.]+/g)!.map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const behind = (node: Element | null): string => {
    for (let at = node; at !== null; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") return color;
    }
    return "rgb(255, 255, 255)";
  };
  const contrasts = nodes.map((node) => {
    const style = getComputedStyle(node);
    const [text, paper] = [luminance(node.tagName === "text" ? style.fill : style.color), luminance(behind(node))];
    return (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
  });
  return Math.min(...contrasts);
}
