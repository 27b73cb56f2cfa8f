/** The wine demo as a visitor meets it: by keyboard alone, in a real round, reloaded, and looked at the way a screen reader does. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildSite } from "../../.config/build-site.ts";
import { memoryStore, type Store, type StoredAnswer } from "../../server/index.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { type Demo, startDemo } from "../../simulations/demo/demo.ts";
import { problemsOf } from "../support/accessibility.ts";
import { chromiumPath, launchChromium } from "../support/browser.ts";

const executable = chromiumPath();
const neighbors = 24;
/** Every answer that the aggregator made durable, with its round. */
const received: { readonly round: number; readonly answer: StoredAnswer }[] = [];
let browser: Browser;
let demo: Demo;
let context: BrowserContext;
let page: Page;
/** What must not happen on any page: errors, words on the console, requests to elsewhere. */
const complaints: string[] = [];

function recordingStore(): Store {
  const store = memoryStore();
  return {
    ...store,
    saveAnswer(run, round, answer) {
      received.push({ round, answer: { ...answer, bytes: answer.bytes.slice() } });
      return store.saveAnswer(run, round, answer);
    },
  };
}

beforeAll(async () => {
  if (executable === undefined) return;
  demo = await startDemo({ files: await buildSite("demo"), port: 0, store: recordingStore(), neighbors });
  browser = await launchChromium(executable);
});
afterEach(async () => {
  await context?.close();
  expect(complaints.splice(0)).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await demo?.close();
});

async function visit(options: Parameters<Browser["newContext"]>[0] = {}): Promise<void> {
  context = await browser.newContext({ reducedMotion: "reduce", ...options });
  page = await context.newPage();
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(demo.url) && !request.url().startsWith("data:")) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(demo.url);
  await page.waitForSelector("body[data-ready]");
  expect(await page.locator("#notice").isHidden()).toBe(true);
}

/** Presses Tab until the focus is where it should be; the test fails where it never gets there. */
async function tabTo(selector: string, limit = 120): Promise<void> {
  for (let presses = 0; presses < limit; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return;
    await page.keyboard.press("Tab");
  }
  expect.fail(`Tab never came to ${selector}`);
}

const picks = (): Promise<string[]> => page.locator("#advice h3").allTextContents();
const liked = (): Promise<string[]> => page.locator(".chips .like").allTextContents();

/** Likes the wines at these places, with the mouse's means. */
async function like(...places: readonly number[]): Promise<void> {
  for (const place of places) await page.locator(".wine").nth(place).getByRole("radio", { name: "Like" }).check();
}

const title = executable === undefined ? "the wine demo (skipped: no Chromium; set CHROMIUM_PATH)" : "the wine demo";
describe.skipIf(executable === undefined)(title, () => {
  it("is rated by keyboard alone, and recommends at once from the device's own solve, with reasons that add up", async () => {
    await visit();
    expect(await picks()).toEqual([]);
    const sentBefore = await page.evaluate(() => performance.getEntriesByType("resource").length);
    await tabTo(".wine input");
    // One stop for each group of radio buttons; arrows choose.
    await page.keyboard.press("ArrowLeft");
    const first = await picks();
    expect(first).toHaveLength(8);
    for (let wine = 0; wine < 5; wine++) {
      await page.keyboard.press("Tab");
      await page.keyboard.press(wine === 2 ? "ArrowRight" : "ArrowLeft");
    }
    expect(await liked()).toHaveLength(5);
    const names = await page.locator(".wine legend").allTextContents();
    const then = await picks();
    expect(then).not.toEqual(first);
    expect(await page.locator(".chips .pass").textContent()).toContain(names[3]!);
    await expect.poll(() => page.locator("#announcements").textContent()).toContain(then[0]!);

    await tabTo("#advice summary");
    await page.keyboard.press("Enter");
    const shares = await page.locator("#advice li:first-child tbody tr").evaluateAll((rows) =>
      rows.map((row) => {
        const [name, share] = [...row.children].map((cell) => cell.textContent ?? "");
        return { name: name!, share: Number(share!.replace("−", "-").replace(/[^\d-]/g, "")) };
      }),
    );
    expect(shares.map(({ name }) => name).sort()).toEqual([0, 1, 2, 4, 5].map((at) => names[at]!).sort());
    expect(Math.abs(shares.reduce((sum, { share }) => sum + share, 0) - 100)).toBeLessThanOrEqual(3);
    // The model was there: not one request was made for any of it.
    expect(await page.evaluate(() => performance.getEntriesByType("resource").length)).toBe(sentBefore);

    // A recommendation that is judged goes, and the keyboard stays in the list.
    await tabTo("#advice li:nth-child(2) button.pass");
    await page.keyboard.press("Enter");
    expect(await picks()).toContain(then[0]);
    expect(await picks()).not.toContain(then[1]);
    expect(await page.evaluate(() => document.activeElement?.matches("#advice button.pass"))).toBe(true);
  });

  it("joins a round that waits for the visitor, and shows the very bytes that the aggregator received, and the epsilon of the ledger", async () => {
    await visit();
    await like(0, 1, 4);
    expect(await demo.server.records()).toEqual([]);
    expect(await page.locator("#epsilon").textContent()).toBe("0");
    await page.getByRole("button", { name: "Join the next round" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".stages .done").length === 7, undefined, { timeout: 160_000 });
    expect(await page.locator(".status").textContent()).toBe(
      `Round 1 is published: a sum over ${neighbors + 1} devices, yours among them.`,
    );
    const [record] = await demo.server.records();
    expect(record).toMatchObject({ round: 1, outcome: "published", accepted: neighbors + 1 });
    expect([await page.locator("#epsilon").textContent(), await page.locator("#used").textContent()]).toEqual(["4", "1"]);

    const stages = await page.locator(".frames input").all();
    expect(stages).toHaveLength(5);
    for (const [stage, input] of stages.entries()) {
      await page.locator(`.frames input[value="${stage}"]`).check();
      expect(await page.locator(".frames input:checked").getAttribute("value")).toBe(String(stage));
      const digest = await page.locator("#digest").textContent();
      const answers = received.filter(({ round, answer }) => round === 1 && answer.stage === stage && answer.digest === digest);
      // Some stages have the same answer from everyone; the visitor's is among them in any case.
      expect(answers.length).toBeGreaterThan(0);
      const { bytes } = answers[0]!.answer;
      expect(await digestOf(bytes)).toBe(digest);
      expect(await page.locator("#length").textContent()).toBe(bytes.length.toLocaleString("en"));
      const hex = (await page.locator("#hex").textContent())!
        .split("\n")
        .map((line) => line.slice(6).replaceAll(" ", ""))
        .join("");
      expect(hex).toBe(Buffer.from(bytes.subarray(0, 1536)).toString("hex"));
      expect(await input.isVisible()).toBe(true);
    }
    const contribution = await page
      .locator('.frames input[value="2"]')
      .check()
      .then(() => page.locator("#digest").textContent());
    expect(received.filter(({ answer }) => answer.digest === contribution)).toHaveLength(1);
    expect(await page.locator(".sees li").count()).toBeGreaterThan(2);
    expect(await page.locator(".blind").textContent()).toContain("which wines you liked");
    expect(await problemsOf(page)).toEqual([]);
  });

  it("keeps ratings and ledger over a reload, serves a device that never took part, and forgets when told to", async () => {
    await visit();
    await like(0, 3);
    const before = await picks();
    await page.reload();
    await page.waitForSelector("body[data-ready]");
    expect(await liked()).toHaveLength(2);
    expect(await picks()).toEqual(before);
    expect(await page.locator(".wine").nth(3).getByRole("radio", { name: "Like" }).isChecked()).toBe(true);
    expect(await page.locator("#used").textContent()).toBe("0");
    await page.getByRole("button", { name: "Clear my ratings" }).click();
    expect(await picks()).toEqual([]);
    expect(await page.getByRole("button", { name: "Join the next round" }).isDisabled()).toBe(true);
    await page.reload();
    await page.waitForSelector("body[data-ready]");
    expect(await page.locator(".chips li").count()).toBe(0);
  });

  it("finds wines by words without accents, and shows other dozens", async () => {
    await visit();
    const names = (): Promise<string[]> => page.locator(".wine legend").allTextContents();
    const first = await names();
    expect(new Set(first).size).toBeGreaterThanOrEqual(11);
    await page.getByRole("button", { name: "Show another dozen" }).click();
    expect(await page.locator(".wine").count()).toBe(12);
    expect(await names()).not.toEqual(first);
    await page.getByLabel("Find a wine").fill("chateau pauillac");
    expect(await page.locator(".found").textContent()).toMatch(/found/);
    for (const text of await page.locator(".wine").allTextContents()) expect(text).toMatch(/Pauillac/);
    await page.getByLabel("Find a wine").fill("no such wine");
    expect(await page.locator(".found").textContent()).toBe("No wine with these words.");
  });

  it("is looked at by a checker that finds what is wrong with another page", async () => {
    context = await browser.newContext();
    page = await context.newPage();
    await page.setContent(
      '<main><h1>Wines</h1><h3>Red</h3><p style="color: #999; background: #fff">pale</p><button></button><input id="a"><p id="a">b</p></main>',
    );
    const found = (await problemsOf(page)).join("; ");
    for (const what of [
      "no language",
      "no title",
      "header: not one",
      "heading 3 behind 1",
      "contrast 2.8",
      "no name: button",
      "no name: input",
    ])
      expect(found).toContain(what);
    expect(found).toMatch(/id twice: a.*target of/);
  });

  for (const [name, options] of [
    ["a desktop, light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
    ["a desktop, dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
    ["a phone, light", { viewport: { width: 390, height: 844 }, colorScheme: "light" }],
    ["a phone, dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
    ["a small phone", { viewport: { width: 320, height: 640 }, colorScheme: "light" }],
  ] as const) {
    it(`has names, labels, headings in order, contrast and room for fingers on ${name}`, async () => {
      await visit(options);
      await like(0, 1, 2);
      expect(await problemsOf(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(options.viewport.width);
    });
  }
});
