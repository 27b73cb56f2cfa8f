/** The console as an operator meets it: signs in, watches a live run, gives orders by keyboard, downloads the report; on a phone and in the dark. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildSite } from "../../.config/build-site.ts";
import { problemsOf } from "../support/accessibility.ts";
import { chromiumPath, launchChromium } from "../support/browser.ts";
import { type ConsoleWorld, startConsoleWorld, token } from "../support/console-world.ts";

const executable = chromiumPath();
/** Nearly all of it is the drawing of figures. */
const maxGzipBytes = 200_000;
let browser: Browser;
let world: ConsoleWorld;
let files: Map<string, Uint8Array>;

beforeAll(async () => {
  if (executable === undefined) return;
  // Under the tests' own environment vite takes dependencies' debugging builds, which no operator gets.
  vi.stubEnv("NODE_ENV", "production");
  files = await buildSite("console");
  vi.unstubAllEnvs();
  world = await startConsoleWorld(6, { consoleFiles: files });
  browser = await launchChromium(executable);
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

async function visit(options: Parameters<Browser["newContext"]>[0] = {}): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await browser.newContext({ reducedMotion: "reduce", ...options })).newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${world.listener.url}/console`);
  await page.waitForSelector("body[data-ready]");
  return { page, complaints };
}

async function signIn(page: Page): Promise<void> {
  await page.locator("#token").fill(token);
  await page.getByLabel("Your name").fill("Ada");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#holder-epsilon .plot", { timeout: 90_000 });
}

/** Presses Tab until the focus is where it should be. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return;
    await page.keyboard.press("Tab");
  }
  expect.fail(`Tab never came to ${selector}`);
}

const title = executable === undefined ? "the console (skipped: no Chromium; set CHROMIUM_PATH)" : "the console";
describe.skipIf(executable === undefined)(title, () => {
  it(`costs at most ${maxGzipBytes} bytes gzipped`, () => {
    let bytes = 0;
    for (const content of files.values()) bytes += gzipSync(content, { level: 9 }).length;
    expect(bytes).toBeLessThanOrEqual(maxGzipBytes);
  });

  for (const [name, options] of [
    ["a desktop, light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
    ["a desktop, dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
    ["a phone, light", { viewport: { width: 390, height: 844 }, colorScheme: "light" }],
    ["a phone, dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ] as const) {
    it(`has names, headings in order, contrast and room for fingers on ${name}, and breaks no policy`, async () => {
      const { page, complaints } = await visit(options);
      expect(await problemsOf(page)).toEqual([]);
      await signIn(page);
      await page.locator("#holder-devices summary").click();
      expect(await page.locator("#holder-devices tbody tr").count()).toBeGreaterThan(0);
      expect(await problemsOf(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(options.viewport.width);
      expect(await page.evaluate(() => [sessionStorage.length, localStorage.length, document.cookie])).toEqual([2, 0, ""]);
      expect(complaints).toEqual([]);
      const folder = process.env["COFACTOR_SCREENSHOTS"];
      if (folder !== undefined) await page.screenshot({ path: `${folder}/${name.replaceAll(/\W+/g, "-")}.png`, fullPage: true });
      await page.context().close();
    });
  }

  it("says why it refuses, lets nobody see anything, and follows the run by itself", async () => {
    const { page } = await visit();
    await page.locator("#token").fill("not-the-operators-token");
    await page.keyboard.press("Enter");
    await page.getByText("Refused: expected the operator's token.").waitFor();
    expect(await page.locator("#console").isVisible()).toBe(false);
    await signIn(page);
    const before = Number(await page.locator("#rounds tbody th").first().textContent());
    await expect
      .poll(async () => Number(await page.locator("#rounds tbody th").first().textContent()), { timeout: 90_000 })
      .toBeGreaterThan(before);
    await page.reload();
    await page.waitForSelector("#holder-epsilon .plot", { timeout: 90_000 });
    await page.context().close();
  });

  it("downloads the report, and is paused, started and ended by keyboard, each behind a question", async () => {
    const { page } = await visit();
    await signIn(page);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the report" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("console-run.html");
    expect(readFileSync(await download.path(), "utf8")).toContain("<h1>Run console-run</h1>");
    await tabTo(page, "#order-pause");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("confirm-no");
    await page.keyboard.press("Escape");
    expect([world.server.standing, await page.evaluate(() => document.activeElement?.id)]).toEqual(["running", "order-pause"]);
    for (const [order, standing] of [
      ["pause", "paused"],
      ["resume", "running"],
      ["end", "ended"],
    ] as const) {
      await page.locator(`#order-${order}:enabled`).waitFor();
      await page.locator(`#order-${order}`).focus();
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await expect.poll(() => world.server.standing, { timeout: 90_000 }).toBe(standing);
    }
    await page.getByText(/Ended by the operator after round \d+/).waitFor();
    expect(await world.ended).toEqual(Array(6).fill("ended"));
    expect(await page.locator("#orders tbody").textContent()).toContain("Ada");
    await page.context().close();
  });
});
