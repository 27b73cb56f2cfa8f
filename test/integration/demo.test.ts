/** The wine demo's aggregator, neighbors and site, without a browser: rounds that wait for a visitor, a model that serves at once. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../client/index.node.ts";
import type { Client } from "../../client/index.ts";
import type { CommandIo } from "../../shared/command/command.ts";
import { browserCommand } from "../../simulations/demo/browser.ts";
import { type Demo, startDemo } from "../../simulations/demo/demo.ts";
import { offerDemo } from "../../simulations/demo/offer.ts";
import { command } from "../../simulations/demo/serve-cli.ts";

const neighbors = 24;
const html = new TextEncoder().encode("<!doctype html><title>wines</title>");
let demo: Demo;
let run: string;

beforeAll(async () => {
  demo = await startDemo({ files: new Map([["index.html", html]]), port: 0, neighbors });
  ({ run } = (await (await fetch(`${demo.url}/demo/facts.json`)).json()) as { run: string });
});
afterAll(() => demo.close());

const call = (headers: Record<string, string> = { origin: demo.url }): Promise<Response> =>
  fetch(`${demo.url}/demo/round`, { method: "POST", headers });

function visitor(): Client {
  return createClient({ url: demo.url, run, ratings: [3, 10, 77].map((item) => [item, 1] as const), accept: { maxEpsilon: 4 } });
}

/** Takes part in one round, as the page does: connect, call, answer, go. */
async function takePart(client: Client): Promise<void> {
  const stop = client.on("joined", () => void call());
  expect(await client.participate({ rounds: 1 })).toEqual({ rounds: 1, reason: "rounds" });
  stop();
  client.close();
}

describe("the demo", () => {
  it("serves its page and facts from the aggregator's origin under a strict policy, and leaves the server's own pages alone", async () => {
    const page = await fetch(demo.url);
    expect(await page.text()).toContain("<title>wines</title>");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await fetch(`${demo.url}/health`)).status).toBe(200);
    for (const path of ["/package.json", "/..%2fpackage.json", "/demo/other"]) expect((await fetch(`${demo.url}${path}`)).status).toBe(404);
    const { wines } = (await (await fetch(`${demo.url}/demo/facts.json`)).json()) as { wines: { name: string; raters: number }[] };
    expect(wines).toHaveLength(demo.server.run.terms.items);
    expect(wines.every(({ name, raters }) => name !== "" && raters >= 20)).toBe(true);
  });

  it("serves a device that never took part, from a model that knows wines, and begins no round for it", async () => {
    const client = visitor();
    await client.join();
    expect(client.model?.round).toBe(0);
    const top = client.recommend({ count: 3 });
    // Of factors that are as they were drawn, no score comes near: they are a hundredth of these.
    expect(top[0]!.score).toBeGreaterThan(0.02);
    expect((await client.spent()).runs).toEqual([]);
    client.close();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await demo.server.records()).toEqual([]);
  });

  it("calls neighbors from its own pages alone", async () => {
    expect((await call({ origin: "https://elsewhere.example" })).status).toBe(403);
    expect((await call({})).status).toBe(403);
    expect((await fetch(`${demo.url}/demo/round`)).status).toBe(405);
  });

  it("has a round when a visitor asks for one, again and again, as often as the promise allows, each charged once by both ledgers", async () => {
    const client = visitor();
    let reason = "";
    client.on("declined", (declined) => {
      reason = declined.reason;
    });
    for (let round = 1; round <= 4; round++) {
      await takePart(client);
      const { runs, epsilon } = await client.spent();
      expect(epsilon).toBe(4);
      expect(runs).toEqual([expect.objectContaining({ run, reserved: Array.from({ length: round }, (_, at) => at + 1) })]);
    }
    expect((await demo.server.records()).map(({ outcome, accepted }) => [outcome, accepted])).toEqual(
      Array.from({ length: 4 }, () => ["published", neighbors + 1]),
    );
    const asked = [...demo.server.participations()].map((rounds) => rounds.length);
    expect(Math.max(...asked)).toBe(4);
    // Neighbors take turns: nobody but the visitor has been in two of these rounds.
    expect(asked.filter((count) => count > 1)).toEqual([4]);
    expect(client.model?.round).toBe(4);
    expect(reason).toBe("");
  });
});

describe("cofactor serve --demo", () => {
  it("takes no terms beside it, and terms are still missed without it", async () => {
    const io = { out: () => undefined, err: () => undefined, isTerminal: false, signal: AbortSignal.abort() };
    const options = { demo: true, port: 0, host: "127.0.0.1", store: undefined, config: undefined, origin: [], set: [] };
    const attempt = (given: object, positionals: readonly string[]): Promise<unknown> =>
      command.run({ options: { ...options, ...given } as never, positionals, io });
    await expect(attempt({}, ["wines.yaml"])).rejects.toThrow(/"--demo" expected no terms/);
    await expect(attempt({ store: "wines.sqlite" }, [])).rejects.toThrow(/"--demo" expected no terms/);
    await expect(attempt({ port: 70_000 }, [])).rejects.toThrow(/"--port" expected/);
    await expect(attempt({ demo: false }, [])).rejects.toThrow(/TERMS.yaml> is missing/);
  });
});

describe("the offer behind npm start", () => {
  const said: string[] = [];
  const io = (isInteractive: boolean): CommandIo => ({
    out: (text) => void said.push(text),
    err: (text) => void said.push(text),
    isTerminal: isInteractive,
    isInteractive,
    signal: new AbortController().signal,
  });

  it("is silent in a script, and on a terminal without a browser says where the demo is and ends", async () => {
    const desktop = { platform: "linux", env: { DISPLAY: ":0", PATH: "/nowhere" } } as const;
    await offerDemo(io(false), desktop);
    expect(said).toEqual([]);
    await offerDemo(io(true), desktop);
    expect(said.join("")).toMatch(/cofactor serve --demo/);
  });

  it("knows how desktops open a page", () => {
    expect(browserCommand({ platform: "darwin", env: {} })).toEqual(["open"]);
    expect(browserCommand({ platform: "win32", env: {} })?.[0]).toBe("cmd");
    expect(browserCommand({ platform: "linux", env: { PATH: process.env["PATH"] } })).toBeUndefined();
  });
});
