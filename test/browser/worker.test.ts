/** A page that leaves the client to a Worker: encryption by WebAssembly there, and a page that goes on with its own turns meanwhile. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createClient, socketConnector } from "../../client/index.ts";
import { createServer, memoryRecord, memoryStore, serveKeyholder } from "../../server/index.ts";
import { fromBase64url } from "../../shared/crypto/encoding.ts";
import { createIdentity } from "../../shared/crypto/identity.ts";
import { createDecryptor } from "../../shared/crypto/paillier/decrypt.ts";
import { privateKeyText, publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { createPacking, unpackSums } from "../../shared/crypto/paillier/packing.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { paillier } from "../../shared/protections/paillier.ts";
import { secureRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { chromiumPath, launchChromium, type ServedPage, servePage } from "../support/browser.ts";
import { leftRatings, openTerms, rightRatings } from "../support/client-world.ts";
import { testKey2048 } from "../support/paillier-keys.ts";
import { root } from "../support/source-tree.ts";

const executable = chromiumPath();
const publicKey = publicKeyText(testKey2048.publicKey);
const closers: (() => unknown)[] = [];
let browser: Browser;
let served: ServedPage;
let aggregator = "";

beforeAll(async () => {
  if (executable === undefined) return;
  served = await servePage(join(root, "test", "browser", "worker-page.ts"), () => aggregator.replace("http:", "ws:"));
  browser = await launchChromium(executable);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

async function openPage(): Promise<Page> {
  const context = await browser.newContext();
  closers.push(() => context.close());
  const page = await context.newPage();
  await page.goto(`${served.origin}/`);
  await page.waitForSelector("body[data-ready]", { state: "attached" });
  return page;
}

/** An aggregator and its keyholder, and two devices in Node. */
async function serve(): Promise<{ readonly url: string; takePart(rounds: number): Promise<unknown> }> {
  const keyholder = createIdentity(secureRng);
  const protection = { kind: "paillier", bits: 2048, holders: 1, publicKey, keyholders: [keyholder.id] };
  const run = { ...openTerms, protection, rounds: 2, cohort: { size: 3, min: 3 } };
  const server = await createServer({ run, store: memoryStore(), gatherMs: 200 });
  closers.push(() => server.close());
  const { url } = await server.listen({ allowedOrigins: [served.origin] });
  aggregator = url;
  const { channel } = await serveKeyholder({
    connect: socketConnector(url),
    run: run.id,
    identity: keyholder,
    record: memoryRecord(),
    createKeyholder: () =>
      paillier.createKeyholder!(parseConfig(paillier.options, protection, "protection"), privateKeyText(testKey2048), nodeKeyholderTools),
  });
  closers.push(() => channel.close());
  const devices = [rightRatings, leftRatings].map((ratings) => createClient({ url, run: run.id, ratings, accept: {} }));
  for (const device of devices) closers.push(() => device.close());
  return { url, takePart: (rounds) => Promise.all(devices.map((device) => device.participate({ rounds }))) };
}

const title = executable === undefined ? "a page's Worker (skipped: no Chromium; set CHROMIUM_PATH)" : "a page's Worker";
describe.skipIf(executable === undefined)(title, () => {
  it("encrypts and adds by WebAssembly while the page goes on with its own turns", async () => {
    const page = await openPage();
    const values = Array.from({ length: 600 }, (_, i) => (i - 300) * 20_011);
    const answer = await page.evaluate((task) => window.workerApp.ask(task), { kind: "sum", publicKey, clients: 8, values } as const);
    if (answer.kind !== "sum") expect.fail("another task's answer");
    expect([answer.ring, answer.hasDocument]).toEqual(["wasm", false]);
    const opened = unpackSums(createPacking(2048, 24, 8), createDecryptor(testKey2048, opensslPower)(fromBase64url(answer.sum)), 600, 8);
    expect([...opened]).toEqual(values.map((value) => 8 * value));
    // Hundreds of milliseconds of products in one thread: had they been the page's, it would have had no turn, or few.
    expect(await page.evaluate(() => window.workerApp.turns)).toBeGreaterThan(10);
  });

  it("joins a run, takes part in two rounds beside Node's devices, and recommends", async () => {
    const { url, takePart } = await serve();
    const page = await openPage();
    const task = { kind: "train", url, run: openTerms.id, rounds: 2 } as const;
    const [answer] = await Promise.all([page.evaluate((given) => window.workerApp.ask(given), task), takePart(2)]);
    if (answer.kind !== "train") expect.fail("another task's answer");
    expect(answer.participated).toEqual({ rounds: 2, reason: "rounds" });
    expect(answer.recommended).toHaveLength(3);
    for (const item of answer.recommended) expect([1, 3, 5]).not.toContain(item);
  });
});
