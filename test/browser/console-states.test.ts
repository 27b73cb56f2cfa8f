/** The console's page in every state that a run, or a cluster, may be in: told by a stage, looked at on a desktop and a phone, light and dark. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { buildSite } from "../../.config/build-site.ts";
import { consoleCharts, standbySentence, standingSentence } from "../../shared/console/view.ts";
import { problemsOf } from "../support/accessibility.ts";
import { chromiumPath, launchChromium } from "../support/browser.ts";
import { type ConsoleStage, type Scene, scene, scenes, startConsoleStage } from "../support/console-stage.ts";
import { token } from "../support/console-world.ts";
import { countingRun } from "../support/counting-run.ts";
import { startMemoryCluster } from "../support/memory-cluster.ts";

const executable = chromiumPath();
const patience = { timeout: 90_000 };
let browser: Browser;
let stage: ConsoleStage;
let files: Map<string, Uint8Array>;

beforeAll(async () => {
  if (executable === undefined) return;
  vi.stubEnv("NODE_ENV", "production");
  files = await buildSite("console");
  vi.unstubAllEnvs();
  stage = await startConsoleStage(files, scenes["empty"]!);
  browser = await launchChromium(executable);
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

async function open(options: Parameters<Browser["newContext"]>[0] = {}, url = stage.url): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await browser.newContext({ reducedMotion: "reduce", ...options })).newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  const connections: string[] = [];
  page.on("websocket", (socket) => connections.push(socket.url()));
  await page.goto(url);
  await signIn(page);
  // Proxies tell it from a device's connection by this; the token is not in it.
  for (const address of connections) expect([address.includes("for=console"), address.includes(token)]).toEqual([true, false]);
  expect(connections.length).toBeGreaterThan(0);
  return { page, complaints };
}

async function signIn(page: Page): Promise<void> {
  await page.locator("#token").fill(token);
  await page.keyboard.press("Enter");
  await page.locator("#sign-in").waitFor({ state: "hidden", ...patience });
}

/** Waits until a page shows a scene, its figures too. */
async function until(page: Page, shown: Scene): Promise<void> {
  if ("standby" in shown) {
    await page.locator("#standby-text").getByText(standbySentence(shown.standby)).waitFor(patience);
    return;
  }
  await page.locator("#standing").getByText(standingSentence(shown.live)).waitFor(patience);
  const figures = consoleCharts(shown).map(({ id }) => `holder-${id}`);
  const drawn = () => page.locator("#charts-body > :has(.plot)").evaluateAll((all) => all.map(({ id }) => id));
  await expect.poll(async () => (await drawn()).toSorted(), patience).toEqual(figures.toSorted());
  expect(await page.locator("#charts").isVisible()).toBe(figures.length > 0);
}

const title = executable === undefined ? "the console's states (skipped: no Chromium; set CHROMIUM_PATH)" : "the console's states";
describe.skipIf(executable === undefined)(title, () => {
  for (const [where, options] of [
    ["a desktop", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
    ["a phone in the dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ] as const) {
    it(`can be read, are not cut off, and break no policy on ${where}, one after the other`, async () => {
      stage.show(scenes["empty"]!);
      const { page, complaints } = await open(options);
      for (const [name, shown] of Object.entries(scenes)) {
        stage.show(shown);
        await until(page, shown);
        const folder = process.env["COFACTOR_SCREENSHOTS"];
        if (folder !== undefined) await page.screenshot({ path: `${folder}/${where.split(" ")[1]}-${name}.png`, fullPage: true });
        expect([name, await problemsOf(page)]).toEqual([name, []]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(options.viewport.width);
        // What does not fit scrolls in a region of its own, which the keyboard reaches; else nothing sticks out of its panel.
        const cut = await page.evaluate(() =>
          [...document.querySelectorAll("main *")]
            .filter((one) => one.closest(".scroll, svg, .unseen") === null && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
            .map((one) => `${one.tagName} ${one.id} ${one.textContent?.slice(0, 40)}`),
        );
        expect([name, cut]).toEqual([name, []]);
      }
      expect(complaints).toEqual([]);
      await page.context().close();
    });
  }

  it("changes to standing by and back by itself, without a token on the way to the leader", async () => {
    stage.show(scene(3));
    const { page } = await open();
    await page.locator("#holder-devices .plot").waitFor(patience);
    await page.locator("#order-pause").focus();
    stage.show({ standby: { run: "films-1", leader: "http://10.0.0.2:8080", isTakingOver: false } });
    await page.locator("#standby-text").getByText("Standing by: the leader is at http://10.0.0.2:8080.").waitFor(patience);
    expect(await page.locator("#console").isVisible()).toBe(false);
    // Whoever reads by keyboard is not left on a button that is gone.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    const link = page.getByRole("link", { name: "Open its console" });
    expect([await link.getAttribute("href"), await link.getAttribute("rel")]).toEqual(["http://10.0.0.2:8080/console/", "noreferrer"]);
    expect(await page.locator("#link").textContent()).toBe("Standing by");
    await page
      .locator("#announcements")
      .getByText("the leader is at http://10.0.0.2:8080")
      .waitFor({ state: "attached", ...patience });

    stage.show({ standby: { run: "films-1", leader: "javascript:alert(1)", isTakingOver: false } });
    await link.waitFor({ state: "detached", ...patience });

    // The connection is lost and comes back, and what came meanwhile is shown.
    for (const [rounds, how] of [
      [4, "killed"],
      [5, "closed"],
    ] as const) {
      stage.cut(how);
      await page.getByText("Connection lost: trying again").waitFor(patience);
      stage.show(scene(rounds, { standing: "paused" }));
      await page.locator("#link").getByText("Live").waitFor(patience);
      expect(await page.locator("#standing").textContent()).toContain("Paused: no round begins until it is resumed.");
      expect(await page.locator("#standby").isVisible()).toBe(false);
      expect(await page.locator("#rounds tbody th").first().textContent()).toBe(String(rounds));
    }
    await page.context().close();
  });

  it("goes on at real coordinators: who leads is shown, and is to be signed in to; when this one leads again, its page is live", async () => {
    const server = { consoleToken: token, consoleFiles: files };
    const cluster = await startMemoryCluster(countingRun(4), { gateways: 2, coordinators: 2, server });
    try {
      await cluster.ready();
      const leader = cluster.coordinators.findIndex(({ server: leads }) => leads !== undefined);
      const [here, there] = [cluster.coordinators[leader]!, cluster.coordinators[1 - leader]!];
      const { page, complaints } = await open({}, `${here.url}/console/`);
      await page.locator("#gateways tbody tr").nth(1).waitFor(patience);
      await cluster.steal(leader);
      await page.locator("#standby-text").getByText(`Standing by: the leader is at ${there.url}.`).waitFor(patience);
      const other = await page.context().newPage();
      await other.goto((await page.getByRole("link", { name: "Open its console" }).getAttribute("href"))!);
      // The other coordinator is another origin: nothing of the token came along.
      expect(await other.evaluate(() => [location.href, sessionStorage.length, document.referrer])).toEqual([
        `${there.url}/console/`,
        0,
        "",
      ]);
      await other.locator("#token").waitFor(patience);
      await signIn(other);
      await other.locator("#link").getByText("Live").waitFor(patience);
      await cluster.steal(1 - leader);
      await page.locator("#link").getByText("Live").waitFor(patience);
      await other.locator("#standby-text").getByText(`the leader is at ${here.url}.`).waitFor(patience);
      expect(complaints).toEqual([]);
      await page.context().close();
    } finally {
      await cluster.close();
    }
  });
});
