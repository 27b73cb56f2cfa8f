/** A page in a real browser joins a live run, takes part beside Node clients, is reloaded, goes on as the same device, and recommends. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Acceptance, type Client, createClient, socketConnector } from "../../client/index.ts";
import { createServer, memoryRecord, memoryStore, type Server, serveKeyholder } from "../../server/index.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { privateKeyText, publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { planRun } from "../../shared/plan-run.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { paillier } from "../../shared/protections/paillier.ts";
import { secureRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { chromiumPath, launchChromium, type ServedPage, servePage } from "../support/browser.ts";
import { acceptOpen, leftRatings, openTerms, rightRatings } from "../support/client-world.ts";
import { testKey2048 } from "../support/paillier-keys.ts";
import { root } from "../support/source-tree.ts";

const executable = chromiumPath();
const closers: (() => unknown)[] = [];
let browser: Browser;
let served: ServedPage;
let aggregator = "";

beforeAll(async () => {
  if (executable === undefined) return;
  served = await servePage(join(root, "test", "browser", "page.ts"), () => aggregator.replace("http:", "ws:"));
  browser = await launchChromium(executable);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

/** An aggregator that pages of the served origin may reach. */
async function serve(terms: object, origins = [served.origin]): Promise<{ server: Server; url: string }> {
  const server = await createServer({ run: terms, store: memoryStore(), gatherMs: 200 });
  closers.push(() => server.close());
  const { url } = await server.listen({ allowedOrigins: origins });
  aggregator = url;
  return { server, url };
}

/** Two devices that run in Node. */
function nodeDevices(url: string, accept: Acceptance): readonly Client[] {
  return [rightRatings, leftRatings].map((ratings) => {
    // OpenSSL in Node, WebCrypto in the page: what one seals, signs and masks the other opens, verifies and cancels.
    const client = createClient({ url, run: openTerms.id, ratings, accept, primitives: nodePrimitives });
    closers.push(() => client.close());
    return client;
  });
}

async function openPage(url: string, accept: Acceptance): Promise<Page> {
  const context = await browser.newContext();
  closers.push(() => context.close());
  const page = await context.newPage();
  const settings = {
    url,
    run: openTerms.id,
    ratings: [
      [1, 1],
      [3, 1],
      [5, 1],
    ],
    accept,
  };
  await page.goto(`${served.origin}/#${encodeURIComponent(JSON.stringify(settings))}`);
  await page.waitForSelector("body[data-ready]", { state: "attached" });
  return page;
}

/** The whole visit: two rounds, a reload, a third round as the same device, recommendations. */
async function visit(
  terms: object,
  accept: Acceptance,
  { rounds = 3, prepare }: { readonly rounds?: number; readonly prepare?: (url: string) => Promise<void> } = {},
): Promise<void> {
  const { protection } = await planRun({ ...terms, rounds, cohort: { size: 3, min: 3 } });
  const stages = protection.stages.length;
  const { server, url } = await serve({ ...terms, rounds, cohort: { size: 3, min: 3 } });
  await prepare?.(url);
  const devices = nodeDevices(url, accept);
  const page = await openPage(url, accept);
  const first = await page.evaluate(() => window.app.join());
  expect(first).toEqual({ id: expect.stringMatching(/^[\w-]{43}$/), isNew: true });
  const together = (rounds: number): Promise<unknown[]> =>
    Promise.all([page.evaluate((count) => window.app.takePart(count), rounds), ...devices.map((device) => device.participate({ rounds }))]);
  expect(await together(2)).toEqual(Array.from({ length: 3 }, () => ({ rounds: 2, reason: "rounds" })));
  const sent = await page.evaluate(() => window.app.sent);
  expect(sent).toHaveLength(2 * stages);

  await page.reload();
  await page.waitForSelector("body[data-ready]", { state: "attached" });
  expect(await page.evaluate(() => window.app.join())).toEqual({ id: first.id, isNew: false });
  await together(1);
  const published = (await server.records()).filter(({ outcome }) => outcome === "published");
  expect(published.map(({ accepted }) => accepted)).toEqual([3, 3, 3]);
  const recommended = await page.evaluate(() => window.app.recommend(4));
  expect(recommended).toHaveLength(4);
  for (const { item } of recommended) expect([1, 3, 5]).not.toContain(item);

  // The same person on a device in Node, by the same model, would be told the same.
  const twin = createClient({
    url,
    run: openTerms.id,
    ratings: [
      [1, 1],
      [3, 1],
      [5, 1],
    ],
    accept,
  });
  closers.push(() => twin.close());
  await twin.join();
  expect(recommended.map(({ item }) => item)).toEqual(twin.recommend({ count: 4 }).map(({ item }) => item));
  expect(await page.evaluate(() => window.app.client.model?.sha256)).toBe(server.model.sha256);
}

describe.skipIf(executable === undefined)(executable === undefined ? "a page (skipped: no Chromium; set CHROMIUM_PATH)" : "a page", () => {
  it("takes part in the open, is reloaded, and goes on as the same device", async () => {
    await visit(openTerms, acceptOpen);
  });

  it("takes part under Paillier encryption, with what it accepts by default", async () => {
    const keyholder = createIdentity(secureRng);
    const section = {
      kind: "paillier",
      bits: 2048,
      holders: 1,
      publicKey: publicKeyText(testKey2048.publicKey),
      keyholders: [keyholder.id],
    };
    const prepare = async (url: string): Promise<void> => {
      const { channel } = await serveKeyholder({
        connect: socketConnector(url),
        run: openTerms.id,
        identity: keyholder,
        record: memoryRecord(),
        createKeyholder: () =>
          paillier.createKeyholder!(parseConfig(paillier.options, section, "protection"), privateKeyText(testKey2048), nodeKeyholderTools),
      });
      closers.push(() => channel.close());
    };
    await visit({ ...openTerms, protection: section }, {}, { prepare });
  });

  it("takes part under masks beside Node's devices, whose masks cancel its own", async () => {
    await visit({ ...openTerms, protection: { kind: "masks", dropout: 0 } }, {});
  });

  it("adds its share of noise under masks, having added up the promise itself", async () => {
    const privacy = { epsilon: 8, mechanism: "skellam" };
    // A round that is begun while the page is away comes to nothing, and uses up one of those that the promise covers.
    await visit({ ...openTerms, protection: { kind: "masks", dropout: 0 }, privacy }, { maxEpsilon: 8 }, { rounds: 9 });
  });

  it("refuses by default a run whose aggregator reads contributions", async () => {
    const { url } = await serve(openTerms);
    const page = await openPage(url, {});
    const outcome = await page.evaluate(() =>
      window.app.join().then(
        () => "joined",
        (error: { code: string }) => error.code,
      ),
    );
    expect(outcome).toBe("TERMS_REFUSED");
  });

  it("is refused by an aggregator that does not know the page's origin", async () => {
    const { url } = await serve(openTerms, ["https://elsewhere.example"]);
    const page = await openPage(url, acceptOpen);
    const outcome = await page.evaluate(() =>
      window.app.join().then(
        () => "joined",
        (error: { code: string }) => error.code,
      ),
    );
    expect(outcome).toBe("DISCONNECTED");
  });
});
